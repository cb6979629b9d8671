"""The desk's queue: the open requests, most urgent first, in pages; the queries do not grow with the rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from ...database import db
from ...help_requests import services as help_requests
from ...help_requests.models import Handover, HelpRequest, Occasion
from ...help_requests.states import ENDED, RequestState
from ...i18n import today
from ...registry.paging import Paged
from ..models import Decision, Dispatch, Inquiry
from ..states import WAITING, DispatchState, InquiryState
from .reading import is_hidden

SOON = timedelta(days=7)
PER_PAGE = 50


@dataclass(frozen=True)
class Standing:
    """What the place of one request in the queue rests on."""

    id: int
    state: RequestState
    submitted_at: datetime
    day: date | None  # planned, else the first that was wished for
    overdue: bool  # somebody's answer is late, or they asked something

    def days_left(self, day: date) -> int | None:
        return (self.day - day).days if self.day else None

    def urgency(self, day: date) -> tuple[int, int, datetime, int]:
        """Late answers and days at hand first, then what is new, then by day, then the longest waiting."""
        left = self.days_left(day)
        soon = left is not None and left <= SOON.days
        group = 0 if self.overdue or soon else 1 if self.state is RequestState.SUBMITTED else 2
        return (group, left if left is not None else 9999, self.submitted_at, self.id)


@dataclass(frozen=True)
class Row:
    """One line of the queue."""

    request: HelpRequest
    day: date | None
    days_left: int | None
    overdue: bool
    waits_for: str | None  # whose answer
    handover: Handover | None  # nobody of its desk has taken it up yet


def queue(
    *,
    now: datetime,
    sees_councils: bool,
    desks: Collection[int] | None = None,
    state: RequestState | None = None,
    words: str = "",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Paged:
    """Pages of ``Row``. ``desks`` None: of all desks."""
    day = today(now)
    standings = sorted(_standings(day, desks, state, words), key=lambda one: one.urgency(day))
    pages = Paged(standings, page=page, per_page=per_page)
    pages.items = _rows(pages.items, day, sees_councils)
    return pages


def case_after(request_id: int, *, now: datetime, desks: Collection[int] | None = None) -> int | None:
    """The case that comes next in the queue of these desks; the first, when this one has left it."""
    day = today(now)
    ids = [one.id for one in sorted(_standings(day, desks, None, ""), key=lambda one: one.urgency(day))]
    place = ids.index(request_id) + 1 if request_id in ids else 0
    return ids[place] if place < len(ids) else None


def _standings(day: date, desks: Collection[int] | None, state: RequestState | None, words: str) -> list[Standing]:
    wished = (
        select(Occasion.request_id, func.min(Occasion.on).label("day")).group_by(Occasion.request_id).subquery("wished")
    )
    planned = (
        select(Decision.request_id, func.min(Dispatch.on).label("day"))
        .join(Dispatch, Dispatch.decision_id == Decision.id)
        .where(Decision.revoked_at.is_(None), Dispatch.state != DispatchState.CANCELLED)
        .group_by(Decision.request_id)
        .subquery("planned")
    )
    is_open = HelpRequest.state.not_in(ENDED)
    query = (
        select(
            HelpRequest.id,
            HelpRequest.state,
            HelpRequest.submitted_at,
            func.coalesce(planned.c.day, wished.c.day),
            Inquiry.answer_by,
            Inquiry.state,
        )
        .outerjoin(wished, wished.c.request_id == HelpRequest.id)
        .outerjoin(planned, planned.c.request_id == HelpRequest.id)
        .outerjoin(Inquiry, and_(Inquiry.request_id == HelpRequest.id, Inquiry.state.in_(WAITING)))
        .where(is_open, help_requests.requests_like(words, among=is_open))
        .order_by(HelpRequest.id)
    )
    if desks is not None:
        query = query.where(HelpRequest.desk_id.in_(desks))
    if state is not None:
        query = query.where(HelpRequest.state == state)
    return [
        Standing(id_, at, submitted_at, on, bool(answer_by and (answer_by < day or asked is InquiryState.ASKED)))
        for id_, at, submitted_at, on, answer_by, asked in db.session.execute(query)
    ]


def _rows(standings: Sequence[Standing], day: date, sees_councils: bool) -> list[Row]:
    ids = [one.id for one in standings]
    query = (
        select(HelpRequest)
        .where(HelpRequest.id.in_(ids))
        .options(
            selectinload(HelpRequest.requester),
            joinedload(HelpRequest.desk),
            joinedload(HelpRequest.district),
        )
    )
    requests = {request.id: request for request in db.session.scalars(query)}
    asked = (
        select(Inquiry)
        .where(Inquiry.state.in_(WAITING), Inquiry.request_id.in_(ids))
        .options(joinedload(Inquiry.party), joinedload(Inquiry.candidate))
    )
    waiting = {inquiry.request_id: inquiry for inquiry in db.session.scalars(asked)}
    came = help_requests.waiting_handovers(list(requests.values()))

    def name_of(inquiry: Inquiry | None) -> str | None:
        return None if inquiry is None or is_hidden(inquiry, sees_councils=sees_councils) else inquiry.party.name

    return [
        Row(
            requests[one.id],
            one.day,
            one.days_left(day),
            one.overdue,
            name_of(waiting.get(one.id)),
            came.get(one.id),
        )
        for one in standings
    ]
