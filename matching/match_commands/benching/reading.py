"""Reading very many cards: what ``engine.cards.read`` says of each, worked out once for each sentence that several say.

Two things make it fast. Sentences are remembered, for people say much alike. And the encoder's layers, which the product
asks text by text, are asked for some thousand texts at once: up to them a text is a sum over its words, so a card's whole
is the sum of what its sentences are. A sum in another order can differ in the last digit, and a row of meaning then by
one step of 127; everything else is equal, see the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...engine import cards
from ...engine.disclaimers import without_disclaimers
from ...engine.encoder import _MOST_CONCEPTS
from ...engine.knowledge import Knowledge
from ...engine.lexicon import IDEA_MARK, MEANING, Meant
from ...engine.text import Term, analyse, fold, sentences
from ...engine.types import Card
from .layers import Floats, Layers, Pair, Parsed, total_of

_REMEMBERED = 400_000  # sentences; some kilobytes each
_IDEAS_FROM = 40  # sentences of one text, as in the engine


@dataclass(frozen=True)
class Sentence:
    """One folded sentence: its words, what it means, and its share of every text that it stands in."""

    words: tuple[cards.Word, ...]
    terms: tuple[Term, ...]
    ideas: tuple[Meant, ...]
    total: Floats | None  # (heads · 300,), before the layers; None where no word of it is known
    kana: tuple[tuple[str, Pair], ...]  # words that its hiragana may be, with where they stand
    said: frozenset[str]
    row: bytes


@dataclass(frozen=True)
class Cut:
    """A text without what it denies, folded, and its sentences."""

    folded: str
    parts: tuple[str, ...]


def _cut(text: str) -> Cut:
    told = without_disclaimers(text)
    return Cut(fold(told), sentences(told))


@dataclass(frozen=True)
class ReadAlready:
    """What the index keeps of one card."""

    words: str  # as ``cards.dump``
    weights: dict[str, float]
    terms: dict[str, Term]
    meaning: bytes


class Reader:
    """Reads cards in parts of some hundred or thousand."""

    def __init__(self, knowledge: Knowledge) -> None:
        if knowledge.encoder is None:
            raise ValueError("there is no encoder to read with")
        self.knowledge = knowledge
        self.layers = Layers(knowledge.encoder)
        self._sentences: dict[str, Sentence] = {}
        self._cuts: dict[str, Cut] = {}
        self._rows: dict[str, bytes] = {}
        self._phrases: dict[tuple[str, str | None], tuple[str, tuple[cards.Word, ...]]] = {}

    def read(self, some: Sequence[Card]) -> list[ReadAlready]:
        """The cards' words, weights and meanings, in their order."""
        cut = [[*(self._cut(phrase.text) for phrase in card.phrases), _cut(card.intro)] for card in some]
        self._prepare({sentence for of_card in cut for text in of_card for sentence in text.parts})
        wholes = self.layers.rows([self._whole(of_card) for of_card in cut])
        return [self._assembled(card, of_card, whole) for card, of_card, whole in zip(some, cut, wholes, strict=True)]

    def _cut(self, phrase: str) -> Cut:
        kept = self._cuts.get(phrase)
        if kept is None:
            kept = self._cuts[phrase] = _cut(phrase)
        return kept

    def _assembled(self, card: Card, cut: list[Cut], whole: npt.NDArray[np.int8]) -> ReadAlready:
        fragments: list[str] = []
        weights: dict[str, float] = {}
        terms: dict[str, Term] = {}
        ideas: set[str] = set()
        for phrase, text in zip(card.phrases, cut, strict=False):
            key = (phrase.text, phrase.concept)
            kept = self._phrases.get(key)
            if kept is None:
                wording = cards._picked(cards.Wording(text.folded, self._words(text.parts)), phrase, self.knowledge)
                kept = (_json([wording.folded, wording.words]), tuple(wording.words))
                self._phrases[key] = kept
            fragments.append(kept[0])
            self._count(kept[1], cards.PHRASE_WEIGHT, weights, ideas)
            self._learn(text.parts, terms)
        intro = cut[-1]
        said = self._words(intro.parts)
        fragments.append(_json([intro.folded, said]))
        self._count(said, cards.INTRO_WEIGHT, weights, ideas)
        self._learn(intro.parts, terms)
        for idea in sorted(ideas):
            terms.setdefault(idea, Term(idea, "", (), idea))
        rows = [self._row(phrase.text, text.parts) for phrase, text in zip(card.phrases, cut, strict=False)]
        rows += [self._sentences[sentence].row for sentence in intro.parts[: cards.MOST_SENTENCES]]
        return ReadAlready(f"[{','.join(fragments)}]", weights, terms, b"".join(rows) + whole.tobytes())

    def _words(self, parts: Sequence[str]) -> tuple[cards.Word, ...]:
        words = [word for part in parts for word in self._sentences[part].words]
        surest: dict[str, Meant] = {}
        for meant in (one for part in parts[:_IDEAS_FROM] for one in self._sentences[part].ideas):
            if meant.concept not in surest or surest[meant.concept].certainty < meant.certainty:
                surest[meant.concept] = meant
        words += [
            (IDEA_MARK + one.concept, one.words[:40], cards.IDEA)
            for one in surest.values()
            if one.certainty >= cards.IDEA_CERTAINTY
        ]
        return tuple(words)

    @staticmethod
    def _count(words: Iterable[cards.Word], weight: float, weights: dict[str, float], ideas: set[str]) -> None:
        for text, _, kind in words:
            weights[text] = weights.get(text, 0.0) + weight
            if kind == cards.IDEA:
                ideas.add(text)

    def _learn(self, parts: Iterable[str], terms: dict[str, Term]) -> None:
        for part in parts:
            for term in self._sentences[part].terms:
                terms.setdefault(term.text, term)

    def _row(self, phrase: str, parts: tuple[str, ...]) -> bytes:
        if len(parts) == 1:
            return self._sentences[parts[0]].row
        kept = self._rows.get(phrase)
        if kept is None:
            kept = self._rows[phrase] = self.layers.rows([self._sum(parts)])[0].tobytes()
        return kept

    def _whole(self, cut: list[Cut]) -> Floats | None:
        """The phrases twice, the introduction once, as ``cards.meaning_of`` says them."""
        phrases = [part for text in cut[:-1] for part in text.parts]
        return self._sum([*phrases, *phrases, *cut[-1].parts])

    def _sum(self, parts: Sequence[str]) -> Floats | None:
        some = [self._sentences[part] for part in parts]
        totals = [one.total for one in some if one.total is not None]
        guessed = {word: pair for one in some for word, pair in one.kana}
        if guessed:
            said = frozenset[str]().union(*(one.said for one in some))
            totals += [self.layers.share(pair) for word, pair in guessed.items() if word not in said]
        return total_of(totals)

    def _prepare(self, texts: set[str]) -> None:
        new = sorted(text for text in texts if text not in self._sentences)
        if len(self._sentences) + len(new) > _REMEMBERED:
            self._sentences.clear()
            self._phrases.clear()
            self._cuts.clear()
            self._rows.clear()
            new = sorted(texts)
        if not new:
            return
        parsed = self.layers.parsed(new)
        totals = []
        for one in parsed:
            kana = [pair for word, pair in dict(one.kana).items() if word not in one.said]
            totals.append(total_of([self.layers.share(pair) for pair in (*one.pairs, *kana)]))
        floats = self.layers.directions(totals)
        rows = np.round(floats * 127).astype(np.int8)
        near = self.layers.nearest(floats)
        for text, one, row, concepts in zip(new, parsed, rows, near, strict=True):
            self._sentences[text] = self._sentence(text, one, row.tobytes(), concepts)

    def _sentence(self, text: str, one: Parsed, row: bytes, concepts: Sequence[tuple[str, float]]) -> Sentence:
        terms = analyse(text)
        known = self.knowledge.lexicon
        ideas = {meant.concept: meant for meant in known.named_in(text)}
        meant = [(id_, sure) for id_, sure in concepts if id_ in known.concepts and id_ not in self.knowledge.untrained]
        for id_, sure in meant[:_MOST_CONCEPTS]:
            ideas.setdefault(id_, Meant(id_, sure, MEANING, text))
        return Sentence(
            words=tuple((term.text, term.surface, cards._kind(term)) for term in terms),
            terms=terms,
            ideas=tuple(ideas.values()),
            total=total_of([self.layers.share(pair) for pair in one.pairs]),
            kana=one.kana,
            said=one.said,
            row=row,
        )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
