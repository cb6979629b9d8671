"""The engine with each of its parts left out, on clean and on noisy text, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ..engine import cards, query, ranking
from ..engine.evidence import Measure
from ..engine.knowledge import Knowledge
from ..engine.lexicon import Lexicon
from ..engine.measures import measure
from ..engine.query import Entry, WordList
from ..engine.ranking import WEIGHTS, Weights
from ..engine.types import Ask, Card
from .noise import mixed, spoilt_asks
from .running import DEPTH

# What a weight of 0 leaves out, as the table calls it.
WEIGHED = {
    "terms": "words",
    "bigrams": "pairs of characters",
    "nearest": "meaning, statement by statement",
    "whole": "meaning of the whole",
    "needs": "needs covered separately",
    "field": "field",
    "support": "kind of support",
    "level": "level, qualification",
    "limits": "what they say they do not do",
}
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Judged:
    """One labelled set."""

    name: str
    cards: Mapping[str, Card]
    asks: Mapping[str, Ask]
    grades: Mapping[str, Mapping[str, int]]

    def noisy(self) -> Judged:
        return replace(self, name=self.name + "+noise", asks=spoilt_asks(self.asks, mixed))


class _Deaf(WordList):
    """A vocabulary that does not know one kind of expansion."""

    deaf_to: str = ""

    def by_reading(self, readings: Iterable[str]) -> Mapping[str, Sequence[Entry]]:
        return {} if self.deaf_to == "readings" else super().by_reading(readings)

    def by_synonym_group(self, groups: Iterable[int]) -> Mapping[int, Sequence[Entry]]:
        return {} if self.deaf_to == "synonyms" else super().by_synonym_group(groups)

    def near(self, texts: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        return {} if self.deaf_to == "similar spelling" else super().near(texts)


class Bench:
    """One labelled set read with one state of knowledge."""

    def __init__(self, judged: Judged, knowledge: Knowledge | None, *, deaf_to: str = "") -> None:
        self._judged = judged
        self._read = [cards.read(card, knowledge) for card in judged.cards.values()]
        lengths = [cards.length(cards.posting_weights(read)) for read in self._read]
        words = _Deaf([cards.terms_of(read) for read in self._read], average_length=sum(lengths) / max(len(lengths), 1))
        words.deaf_to = deaf_to
        self._measures = {key: Measure(query.build(ask, words, knowledge)) for key, ask in judged.asks.items()}

    def figures(self, *, without: str | None = None) -> Figures:
        """The measures of the ranking, with one weight at 0."""
        weights = WEIGHTS if without is None else _without(without)
        run = {}
        for key, kept in self._measures.items():
            ranked = ranking.rank(
                kept.query,
                self._read,
                as_of=date.min,
                content_only=True,
                limit=DEPTH,
                weights=weights,
                measure=kept,
                explain=False,
            )
            run[key] = [one.key for one in ranked]
        return measure(run, self._judged.grades)


def _without(name: str) -> Weights:
    values: dict[str, Any] = {name: 0.0}
    return replace(WEIGHTS, **values)


def rows(sets: Sequence[Judged], knowledge: Knowledge) -> Iterator[tuple[str, list[Figures]]]:
    """(what was left out, the figures for each set), everything first."""
    benches = [Bench(judged, knowledge) for judged in sets]
    yield "everything", [bench.figures() for bench in benches]
    for weight, name in WEIGHED.items():
        yield f"without {name}", [bench.figures(without=weight) for bench in benches]
    less: dict[str, Knowledge | None] = {
        "the encoder": replace(knowledge, encoder=None),
        "the lexicon": replace(knowledge, lexicon=Lexicon(())),
        "both": None,
    }
    for name, known in less.items():
        yield f"without {name}", [Bench(judged, known).figures() for judged in sets]
    for name in ("readings", "synonyms", "similar spelling"):
        yield f"without {name}", [Bench(judged, knowledge, deaf_to=name).figures() for judged in sets]
