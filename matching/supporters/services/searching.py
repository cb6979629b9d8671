"""What searches see of a registration: an active one that may be used, as it is now; and no other."""

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
from ..models import Supporter
from ..states import SupporterState


def open_registration(party_id: int) -> Supporter | None:
    return db.session.scalar(
        select(Supporter).where(Supporter.party_id == party_id, Supporter.state != SupporterState.ENDED)
    )


def refresh(supporter: Supporter, *, now: datetime) -> None:
    """Let searches find an active registration that stands on consent or another basis; and no other."""
    db.session.flush()
    if supporter.state is SupporterState.ACTIVE and registry.has_basis(supporter.party_id):
        profiles.publish(
            registry=Registry.SUPPORTER.value,
            registration_id=supporter.id,
            party_id=supporter.party_id,
            card=card_of(supporter),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.SUPPORTER.value, registration_id=supporter.id, now=now)


def card_of(supporter: Supporter) -> Card:
    return Card(
        key=f"{Registry.SUPPORTER.value}:{supporter.id}",
        kind=cards.card_kind(supporter.party),
        phrases=cards.phrases(supporter.party_id, Registry.SUPPORTER),
        intro=supporter.intro,
        fields=frozenset(field.number for field in supporter.fields),
        districts=cards.districts_served(
            supporter.anywhere, frozenset(district.id for district in supporter.districts)
        ),
        availability=supporter.availability,
        supports=None if supporter.supports is None else frozenset(support.value for support in supporter.supports),
        money=supporter.money.value if supporter.money else None,
        heads=supporter.heads,
    )


@registry.registrations_asked.connect
def _registered(party: Party, **_news: Any) -> registry.Registered | None:
    if supporter := open_registration(party.id):
        skills = registry.skills_of(party.id, Registry.SUPPORTER)
        return registry.Registered(Registry.SUPPORTER, (supporter.intro, *(skill.phrase for skill in skills)))
    return None


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    """Without consent to matching, and no other basis, a registration leaves every search at once."""
    if consent.purpose is Purpose.MATCHING and (supporter := open_registration(consent.party_id)):
        refresh(supporter, now=now)


@registry.basis_ended.connect
def _basis_ended(basis: Basis, *, now: datetime, **_news: Any) -> None:
    if supporter := open_registration(basis.party_id):
        refresh(supporter, now=now)
