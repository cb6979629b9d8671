"""What searches see of a group: an active one that may be used, as it is now; and no other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from ...database import db
from ...engine.types import Card
from ...profiles import services as profiles
from ...registry import cards
from ...registry import services as registry
from ...registry.models import Basis, Consent, Party, Purpose, Registry
from ..models import Group
from ..states import GroupState


def open_registration(organization_id: int) -> Group | None:
    return db.session.scalar(
        select(Group).where(Group.organization_id == organization_id, Group.state == GroupState.ACTIVE)
    )


def refresh(group: Group, *, now: datetime) -> None:
    """Let searches find an active group that stands on consent or another basis; and no other."""
    db.session.flush()
    if group.state is GroupState.ACTIVE and registry.has_basis(group.party_id):
        profiles.publish(
            registry=Registry.GROUP.value,
            registration_id=group.id,
            party_id=group.party_id,
            card=card_of(group),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.GROUP.value, registration_id=group.id, now=now)


def card_of(group: Group) -> Card:
    return Card(
        key=f"{Registry.GROUP.value}:{group.id}",
        kind=cards.card_kind(group.organization),
        phrases=cards.phrases(group.party_id, Registry.GROUP),
        intro=group.intro,
        fields=frozenset(field.number for field in group.fields),
        districts=cards.districts_served(group.anywhere, frozenset(district.id for district in group.districts)),
        availability=group.availability,
        supports=None if group.supports is None else frozenset(support.value for support in group.supports),
        money=group.money.value if group.money else None,
    )


@registry.registrations_asked.connect
def _registered(party: Party, **_news: Any) -> registry.Registered | None:
    if group := open_registration(party.id):
        skills = registry.skills_of(party.id, Registry.GROUP)
        return registry.Registered(Registry.GROUP, (group.intro, *(skill.phrase for skill in skills)))
    return None


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    if consent.purpose is Purpose.MATCHING and (group := open_registration(consent.party_id)):
        refresh(group, now=now)


@registry.basis_ended.connect
def _basis_ended(basis: Basis, *, now: datetime, **_news: Any) -> None:
    if group := open_registration(basis.party_id):
        refresh(group, now=now)
