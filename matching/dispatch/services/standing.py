"""What happened with each party so far, told to the engine: asked, sent, busy, one of the requester's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import bindparam, func, literal_column, or_, select

from ...among import among
from ...database import db
from ...engine.types import Standing
from ...help_requests.models import HelpRequest
from ...i18n import TOKYO, fiscal_year, today
from ...registry.models import Party, Representation, RepresentationState
from ...supporters.models import Supporter
from ...supporters.states import SupporterState
from ..models import Decision, Dispatch, DispatchMember, Inquiry
from ..states import WAITING, DispatchState, InquiryState

# Being asked uses up somebody's month, whatever they say; an inquiry that was taken back does not.
COUNTS_AS_ASKED = (InquiryState.OPEN, InquiryState.ASKED, InquiryState.PROMISED, InquiryState.DECLINED)


def canonical_of(party_ids: Iterable[int]) -> dict[int, int]:
    """The party that each of these stands for after merging."""
    rows = db.session.execute(_CANONICAL, {"ids": list(party_ids)}).all()
    return {id_: canonical or id_ for id_, canonical in rows}


_PARTY = Party.__table__.c  # of tables, and made once: for objects of the ORM each search would pay again
_CANONICAL = select(_PARTY.id, _PARTY.canonical_id).where(among(_PARTY.id, "ids"))
_FAMILY = select(_PARTY.id, _PARTY.canonical_id).where(or_(among(_PARTY.id, "ids"), among(_PARTY.canonical_id, "ids")))


def _with_merged(party_ids: Iterable[int]) -> dict[int, int]:
    """Every row of these parties, merged ones too, and which of them it belongs to."""
    rows = db.session.execute(_FAMILY, {"ids": sorted(set(canonical_of(party_ids).values()))}).all()
    return {id_: root or id_ for id_, root in rows}


def _month(day: date) -> tuple[datetime, datetime]:
    first = datetime(day.year, day.month, 1, tzinfo=TOKYO)
    return first, (first + timedelta(days=32)).replace(day=1)


def standing_of(request: HelpRequest, *, now: datetime) -> Callable[[list[int]], dict[int, Standing]]:
    """A lookup for the parties of one search: eight queries, however many they are. It keeps no row."""
    request_id, requester_id = request.id, request.requester_id

    def look_up(party_ids: list[int]) -> dict[int, Standing]:
        rows = _with_merged(party_ids)
        ids = list(rows)
        asked = _last_asked(ids)
        month = _asked_this_month(ids, today(now))
        waiting = _waiting_elsewhere(ids, request_id)
        busy, done = _engagements(ids)
        caps = _caps(ids)
        own = _of_the_requester(ids, requester_id)
        found = {}
        for party_id in party_ids:
            root = rows.get(party_id, party_id)
            family = [id_ for id_, of in rows.items() if of == root]
            cap, runs_until = next((caps[id_] for id_ in family if id_ in caps), (None, None))
            found[party_id] = Standing(
                last_asked=max((today(asked[id_]) for id_ in family if id_ in asked), default=None),
                asked_this_month=sum(month.get(id_, 0) for id_ in family),
                monthly_cap=cap,
                done=sum(done.get(id_, 0) for id_ in family),
                busy_on=frozenset().union(*(busy.get(id_, frozenset()) for id_ in family)),
                open_inquiries=sum(waiting.get(id_, 0) for id_ in family),
                of_the_requester=any(id_ in own for id_ in family),
                registration_ends=None if current_app.config["REGISTRATIONS_RENEW"] else runs_until,
            )
        return found

    return look_up


def _last_asked(ids: list[int]) -> dict[int, datetime]:
    return {party: at for party, at in db.session.execute(_LAST_ASKED, {"ids": ids}).all()}


_LAST_ASKED = (
    select(Inquiry.party_id, func.max(Inquiry.asked_at))
    .where(among(Inquiry.party_id, "ids"))
    .group_by(Inquiry.party_id)
)
_ASKED = select(Inquiry.party_id, func.count()).where(among(Inquiry.party_id, "ids")).group_by(Inquiry.party_id)


def _asked_this_month(ids: list[int], day: date) -> dict[int, int]:
    first, next_first = _month(day)
    values = {"ids": ids, "first": first, "next_first": next_first}
    return {party: count for party, count in db.session.execute(_IN_MONTH, values).all()}


_IN_MONTH = _ASKED.where(
    Inquiry.state.in_(COUNTS_AS_ASKED),
    Inquiry.asked_at >= bindparam("first"),
    Inquiry.asked_at < bindparam("next_first"),
)


def _waiting_elsewhere(ids: list[int], request_id: int) -> dict[int, int]:
    rows = db.session.execute(_ELSEWHERE, {"ids": ids, "request_id": request_id}).all()
    return {party: count for party, count in rows}


_ELSEWHERE = _ASKED.where(Inquiry.state.in_(WAITING), Inquiry.request_id != bindparam("request_id"))


def _engagements(ids: list[int]) -> tuple[dict[int, frozenset[date]], dict[int, int]]:
    """Days on which a party is already going somewhere, and how often it went."""
    busy: dict[int, frozenset[date]] = {}
    done: dict[int, int] = {}
    for party, state, on in db.session.execute(_ENGAGED, {"ids": ids}).all():
        if state is DispatchState.DONE:
            done[party] = done.get(party, 0) + 1
        elif on:
            busy[party] = busy.get(party, frozenset()) | {on}
    return busy, done


_ENGAGED = (
    select(DispatchMember.party_id, Dispatch.state, Dispatch.on)
    .join(Dispatch, Dispatch.id == DispatchMember.dispatch_id)
    .where(among(DispatchMember.party_id, "ids"), Dispatch.state.in_([DispatchState.PLANNED, DispatchState.DONE]))
)


def _caps(ids: list[int]) -> dict[int, tuple[int | None, date | None]]:
    rows = db.session.execute(_OPEN, {"ids": ids}).all()
    return {party: (cap, until) for party, cap, until, state in rows if state is SupporterState.ACTIVE}


# In the very words of uq_supporter_one_open: else SQLite walks through everybody who is active.
_OPEN = select(Supporter.party_id, Supporter.monthly_cap, Supporter.runs_until, Supporter.state).where(
    among(Supporter.party_id, "ids"), Supporter.state != literal_column("'ended'")
)


def _of_the_requester(ids: list[int], requester_id: int) -> set[int]:
    """The requester itself, and people who act for it."""
    people = db.session.scalars(_ACTING, {"ids": ids, "organization_id": requester_id}).all()
    return {requester_id, *people} & set(ids)


_ACTING = select(Representation.person_id).where(
    Representation.organization_id == bindparam("organization_id"),
    Representation.state.in_([RepresentationState.CLAIMED, RepresentationState.APPROVED]),
    among(Representation.person_id, "ids"),
)


def times_this_year(party_id: int, day: date) -> int:
    """How many dispatches a party has or had in the fiscal year of the day."""
    first = date(fiscal_year(day), 4, 1)
    query = (
        select(func.count(func.distinct(Decision.id)))
        .join(Dispatch, Dispatch.decision_id == Decision.id)
        .join(DispatchMember, DispatchMember.dispatch_id == Dispatch.id)
        .where(
            DispatchMember.party_id.in_(list(_with_merged([party_id]))),
            Dispatch.state.in_([DispatchState.PLANNED, DispatchState.DONE]),
            Decision.decided_on >= first,
            Decision.decided_on < first.replace(year=first.year + 1),
        )
    )
    return db.session.scalar(query) or 0
