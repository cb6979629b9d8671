"""Who may act for an organization: claimed by a person, approved by a desk. The Actor learns of it from here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, func, literal_column, select
from sqlalchemy.orm import selectinload

from ... import audit
from ...accounts.actor import Actor, lookups
from ...accounts.permissions import of_others
from ...audit import AuditEntry
from ...database import db
from ...errors import Invalid
from ..models import Organization, Person, Representation
from ..states import REPRESENTATION, RepresentationAction, RepresentationState
from ..vocabulary import Desk, OrganizationKind
from .editing import edit_facts
from .naming import name_key
from .parties import Contact, create_organization, create_person, office_of, organizations_like, set_contacts


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
        organization = create_organization(
            name, kind=kind, kana=kana, district_id=district_id, written_for=office_of(by)
        )
        audit.record("organization:create", organization, by=by, at=now)
    else:
        told: dict[str, Any] = {"name": name, "kana": kana, "organization_kind": kind, "district_id": district_id}
        edit_facts(organization, by=by, now=now, **told)
    if contact_name:
        _write_contact_person(organization, contact_name, kana=contact_kana, title=title, by=by, now=now)
    return organization


def _write_contact_person(
    organization: Organization, name: str, *, kana: str | None, title: str | None, by: Actor, now: datetime
) -> Representation:
    """The one of this name who acts for the organization already, or a new person."""
    key = name_key(name)
    known = [one for one in representatives_of(organization.id) if one.person.name_key == key]
    if known:
        representation = known[0]
        if kana and not representation.person.kana:
            edit_facts(representation.person, kana=kana, by=by, now=now)
    else:
        person = create_person(name, kana=kana, written_for=office_of(by))
        audit.record("person:create", person, by=by, at=now)
        representation = claim(person, organization, title=title or "", by=by, now=now)
    return _approved(representation, by=by, now=now)


def _approved(representation: Representation, *, by: Actor, now: datetime) -> Representation:
    if representation.state is RepresentationState.CLAIMED:
        decide_representation(representation, approve=True, by=by, now=now)
    return representation


def add_representative(
    organization: Organization,
    *,
    person: Person | None = None,
    name: str = "",
    kana: str | None = None,
    title: str = "",
    by: Actor,
    now: datetime,
) -> Representation:
    """A desk was told who acts for the organization: approved at once. Without a known person, one of this name.

    Told twice, it is written down once.
    """
    by = by.told_by(by.source, on_behalf_of=organization.id)
    if person is None:
        return _write_contact_person(organization, name, kana=kana, title=title, by=by, now=now)
    return _approved(claim(person, organization, title=title, by=by, now=now), by=by, now=now)


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
    """Claim to act for an organization, and write it down where none of this name is known; it is never changed."""
    for representation in representations_of(person.id):
        if representation.organization.name_key == name_key(name):
            return representation
    known = organizations_like(name, district_id=district_id)
    if len({one.district_id for one in known}) == 1:  # of several places, nobody knows which is meant
        return claim(person, known[0], title=title, by=by, now=now)
    organization = create_organization(name, kind=kind, kana=kana, district_id=district_id)
    set_contacts(organization, contacts)
    audit.record("organization:create", organization, by=by, at=now)
    return claim(person, organization, title=title, by=by, now=now)


def speaks_for(representation: Representation, by: Actor) -> bool:
    """Approved by a desk; or about an organization that this user wrote down, not for a desk, until a desk decides on
    anybody who acts for it: until then nobody else's data is touched."""
    if representation.state is RepresentationState.APPROVED:
        return True
    organization = representation.organization
    wrote_it = select(AuditEntry.id).where(
        AuditEntry.event == "organization:create",
        AuditEntry.subject_id == organization.id,
        AuditEntry.actor_user_id == by.user_id,
        ~exists().where(Representation.organization_id == organization.id, Representation.decided_at.is_not(None)),
    )
    return organization.written_for is None and db.session.scalar(wrote_it.limit(1)) is not None


def representations_of(person_id: int, *, only_approved: bool = False) -> list[Representation]:
    """The organizations that a person acts for, or says so."""
    states = [RepresentationState.APPROVED] + ([] if only_approved else [RepresentationState.CLAIMED])
    query = (
        select(Representation)
        .where(Representation.person_id == person_id, Representation.state.in_(states))
        .options(selectinload(Representation.organization))
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
        .options(selectinload(Representation.person))
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
    """A desk has checked a claim of somebody else. Of two desks at once, the second is stale."""
    if approve and not of_others(by, representation):
        raise Invalid(_("ご自分のことは確認できません。ほかの担当者に頼んでください。"), field="choice")
    action = RepresentationAction.APPROVE if approve else RepresentationAction.REFUSE
    representation.state = REPRESENTATION.after(representation.state, action)
    representation.decided_by_id, representation.decided_at = by.user_id, now
    audit.record(f"representation:{action.value}", representation, by=by, at=now)
    db.session.flush()


def end_representation(representation: Representation, *, by: Actor, now: datetime) -> None:
    """Somebody no longer acts for the organization."""
    representation.state = REPRESENTATION.after(representation.state, RepresentationAction.END)
    representation.decided_by_id, representation.decided_at = by.user_id, now
    by = by.told_by(by.source, on_behalf_of=representation.organization_id)
    audit.record("representation:end", representation, by=by, at=now)
    db.session.flush()


def unchecked_claim(person_id: int | None, organization_id: int) -> Representation | None:
    """The claim of this person to act for this organization, where no desk has looked at it yet."""
    return db.session.scalar(
        select(Representation).where(
            Representation.person_id == person_id,
            Representation.organization_id == organization_id,
            Representation.state == RepresentationState.CLAIMED,
        )
    )


# As the index of those few says it: SQLite does not use that for a value that it is told later.
_IS_CLAIMED = Representation.state == literal_column(f"'{RepresentationState.CLAIMED.value}'")


def count_waiting_representations() -> int:
    return db.session.scalar(select(func.count()).select_from(Representation).where(_IS_CLAIMED)) or 0


def waiting_representations() -> list[Representation]:
    query = (
        select(Representation)
        .where(_IS_CLAIMED)
        .options(
            selectinload(Representation.person),
            selectinload(Representation.organization).joinedload(Organization.district),
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


def _claims_to_act_for(party_ids: frozenset[int], organization_id: int) -> bool:
    query = select(Representation.id).where(
        Representation.person_id.in_(party_ids),
        Representation.organization_id == organization_id,
        Representation.state == RepresentationState.CLAIMED,
    )
    return bool(party_ids) and db.session.scalar(query.limit(1)) is not None


lookups.parties_of = _parties_of
lookups.claims_to_act_for = _claims_to_act_for
lookups.works_for_contractor = _works_for_contractor
