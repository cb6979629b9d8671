"""The rows of one registration besides its profile: party, telephone, consent, registration, skills, where it helps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ....accounts.actor import Source
from ....registry import services as registry
from ....registry.models import CONSENT_TEXT_VERSION, ContactKind, PartyKind, Purpose, Registry
from ....registry.vocabulary import DISTRICTS, OrganizationKind
from ....supporters.states import SupporterState
from ..inventing.population import Registrant

Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS: dict[str, tuple[str, ...]] = {
    "party": ("id", "kind", "name", "kana", "name_key", "kana_key", "version", "created_at", "updated_at"),
    "person": ("id",),
    "organization": ("id", "organization_kind"),
    "contact_point": (
        *("id", "party_id", "kind", "value", "value_key", "ending", "may_share", "created_at", "updated_at"),
    ),
    "consent": ("id", "party_id", "purpose", "text_version", "given_on", "given_by", "created_at", "updated_at"),
    "supporter": (
        *("id", "party_id", "public_key", "intro", "supports", "availability", "anywhere", "money", "heads"),
        *("came_by", "state", "registered_on", "confirmed_at", "version", "created_at", "updated_at"),
    ),
    "supporter_field": ("supporter_id", "field_number"),
    "supporter_district": ("supporter_id", "district_id"),
    "skill": (
        *("id", "party_id", "registry", "position", "phrase", "concept", "level", "qualification", "confirmed"),
        *("created_at", "updated_at"),
    ),
}
MOST_SKILLS = 10
_PUBLIC = 3  # every third lets everybody read of it, without a name


@dataclass(frozen=True)
class Moment:
    """One moment as SQLite keeps it; PostgreSQL reads it as well."""

    at: str
    day: str


def empty_rows() -> Rows:
    return {table: [] for table in COLUMNS}


def register(one: Registrant, now: Moment, rows: Rows) -> None:
    """Party, registration and so on get the registrant's number as their id."""
    number, card, stamps = one.number, one.card, (now.at, now.at)
    kind = PartyKind.ORGANIZATION if one.is_group else PartyKind.PERSON
    names = (one.name, one.kana, registry.name_key(one.name), registry.kana_key(one.kana))
    rows["party"].append((number, kind.value, *names, 1, *stamps))
    if one.is_group:
        rows["organization"].append((number, OrganizationKind.CITIZEN_GROUP.value))
    else:
        rows["person"].append((number,))
    digits = f"083{number:07d}"
    telephone = (ContactKind.TELEPHONE.value, f"083-{number // 10_000:03d}-{number % 10_000:04d}", digits, digits[-4:])
    rows["contact_point"].append((number, number, *telephone, 0, *stamps))
    purposes = (Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS) if number % _PUBLIC == 0 else (Purpose.MATCHING,)
    for place, purpose in enumerate(purposes):
        given = (purpose.value, CONSENT_TEXT_VERSION, now.day, Source.PAPER.value)
        rows["consent"].append((2 * number - 1 + place, number, *given, *stamps))
    anywhere = card.districts is not None and len(card.districts) == len(DISTRICTS)
    slots = None if card.availability is None else sum(1 << slot for slot in card.availability)
    supports = None if card.supports is None else json.dumps(sorted(card.supports))
    said = (card.intro, supports, slots, int(anywhere), card.money, card.heads)
    state = (Source.PAPER.value, SupporterState.ACTIVE.value, now.day, now.at, 1)
    rows["supporter"].append((number, number, f"{number:016x}", *said, *state, *stamps))
    rows["supporter_field"].extend((number, field) for field in sorted(card.fields))
    if not anywhere:
        rows["supporter_district"].extend((number, district) for district in sorted(card.districts or ()))
    for place, phrase in enumerate(card.phrases, start=1):
        told = (phrase.text, phrase.concept, phrase.level, phrase.qualification, int(phrase.confirmed))
        whose = (number * MOST_SKILLS + place, number, Registry.SUPPORTER.value, place)
        rows["skill"].append((*whose, *told, *stamps))
