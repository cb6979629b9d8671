"""Of whom, and of which registries, a member of staff may learn; the same rules as the permissions', asked of lists."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from ..accounts.actor import Actor
from ..accounts.permissions import (
    Permission,
    city_employee,
    clerk,
    coordinator,
    council_office,
    may,
    reading_staff,
)
from ..councils import services as councils
from ..registry import services as registry
from ..registry.models import Party, PartyKind
from ..registry.sifting import Sieve, any_of


@dataclass(frozen=True)
class Sight:
    """What this reader sees of a party besides who it is."""

    supporters: bool
    groups: bool
    councils: bool
    organizations: bool
    requests: bool
    contacts: bool
    of_contractor: bool

    @property
    def desks(self) -> bool:
        """Anything that the desks keep."""
        return self.supporters or self.groups or self.organizations


def sight_of(actor: Actor) -> Sight:
    return Sight(
        supporters=may(actor, Permission.SUPPORTER_LIST),
        groups=may(actor, Permission.GROUP_LIST),
        councils=may(actor, Permission.COUNCIL_READ),
        organizations=may(actor, Permission.ORGANIZATION_LIST),
        requests=may(actor, Permission.REQUEST_LIST),
        contacts=may(actor, Permission.CONTACT_READ),
        of_contractor=actor.contractor,
    )


def people_sieves(actor: Actor) -> list[Sieve]:
    """What narrows all people to those whose page this actor may open: none, or one. It says what PERSON_READ says."""
    of_the_city = coordinator(actor, None) and city_employee(actor, None)
    if of_the_city or council_office(actor, None) or reading_staff(actor, None):
        return []
    rules = []
    if coordinator(actor, None):
        rules.append(registry.known_to_desks())
    if clerk(actor, None):
        rules.append(councils.known_to_councils())
    return [any_of(rules)]


def people_seen_by(actor: Actor) -> ColumnElement[bool]:
    """``people_sieves`` as a condition on ``Party``."""
    return and_(Party.kind == PartyKind.PERSON, *(one.met for one in people_sieves(actor)))


def parties_seen_by(actor: Actor) -> ColumnElement[bool]:
    """People and, for those who may list them, organizations."""
    seen = people_seen_by(actor)
    if may(actor, Permission.ORGANIZATION_LIST):
        return or_(seen, Party.kind == PartyKind.ORGANIZATION)
    return seen


def sees(actor: Actor, party: Party) -> bool:
    """Whether this actor may open the page of this party."""
    rule = Permission.ORGANIZATION_READ if party.kind is PartyKind.ORGANIZATION else Permission.PERSON_READ
    return may(actor, rule, party)
