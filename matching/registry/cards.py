"""What every registry tells the engine about a party: its kind and its skills, as the engine's values."""

from __future__ import annotations

from ..engine.types import Phrase
from .models import Organization, Party, Registry
from .services import skills_of
from .vocabulary import DISTRICTS, OrganizationKind

ALL_DISTRICTS = frozenset(range(1, len(DISTRICTS) + 1))
KINDS = {
    OrganizationKind.SCHOOL: "school",
    OrganizationKind.BUSINESS: "business",
    OrganizationKind.SHOPPING: "business",
}


def card_kind(party: Party) -> str:
    """individual | group | business | school"""
    return KINDS.get(party.organization_kind, "group") if isinstance(party, Organization) else "individual"


def phrases(party_id: int, registry: Registry) -> tuple[Phrase, ...]:
    return tuple(
        Phrase(skill.phrase, skill.level, skill.qualification, skill.confirmed, skill.concept)
        for skill in skills_of(party_id, registry)
    )


def districts_served(anywhere: bool, district_ids: frozenset[int]) -> frozenset[int] | None:
    """All of them, those named, or None where nobody asked."""
    return ALL_DISTRICTS if anywhere else district_ids or None
