"""What a desk writes down and corrects about a person or an organization; the log names only what changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from blinker import Namespace
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor
from ...accounts.models import User
from ...database import db
from ..models import Gender, Organization, Party, Person, WrittenFor
from ..vocabulary import OrganizationKind
from .parties import Contact, create_organization, create_person, office_of, person_of, set_contacts

# Upward news: a room above publishes anew what rests on these facts.
signals = Namespace()
party_changed = signals.signal("party-changed")


@dataclass(frozen=True)
class PersonFacts:
    """Who somebody is."""

    name: str
    kana: str | None = None
    birth_year: int | None = None
    gender: Gender | None = None
    district_id: int | None = None
    affiliation: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class OrganizationFacts:
    """What an organization is."""

    name: str
    organization_kind: OrganizationKind
    kana: str | None = None
    district_id: int | None = None
    note: str | None = None


def enter_person(
    facts: PersonFacts,
    contacts: Iterable[Contact] = (),
    *,
    form_key: str,
    written_for: WrittenFor | None = None,
    by: Actor,
    now: datetime,
) -> Person:
    """Write a person down, for the writer's own office where none is named. The same form again shows the first one."""
    if isinstance(first := written_with(form_key), Person):
        return first
    person = create_person(facts.name, kana=facts.kana, form_key=form_key, written_for=written_for or office_of(by))
    _write(person, facts)
    set_contacts(person, contacts)
    audit.record("person:create", person, by=by, at=now)
    db.session.flush()
    return person


def enter_organization(
    facts: OrganizationFacts, contacts: Iterable[Contact] = (), *, form_key: str, by: Actor, now: datetime
) -> Organization:
    """Write an organization down. The same form a second time shows the first one."""
    if isinstance(first := written_with(form_key), Organization):
        return first
    organization = create_organization(
        facts.name, kind=facts.organization_kind, kana=facts.kana, written_for=office_of(by)
    )
    organization.form_key = form_key
    _write(organization, facts)
    set_contacts(organization, contacts)
    audit.record("organization:create", organization, by=by, at=now)
    db.session.flush()
    return organization


def written_with(form_key: str) -> Party | None:
    """The party that this opened form has made already."""
    return db.session.scalar(select(Party).where(Party.form_key == form_key))


def edit_party(
    party: Party,
    facts: PersonFacts | OrganizationFacts,
    contacts: Iterable[Contact] | None,
    *,
    by: Actor,
    now: datetime,
) -> set[str]:
    """Correct what is written; answers the names of what changed. ``contacts`` None: they stay as they are."""
    changed = _write(party, facts)
    if contacts is not None:
        changed |= set_contacts(party, contacts)
    return _note_change(party, changed, by=by, now=now)


def edit_facts(
    party: Party, contacts: Iterable[Contact] | None = None, *, by: Actor, now: datetime, **told: Any
) -> set[str]:
    """``edit_party`` for those who ask of some facts only: the others of its ``PersonFacts`` stay."""
    kind: Any = PersonFacts if isinstance(party, Person) else OrganizationFacts
    known = kind(**{fact.name: getattr(party, fact.name) for fact in fields(kind)})
    return edit_party(party, replace(known, **told), contacts, by=by, now=now)


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
    told: dict[str, Any] = {"name": name, "kana": kana, "birth_year": birth_year}
    edit_facts(person, by=by, now=now, **{fact: value for fact, value in told.items() if value})
    return person


def edit_contacts(party: Party, contacts: Iterable[Contact], *, by: Actor, now: datetime) -> set[str]:
    """The party, or who speaks for it, says how to reach it."""
    return _note_change(party, set_contacts(party, contacts), by=by, now=now)


def _note_change(party: Party, changed: set[str], *, by: Actor, now: datetime) -> set[str]:
    if changed:
        audit.record(f"{party.kind.value}:edit", party, by=by, at=now, fields=changed)
        db.session.flush()
        party_changed.send(party, fields=frozenset(changed), by=by, now=now)
    return changed


def _write(party: Party, facts: PersonFacts | OrganizationFacts) -> set[str]:
    told: dict[str, Any] = {fact.name: getattr(facts, fact.name) for fact in fields(facts)}
    told = {name: (value.strip() or None if isinstance(value, str) else value) for name, value in told.items()}
    changed = {name for name, value in told.items() if getattr(party, name) != value}
    for name in changed:
        setattr(party, name, told[name])
    if "name" in changed and isinstance(party, Person):
        for user in db.session.scalars(select(User).where(User.party_id == party.id)):
            user.name = party.name[:80]
    return {name.removesuffix("_id") for name in changed}
