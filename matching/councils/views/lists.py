"""The list of councils, and both rosters as files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from ... import audit
from ...accounts.models import User
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from ...exports import csv_file
from ...i18n import label, today
from .. import services
from ..forms import AsOf, CouncilFilters
from ..models import Appointment, Council
from . import bp
from .base import sees_birth_years

PER_PAGE = 50


@bp.get("/councils")
@requires(Permission.COUNCIL_READ)
def index() -> str:
    day = today(datetime.now(UTC))
    form: Any = CouncilFilters()
    found = db.paginate(services.find_councils(form.asked, day), page=form.page, per_page=PER_PAGE, error_out=False)
    return render_template(
        "councils/index.html",
        form=form,
        found=found,
        figures=services.figures_on(day, [council.id for council in found.items]),
        nobody=services.NOBODY,
        day=day,
    )


@bp.get("/councils/export")
@requires(Permission.COUNCIL_EXPORT, audited=True)
def export() -> Response:
    """The list of councils as a file, with the same filters."""
    form: Any = CouncilFilters()
    now = datetime.now(UTC)
    councils = list(db.session.scalars(services.find_councils(form.asked, today(now))))
    file = csv_file(_("審議会等"), _council_head(), _council_rows(councils, today(now)))
    return _taken(file, "council:export", fields=list(form.address), now=now)


def _council_head() -> list[str]:
    return [
        _("名称"), _("所管課"), _("設置の根拠"), _("定数"), _("いまの委員"), _("空き"), _("女性"), _("女性の割合（%）"),
        _("平均年齢"), _("90日以内に任期満了"), _("扱うこと"), _("廃止の日"),
    ]  # fmt: skip


def _council_rows(councils: list[Council], day: date) -> Iterator[list[Any]]:
    figures = services.figures_on(day)
    for council in councils:
        own = figures.get(council.id, services.NOBODY)
        age = None if own.mean_age is None else f"{own.mean_age:.1f}"
        yield [
            council.name, council.department.name, council.founded_on, council.seats, own.taken,
            own.vacant(council.seats), own.women, own.womens_share, age, own.expiring, council.topics, council.ended_on,
        ]  # fmt: skip


@bp.get("/councils/members/export")
@requires(Permission.COUNCIL_EXPORT, audited=True)
def export_members() -> Response:
    """Who sits where on a day, as a file: of one council (``?council=``) or of all."""
    now = datetime.now(UTC)
    asked: Any = AsOf()
    day = asked.day(now)
    council_id = request.args.get("council", type=int)
    terms = services.terms_held_on(day, council_id=council_id)
    personal = sees_birth_years()
    file = csv_file(
        _("委員名簿_%(day)s", day=day.isoformat()),
        _member_head(personal),
        (_member_row(term, personal) for term in terms),
    )
    fields = ["on", *(["council"] if council_id is not None else [])]
    return _taken(file, "appointment:export", fields=fields, now=now)


def _member_head(personal: bool) -> list[str]:
    head = [
        _("氏名"), _("ふりがな"), _("所属"), _("審議会等"), _("所管課"), _("選出区分"), _("役職"), _("充て職"),
        _("任期の始まり"), _("任期の終わり"), _("退任の日"),
    ]  # fmt: skip
    return head + ([_("生まれた年"), _("性別")] if personal else [])


def _member_row(term: Appointment, personal: bool) -> list[Any]:
    person, council = term.person, term.council
    row = [
        person.name, person.kana, person.affiliation, council.name, council.department.name, term.category,
        label(term.role), _("充て職") if term.ex_officio else "", term.starts, term.ends, term.left_on,
    ]  # fmt: skip
    return row + ([person.birth_year, label(person.gender)] if personal else [])


def _taken(file: Response, event: str, *, fields: list[str], now: datetime) -> Response:
    """Who took it is written down."""
    actor = current_actor()
    audit.record(event, db.session.get_one(User, actor.user_id), by=actor, at=now, fields=fields)
    db.session.commit()
    return file
