"""A card made ready for comparing: its phrases folded, cut into words, ideas and meaning, in a form that can be kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .disclaimers import without_disclaimers
from .knowledge import Knowledge
from .lexicon import IDEA_MARK, Meant
from .remembering import remembered
from .text import Term, analyse, fold, sentences
from .types import Card, Phrase

# One word of a card: what the index holds, what the registrant wrote, and PLAIN, COMPOUND, ROLE or IDEA.
Word = tuple[str, str, int]
PLAIN, COMPOUND, ROLE, IDEA = 0, 1, 2, 3
Rows = npt.NDArray[np.int8]

PHRASE_WEIGHT = 1.0
INTRO_WEIGHT = 0.5
IDEA_CERTAINTY = 0.35  # a card speaks of a concept from here on
K1, B = 2.0, 0.6  # of BM25 (Robertson & Zaragoza 2009)
USUAL_LENGTH = 20.0  # of a card, see ``length``
MOST_IMPACT = 60
MOST_SENTENCES = 8  # of an introduction that get a meaning of their own
_KEPT_WORDS = 20_000  # characters of a dumped card that is remembered


@dataclass(frozen=True, slots=True)
class Wording:
    """One text of a card: ``folded`` for comparing characters, ``words`` for comparing words."""

    folded: str
    words: Sequence[Word]


@dataclass(frozen=True)
class ReadCard:
    """A card with its words; ``phrases`` runs parallel to ``card.phrases``.

    ``meaning`` is (phrases + sentences of the introduction + 1, dimensions) int8, the last row the whole card; None
    when no encoder read it. ``terms`` are those of ``terms_of`` where whoever read the card had them at hand.
    """

    card: Card
    phrases: tuple[Wording, ...]
    intro: Wording
    meaning: Rows | None = None
    terms: tuple[Term, ...] | None = field(default=None, compare=False, repr=False)


def read(card: Card, knowledge: Knowledge | None = None) -> ReadCard:
    """What a card says, without the clauses that say what its owner does not do (see ``disclaimers``).

    Of many cards together: ``reading.Reader``.
    """
    phrases = tuple(picked(_wording(without_disclaimers(p.text), knowledge), p, knowledge) for p in card.phrases)
    return ReadCard(card, phrases, _wording(without_disclaimers(card.intro), knowledge), meaning_of(card, knowledge))


def meaning_of(card: Card, knowledge: Knowledge | None) -> Rows | None:
    """The encoder's rows of a card, 127 for 1; the whole card says its phrases twice."""
    if knowledge is None or knowledge.encoder is None:
        return None
    phrases = [without_disclaimers(phrase.text) for phrase in card.phrases]
    whole = "\n".join([*phrases, *phrases, without_disclaimers(card.intro)])
    rows = knowledge.encoder.encode([*phrases, *intro_sentences(card), whole])
    return np.round(rows * 127).astype(np.int8)


def intro_sentences(card: Card) -> tuple[str, ...]:
    return _first_sentences(card.intro)


@remembered(4_096)
def _first_sentences(text: str) -> tuple[str, ...]:
    return sentences(without_disclaimers(text))[:MOST_SENTENCES]


def terms_of(read_card: ReadCard) -> tuple[Term, ...]:
    """Every word and idea of the card: what the vocabulary learns from it."""
    if read_card.terms is not None:
        return read_card.terms
    texts = [without_disclaimers(phrase.text) for phrase in read_card.card.phrases] + [
        without_disclaimers(read_card.card.intro)
    ]
    words = tuple(term for text in texts for term in analyse(text))
    return (*words, *ideas_in((*read_card.phrases, read_card.intro)))


def ideas_in(wordings: Iterable[Wording]) -> tuple[Term, ...]:
    """The ideas that the words speak of, each once, as the vocabulary holds them."""
    ideas = {text for wording in wordings for text, _, kind in wording.words if kind == IDEA}
    return tuple(Term(idea, "", (), idea) for idea in sorted(ideas))


def posting_weights(card: ReadCard) -> dict[str, float]:
    """Index term → how often the card says it: 1 each time in a phrase, ½ each time in the introduction."""
    weights: dict[str, float] = {}
    for wording in card.phrases:
        for text, _, _ in wording.words:
            weights[text] = weights.get(text, 0.0) + PHRASE_WEIGHT
    for text, _, _ in card.intro.words:
        weights[text] = weights.get(text, 0.0) + INTRO_WEIGHT
    return weights


def length(weights: Mapping[str, float]) -> float:
    """How much a card says: the sum of the weights of its words, without its ideas."""
    return sum(weight for text, weight in weights.items() if not text.startswith(IDEA_MARK))


def impacts(weights: Mapping[str, float], length: float) -> dict[str, int]:
    """Index term → how much it stands out in a card of this length, 1…``MOST_IMPACT``: BM25's saturation in whole steps.

    Against a fixed length, so that no other card changes it; the comparison in full knows the real average.
    """
    norm = K1 * (1 - B + B * length / USUAL_LENGTH)
    return {text: max(int(MOST_IMPACT * weight / (weight + norm) + 0.5), 1) for text, weight in weights.items()}


def dump(card: ReadCard) -> str:
    """The words alone as JSON text, to be read by ``load``."""
    kept = [[wording.folded, wording.words] for wording in (*card.phrases, card.intro)]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def load(card: Card, kept: str, meaning: bytes | None = None) -> ReadCard:
    """``load(card.card, dump(card), card.meaning.tobytes()) == card``, compared by value."""
    wordings = _loaded(kept)
    rows = len(card.phrases) + len(intro_sentences(card)) + 1
    matrix = None
    if meaning is not None and len(meaning) % rows == 0:
        matrix = np.frombuffer(meaning, dtype=np.int8).reshape(rows, -1)
    return ReadCard(card, wordings[:-1], wordings[-1], matrix)


# By the text itself: however a profile changes, what is kept here stays true.
@remembered(512, longest=_KEPT_WORDS)
def _loaded(kept: str) -> tuple[Wording, ...]:
    return tuple(Wording(folded, tuple(map(tuple, words))) for folded, words in json.loads(kept))


def _wording(text: str, knowledge: Knowledge | None) -> Wording:
    return wording(text, analyse(text), () if knowledge is None else knowledge.said_in_all(text))


def wording(text: str, terms: Iterable[Term], said: Iterable[Meant]) -> Wording:
    """A text with its words and with the concepts that it speaks of."""
    words: list[Word] = [(term.text, term.surface, _kind(term)) for term in terms]
    words += [(IDEA_MARK + one.concept, one.words[:40], IDEA) for one in said if one.certainty >= IDEA_CERTAINTY]
    return Wording(fold(text), tuple(words))


def picked(wording: Wording, phrase: Phrase, knowledge: Knowledge | None) -> Wording:
    """With the concept that the registrant picked, whatever its phrase says."""
    if knowledge is None or phrase.concept is None or phrase.concept not in knowledge.lexicon.concepts:
        return wording
    idea = IDEA_MARK + phrase.concept
    if any(text == idea for text, _, _ in wording.words):
        return wording
    return Wording(wording.folded, (*wording.words, (idea, phrase.text[:40], IDEA)))


def _kind(term: Term) -> int:
    return ROLE if term.role else COMPOUND if term.compound else PLAIN
