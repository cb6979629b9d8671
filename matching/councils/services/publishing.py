"""Which members searches may find as candidates: those who sit, or are about to, and agreed to be considered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...database import db
from ...engine.types import Card
from ...i18n import today
from ...profiles import services as profiles
from ...registry import cards
from ...registry import services as registry
from ...registry.models import Consent, Person, Purpose, Registry
from ..models import Appointment
from .reading import terms_of_person


def refresh_member(person: Person, now: datetime) -> None:
    """Let searches find a member who agreed to be considered for councils; and nobody else.

    A person has one profile, whatever number of councils they sit on. It is there from the appointment on; whoever
    searches asks besides who sits on the day (``sitting_on``).
    """
    db.session.flush()
    held = [term for term in terms_of_person(person) if not term.is_over(today(now))]
    if held and Purpose.COUNCIL in registry.active_consents(person.id):
        profiles.publish(
            registry=Registry.COUNCIL.value,
            registration_id=person.id,
            party_id=person.id,
            card=card_of(person, held),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.COUNCIL.value, registration_id=person.id, now=now)


def card_of(person: Person, held: Sequence[Appointment]) -> Card:
    seats = dict.fromkeys(f"{term.council.name} {term.category}".strip() for term in held)
    return Card(
        key=f"{Registry.COUNCIL.value}:{person.id}",
        kind="individual",
        phrases=cards.phrases(person.id, Registry.COUNCIL),
        intro="。".join([*seats, person.affiliation or ""]).strip("。"),
    )


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    if consent.purpose is Purpose.COUNCIL and (person := db.session.get(Person, consent.party_id)):
        refresh_member(person, now)
