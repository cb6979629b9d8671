"""Reading very many cards: what ``cards.read`` says of each, worked out once for each text that several say.

People say much alike, so texts and sentences are remembered; and the encoder is asked of some thousand sentences at once.
A sum in another order can differ in the last digit, and a row of meaning then by one step of 127; everything else is
equal, see the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import cards
from .cards import ReadCard, Rows, Wording
from .disclaimers import without_disclaimers
from .encoder import READ, Encoder, Floats, Parsed
from .knowledge import MOST_SENTENCES, Knowledge, surest
from .lexicon import Meant
from .remembering import Together
from .text import SENTENCES_AT_HAND, Term, analyse, sentences
from .types import Card

TOGETHER = 500  # cards: from here on more at once save nothing
REMEMBERED = 30_000  # texts, and sentences; some kilobytes each


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A folded sentence: its words, the concepts that it speaks of, and what the encoder made of it."""

    terms: tuple[Term, ...]
    said: tuple[Meant, ...]
    parsed: Parsed | None
    row: bytes


@dataclass(frozen=True, slots=True)
class _Text:
    """A phrase or an introduction, without what it denies."""

    told: str
    wording: Wording
    terms: tuple[Term, ...]
    parts: tuple[_Sentence, ...]


class Reader:
    """Reads cards, best some hundred at a time; keeps so many texts and sentences, for as long as it lives."""

    def __init__(self, knowledge: Knowledge, *, remember: int = REMEMBERED) -> None:
        self._knowledge = knowledge
        self._texts = Together(remember, self._read_texts)
        self._sentences = Together(remember, self._read_sentences)

    def read(self, some: Sequence[Card]) -> list[ReadCard]:
        """``[cards.read(card, knowledge) for card in some]``, compared by value."""
        flat = iter(self._texts([text for card in some for text in (*(p.text for p in card.phrases), card.intro)]))
        texts = [[next(flat) for _ in range(len(card.phrases) + 1)] for card in some]
        known = self._knowledge
        meanings = self._meanings(known.encoder, texts) if known.encoder is not None else [None] * len(some)
        found = []
        for card, said, meaning in zip(some, texts, meanings, strict=True):
            phrases = tuple(cards.picked(one.wording, p, known) for one, p in zip(said, card.phrases, strict=False))
            intro = said[-1].wording
            words = (term for one in said for term in one.terms)
            found.append(ReadCard(card, phrases, intro, meaning, (*words, *cards.ideas_in((*phrases, intro)))))
        return found

    def _read_texts(self, texts: Sequence[str]) -> Iterator[_Text]:
        told = [without_disclaimers(text) for text in texts]
        cut = [sentences(text) for text in told]
        different = list(dict.fromkeys(part for parts in cut for part in parts))
        known = dict(zip(different, self._sentences(different), strict=True))
        for text, parts in zip(told, cut, strict=True):
            held = tuple(known[part] for part in parts)
            terms = tuple(term for one in held for term in one.terms)
            said = surest(one.said for one in held[:MOST_SENTENCES])
            yield _Text(text, cards.wording(text, terms, said), terms, held)

    def _read_sentences(self, parts: Sequence[str]) -> Iterator[_Sentence]:
        encoder = self._knowledge.encoder
        for start in range(0, len(parts), SENTENCES_AT_HAND):
            some = parts[start : start + SENTENCES_AT_HAND]
            if encoder is None:
                yield from (_Sentence(analyse(part), self._knowledge.said_in(part), None, b"") for part in some)
                continue
            encoder.read_ahead(some)
            rows = _in_steps(encoder.encode(some))
            for part, parsed, row in zip(some, encoder.parse(some), rows, strict=True):
                yield _Sentence(analyse(part), self._knowledge.said_in(part), parsed, row.tobytes())

    def _meanings(self, encoder: Encoder, texts: Sequence[Sequence[_Text]]) -> Iterator[Rows]:
        """As ``cards.meaning_of``: the phrases, the introduction's first sentences, and the whole card."""
        asked: list[_Said] = []
        for *phrases, intro in texts:
            twice = (*phrases, *phrases, intro)
            asked.append(("\n".join(one.told for one in twice), [part for one in twice for part in one.parts]))
        several = {one.told: one.parts for said in texts for one in said[:-1] if len(one.parts) != 1}
        rows = _rows(encoder, [*asked, *several.items()])
        of_several = dict(zip(several, rows[len(texts) :], strict=True))
        for (*phrases, intro), whole in zip(texts, rows, strict=False):
            kept = [of_several[one.told] if len(one.parts) != 1 else one.parts[0].row for one in phrases]
            kept += [part.row for part in intro.parts[: cards.MOST_SENTENCES]]
            yield np.frombuffer(b"".join([*kept, whole]), dtype=np.int8).reshape(-1, encoder.dimensions)


_Said = tuple[str, Sequence[_Sentence]]  # a text, and its sentences


def _rows(encoder: Encoder, asked: Sequence[_Said]) -> list[bytes]:
    parts = [[part.parsed for part in held if part.parsed is not None] for _, held in asked]
    rows = encoder.encode_parsed(parts)
    for row, (text, _) in zip(rows, asked, strict=True):
        if len(text) > READ:  # the encoder reads no further
            row[:] = encoder.encode([text])[0]
    return [row.tobytes() for row in _in_steps(rows)]


def _in_steps(rows: Floats) -> Rows:
    """127 for 1."""
    return np.round(rows * 127).astype(np.int8)
