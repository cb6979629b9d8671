"""One term: corrected, left early, and what was written down by mistake taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, requires
from ...i18n import today
from ...registry.forms import sent
from .. import services
from ..forms import CorrectForm, LeaveForm
from ..models import Appointment
from ..states import TERM, TermAction
from . import bp
from .base import Page, done, form_page, load_term, pressed

ONE = "/councils/appointments/<int:appointment_id>"


def _council(term: Appointment) -> str:
    return url_for(".show", council_id=term.council_id)


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_term)
def correct(term: Appointment) -> Page:
    form: Any = CorrectForm(obj=term)
    if sent(form, term):
        answer = done(
            form,
            lambda: services.correct(
                term,
                starts=form.starts.data,
                ends=form.ends.data,
                category=form.category.data or "",
                role=form.role.data,
                ex_officio=form.ex_officio.data,
                by=current_actor(),
                now=datetime.now(UTC),
            ),
            _("%(name)sさんの任期の記録を直しました。", name=term.person.name),
            _council(term),
        )
        if answer:
            return answer
    return form_page("councils/correct.html", form, term=term)


@bp.route(f"{ONE}/leave", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_term)
def leave(term: Appointment) -> Page:
    now = datetime.now(UTC)
    form: Any = LeaveForm(data={"version": term.version, "on": today(now)})
    if sent(form, term):
        answer = done(
            form,
            lambda: services.leave(term, on=form.on.data, because=form.because.data, by=current_actor(), now=now),
            _("%(name)sさんの退任を記録しました。", name=term.person.name),
            _council(term),
        )
        if answer:
            return answer
    TERM.after(term.state, TermAction.LEAVE)  # who has left already is not asked again
    return form_page("councils/leave.html", form, term=term)


@bp.post(f"{ONE}/return")
@requires(Permission.COUNCIL_EDIT, load_term)
def take_back_leave(term: Appointment) -> Response:
    return pressed(
        term,
        lambda by, now: services.take_back_leave(term, by=by, now=now),
        _("%(name)sさんの退任の記録を取り消しました。", name=term.person.name),
        _council(term),
    )


@bp.post(f"{ONE}/strike")
@requires(Permission.COUNCIL_EDIT, load_term)
def strike(term: Appointment) -> Response:
    return pressed(
        term,
        lambda by, now: services.strike(term, by=by, now=now),
        _("%(name)sさんの任期を取り消しました。", name=term.person.name),
        _council(term),
    )
