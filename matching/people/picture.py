"""One party's whole picture: everything that the rooms know of it, as far as this reader may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from ..accounts.actor import Actor
from ..accounts.history import Happened, history_of
from ..audit import AuditEntry
from ..councils import history as councils_read
from ..councils.models import Appointment
from ..database import db
from ..dispatch.models import Candidate, Decision, Dispatch, DispatchMember, Inquiry
from ..dispatch.states import DispatchState, InquiryState
from ..groups import reading as groups_read
from ..groups.models import Group
from ..help_requests.models import HelpRequest
from ..i18n import fiscal_year
from ..registry import services as registry
from ..registry.models import (
    Basis,
    Consent,
    ContactKind,
    ContactPoint,
    Import,
    Organization,
    Party,
    Provenance,
    Purpose,
    Registry,
    Representation,
    Skill,
)
from ..registry.states import RepresentationState
from ..supporters import reading as supporters_read
from ..supporters.models import Supporter
from .belonging import family_of
from .seeing import Sight, sight_of

SHOWN = 10  # requests and dispatches on the page; the rest is counted
LINES = 100  # imported values
CONTACT_VALUES = frozenset(kind.value for kind in ContactKind)
SENT = (DispatchState.PLANNED, DispatchState.DONE)


@dataclass(frozen=True)
class Standing:
    """What happened between this party and the requests of others."""

    asked: int
    promised: int
    declined: int
    sent: int
    sent_this_year: int
    dispatches: list[Dispatch]  # the latest


@dataclass(frozen=True)
class Picture:
    """What is kept from this reader is empty; ``sight`` says why."""

    party: Party
    sight: Sight
    supporters: list[Supporter] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    skills: dict[Registry, list[Skill]] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)
    bases: list[Basis] = field(default_factory=list)
    contacts: list[ContactPoint] = field(default_factory=list)
    representations: list[Representation] = field(default_factory=list)
    requests: list[HelpRequest] = field(default_factory=list)
    requests_in_all: int = 0
    standing: Standing | None = None
    provenance: list[tuple[str, Provenance, Import]] = field(default_factory=list)
    history: list[Happened] = field(default_factory=list)

    @property
    def is_organization(self) -> bool:
        return isinstance(self.party, Organization)

    @property
    def open_supporter(self) -> Supporter | None:
        return next((one for one in self.supporters if one.ended_on is None), None)

    @property
    def acts_for(self) -> list[Representation]:
        """Organizations for which this person acts today, or says so."""
        acting = (RepresentationState.APPROVED, RepresentationState.CLAIMED)
        return [one for one in self.representations if one.state in acting]

    def holds_seats_on(self, day: date) -> list[Appointment]:
        return [term for term in self.appointments if term.holds_on(day)]

    def other_seats(self, day: date) -> list[Appointment]:
        return [term for term in self.appointments if not term.holds_on(day)]


def picture_of(party: Party, *, by: Actor, day: date) -> Picture:
    """About fifteen queries, however much there is. A merged party's rows count as the canonical one's."""
    sight = sight_of(by)
    ids = list(family_of([party.id]))

    def rows(seen: bool, query: Callable[[list[int]], Select[Any]]) -> list[Any]:
        return list(db.session.scalars(query(ids))) if seen else []

    supporters = rows(sight.supporters, _supporters)
    groups = rows(sight.groups, _groups)
    appointments = rows(sight.councils, _appointments)
    representations = rows(sight.organizations, _representations)
    consents = [one for one in rows(True, _consents) if _may_be_told(one, sight)]
    bases = rows(sight.desks, _bases)
    requests, in_all = _requests(ids) if sight.requests else ([], 0)
    return Picture(
        party=party,
        sight=sight,
        supporters=supporters,
        groups=groups,
        appointments=appointments,
        skills=_skills(ids, sight),
        consents=consents,
        bases=bases,
        contacts=rows(sight.contacts, _contacts),
        representations=representations,
        requests=requests,
        requests_in_all=in_all,
        standing=_standing(ids, by=by, day=day) if sight.requests else None,
        provenance=_provenance(ids, sight),
        history=_history(party, [*consents, *bases, *supporters, *groups], appointments, representations, sight),
    )


def _supporters(ids: list[int]) -> Select[Any]:
    return select(Supporter).where(Supporter.party_id.in_(ids)).order_by(Supporter.id.desc())


def _groups(ids: list[int]) -> Select[Any]:
    return select(Group).where(Group.organization_id.in_(ids)).order_by(Group.id.desc())


def _appointments(ids: list[int]) -> Select[Any]:
    query = select(Appointment).where(Appointment.person_id.in_(ids)).options(joinedload(Appointment.council))
    return query.order_by(Appointment.starts.desc(), Appointment.id.desc())


def _representations(ids: list[int]) -> Select[Any]:
    return (
        select(Representation)
        .where(or_(Representation.person_id.in_(ids), Representation.organization_id.in_(ids)))
        .options(selectinload(Representation.person), selectinload(Representation.organization))
        .order_by(Representation.id)
    )


def _consents(ids: list[int]) -> Select[Any]:
    return select(Consent).where(Consent.party_id.in_(ids)).order_by(Consent.id)


def _may_be_told(consent: Consent, sight: Sight) -> bool:
    return sight.councils if consent.purpose is Purpose.COUNCIL else sight.desks


def _bases(ids: list[int]) -> Select[Any]:
    return select(Basis).where(Basis.party_id.in_(ids)).order_by(Basis.id)


def _contacts(ids: list[int]) -> Select[Any]:
    return select(ContactPoint).where(ContactPoint.party_id.in_(ids)).order_by(ContactPoint.id)


def _skills(ids: list[int], sight: Sight) -> dict[Registry, list[Skill]]:
    """By the registry that they were told to, and only of registries that the reader sees."""
    seen = {
        Registry.SUPPORTER: sight.supporters,
        Registry.GROUP: sight.groups,
        Registry.COUNCIL: sight.councils,
    }
    query = select(Skill).where(Skill.party_id.in_(ids)).order_by(Skill.of_registry, Skill.party_id, Skill.position)
    found: dict[Registry, list[Skill]] = {}
    for skill in db.session.scalars(query):
        if seen[skill.of_registry]:
            found.setdefault(skill.of_registry, []).append(skill)
    return found


def _requests(ids: list[int]) -> tuple[list[HelpRequest], int]:
    """Those that the party asked, or that this person told the desk of."""
    theirs = or_(HelpRequest.requester_id.in_(ids), HelpRequest.contact_person_id.in_(ids))
    query = select(HelpRequest).where(theirs).options(selectinload(HelpRequest.requester))
    latest = query.order_by(HelpRequest.submitted_at.desc(), HelpRequest.id.desc()).limit(SHOWN)
    counted = select(func.count()).select_from(HelpRequest).where(theirs)
    return list(db.session.scalars(latest)), db.session.scalar(counted) or 0


def _of_their_seat(ids: list[int]) -> Select[int]:
    """Requests for which a party was proposed as a council member."""
    return (
        select(Inquiry.request_id)
        .join(Candidate, Candidate.id == Inquiry.candidate_id)
        .where(Inquiry.party_id.in_(ids), Candidate.of_registry == Registry.COUNCIL)
    )


def _standing(ids: list[int], *, by: Actor, day: date) -> Standing:
    """A contractor's staff is not told of what somebody was asked as a council member."""

    def told(column: Any) -> list[ColumnElement[bool]]:
        return [column.not_in(_of_their_seat(ids))] if by.contractor else []

    counted = select(Inquiry.state, func.count()).where(Inquiry.party_id.in_(ids), *told(Inquiry.request_id))
    answers: Counter[InquiryState] = Counter(
        {state: count for state, count in db.session.execute(counted.group_by(Inquiry.state))}
    )
    going = (
        select(Dispatch)
        .join(Dispatch.decision)
        .join(Decision.request)
        .options(contains_eager(Dispatch.decision).contains_eager(Decision.request).selectinload(HelpRequest.requester))
        .where(
            Dispatch.id.in_(select(DispatchMember.dispatch_id).where(DispatchMember.party_id.in_(ids))),
            Dispatch.state.in_(SENT),
            *told(HelpRequest.id),
        )
        .order_by(Decision.decided_on.desc(), Dispatch.id.desc())
    )
    dispatches = list(db.session.scalars(going))
    year = fiscal_year(day)
    asked = sum(count for state, count in answers.items() if state is not InquiryState.RETRACTED)
    return Standing(
        asked=asked,
        promised=answers[InquiryState.PROMISED],
        declined=answers[InquiryState.DECLINED],
        sent=len(dispatches),
        sent_this_year=sum(1 for one in dispatches if fiscal_year(one.on or one.decision.decided_on) == year),
        dispatches=dispatches[:SHOWN],
    )


