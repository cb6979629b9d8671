"""Reading a whole case at once: what the desk's pages and the queue need, in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from ...accounts.actor import Actor
from ...database import db
from ...help_requests.models import HelpRequest
from ...help_requests.states import ENDED, RequestState
from ...i18n import today
from ...outbox import MessageState
from ...registry.models import Registry
from ..models import Agreement, Candidate, Decision, Dispatch, Inquiry, Notice, Shortlist
from ..states import WAITING, AgreementState, InquiryState
from .agreeing import agreements_of
from .deciding import decision_of
from .inquiring import next_to_ask
from .shortlisting import admitted

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """Everything about one request that its page shows."""

    request: HelpRequest
    shortlist: Shortlist | None
    candidates: list[Candidate]
    inquiries: list[Inquiry]
    agreements: list[Agreement]
    decision: Decision | None
    hidden: frozenset[int]  # parties of whom this reader must not learn
    now: datetime = field(compare=False)

    @property
    def today(self) -> date:
        return today(self.now)

    @property
    def waiting(self) -> Inquiry | None:
        return next((inquiry for inquiry in self.inquiries if inquiry.state in WAITING), None)

    @property
    def promised(self) -> list[Inquiry]:
        return [inquiry for inquiry in self.inquiries if inquiry.state is InquiryState.PROMISED]

    @property
    def heads_promised(self) -> int:
        return sum(inquiry.heads or 1 for inquiry in self.promised)

    @property
    def agreement(self) -> Agreement | None:
        return next((a for a in self.agreements if a.state in (AgreementState.ASKED, AgreementState.AGREED)), None)

    @property
    def next_to_ask(self) -> Candidate | None:
        return next_to_ask(self.inquiries, self.candidates)

    def state_of(self, candidate: Candidate) -> Inquiry | None:
        """The latest inquiry to this candidate's party in this case."""
        return next((i for i in reversed(self.inquiries) if i.party_id == candidate.party_id), None)

    def can_undo(self, asked: Inquiry | Agreement) -> bool:
        return asked.message is not None and asked.message.state is MessageState.HELD


def read_case(request: HelpRequest, *, by: Actor, now: datetime, sees_councils: bool) -> Case:
    """The case as this actor may see it.

    Left out are council members for those who see no council data (their own desk's case, handed over to them, they
    must be able to finish), and candidates whose consent or registration has ended since.
    """
    shortlist = db.session.scalar(
        select(Shortlist)
        .where(Shortlist.request_id == request.id, Shortlist.is_current)
        .options(selectinload(Shortlist.candidates).joinedload(Candidate.party))
    )
    candidates = shortlist.candidates if shortlist else []
    inquiries = list(
        db.session.scalars(
            select(Inquiry)
            .where(Inquiry.request_id == request.id)
            .options(joinedload(Inquiry.party), joinedload(Inquiry.message), joinedload(Inquiry.candidate))
            .order_by(Inquiry.asked_at, Inquiry.id)
        )
    )
    shown = admitted(candidates, on=today(now)) | {inquiry.candidate_id for inquiry in inquiries}
    hidden = frozenset(inquiry.party_id for inquiry in inquiries if _is_hidden(inquiry, by, sees_councils))
    decision = decision_of(request)
    return Case(
        request=request,
        shortlist=shortlist,
        candidates=[
            c for c in candidates if c.id in shown and (sees_councils or c.of_registry is not Registry.COUNCIL)
        ],
        inquiries=[inquiry for inquiry in inquiries if inquiry.party_id not in hidden],
        agreements=agreements_of(request),
        decision=None if decision and hidden & {notice.party_id for notice in decision.notices} else decision,
        hidden=hidden,
        now=now,
    )


def _is_hidden(inquiry: Inquiry, by: Actor, sees_councils: bool) -> bool:
    of_council = inquiry.candidate.of_registry is Registry.COUNCIL
    return of_council and not sees_councils and inquiry.desk_id not in by.desks


@dataclass(frozen=True)
class Row:
    """One line of the desk's queue."""

    request: HelpRequest
    day: date | None
    days_left: int | None
    overdue: bool  # somebody's answer is late
    waits_for: str | None  # whose answer
    is_mine: bool

    @property
    def urgency(self) -> tuple[int, int, datetime, int]:
        """Late answers and days at hand first, then by day, then the longest waiting."""
        soon = self.days_left is not None and self.days_left <= SOON.days
        new = self.request.state is RequestState.SUBMITTED
        group = 0 if self.overdue or soon else 1 if new else 2
        return (
            group,
            self.days_left if self.days_left is not None else 9999,
            self.request.submitted_at,
            self.request.id,
        )


