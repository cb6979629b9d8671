"""Writing people and organizations down, with how to reach them; finding them again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import flag_modified

from ...accounts.actor import Actor
from ...accounts.models import Role, User
from ...accounts.permissions import clerk, council_office
from ...database import db
from ..models import ContactKind, ContactPoint, Organization, Party, PartyKind, Person, WrittenFor
from ..vocabulary import OrganizationKind
from .finding import parties_named
from .naming import kana_key, name_key, value_key

P = TypeVar("P", bound=Party)


@dataclass(frozen=True)
class Contact:
    """A contact point as somebody gave it."""

    kind: ContactKind
    value: str
    may_share: bool = False
    hours: str | None = None


def create_person(name: str, *, kana: str | None = None, birth_year: int | None = None, **facts: object) -> Person:
    person = Person(
        name=name.strip(),
        kana=(kana or "").strip() or None,
        birth_year=birth_year,
        **facts,
    )
    db.session.add(person)
    db.session.flush()
    return person


def create_organization(
    name: str,
    *,
    kind: OrganizationKind,
    kana: str | None = None,
    district_id: int | None = None,
    written_for: WrittenFor | None = None,
) -> Organization:
    organization = Organization(
        name=name.strip(),
        kana=(kana or "").strip() or None,
        organization_kind=kind,
        district_id=district_id,
        written_for=written_for,
    )
    db.session.add(organization)
    db.session.flush()
    return organization


def office_of(by: Actor) -> WrittenFor | None:
    """For whom somebody writes a party down. Kept with the party: what the writer becomes later changes nothing."""
    if by.has(Role.COORDINATOR):
        return WrittenFor.DESKS if by.contractor else WrittenFor.CITY
    return WrittenFor.COUNCILS if clerk(by, None) or council_office(by, None) else None


def set_contacts(party: Party, contacts: Iterable[Contact]) -> set[str]:
    """Replace the party's contact points, one of each kind; an empty value leaves the kind out.

    Answers the kinds that changed; the party's version rises then, so that no page opened before overwrites them.
    """
    wanted = {contact.kind: contact for contact in contacts if contact.value.strip()}
    before = _contacts_of(party)
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
    after = _contacts_of(party)
    changed = {kind.value for kind in ContactKind if before.get(kind) != after.get(kind)}
    if changed and party.name is not None:
        flag_modified(party, "name")  # else a change of its contact points alone leaves its version
    return changed


def _contacts_of(party: Party) -> dict[ContactKind, tuple[str, bool, str | None]]:
    return {point.kind: (point.value, point.may_share, point.hours) for point in party.contact_points}


def load_party(kind: type[P], named: int | str) -> P | None:
    """The party of this number, which an address may name in letters; a merged one stands for its canonical one."""
    if isinstance(named, str):
        named = int(named) if named.isdecimal() and len(named) < 10 else 0
    found = db.session.get(kind, named)
    return found and db.session.get(kind, found.canonical)


def find_organizations(words: str, *, limit: int = 10) -> list[Organization]:
    """Organizations whose name or kana holds the words; of very many, some."""
    standing = and_(Party.kind == PartyKind.ORGANIZATION, Party.canonical_id.is_(None))
    query = (
        select(Organization)
        .where(Organization.id.in_(parties_named(words, admits=standing).ids))
        .options(joinedload(Organization.district))
        .order_by(Organization.kana_key, Organization.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def organizations_like(name: str, *, district_id: int | None, limit: int = 5) -> list[Organization]:
    """Organizations of this name that are not known to be of another district; those of this district first."""
    query = select(Organization).where(Organization.name_key == name_key(name), Organization.canonical_id.is_(None))
    if district_id:
        query = query.where(or_(Organization.district_id.is_(None), Organization.district_id == district_id))
    order = (Organization.district_id.is_(None), Organization.id)
    return list(db.session.scalars(query.options(joinedload(Organization.district)).order_by(*order).limit(limit)))


def people_like(name: str, *, kana: str | None, telephone: str | None, limit: int = 5) -> list[Person]:
    """People known already who may be this one: of the same name and, where both are known, kana; or telephone."""
    same = Person.name_key == name_key(name)
    if kana:
        same = and_(same, or_(Person.kana.is_(None), Person.kana_key == kana_key(kana)))
    if telephone:
        key = value_key(ContactKind.TELEPHONE, telephone)
        held = select(ContactPoint.party_id).where(
            ContactPoint.kind == ContactKind.TELEPHONE, ContactPoint.value_key == key
        )
        same = or_(same, Person.id.in_(held))
    query = select(Person).where(same, Person.canonical_id.is_(None)).options(joinedload(Person.district))
    return list(db.session.scalars(query.order_by(Person.id).limit(limit)))


def person_of(user: User) -> Person | None:
    return db.session.get(Person, user.party_id) if user.party_id else None
