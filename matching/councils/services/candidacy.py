"""People of the councils: who is known to their offices, finding them, and their consent to be considered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from ... import audit
from ...accounts.actor import Actor, Source, lookups
from ...accounts.permissions import Permission, may
from ...database import db
from ...errors import Invalid
from ...i18n import today
from ...registry import services as registry
from ...registry.models import Consent, Gender, Party, PartyKind, Person, Purpose, Registry, WrittenFor
from ...registry.paging import Sifted
from ...registry.services import MAX_SKILLS, PersonFacts, SkillWords
from ...registry.sifting import Sieve
from ..models import Appointment
from .publishing import refresh_member
from .reading import holds_on

FOUND_BY_WORDS = 100
LOOKED_AT, OFFERED = 50, 5  # people of one name


# -- Who is known


def _agreeing() -> Select[int]:
    return select(Consent.party_id).where(Consent.purpose == Purpose.COUNCIL, Consent.withdrawn_at.is_(None))


def known_to_councils() -> Sieve:
    """Of ``Party``: people who hold or held a seat, agreed to be considered for one, or were written down by those who
    look after the councils."""
    written_down = select(Party.id).where(Party.written_for == WrittenFor.COUNCILS)
    people = registry.standing_for(select(Appointment.person_id), _agreeing(), written_down)
    known = registry.stands_for(_known)
    return Sieve(people, and_(Party.kind == PartyKind.PERSON, Party.canonical_id.is_(None), known))


def _known(party: Any) -> ColumnElement[bool]:
    return or_(
        party.written_for == WrittenFor.COUNCILS,
        exists().where(Appointment.person_id == party.id),
        _agreeing().where(Consent.party_id == party.id).exists(),
    )


def _is_known(party_id: int) -> bool:
    return db.session.scalar(select(Party.id).where(Party.id == party_id, known_to_councils().met)) is not None


lookups.is_known_to_councils = _is_known


def consenting(person_ids: Collection[int]) -> set[int]:
    """Those of them who agree to be considered for councils."""
    return set(db.session.scalars(_agreeing().where(Consent.party_id.in_(person_ids))))


def find_people(words: str, *, sitting_on: date | None = None) -> Sifted:
    """People known to the councils: by the words, best first, else by kana. ``sitting_on`` leaves out others."""
    sieves = [known_to_councils()]
    if sitting_on is not None:
        seated = select(Appointment.person_id).where(holds_on(sitting_on))
        met = registry.stands_for(lambda party: seated.where(Appointment.person_id == party.id).exists())
        sieves.append(Sieve(registry.standing_for(seated), met))
    people = registry.list_of(PartyKind.PERSON)
    return registry.parties_found(people, sieves, words, by_telephone=False, limit=FOUND_BY_WORDS)


# -- Writing people down


def alike(name: str, birth_year: int | None, *, by: Actor) -> list[Person]:
    """Who may be meant by this name: people of the councils, and others only where the birth year is the same too.

    Of whom the reader must not know, they are not told, even if one person is then written down twice.
    """
    same_year = Person.birth_year == birth_year if birth_year is not None else Person.id.is_(None)
    query = (
        select(Person)
        .where(Person.name_key == registry.name_key(name), Person.canonical_id.is_(None))
        .where(or_(known_to_councils().met, same_year))
        .order_by(Person.id)
        .limit(LOOKED_AT)
    )
    return [person for person in db.session.scalars(query) if may(by, Permission.PERSON_READ, person)][:OFFERED]


def write_member(
    person: Person | None,
    *,
    name: str,
    kana: str | None,
    birth_year: int | None,
    gender: Gender | None,
    affiliation: str | None,
    form_key: str,
    by: Actor,
    now: datetime,
) -> Person:
    """Somebody a clerk heard of. Of one who is known already, only what nobody knew yet is written."""
    if person is None:
        facts = PersonFacts(name, kana, birth_year, gender, None, affiliation)
        office = WrittenFor.COUNCILS
        return registry.enter_person(facts, form_key=form_key, written_for=office, by=by, now=now)
    facts = PersonFacts(
        name=person.name,
        kana=person.kana or kana,
        birth_year=person.birth_year or birth_year,
        gender=person.gender or gender,
        district_id=person.district_id,
        affiliation=person.affiliation or affiliation,
        note=person.note,
    )
    registry.edit_party(person, facts, None, by=by, now=now)
    return person


def agree(person: Person, *, on: date | None, by: Actor, now: datetime) -> None:
    """Somebody agreed on paper to be considered for councils; ``on`` is the day of the paper."""
    day = on or today(now)
    if day > today(now):
        raise Invalid(_("同意の書面の日は、今日までの日付にしてください。"), field="agreed_on")
    _consent(person, [Purpose.COUNCIL], on=day, by=by, now=now)


def withdraw_candidacy(person: Person, *, by: Actor, now: datetime) -> None:
    _consent(person, [], on=today(now), by=by, now=now)


def _consent(person: Person, purposes: list[Purpose], *, on: date, by: Actor, now: datetime) -> None:
    told = by.told_by(Source.PAPER, on_behalf_of=person.id)
    registry.set_consents(person, purposes, among=[Purpose.COUNCIL], by=told, now=now, on=on)


def set_expertise(person: Person, phrases: Sequence[str], *, by: Actor, now: datetime) -> None:
    """What somebody is an expert of, as told to the councils. Phrases that stay keep level and qualification."""
    if len(phrases) > MAX_SKILLS:
        raise Invalid(_("専門は%(count)s件までです。", count=MAX_SKILLS), field="expertise")
    if any(len(phrase) > 100 for phrase in phrases):
        raise Invalid(_("専門は、1行を100文字までで入力してください。"), field="expertise")
    old = {skill.phrase: skill for skill in registry.skills_of(person.id, Registry.COUNCIL)}
    if list(old) == list(phrases):
        return
    words = []
    for phrase in phrases:
        known = old.get(phrase)
        words.append(
            SkillWords(phrase, known.level, known.qualification, known.confirmed) if known else SkillWords(phrase)
        )
    registry.set_skills(person.id, Registry.COUNCIL, words)
    audit.record("person:edit", person, by=by, at=now, fields=["skills"])
    refresh_member(person, now)
