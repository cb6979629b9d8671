"""Registrations whose party can do what some words say, by the search of profiles and by the words as they stand."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from ..engine.text import analyse
from ..engine.types import Ask, Ranked
from ..profiles import services as profiles
from ..profiles.models import Profile
from ..registry.models import Registry, Skill

SHORTEST = 2  # one letter alone is in too many words


def related(words: str, *, day: date, most: int, among: Select[Any] | None = None) -> list[int]:
    """Ids of registrations that have to do with the words, best first. ``among``: a select of those that may be found.

    Somebody is found who says one of the words, or another word for it; letters in a row that happen to be alike are
    not enough, nor is a word like 教える beside one that says what. Only what searches see is found: active, and with a
    basis. Bounded work, see ``profiles.search``.
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
    terms = analyse(words)
    roles = {form for term in terms if term.role for form in (term.text, term.surface)}
    ignored = roles if any(not term.role for term in terms) else set()
    return [hit.registration_id for hit in result.hits if _says(hit.ranked, but_not=ignored)]


def _says(ranked: Ranked, *, but_not: set[str]) -> bool:
    return any(
        reason.kind == "matched" and reason.criterion == "words" and reason.params["asked"] not in but_not
        for reason in ranked.reasons
    )


def parties_saying(words: str) -> Select[int]:
    """A select of the parties who say they can do just these words, whatever state they are in."""
    return select(Skill.party_id).where(
        Skill.of_registry == Registry.SUPPORTER, Skill.phrase.contains(words, autoescape=True)
    )
