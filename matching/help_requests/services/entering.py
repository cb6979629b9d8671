"""How a request comes in: sent by a representative, or entered by a desk for somebody who called, came or wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import Invalid
from ...i18n import today
from ...registry import services as registry
from ...registry.models import ContactKind, Organization, Party, Person, Representation
from ...registry.services import Contact
from ...registry.vocabulary import CITY_DESK, Desk, Money, OrganizationKind
from ..models import HelpRequest
from .matter import Matter, write_matter
from .moving import acknowledge
from .releasing import release


@dataclass(frozen=True)
class Words:
    """What the requester says in their own words, and the money they have: it stays inside. May the outline be shown?"""

    trouble: str
    money: Money | None = None
    budget_yen: int | None = None
    released: bool = False


@dataclass(frozen=True)
class Caller:
    """Who telephoned, came or wrote."""

    name: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True)
class NewOrganization:
    """An organization that asks for the first time."""

    name: str
    kind: OrganizationKind
    district_id: int | None = None
    telephone: str | None = None


def organizations_of(person: Person | None) -> list[Organization]:
    """Those for which a person may send requests in; a desk still checks a claim before it takes the request in."""
    if person is None:
        return []
    return [representation.organization for representation in registry.representations_of(person.id)]


def can_be_reached(party: Party) -> bool:
    return any(point.kind in (ContactKind.TELEPHONE, ContactKind.MAIL) for point in party.contact_points)


def submit(
    *,
    form_key: str,
    requester: Organization,
    contact_person: Person,
    matter: Matter,
    words: Words,
    contacts: Iterable[Contact] = (),
    by: Actor,
    now: datetime,
) -> HelpRequest:
    """A representative sends a request in. The same form a second time shows the first request."""
    if first := _already_sent(form_key):
        return first
    _add_contacts(contact_person, contacts, by=by, now=now)
    if not can_be_reached(contact_person):
        raise Invalid(_("連絡の取れる電話番号かメールアドレスを入れてください。"), field="telephone")
    city_desk = db.session.execute(select(Desk).where(Desk.code == CITY_DESK)).scalar_one()
    return _write(
        HelpRequest(
            form_key=form_key,
            requester=requester,
            contact_person=contact_person,
            submitted_by_id=by.user_id,
            desk=city_desk,
            came_by=by.source,
        ),
        matter,
        words,
        by=by,
        now=now,
    )


def enter(
    *,
    form_key: str,
    requester: Organization | NewOrganization,
    caller: Caller,
    desk_id: int,
    matter: Matter,
    words: Words,
    by: Actor,
    now: datetime,
) -> HelpRequest:
    """A desk writes down what somebody asked for. ``by`` says the way it came: by telephone or on paper."""
    if first := _already_sent(form_key):
        return first
    if isinstance(requester, NewOrganization):
        requester = _found(requester, by=by, now=now)
    by = by.told_by(by.source, on_behalf_of=requester.id)
    return _write(
        HelpRequest(
            form_key=form_key,
            requester=requester,
            contact_person=_person_who_called(requester, caller, by=by, now=now),
            desk=db.session.get_one(Desk, desk_id),
            came_by=by.source,
            caller=caller.name,
        ),
        matter,
        words,
        by=by,
        now=now,
    )


def _already_sent(form_key: str) -> HelpRequest | None:
    return db.session.scalar(select(HelpRequest).where(HelpRequest.form_key == form_key))


def _write(request: HelpRequest, matter: Matter, words: Words, *, by: Actor, now: datetime) -> HelpRequest:
    if words.money is Money.FREE and words.budget_yen:
        raise Invalid(_("「無償」のときは、金額を入れないでください。"), field="budget_yen")
    request.trouble, request.money, request.budget_yen = words.trouble, words.money, words.budget_yen
    request.submitted_at = now
    write_matter(request, matter, today=today(now))
    db.session.add(request)
    db.session.flush()
    audit.record("request:submit", request, by=by, at=now, case=request.id)
    if words.released:
        release(request, by=by, now=now)
    acknowledge(request, now=now)
    return request


def _found(new: NewOrganization, *, by: Actor, now: datetime) -> Organization:
    """Write a new organization down, unless one of this name is already there for this district."""
    alike = select(Organization.id).where(Organization.name_key == registry.name_key(new.name))
    if new.district_id:
        alike = alike.where(or_(Organization.district_id.is_(None), Organization.district_id == new.district_id))
    if db.session.scalar(alike.limit(1)) is not None:
        message = _("同じ名前の団体がすでにあります。上の「団体を探す」で探して選んでください。")
        raise Invalid(message, field="organization_name")
    organization = registry.create_organization(
        new.name, kind=new.kind, district_id=new.district_id, written_for=registry.office_of(by)
    )
    audit.record("organization:create", organization, by=by, at=now)
    _add_contacts(organization, [Contact(ContactKind.TELEPHONE, new.telephone or "")], by=by, now=now)
    return organization


def _person_who_called(organization: Organization, caller: Caller, *, by: Actor, now: datetime) -> Person:
    """The person of this name whom the organization already named to us, or a new one."""
    represents = select(Representation.person_id).where(Representation.organization_id == organization.id)
    called = select(HelpRequest.contact_person_id).where(HelpRequest.requester_id == organization.id)
    person = db.session.scalar(
        select(Person)
        .where(Person.name_key == registry.name_key(caller.name), or_(Person.id.in_(represents), Person.id.in_(called)))
        .order_by(Person.id)
        .limit(1)
    )
    if person is None:
        person = registry.create_person(caller.name, written_for=registry.office_of(by))
        audit.record("person:create", person, by=by, at=now)
    _add_contacts(person, caller.contacts, by=by, now=now)
    return person


def _add_contacts(party: Party, contacts: Iterable[Contact], *, by: Actor, now: datetime) -> None:
    """Add or replace what was told; what was not told stays, and so does a leave to share that was given before."""
    told = [_with_known_leave(party, contact) for contact in contacts if contact.value.strip()]
    if not told:
        return
    kept = [Contact(point.kind, point.value, point.may_share, point.hours) for point in party.contact_points]
    registry.edit_contacts(party, [*kept, *told], by=by, now=now)


def _with_known_leave(party: Party, contact: Contact) -> Contact:
    point = party.contact(contact.kind)
    if point is None or point.value_key != registry.value_key(contact.kind, contact.value):
        return contact
    return Contact(contact.kind, contact.value, contact.may_share or point.may_share, contact.hours or point.hours)