def _provenance(ids: list[int], sight: Sight) -> list[tuple[str, Provenance, Import]]:
    """A file that gave a ground for matching is the desks'; any other is a department's roster."""
    of_desks = select(Basis.import_id).where(Basis.party_id.in_(ids), Basis.import_id.is_not(None))
    query = (
        select(Provenance, Import)
        .join(Import, Import.id == Provenance.import_id)
        .where(Provenance.party_id.in_(ids))
        .order_by(Import.read_at.desc(), Provenance.id)
        .limit(LINES)
    )
    if not sight.councils:
        query = query.where(Provenance.import_id.in_(of_desks))
    if not sight.desks:
        query = query.where(Provenance.import_id.not_in(of_desks))
    if not sight.contacts:
        query = query.where(Provenance.field.not_in(CONTACT_VALUES))
    return [
        (str(supporters_read.VALUES.get(one.field, one.field)), one, file) for one, file in db.session.execute(query)
    ]


def _history(
    party: Party,
    others: list[Any],
    appointments: list[Appointment],
    representations: list[Representation],
    sight: Sight,
) -> list[Happened]:
    """What the reader does not see is not among the records."""
    of_organization = isinstance(party, Organization)
    names = {one.id: one.person.name if of_organization else one.organization.name for one in representations}
    councils = {term.id: _("「%(name)s」", name=term.council.name) for term in appointments}
    sentences = (
        _as_of(Registry.SUPPORTER, supporters_read.HAPPENED)
        | _as_of(Registry.GROUP, groups_read.HAPPENED)
        | registry.naming(councils_read.TERM, councils, word="whose")
        | registry.naming(registry.REPRESENTED, names)
        | registry.AGREED
        | (registry.HAPPENED if sight.councils else registry.happened_at_desks(party))
    )
    return history_of([party, *others, *appointments, *representations], sentences)


def _as_of(room: Registry, sentences: Mapping[str, Any]) -> dict[str, Any]:
    """A registry's own sentences, which do not say of which registry they speak."""

    def say(sentence: Any) -> Callable[[AuditEntry], str]:
        return lambda entry: _(
            "%(registry)s：%(sentence)s",
            registry=_(room.label),
            sentence=sentence(entry) if callable(sentence) else sentence,
        )

    return {event: say(sentence) for event, sentence in sentences.items()}
