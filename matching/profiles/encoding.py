"""How a card and its reasons are kept as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import cards
from ..engine.cards import ReadCard
from ..engine.types import Card, Phrase


def card_to_json(card: Card) -> dict[str, Any]:
    """Stable: equal cards give equal values. The key is left out, it is the profile's own."""
    return {
        "kind": card.kind,
        "phrases": [
            [_clean(p.text), p.level, p.qualification and _clean(p.qualification), p.confirmed, p.concept]
            for p in card.phrases
        ],
        "intro": _clean(card.intro),
        "fields": sorted(card.fields),
        "districts": _sorted(card.districts),
        "availability": _sorted(card.availability),
        "supports": _sorted(card.supports),
        "money": card.money,
        "heads": card.heads,
    }


def card_from_json(value: Mapping[str, Any], *, key: str) -> Card:
    return Card(
        key=key,
        kind=value["kind"],
        phrases=tuple(Phrase(*phrase) for phrase in value["phrases"]),  # older rows hold no concept
        intro=value["intro"],
        fields=frozenset(value["fields"]),
        districts=_set(value["districts"]),
        availability=_set(value["availability"]),
        supports=_set(value["supports"]),
        money=value["money"],
        heads=value["heads"],
    )


def content_to_row(read: ReadCard) -> dict[str, Any]:
    """What ``ProfileContent`` holds of a card, besides whose it is."""
    meaning = read.meaning
    return {
        "card": card_to_json(read.card),
        "words": cards.dump(read),
        "meaning": None if meaning is None else meaning.tobytes(),
    }


def _sorted(values: Iterable[Any] | None) -> list[Any] | None:
    return None if values is None else sorted(values)


def _set(values: Iterable[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def _clean(text: str) -> str:
    """PostgreSQL's JSON takes neither NUL nor half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
