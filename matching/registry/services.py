"""Writing parties down: people and organizations, contact points, consents, skills, representation, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from blinker import Namespace
from flask_babel import gettext as _
from sqlalchemy import CompoundSelect, or_, select
from sqlalchemy.orm import joinedload

from .. import audit
from ..accounts.actor import Actor, lookups
from ..accounts.models import User
from ..database import db
from ..engine.text import fold
from ..errors import Invalid, MatchingError
from ..i18n import fiscal_year
from .models import (
    Basis,
    BasisKind,
    Consent,
    ContactKind,
    ContactPoint,
    Counter,
    Organization,
    Party,
    Person,
    Purpose,
    Registry,
    Representation,
    RepresentationState,
    Skill,
)
from .vocabulary import Desk, OrganizationKind

MAX_SKILLS = 12

# Upward news: a room above listens and acts in the same transaction.
signals = Namespace()
consent_given = signals.signal("consent-given")
consent_withdrawn = signals.signal("consent-withdrawn")
party_changed = signals.signal("party-changed")


def name_key(name: str) -> str:
    """How a name is compared: folded, without spaces and middle dots."""
    return re.sub(r"[\s・･.．,，]", "", fold(name))


TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def kana_key(kana: str) -> str:
    """How a reading is compared: like a name, and in hiragana whichever kana it was written in."""
    return name_key(kana).translate(TO_HIRAGANA)


@dataclass(frozen=True)
class Contact:
    """A contact point as somebody gave it."""

    kind: ContactKind
    value: str
    may_share: bool = False
    hours: str | None = None


@dataclass(frozen=True)
class SkillWords:
    """A skill as somebody told it."""

    phrase: str
    level: int | None = None
    qualification: str | None = None
    confirmed: bool = False


def create_person(name: str, *, kana: str | None = None, birth_year: int | None = None, **facts: object) -> Person:
    person = Person(
        name=name.strip(),
        kana=(kana or "").strip() or None,
        name_key=name_key(name),
        kana_key=kana_key(kana) if kana else None,
        birth_year=birth_year,
        **facts,
    )
    db.session.add(person)
    db.session.flush()
    return person


def create_organization(
    name: str, *, kind: OrganizationKind, kana: str | None = None, district_id: int | None = None
) -> Organization:
    organization = Organization(
        name=name.strip(),
        kana=(kana or "").strip() or None,
        name_key=name_key(name),
        kana_key=kana_key(kana) if kana else None,
        organization_kind=kind,
        district_id=district_id,
    )
    db.session.add(organization)
    db.session.flush()
    return organization


def rename(party: Party, *, name: str, kana: str | None) -> None:
    party.name, party.kana = name.strip(), (kana or "").strip() or None
    party.name_key, party.kana_key = name_key(name), kana_key(kana) if kana else None


def value_key(kind: ContactKind, value: str) -> str:
    """What two writings of the same contact point share."""
    if kind is ContactKind.TELEPHONE:
        return re.sub(r"\D", "", fold(value))
    return fold(value).replace(" ", "").lower()


def set_contacts(party: Party, contacts: Iterable[Contact]) -> None:
    """Replace the party's contact points, one of each kind; an empty value leaves the kind out."""
    wanted = {contact.kind: contact for contact in contacts if contact.value.strip()}
    for old in list(party.contact_points):
        if old.kind not in wanted:
            party.contact_points.remove(old)
    for kind, contact in wanted.items():
        point = party.contact(kind)
        if point is None:
            point = ContactPoint(kind=kind)
            party.contact_points.append(point)
        point.value = contact.value.strip()
        point.value_key = value_key(kind, contact.value)
        point.may_share = contact.may_share
        point.hours = contact.hours or None


def active_consents(party_id: int) -> dict[Purpose, Consent]:
    rows = db.session.scalars(select(Consent).where(Consent.party_id == party_id, Consent.withdrawn_at.is_(None)))
    return {consent.purpose: consent for consent in rows}


def set_consents(
    party: Party, purposes: Iterable[Purpose], *, among: Iterable[Purpose], by: Actor, now: datetime, on: date
) -> None:
    """Give the named purposes and withdraw the others of ``among``; purposes outside ``among`` stay as they are."""
    active, wanted = active_consents(party.id), set(purposes)
    for purpose in among:
        if purpose in wanted and purpose not in active:
            consent = Consent(
                party_id=party.id, purpose=purpose, given_on=on, given_by=by.source, recorded_by_id=by.user_id
            )
            db.session.add(consent)
            audit.record("consent:give", consent, by=by, at=now, fields=[purpose.value])
            db.session.flush()
            consent_given.send(consent, by=by, now=now)
        elif purpose not in wanted and purpose in active:
            withdraw_consent(active[purpose], by=by, now=now)


