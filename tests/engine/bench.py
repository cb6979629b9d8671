"""Small helpers for engine tests: cards and rankings without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from matching.engine import cards, query, ranking
from matching.engine.types import Ask, Card, Phrase, Ranked

TODAY = date(2026, 11, 24)


def card(key: str, *phrases: str | Phrase, **facts: Any) -> Card:
    said = tuple(Phrase(p) if isinstance(p, str) else p for p in phrases)
    return Card(key=key, kind=facts.pop("kind", "individual"), phrases=said, **facts)


def vocabulary(everybody: Sequence[Card]) -> query.WordList:
    lengths = [sum(cards.posting_weights(cards.read(c)).values()) for c in everybody]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    return query.WordList([cards.terms_of(cards.read(c)) for c in everybody], average_length=mean)


def rank(ask: Ask, *everybody: Card, **how: Any) -> tuple[Ranked, ...]:
    built = query.build(ask, vocabulary(everybody))
    return ranking.rank(built, [cards.read(c) for c in everybody], as_of=how.pop("as_of", TODAY), **how)


def codes(ranked: Ranked) -> set[str]:
    return {reason.code for reason in ranked.reasons}


OTHERS = (
    card("x1", "囲碁・将棋", "麻雀"),
    card("x2", "税理士", "会計・決算", intro="開業して二十五年になります。"),
    card("x3", "フラダンス", intro="毎週集まって踊っています。"),
    card("x4", "手話通訳", "点訳"),
)
