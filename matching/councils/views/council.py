"""One council: its page, adding, correcting, abolishing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...i18n import as_day, today
from ...registry.forms import sent
from ...registry.vocabulary import Department
from .. import services
from ..forms import AsOf, CouncilForm, EditCouncilForm, EndCouncilForm
from ..history import history_of_council
from ..models import Council
from . import bp
from .base import Page, departments_of, done, form_page, load_council, pressed, sees_birth_years

ONE = "/councils/<int:council_id>"


@bp.get(ONE)
@requires(Permission.COUNCIL_READ, load_council)
def show(council: Council) -> str:
    """Members and figures of a day (``?on=``), today's where none is named."""
    now = datetime.now(UTC)
    asked: Any = AsOf()
    day = asked.day(now)
    members, others = services.members_on(council, day), services.other_terms(council, day)
    may_edit = may(current_actor(), Permission.COUNCIL_EDIT, council)
    return render_template(
        "councils/show.html",
        council=council,
        asked=asked,
        day=day,
        today=today(now),
        members=members,
        coming=[term for term in others if term.starts > day][::-1],
        earlier=[term for term in others if term.starts <= day],
        soon=day + services.SOON,
        figures=services.figures_on(day, [council.id]).get(council.id, services.NOBODY),
        seats_held=services.seats_held([term.person.canonical for term in members], day),
        replaceable={term.id for term in services.substitutable(council)} if may_edit else set(),
        sees_birth_years=sees_birth_years(),
        history=history_of_council(council, [*members, *others]),
    )


@bp.route("/councils/new", methods=["GET", "POST"])
@requires(Permission.COUNCIL_FOUND)
def found() -> Page:
    form: Any = CouncilForm()
    form.offer_departments(departments_of(current_actor()))
    if form.validate_on_submit():
        answer = done(
            form,
            lambda: services.found_council(**_told(form), by=current_actor(), now=datetime.now(UTC)),
            _("「%(name)s」を加えました。次に、委員を入れてください。", name=form.name.data),
            lambda council: url_for(".show", council_id=council.id),
        )
        if answer:
            return answer
    return form_page("councils/edit.html", form, council=None)


def _told(form: Any) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "department": db.session.get_one(Department, form.department.data),
        "founded_on": form.founded_on.data or None,
        "seats": form.seats.data,
        "topics": form.topics.data or None,
    }


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_council)
def edit(council: Council) -> Page:
    written = {name: getattr(council, name) for name in ("name", "founded_on", "seats", "topics", "version")}
    form: Any = EditCouncilForm(data=written | {"department": council.department_id})
    form.offer_departments(departments_of(current_actor()))
    if sent(form, council):
        answer = done(
            form,
            lambda: services.edit_council(council, **_told(form), by=current_actor(), now=datetime.now(UTC)),
            _("審議会等の内容を直しました。"),
            url_for(".show", council_id=council.id),
        )
        if answer:
            return answer
    return form_page("councils/edit.html", form, council=council)


@bp.route(f"{ONE}/end", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_council)
def end(council: Council) -> Page:
    now = datetime.now(UTC)
    form: Any = EndCouncilForm(data={"version": council.version, "on": today(now)})
    if sent(form, council):
        answer = done(
            form,
            lambda: services.end_council(
                council, on=form.on.data, members_leave=form.members_leave.data, by=current_actor(), now=now
            ),
            _("%(day)sに廃止と記録しました。", day=as_day(form.on.data)),
            url_for(".show", council_id=council.id),
        )
        if answer:
            return answer
    staying = services.open_terms(council, form.on.data or today(now))
    return form_page("councils/end.html", form, council=council, staying=staying)


@bp.post(f"{ONE}/reopen")
@requires(Permission.COUNCIL_EDIT, load_council)
def reopen(council: Council) -> Response:
    return pressed(
        council,
        lambda by, now: services.reopen_council(council, by=by, now=now),
        _("廃止を取り消しました。"),
        url_for(".show", council_id=council.id),
    )
