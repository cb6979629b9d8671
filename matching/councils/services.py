"""Who sits on which council, from when to when; and which members searches may find as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload

from .. import audit
from ..accounts.actor import Actor
from ..database import db
from ..engine.types import Card
from ..errors import Invalid
from ..i18n import today
from ..profiles import services as profiles
from ..registry import cards
from ..registry import services as registry
from ..registry.models import Consent, Person, Purpose, Registry
from ..registry.services import SkillWords
from ..registry.vocabulary import Department
from .models import Appointment, Council, CouncilRole


def found_council(
    name: str,
    *,
    department: Department,
    founded_on: str | None = None,
    seats: int | None = None,
    topics: str | None = None,
    by: Actor,
    now: datetime,
) -> Council:
    """Write a council down. ``founded_on`` is the ordinance or rule that it stands on."""
    if db.session.scalar(select(Council.id).where(Council.name == name.strip())):
        raise Invalid(_("同じ名前の審議会等が、すでにあります。"), field="name")
    council = Council(name=name.strip(), department=department, founded_on=founded_on, seats=seats, topics=topics)
    db.session.add(council)
    audit.record("council:create", council, by=by, at=now)
    return council


def appoint(
    council: Council,
    person: Person,
    *,
    starts: date,
    ends: date | None = None,
    category: str = "",
    role: CouncilRole = CouncilRole.MEMBER,
    ex_officio: bool = False,
    skills: Sequence[SkillWords] | None = None,
    by: Actor,
    now: datetime,
) -> Appointment:
    """One term of one person. ``skills`` replaces what the person told this registry; None leaves it."""
    if ends is not None and ends < starts:
        raise Invalid(_("任期の終わりは、始まりよりあとの日付にしてください。"), field="ends")
    for other in _terms(person.id):
        if other.council_id == council.id and _overlap(other, starts, ends):
            raise Invalid(_("この方は、同じ期間にこの審議会等の委員になっています。"), field="starts")
    appointment = Appointment(
        council=council,
        person=person,
        starts=starts,
        ends=ends,
        category=category,
        role=role,
        ex_officio=ex_officio,
    )
    db.session.add(appointment)
    audit.record("appointment:appoint", appointment, by=by, at=now)
    if skills is not None:
        registry.set_skills(person.id, Registry.COUNCIL, skills)
    refresh_member(person, now=now)
    return appointment


def leave(appointment: Appointment, *, on: date, by: Actor, now: datetime) -> None:
    """A member leaves before the term is over."""
    if appointment.left_on is not None:
        raise Invalid(_("この方は、すでに退任しています。"), field="on")
    if on < appointment.starts:
        raise Invalid(_("退任の日は、任期の始まりよりあとの日付にしてください。"), field="on")
    appointment.left_on = on
    audit.record("appointment:leave", appointment, by=by, at=now)
    refresh_member(appointment.person, now=now)


def refresh_member(person: Person, now: datetime) -> None:
    """Let searches find a sitting member who agreed to be considered for councils; and nobody else.

    A person has one profile, whatever number of councils they sit on.
    """
    db.session.flush()
    held = [term for term in _terms(person.id) if term.holds_on(today(now))]
    if held and Purpose.COUNCIL in registry.active_consents(person.id):
        profiles.publish(
            registry=Registry.COUNCIL.value,
            registration_id=person.id,
            party_id=person.id,
            card=card_of(person, held),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.COUNCIL.value, registration_id=person.id, now=now)


def card_of(person: Person, held: Sequence[Appointment]) -> Card:
    seats = [f"{term.council.name} {term.category}".strip() for term in held]
    return Card(
        key=f"{Registry.COUNCIL.value}:{person.id}",
        kind="individual",
        phrases=cards.phrases(person.id, Registry.COUNCIL),
        intro="。".join([*seats, person.affiliation or ""]).strip("。"),
    )


def members_on(council: Council, day: date) -> list[Appointment]:
    """Who sits on the council on this day: the chair first, then by kana."""
    order = list(CouncilRole)
    held = [term for term in _with_people(council.id) if term.holds_on(day)]
    return sorted(held, key=lambda term: (order.index(term.role), term.person.kana_key or "", term.id))


def other_terms(council: Council, day: date) -> list[Appointment]:
    """Terms that are over or have not begun, the latest first."""
    return [term for term in _with_people(council.id) if not term.holds_on(day)][::-1]


def _with_people(council_id: int) -> list[Appointment]:
    query = (
        select(Appointment)
        .where(Appointment.council_id == council_id)
        .options(joinedload(Appointment.person))
        .order_by(Appointment.starts, Appointment.id)
    )
    return list(db.session.scalars(query))


def _terms(person_id: int) -> list[Appointment]:
    query = (
        select(Appointment)
        .where(Appointment.person_id == person_id)
        .options(joinedload(Appointment.council))
        .order_by(Appointment.starts, Appointment.id)
    )
    return list(db.session.scalars(query))


def _overlap(term: Appointment, starts: date, ends: date | None) -> bool:
    last = min((day for day in (term.ends, term.left_on) if day is not None), default=None)
    return (last is None or starts <= last) and (ends is None or term.starts <= ends)


def _holds_on(day: date) -> ColumnElement[bool]:
    """``Appointment.holds_on``, asked of the database."""
    return and_(
        Appointment.starts <= day,
        or_(Appointment.ends.is_(None), Appointment.ends >= day),
        or_(Appointment.left_on.is_(None), Appointment.left_on >= day),
    )


def sitting_on(day: date) -> Select[int]:
    """A select of the people who hold a seat on this day."""
    return select(Appointment.person_id).where(_holds_on(day))


def seats_taken(day: date) -> dict[int, int]:
    """Council id → how many sit on it on this day."""
    taken: dict[int, int] = {}
    for term in db.session.scalars(select(Appointment).where(_holds_on(day))):
        taken[term.council_id] = taken.get(term.council_id, 0) + 1
    return taken


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    if consent.purpose is Purpose.COUNCIL and (person := db.session.get(Person, consent.party_id)):
        refresh_member(person, now)