def withdraw_consent(consent: Consent, *, by: Actor, now: datetime) -> None:
    consent.withdrawn_at = now
    audit.record("consent:withdraw", consent, by=by, at=now, fields=[consent.purpose.value])
    db.session.flush()
    consent_withdrawn.send(consent, by=by, now=now)


def give_basis(party: Party, kind: BasisKind, *, note: str = "", import_id: int | None = None) -> Basis:
    basis = Basis(party_id=party.id, kind=kind, note=note, import_id=import_id)
    db.session.add(basis)
    return basis


def parties_with_basis() -> CompoundSelect[Any]:
    """A select of the parties that staff may match: by consent or by another ground. Joined when read."""
    consenting = select(Consent.party_id).where(Consent.purpose == Purpose.MATCHING, Consent.withdrawn_at.is_(None))
    grounded = select(Basis.party_id).where(Basis.ended_at.is_(None))
    return consenting.union(grounded)


def has_basis(party_id: int) -> bool:
    return (
        Purpose.MATCHING in active_consents(party_id)
        or db.session.scalar(select(Basis.id).where(Basis.party_id == party_id, Basis.ended_at.is_(None)).limit(1))
        is not None
    )


def skills_of(party_id: int, registry: Registry) -> list[Skill]:
    query = select(Skill).where(Skill.party_id == party_id, Skill.of_registry == registry).order_by(Skill.position)
    return list(db.session.scalars(query))


def set_skills(party_id: int, registry: Registry, skills: Sequence[SkillWords]) -> None:
    """Replace what a party told one registry. A skill that stays word for word keeps its confirmation."""
    if len(skills) > MAX_SKILLS:
        raise Invalid(_("できることは%(count)s件までです。", count=MAX_SKILLS), field="skills")
    old = skills_of(party_id, registry)
    confirmed = {(skill.phrase, skill.qualification) for skill in old if skill.confirmed}
    for skill in old:
        db.session.delete(skill)
    db.session.flush()
    for position, words in enumerate(skills):
        db.session.add(
            Skill(
                party_id=party_id,
                of_registry=registry,
                position=position,
                phrase=words.phrase.strip(),
                level=words.level,
                qualification=words.qualification or None,
                confirmed=words.confirmed or (words.phrase.strip(), words.qualification or None) in confirmed,
            )
        )
    db.session.flush()


def next_number(series: str, day: date) -> int:
    """The next number of a series in the fiscal year of the day; two at once never get the same."""
    year = fiscal_year(day)
    counter = db.session.get(Counter, (series, year), with_for_update=True)
    if counter is None:
        counter = Counter(series=series, fiscal_year=year, last=0)
        db.session.add(counter)
    counter.last += 1
    db.session.flush()
    return counter.last


