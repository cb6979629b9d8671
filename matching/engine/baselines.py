"""Plain rankers to measure the engine against; nothing else uses them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from .text import analyse, fold
from .types import Ask, Card

K1, B = 0.9, 0.4  # the usual choice for short texts; 1.2 and .75 do a little worse here


class WRatio:
    """RapidFuzz's WRatio on the raw text: title and each need with their nearest phrase, summed."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._cards = cards

    def rank(self, ask: Ask) -> list[str]:
        asked = [text for text in (ask.title, *ask.needs) if text]
        scored = [
            (-sum(max((fuzz.WRatio(text, p.text) for p in card.phrases), default=0.0) for text in asked), card.key)
            for card in self._cards
        ]
        return [key for _, key in sorted(scored)]


class Bm25:
    """Okapi BM25 (k1 .9, b .4): phrases count once, the introduction half; title and needs once, detail half."""

    def __init__(self, cards: Sequence[Card], tokens: Callable[[str], list[str]]) -> None:
        self._tokens = tokens
        self._texts: list[tuple[str, defaultdict[str, float]]] = []
        df: Counter[str] = Counter()
        for card in cards:
            held: defaultdict[str, float] = defaultdict(float)
            self._count(held, [p.text for p in card.phrases], 1.0)
            self._count(held, [card.intro], 0.5)
            df.update(held.keys())
            self._texts.append((card.key, held))
        total = len(cards)
        self._idf = {t: math.log(1 + (total - n + 0.5) / (n + 0.5)) for t, n in df.items()}
        self._mean = sum(sum(held.values()) for _, held in self._texts) / max(total, 1) or 1.0

    def rank(self, ask: Ask) -> list[str]:
        asked: defaultdict[str, float] = defaultdict(float)
        self._count(asked, [ask.title, *ask.needs], 1.0)
        self._count(asked, [ask.detail], 0.5)
        scored = []
        for key, held in self._texts:
            norm = K1 * (1 - B + B * sum(held.values()) / self._mean)
            score = sum(
                weight * self._idf[token] * held[token] * (K1 + 1) / (held[token] + norm)
                for token, weight in asked.items()
                if token in held
            )
            scored.append((-score, key))
        return [key for _, key in sorted(scored)]

    def _count(self, into: defaultdict[str, float], texts: Sequence[str], weight: float) -> None:
        for text in texts:
            for token in self._tokens(text):
                into[token] += weight


def character_pairs(text: str) -> list[str]:
    folded = fold(text)
    return [folded[i : i + 2] for i in range(len(folded) - 1)]


def dictionary_words(text: str) -> list[str]:
    return [term.text for term in analyse(text) if not term.compound]
