"""A card made ready for comparing: its phrases folded and cut into words, in a form that JSON can keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .text import Term, analyse, fold
from .types import Card

# One word of a card: what the index holds, what the registrant wrote, and PLAIN, COMPOUND or ROLE.
Word = tuple[str, str, int]
PLAIN, COMPOUND, ROLE = 0, 1, 2

PHRASE_WEIGHT = 1.0
INTRO_WEIGHT = 0.5


@dataclass(frozen=True)
class Wording:
    """One text of a card: ``folded`` for comparing characters, ``words`` for comparing words."""

    folded: str
    words: Sequence[Word]


@dataclass(frozen=True)
class ReadCard:
    """A card with its words; ``phrases`` runs parallel to ``card.phrases``."""

    card: Card
    phrases: tuple[Wording, ...]
    intro: Wording


def read(card: Card) -> ReadCard:
    return ReadCard(card, tuple(_wording(phrase.text) for phrase in card.phrases), _wording(card.intro))


def terms_of(card: Card) -> tuple[Term, ...]:
    """Every word of the card, repeated as written: what the vocabulary learns from it."""
    texts = [phrase.text for phrase in card.phrases] + [card.intro]
    return tuple(term for text in texts for term in analyse(text))


def posting_weights(card: ReadCard) -> dict[str, float]:
    """Index term → how often the card says it: 1 each time in a phrase, ½ each time in the introduction."""
    weights: dict[str, float] = {}
    for wording in card.phrases:
        for text, _, _ in wording.words:
            weights[text] = weights.get(text, 0.0) + PHRASE_WEIGHT
    for text, _, _ in card.intro.words:
        weights[text] = weights.get(text, 0.0) + INTRO_WEIGHT
    return weights


def dump(card: ReadCard) -> str:
    """The words alone as JSON text: ``load(card.card, dump(card)) == card``."""
    kept = [[wording.folded, wording.words] for wording in (*card.phrases, card.intro)]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def load(card: Card, kept: str) -> ReadCard:
    wordings = _loaded(kept)
    return ReadCard(card, wordings[:-1], wordings[-1])


# By the text itself: however a profile changes, what is kept here stays true.
@lru_cache(maxsize=2_048)
def _loaded(kept: str) -> tuple[Wording, ...]:
    return tuple(
        Wording(folded, tuple((text, surface, kind) for text, surface, kind in words))
        for folded, words in json.loads(kept)
    )


@lru_cache(maxsize=32_768)
def _wording(text: str) -> Wording:
    return Wording(fold(text), tuple((term.text, term.surface, _kind(term)) for term in analyse(text)))


def _kind(term: Term) -> int:
    return ROLE if term.role else COMPOUND if term.compound else PLAIN
