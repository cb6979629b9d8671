"""Of whom, and of which registries, a member of staff may learn; the same rules as the permissions', asked of lists."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, true

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


def people_seen_by(actor: Actor) -> ColumnElement[bool]:
    """A condition on ``Party``: the people whose page this actor may open. It says what PERSON_READ says of one."""
    rules: list[ColumnElement[bool]] = [false()]
    if council_office(actor, None) or reading_staff(actor, None):
        rules.append(true())
    if coordinator(actor, None):
        rules.append(true() if city_employee(actor, None) else registry.known_to_desks())
    if clerk(actor, None):
        rules.append(councils.known_to_councils())
    return and_(Party.kind == PartyKind.PERSON, or_(*rules))


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
