"""The list of councils, and both rosters as files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...accounts.permissions import Permission, requires
from ...accounts.taking import take_home
from ...database import db
from ...exports import MOST
from ...i18n import label, today
from ...registry.paging import page_of
from .. import services
from ..forms import AsOf, CouncilFilters
from ..models import Appointment, Council
from . import bp
from .base import load_council, sees_birth_years

PER_PAGE = 50


@bp.get("/councils")
@requires(Permission.COUNCIL_READ)
def index() -> str:
    day = today(datetime.now(UTC))
    form: Any = CouncilFilters()
    found = page_of(
        services.find_councils(form.asked, day),
        page=form.page,
        per_page=PER_PAGE,
        options=[joinedload(Council.department)],
    )
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
    found = services.find_councils(form.asked, today(now)).options(joinedload(Council.department))
    councils = list(db.session.scalars(found.limit(MOST)))
    rows = _council_rows(councils, today(now))
    return take_home(_("審議会等"), _council_head(), rows, what="council", narrowed_by=form.address, now=now)


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
    council = _council()
    terms = services.terms_held_on(day, council=council)
    personal = sees_birth_years()
    rows = (_member_row(term, personal) for term in terms)
    name = _("委員名簿_%(day)s", day=day.isoformat())
    narrowed_by = ["on", *(["council"] if council else [])]
    return take_home(name, _member_head(personal), rows, what="appointment", narrowed_by=narrowed_by, now=now)


def _council() -> Council | None:
    """``?council=``: whose members are asked for; nobody means a council that is not there."""
    asked = request.args.get("council", "")
    if not asked:
        return None
    found = load_council(int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    return found or abort(404)


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
