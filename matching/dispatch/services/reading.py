"""Reading a whole case at once: what the desk's pages need, in a bounded number of queries; and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from ...accounts.actor import Actor
from ...database import db
from ...help_requests import services as help_requests
from ...help_requests.models import Handover, HelpRequest
from ...help_requests.states import WORKFLOW, RequestAction
from ...i18n import today
from ...outbox import MessageState
from ...registry.models import Registry
from ..models import Agreement, Candidate, Decision, Inquiry, Notice, Shortlist
from ..states import WAITING, AgreementState, InquiryState
from .agreeing import agreements_of
from .deciding import decision_of, revoked_decisions_of
from .inquiring import next_to_ask
from .relaxing import FITTING
from .searching import admitted
from .shortlisting import OPEN_TO_SEARCH


@dataclass(frozen=True)
class Case:
    """Everything about one request that its page shows."""

    request: HelpRequest
    shortlist: Shortlist | None
    candidates: list[Candidate]
    inquiries: list[Inquiry]
    agreements: list[Agreement]
    decision: Decision | None
    revoked: list[Decision]  # of before, oldest first
    handover: Handover | None  # it came from another desk, and nobody of this one has taken it up
    hidden: frozenset[int]  # parties of whom this reader must not learn
    now: datetime = field(compare=False)

    @property
    def today(self) -> date:
        return today(self.now)

    @property
    def has_a_fitting_one(self) -> bool:
        """Whether anybody whom the reader sees on the list is strong or possible."""
        return any(candidate.strength in FITTING for candidate in self.candidates)

    @property
    def may_search(self) -> bool:
        return self.request.state in OPEN_TO_SEARCH

    @property
    def may_be_given_up(self) -> bool:
        return WORKFLOW.allows(self.request.state, RequestAction.GIVE_UP)

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

    Left out are council members for those who see no council data, also at their own desk: a case in which one is
    asked or said yes is never handed over to them. And candidates whose consent or registration has ended since.
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
    asked = {inquiry.candidate_id for inquiry in inquiries}
    hidden = frozenset(inquiry.party_id for inquiry in inquiries if is_hidden(inquiry, sees_councils=sees_councils))
    decision = decision_of(request)
    return Case(
        request=request,
        shortlist=shortlist,
        candidates=_seen(candidates, asked=asked, on=today(now), sees_councils=sees_councils),
        inquiries=[inquiry for inquiry in inquiries if inquiry.party_id not in hidden],
        agreements=agreements_of(request),
        decision=None if decision and _names(decision, hidden) else decision,
        revoked=[one for one in revoked_decisions_of(request) if not _names(one, hidden)],
        handover=_handover_for(request, by),
        hidden=hidden,
        now=now,
    )


def candidates_of(shortlist: Shortlist, *, on: date, sees_councils: bool) -> list[Candidate]:
    """Whom this reader may see of a list, however old: those who may still be matched, and those who were asked."""
    query = (
        select(Candidate)
        .where(Candidate.shortlist_id == shortlist.id)
        .options(joinedload(Candidate.party))
        .order_by(Candidate.rank, Candidate.id)
    )
    listed = list(db.session.scalars(query))
    asked = set(db.session.scalars(select(Inquiry.candidate_id).where(Inquiry.request_id == shortlist.request_id)))
    return _seen(listed, asked=asked, on=on, sees_councils=sees_councils)


def _seen(listed: list[Candidate], *, asked: set[int], on: date, sees_councils: bool) -> list[Candidate]:
    shown = admitted(listed, on=on) | asked
    if sees_councils:
        return [c for c in listed if c.id in shown]
    seen = [c for c in listed if c.id in shown and c.of_registry is not Registry.COUNCIL]
    for place, candidate in enumerate(seen, start=1):
        set_committed_value(candidate, "rank", place)  # a gap would tell of a council member; nothing is written
    return seen


def is_hidden(inquiry: Inquiry, *, sees_councils: bool) -> bool:
    return not sees_councils and inquiry.candidate.of_registry is Registry.COUNCIL


def _names(decision: Decision, hidden: frozenset[int]) -> bool:
    return bool(hidden & {notice.party_id for notice in decision.notices})


def _handover_for(request: HelpRequest, by: Actor) -> Handover | None:
    """What the desk before wrote is for the desk that the case came to."""
    return help_requests.waiting_handovers([request]).get(request.id) if request.desk_id in by.desks else None


def inquiries_to(party_ids: frozenset[int]) -> list[Inquiry]:
    """What these parties were asked, latest first: for the page of the one who was asked."""
    query = (
        select(Inquiry)
        .where(Inquiry.party_id.in_(party_ids))
        .options(joinedload(Inquiry.request).selectinload(HelpRequest.requester), joinedload(Inquiry.message))
        .order_by(Inquiry.asked_at.desc(), Inquiry.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(query))


def agreements_to(party_ids: frozenset[int]) -> list[Agreement]:
    """What these requesters are asked to agree to and have not answered."""
    query = (
        select(Agreement)
        .join(Agreement.request)
        .where(HelpRequest.requester_id.in_(party_ids), Agreement.state == AgreementState.ASKED)
        .options(contains_eager(Agreement.request))
        .order_by(Agreement.asked_at, Agreement.id)
        .limit(50)
    )
    return list(db.session.scalars(query))


def notices_to(party_ids: frozenset[int]) -> list[Notice]:
    """What was decided about these parties going somewhere, latest first."""
    query = (
        select(Notice)
        .join(Decision, Decision.id == Notice.decision_id)
        .where(Notice.party_id.in_(party_ids), Notice.to_requester.is_(False), Decision.revoked_at.is_(None))
        .options(joinedload(Notice.decision).joinedload(Decision.request))
        .order_by(Decision.decided_on.desc(), Notice.id.desc())
        .limit(20)
    )
    return list(db.session.scalars(query))