def find_organizations(words: str, *, limit: int = 10) -> list[Organization]:
    """Organizations whose name or kana holds the words."""
    key = name_key(words)
    if not key:
        return []
    query = (
        select(Organization)
        .where(
            or_(
                Organization.name_key.contains(key, autoescape=True),
                Organization.kana_key.contains(kana_key(words), autoescape=True),
            )
        )
        .options(joinedload(Organization.district))
        .order_by(Organization.kana_key, Organization.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def person_of(user: User) -> Person | None:
    return db.session.get(Person, user.party_id) if user.party_id else None


def become_person(
    user: User, *, name: str, kana: str | None = None, birth_year: int | None = None, by: Actor, now: datetime
) -> Person:
    """The person this user is, under the name they give now; made at the first time."""
    person = person_of(user)
    if person is None:
        person = create_person(name, kana=kana, birth_year=birth_year)
        user.party_id, user.name = person.id, person.name[:80]
        audit.record("person:create", person, by=by, at=now)
        db.session.flush()
        return person
    changed = {
        field
        for field, old, new in (("name", person.name, name.strip()), ("kana", person.kana, kana and kana.strip()))
        if new and new != old
    }
    if changed:
        rename(person, name=name, kana=kana or person.kana)
    if birth_year is not None and birth_year != person.birth_year:
        person.birth_year = birth_year
        changed.add("birth_year")
    if changed:
        user.name = person.name[:80]
        audit.record("person:edit", person, by=by, at=now, fields=changed)
    return person


def write_person(
    person: Person | None,
    *,
    name: str,
    kana: str | None = None,
    birth_year: int | None = None,
    district_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Person:
    """What a desk was told about a person: a new one, or the one named."""
    if person is None:
        person = create_person(name, kana=kana, birth_year=birth_year, district_id=district_id)
        audit.record("person:create", person, by=by, at=now)
        return person
    rename(person, name=name, kana=kana)
    person.birth_year, person.district_id = birth_year, district_id
    audit.record("person:edit", person, by=by, at=now, fields=["name", "kana", "birth_year", "district"])
    return person


def write_organization(
    organization: Organization | None,
    *,
    name: str,
    kind: OrganizationKind,
    kana: str | None = None,
    district_id: int | None = None,
    contact_name: str | None = None,
    contact_kana: str | None = None,
    title: str | None = None,
    by: Actor,
    now: datetime,
) -> Organization:
    """What a desk was told about an organization and, where named, the person who acts for it: approved at once."""
    if organization is None:
        organization = create_organization(name, kind=kind, kana=kana, district_id=district_id)
        audit.record("organization:create", organization, by=by, at=now)
    else:
        rename(organization, name=name, kana=kana)
        organization.organization_kind, organization.district_id = kind, district_id
        fields = ["name", "kana", "organization_kind", "district"]
        audit.record("organization:edit", organization, by=by, at=now, fields=fields)
    if contact_name:
        person = write_person(None, name=contact_name, kana=contact_kana, by=by, now=now)
        representation = claim(person, organization, title=title or "", by=by, now=now)
        decide_representation(representation, approve=True, by=by, now=now)
    return organization


def claim_new(
    person: Person,
    *,
    name: str,
    kind: OrganizationKind,
    kana: str | None = None,
    district_id: int | None = None,
    contacts: Iterable[Contact] = (),
    title: str,
    by: Actor,
    now: datetime,
) -> Representation:
    """Write an organization down together with the person's claim; the same again returns the first claim."""
    for representation in representations_of(person.id):
        if representation.organization.name_key == name_key(name):
            return representation
    organization = create_organization(name, kind=kind, kana=kana, district_id=district_id)
    set_contacts(organization, contacts)
    audit.record("organization:create", organization, by=by, at=now)
    return claim(person, organization, title=title, by=by, now=now)


def representations_of(person_id: int, *, only_approved: bool = False) -> list[Representation]:
    """The organizations that a person acts for, or says so."""
    states = [RepresentationState.APPROVED] + ([] if only_approved else [RepresentationState.CLAIMED])
    query = (
        select(Representation)
        .where(Representation.person_id == person_id, Representation.state.in_(states))
        .options(joinedload(Representation.organization))
        .order_by(Representation.id)
    )
    return list(db.session.scalars(query))


def representatives_of(organization_id: int) -> list[Representation]:
    """Who acts for an organization, or says so."""
    query = (
        select(Representation)
        .where(
            Representation.organization_id == organization_id,
            Representation.state.in_([RepresentationState.APPROVED, RepresentationState.CLAIMED]),
        )
        .options(joinedload(Representation.person))
        .order_by(Representation.id)
    )
    return list(db.session.scalars(query))


def claim(person: Person, organization: Organization, *, title: str, by: Actor, now: datetime) -> Representation:
    """Say that this person acts for the organization; a desk approves it. The same claim again returns the first."""
    existing = db.session.scalar(
        select(Representation).where(
            Representation.person_id == person.id,
            Representation.organization_id == organization.id,
            Representation.state.in_([RepresentationState.CLAIMED, RepresentationState.APPROVED]),
        )
    )
    if existing:
        return existing
    representation = Representation(person=person, organization=organization, title=title.strip())
    db.session.add(representation)
    audit.record("representation:claim", representation, by=by, at=now)
    return representation


def decide_representation(representation: Representation, *, approve: bool, by: Actor, now: datetime) -> None:
    if representation.state is not RepresentationState.CLAIMED:
        raise MatchingError(_("この申し出は、すでに確認されています。"))
    representation.state = RepresentationState.APPROVED if approve else RepresentationState.REFUSED
    representation.decided_by_id, representation.decided_at = by.user_id, now
    verb = "approve" if approve else "refuse"
    audit.record(f"representation:{verb}", representation, by=by, at=now)


def unchecked_claim(person_id: int | None, organization_id: int) -> Representation | None:
    """The claim of this person to act for this organization, where no desk has looked at it yet."""
    return db.session.scalar(
        select(Representation).where(
            Representation.person_id == person_id,
            Representation.organization_id == organization_id,
            Representation.state == RepresentationState.CLAIMED,
        )
    )


def waiting_representations() -> list[Representation]:
    query = (
        select(Representation)
        .where(Representation.state == RepresentationState.CLAIMED)
        .options(
            joinedload(Representation.person), joinedload(Representation.organization).joinedload(Organization.district)
        )
        .order_by(Representation.created_at, Representation.id)
    )
    return list(db.session.scalars(query))


def _parties_of(party_id: int) -> frozenset[int]:
    approved = db.session.scalars(
        select(Representation.organization_id).where(
            Representation.person_id == party_id, Representation.state == RepresentationState.APPROVED
        )
    )
    return frozenset({party_id, *approved})


def _works_for_contractor(desk_ids: frozenset[int]) -> bool:
    query = select(Desk.id).where(Desk.id.in_(desk_ids), Desk.is_contractor).limit(1)
    return db.session.scalar(query) is not None


lookups.parties_of = _parties_of
lookups.works_for_contractor = _works_for_contractor
