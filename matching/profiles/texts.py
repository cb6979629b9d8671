"""Finding among a few texts that no index holds, such as requests that everybody may read: by meaning, in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

from ..concepts.services import knowledge, understood
from ..engine import cards, query, ranking
from ..engine.cards import ReadCard
from ..engine.knowledge import Knowledge
from ..engine.lexicon import Lexicon
from ..engine.remembering import remembered
from ..engine.types import Ask, Card, Phrase
from .finding import SHORTEST, means

MOST_TEXTS = 100  # reading one for the first time takes some milliseconds
_REMEMBERED = 4 * MOST_TEXTS
Text = tuple[str, str]  # title and what follows


def meaning_the_same(words: str, texts: Sequence[Text], *, day: date) -> list[int]:
    """Positions of those among the first ``MOST_TEXTS`` texts that mean what the words mean, nearest first.

    The same engine as for registrations, with the same thresholds; nothing but the words and these texts is looked at.
    """
    known = knowledge()
    if len(words) < SHORTEST or known.encoder is None:
        return []
    by_meaning = Knowledge(Lexicon(()), known.encoder)
    read = [_read(text, f"{at:06d}", by_meaning) for at, text in enumerate(texts[:MOST_TEXTS])]
    meant = tuple(concept.id for concept in understood(words))
    vocabulary = query.WordList(cards.terms_of(one) for one in read)
    built = query.build(Ask(title=words, concepts=meant), vocabulary, known)
    ranked = ranking.rank(built, read, as_of=day, content_only=True)
    return [int(one.key) for one in ranked if means(one, meant)]


def _read(text: Text, key: str, known: Knowledge) -> ReadCard:
    """What a text means is remembered by the encoder itself, so that nothing here outlives it."""
    read = _read_words("\n".join(text))
    return dataclasses.replace(
        read, card=dataclasses.replace(read.card, key=key), meaning=cards.meaning_of(read.card, known)
    )


@remembered(_REMEMBERED)
def _read_words(text: str) -> ReadCard:
    title, _line_end, rest = text.partition("\n")
    return cards.read(Card(key="", kind="group", phrases=(Phrase(title),), intro=rest))