def queue(*, by: Actor, now: datetime, mine_only: bool, limit: int = 200) -> list[Row]:
    """The open requests, most urgent first; four queries."""
    query = (
        select(HelpRequest)
        .where(HelpRequest.state.not_in(ENDED))
        .options(
            joinedload(HelpRequest.requester),
            joinedload(HelpRequest.desk),
            joinedload(HelpRequest.district),
            selectinload(HelpRequest.occasions),
        )
        .order_by(HelpRequest.submitted_at, HelpRequest.id)
        .limit(limit)
    )
    if mine_only:
        query = query.where(HelpRequest.desk_id.in_(by.desks))
    requests = list(db.session.scalars(query))
    waiting = {
        inquiry.request_id: inquiry
        for inquiry in db.session.scalars(
            select(Inquiry)
            .where(Inquiry.state.in_(WAITING), Inquiry.request_id.in_([r.id for r in requests]))
            .options(joinedload(Inquiry.party), joinedload(Inquiry.candidate), joinedload(Inquiry.request))
        )
    }
    planned = _planned_days([r.id for r in requests])
    rows = [
        _row(request, waiting.get(request.id), planned.get(request.id), by=by, day=today(now)) for request in requests
    ]
    return sorted(rows, key=lambda row: row.urgency)


def _planned_days(request_ids: Sequence[int]) -> dict[int, date | None]:
    query = (
        select(Decision.request_id, func.min(Dispatch.on))
        .join(Dispatch, Dispatch.decision_id == Decision.id)
        .where(Decision.request_id.in_(request_ids))
        .group_by(Decision.request_id)
    )
    return {request_id: on for request_id, on in db.session.execute(query)}


def _row(request: HelpRequest, waiting: Inquiry | None, planned: date | None, *, by: Actor, day: date) -> Row:
    on = planned or request.first_day
    return Row(
        request=request,
        day=on,
        days_left=(on - day).days if on else None,
        overdue=waiting is not None and (waiting.answer_by < day or waiting.state is InquiryState.ASKED),
        waits_for=waiting.party.name if waiting and not _is_hidden(waiting, by, not by.contractor) else None,
        is_mine=request.desk_id in by.desks,
    )


def counts_by_state() -> dict[RequestState, int]:
    rows = db.session.execute(select(HelpRequest.state, func.count()).group_by(HelpRequest.state))
    return {state: count for state, count in rows}


def ended(*, page: int, per_page: int = 50) -> list[HelpRequest]:
    """Requests that came to an end, latest first."""
    query = (
        select(HelpRequest)
        .where(HelpRequest.state.in_(ENDED))
        .options(joinedload(HelpRequest.requester), joinedload(HelpRequest.desk))
        .order_by(HelpRequest.ended_at.desc(), HelpRequest.id.desc())
    )
    return list(db.session.scalars(query.offset((max(page, 1) - 1) * per_page).limit(per_page + 1)))


def inquiries_to(party_ids: frozenset[int]) -> list[Inquiry]:
    """What these parties were asked, latest first: for the page of the one who was asked."""
    query = (
        select(Inquiry)
        .where(Inquiry.party_id.in_(party_ids))
        .options(joinedload(Inquiry.request).joinedload(HelpRequest.requester), joinedload(Inquiry.message))
        .order_by(Inquiry.asked_at.desc(), Inquiry.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(query))


def agreements_to(party_ids: frozenset[int]) -> list[Agreement]:
    """What these requesters are asked to agree to and have not answered."""
    query = (
        select(Agreement)
        .join(HelpRequest, HelpRequest.id == Agreement.request_id)
        .where(HelpRequest.requester_id.in_(party_ids), Agreement.state == AgreementState.ASKED)
        .order_by(Agreement.asked_at, Agreement.id)
    )
    return list(db.session.scalars(query))


def notices_to(party_ids: frozenset[int]) -> list[Notice]:
    """What was decided about these parties going somewhere, latest first."""
    query = (
        select(Notice)
        .join(Decision, Decision.id == Notice.decision_id)
        .where(Notice.party_id.in_(party_ids), Notice.to_requester.is_(False))
        .options(joinedload(Notice.decision).joinedload(Decision.request))
        .order_by(Decision.decided_on.desc(), Notice.id.desc())
        .limit(20)
    )
    return list(db.session.scalars(query))
