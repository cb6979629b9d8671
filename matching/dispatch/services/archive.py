"""Requests of the past: found again by what somebody remembers, and a fiscal year of them as a table without names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload, load_only, selectinload

from ...database import db
from ...exports import MOST
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...help_requests.states import ENDED, RequestState
from ...i18n import TOKYO, fiscal_year, label, today
from ...registry.paging import page_of
from ..models import Decision

PER_PAGE = 50


@dataclass(frozen=True)
class Narrowed:
    """What the list of ended requests is narrowed by; None is everything."""

    words: str = ""
    year: int | None = None
    desk: int | None = None
    ending: RequestState | None = None
    field: int | None = None
    district: int | None = None


def of_year(year: int) -> ColumnElement[bool]:
    """Came in within this fiscal year, by the calendar of Tokyo."""
    first, next_first = (datetime(at, 4, 1, tzinfo=TOKYO) for at in (year, year + 1))
    return and_(HelpRequest.submitted_at >= first, HelpRequest.submitted_at < next_first)


def years_until(day: date) -> list[int]:
    """The fiscal years from which there are requests, latest first; always this one."""
    first = db.session.scalar(select(func.min(HelpRequest.submitted_at)))
    begin = fiscal_year(today(first)) if first else fiscal_year(day)
    return list(range(fiscal_year(day), min(begin, fiscal_year(day)) - 1, -1))


def ended(by: Narrowed, *, page: int, per_page: int = PER_PAGE) -> Pagination:
    """Requests that came to an end, latest first."""
    conditions: list[ColumnElement[bool]] = [HelpRequest.state.in_(ENDED)]
    if by.year is not None:
        conditions.append(of_year(by.year))
    for column, value in (
        (HelpRequest.desk_id, by.desk),
        (HelpRequest.state, by.ending),
        (HelpRequest.field_number, by.field),
        (HelpRequest.district_id, by.district),
    ):
        if value is not None:
            conditions.append(column == value)
    among = and_(*conditions)
    query = (
        select(HelpRequest)
        .where(among, help_requests.requests_like(by.words, among=among))
        .order_by(HelpRequest.ended_at.desc(), HelpRequest.id.desc())
    )
    shown = (selectinload(HelpRequest.requester), joinedload(HelpRequest.desk))
    return page_of(query, page=page, per_page=per_page, options=shown)


def table_head() -> list[str]:
    return [
        _("受付番号"),
        _("受けた日"),
        _("窓口"),
        _("種類"),
        _("分野"),
        _("地域"),
        _("状態"),
        _("決定までの日数"),
    ]


def table_of(year: int) -> Iterator[list[Any]]:
    """The requests of a fiscal year, in the order in which they came; no names and nobody's words. Two queries."""
    query = (
        select(HelpRequest)
        .where(of_year(year))
        .options(
            load_only(HelpRequest.number, HelpRequest.submitted_at, HelpRequest.kind, HelpRequest.state),
            joinedload(HelpRequest.desk),
            joinedload(HelpRequest.field),
            joinedload(HelpRequest.district),
        )
        .order_by(HelpRequest.submitted_at, HelpRequest.id)
        .limit(MOST)
    )
    first_decided = select(Decision.request_id, func.min(Decision.decided_on)).group_by(Decision.request_id)
    decided = {request_id: on for request_id, on in db.session.execute(first_decided)}
    for request in db.session.scalars(query):
        came, on = today(request.submitted_at), decided.get(request.id)
        yield [
            request.number,
            came.isoformat(),
            request.desk.name,
            label(request.kind),
            request.field.name if request.field else None,
            request.district.name if request.district else None,
            label(request.state),
            (on - came).days if on else None,
        ]
