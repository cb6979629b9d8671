"""Registrations whose party can do what some words say, by the search of profiles and by the words as they stand."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from ..engine.types import Ask
from ..profiles import services as profiles
from ..profiles.models import Profile
from ..registry.models import Registry, Skill

RELATED = 0.15  # of 1: below it what somebody can do has little to do with the words
SHORTEST = 2  # one letter alone is in too many words


def related(words: str, *, day: date, most: int, among: Select[Any] | None = None) -> list[int]:
    """Ids of registrations that have to do with the words, best first. ``among``: a select of those that may be found.

    Only what searches see is found: active, and with a basis. Bounded work, see ``profiles.search``.
    """
    if len(words) < SHORTEST:
        return []
    result = profiles.search(
        Ask(title=words),
        as_of=day,
        registries=[Registry.SUPPORTER.value],
        limit=most,
        content_only=True,
        admits=Profile.registration_id.in_(among) if among is not None else None,
    )
    return [hit.registration_id for hit in result.hits if hit.ranked.score >= RELATED]


def parties_saying(words: str) -> Select[int]:
    """A select of the parties who say they can do just these words, whatever state they are in."""
    return select(Skill.party_id).where(
        Skill.of_registry == Registry.SUPPORTER, Skill.phrase.contains(words, autoescape=True)
    )
