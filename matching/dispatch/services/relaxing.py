"""One condition less: what an ask would be without it, and how many candidates a search would find then."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from flask_babel import gettext as _

from ...engine.types import Ask
from ...errors import MatchingError
from ...help_requests.models import Need
from ...profiles import services as profiles

MOST_SEARCHES = 8
FITTING = frozenset({"strong", "possible"})
NEED = "need:"  # and its phrase
# Conditions that change neither who is found nor what they can do: without all of them nobody fits less.
AROUND = ("district", "when", "money", "people")

Search = Callable[[Ask], profiles.SearchResult]


def conditions_of(ask: Ask) -> tuple[str, ...]:
    """What could be left out of an ask, in the order in which a desk would try it; one need alone must stay."""
    asked = {
        "district": ask.district is not None,
        "when": bool(ask.when),
        "field": ask.field is not None,
        "money": ask.money is not None,
        "people": ask.people is not None and ask.people > 1,
        "supports": bool(ask.supports),
    }
    needs = tuple(dict.fromkeys(f"{NEED}{need}" for need in ask.needs))
    first = tuple(name for name in ("district", "when") if asked[name])
    rest = tuple(name for name in ("field", "money", "people", "supports") if asked[name])
    return (*first, *(needs if len(needs) > 1 else ()), *rest)


def leave_out(ask: Ask, conditions: Iterable[str], needs: Sequence[Need] = ()) -> Ask:
    """The ask without these conditions. ``needs`` tell which concepts were picked for a phrase: they go with it."""
    for condition in conditions:
        if condition not in conditions_of(ask):
            raise MatchingError(
                _("この条件は、いまの依頼にはありません。"),
                advice=_("依頼の内容が変わったのかもしれません。「候補を探し直す」を押してください。"),
            )
        ask = _without(ask, condition, needs)
    return ask


def _without(ask: Ask, condition: str, needs: Sequence[Need]) -> Ask:
    if condition.startswith(NEED):
        phrases = tuple(phrase for phrase in ask.needs if f"{NEED}{phrase}" != condition)
        picked = {need.concept for need in needs if f"{NEED}{need.phrase}" == condition}
        picked -= {need.concept for need in needs if need.phrase in phrases}
        return dataclasses.replace(
            ask, needs=phrases, concepts=tuple(concept for concept in ask.concepts if concept not in picked)
        )
    nothing: dict[str, Any] = {"when": (), "supports": frozenset()}
    changes: dict[str, Any] = {condition: nothing.get(condition)}
    return dataclasses.replace(ask, **changes)


def fitting(strengths: Iterable[str | None]) -> int:
    """How many of these are strong or possible."""
    return sum(strength in FITTING for strength in strengths)


def count_without(ask: Ask, search: Search, *, now: int, needs: Sequence[Need] = ()) -> list[dict[str, Any]]:
    """For each condition that brings more than the ``now`` fitting candidates: how many there would be without it.

    The first search leaves out everything around the matter at once: where even that brings nobody, no single
    condition of these can.
    """
    conditions: Collection[str] = conditions_of(ask)
    left = MOST_SEARCHES
    around = [name for name in conditions if name in AROUND]
    if len(around) > 1:
        left -= 1
        if _fit(search(leave_out(ask, around))) <= now:
            conditions = [name for name in conditions if name not in AROUND]
    found = []
    for condition in tuple(conditions)[:left]:
        candidates = _fit(search(leave_out(ask, [condition], needs)))
        if candidates > now:
            found.append({"condition": condition, "candidates": candidates})
    return found


def _fit(result: profiles.SearchResult) -> int:
    return fitting(hit.ranked.strength for hit in result.hits)
