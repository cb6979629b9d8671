"""Finding registrations for lists and the directory: whose words answer those of a search, or mean the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select

from ..concepts.services import understood
from ..engine.text import analyse
from ..engine.types import Ask, Ranked
from ..registry.models import Registry
from .models import Profile
from .search import search

SHORTEST = 2  # one letter alone is in too many words
NEAR = 0.5  # nearness of meaning, 0…1, below which something is not an answer
BY_MEANING = ("words.concept", "meaning.related")


def related(
    words: str,
    *,
    registry: Registry,
    day: date,
    most: int,
    among: Select[Any] | None = None,
    as_written: bool = False,
) -> list[int]:
    """Ids of registrations that have to do with the words, best first. ``among``: a select of those that may be found.

    Somebody is found who says one of the words or another word for it, or whose words mean the same; letters in a row
    that happen to be alike are not enough, nor is a word like 教える beside one that says what, nor a faint likeness of
    meaning. ``as_written`` leaves out what is only meant. Only what searches see is found: active, and with a basis. Bounded work, see ``search``.
    """
    if len(words) < SHORTEST:
        return []
    meant = () if as_written else tuple(one.id for one in understood(words))
    result = search(
        Ask(title=words, concepts=meant),
        as_of=day,
        registries=[registry.value],
        limit=most,
        content_only=True,
        admits=_is_among(among) if among is not None else None,
    )
    terms = analyse(words)
    roles = {form for term in terms if term.role for form in (term.text, term.surface)}
    ignored = roles if any(not term.role for term in terms) else set()
    return [
        hit.registration_id
        for hit in result.hits
        if _says(hit.ranked, but_not=ignored) or (not as_written and means(hit.ranked, meant))
    ]


def _is_among(registrations: Select[Any]) -> ColumnElement[bool]:
    """Each is looked up by itself: there may be a million of them."""
    (id_,) = registrations.selected_columns
    return registrations.where(id_ == Profile.registration_id).exists()


def _says(ranked: Ranked, *, but_not: set[str]) -> bool:
    return any(
        reason.kind == "matched"
        and reason.criterion == "words"
        and reason.code not in BY_MEANING
        and reason.params["asked"] not in but_not
        for reason in ranked.reasons
    )


def means(ranked: Ranked, concepts: Collection[str]) -> bool:
    """Whether what was found means what was asked: one of these concepts, or much the same."""
    return ranked.strength != "weak" and any(
        (reason.code == "words.concept" and reason.params["concept"] in concepts)
        or (reason.code == "meaning.related" and float(reason.params["nearness"] or 0) >= NEAR)
        for reason in ranked.reasons
    )
