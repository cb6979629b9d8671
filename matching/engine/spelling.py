"""Spelling: which of very many words are written almost like a given one, without comparing it with each of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from .lexicon import IDEA_MARK

RATIO = 80.0  # RapidFuzz's, from which two words count as written almost alike
SHORTEST = 3
MOST_ALIKE = 8  # that stand for a word which nobody says
MOST_NEIGHBOURS = 32  # that are kept for a word which somebody says
_SHARE = 1 - RATIO / 100  # of both lengths together that may differ
_KANA_OR_LATIN = re.compile(r"[ぁ-ゖァ-ヺa-z]")

Ids = npt.NDArray[np.int32]
Masks = npt.NDArray[np.uint64]


def can_be_misspelt(word: str) -> bool:
    """Whether similar writings of an index term may be the same word."""
    return len(word) >= SHORTEST and word[0] != IDEA_MARK


def has_neighbours(word: str) -> bool:
    """Whether they are kept for a word that is held: in kanji alone, another letter is another word."""
    return can_be_misspelt(word) and _KANA_OR_LATIN.search(word) is not None


def alike(word: str, others: Iterable[str], *, most: int) -> list[tuple[str, float]]:
    """Those of the others whose ratio to the word reaches ``RATIO``, with it, nearest first, then by the word."""
    hits = process.extract(word, list(others), scorer=fuzz.ratio, score_cutoff=RATIO, limit=None)
    return sorted(((other, ratio) for other, ratio, _ in hits if other != word), key=lambda hit: (-hit[1], hit[0]))[
        :most
    ]


class Spellings:
    """Numbered words, twelve bytes each, by length: a word's number, and which of 64 kinds of letters it has.

    A letter that only one of two words has must be taken out or put in, so as many kinds as they do not share, so far
    they are apart at least. What is left after that is little; whoever asks compares it letter by letter.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[Ids, Masks]] = {}

    def __len__(self) -> int:
        return sum(len(ids) for ids, _ in self._buckets.values())

    def add(self, ids: Ids, lengths: npt.NDArray[np.int64], letters: str) -> None:
        """Numbered words that can be misspelt, their letters behind each other."""
        if not len(ids):
            return
        masks = _masks(letters, lengths)
        for length in np.unique(lengths).tolist():
            here = lengths == length
            had_ids, had_masks = self._buckets.get(length, (ids[:0], masks[:0]))
            self._buckets[length] = (np.concatenate([had_ids, ids[here]]), np.concatenate([had_masks, masks[here]]))

    def perhaps(self, word: str) -> Ids:
        """The numbers of all words whose ratio to this one may reach ``RATIO``, and of few others."""
        if not can_be_misspelt(word):
            return np.zeros(0, dtype=np.int32)
        mask = _masks(word, np.array([len(word)]))[0]
        found = [np.zeros(0, dtype=np.int32)]
        for length, (ids, masks) in self._buckets.items():
            apart = math.floor(_SHARE * (length + len(word)) + 1e-9)
            if abs(length - len(word)) <= apart:
                found.append(ids[np.bitwise_count(masks ^ mask) <= apart])
        return np.concatenate(found)


def _masks(letters: str, lengths: npt.NDArray[np.int64]) -> Masks:
    """(words,) with a bit for each kind of letter; no word is empty."""
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = (codes * np.uint32(2654435761)) >> np.uint32(26)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    masks: Masks = np.bitwise_or.reduceat(np.left_shift(np.uint64(1), kinds.astype(np.uint64)), starts)
    return masks
