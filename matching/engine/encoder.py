"""The encoder: a text as one direction in a space that was learned from the lexicon, where a trouble lies near its help.

Text → dictionary words → word vectors, shifted by what the lexicon taught → mean weighted by what was learned about each
word → one residual layer, for each of several heads; the results side by side, turned onto fewer axes. Trained by ``matching.training``; NumPy alone
at run time; optional, like the vectors that it stands on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from .remembering import remembered
from .text import dictionary_words, kana_windows
from .vectors import Vectors, vectors

PATH = Path(__file__).parent / "data" / "encoder.npz"

FORMAT = 2  # of the file; another one cannot be read
Floats = npt.NDArray[np.float32]
SLOPE = 3.0  # of the layer's tanh
STEEPEST = 3.0  # a learned weight is exp of at most this
_SHARPNESS = 20.0  # softmax over concepts: cosines differ by little
_CERTAIN_ENOUGH = 0.12
_MOST_CONCEPTS = 3
_SAME = 0.85  # a sentence says nearly the same from this cosine on
_FEWEST_SHARED = 2
_FUZZY_LENGTH, _FUZZY_RATIO = 3, 80.0
_READ = 4_000  # characters of a text: what follows would hardly turn its direction


class Encoder:
    """Reads one trained file; texts in, rows of length 1 out (zero where no word of a text is known).

    ``dimensions`` is the length of a row; ``version`` names the file's content, ``lexicon_version`` what it learned
    from, ``trained`` the fingerprints of its concepts.
    """

    def __init__(self, path: Path, words: Vectors) -> None:
        self._vectors = words
        with np.load(path) as file:
            meta = json.loads(bytes(file["meta"]).decode("utf-8"))
            if meta.get("format") != FORMAT:
                raise ValueError(f"{path.name} is of format {meta.get('format')}, expected {FORMAT}")
            self._axes: Floats = file["axes"].astype(np.float32)  # (heads · 300, dimensions)
            self._layers: tuple[Floats, Floats] = (file["u"].astype(np.float32), file["v"].astype(np.float32))
            self._attention: Floats = file["attention"].astype(np.float32)  # (heads, 300): which words matter
            self._bias: Floats = file["bias"].astype(np.float32)  # (heads,)
            self._word_weights: Floats = file["word_weights"].astype(np.float32)  # (heads, words), with rarity
            self._shift_codes: npt.NDArray[np.int8] = file["shift_codes"]  # (heads, words, shifts)
            self._shift_turns: Floats = file["shift_turns"].astype(np.float32)  # (heads, shifts, 300)
            # (concepts, 1 + centres, dimensions): a concept's help, then the kinds of trouble that it answers
            self._concept_rows: Floats = file["concepts"].astype(np.float32) / 127
            self._troubles = _Troubles(file)
        self.version: str = meta["version"]
        self.lexicon_version: str = meta["lexicon"]
        self.trained: dict[str, str] = meta["fingerprints"]
        self._concept_ids: list[str] = list(self.trained)
        self._number = {word: number for number, word in enumerate(meta["words"])}
        self._by_reading: dict[str, str] = {}
        for word, reading in zip(meta["words"], meta["readings"], strict=True):
            self._by_reading.setdefault(reading, word)
        self._unknown_weight: float = meta["unknown_weight"]
        self.dimensions = int(self._axes.shape[1])
        self._long_words = [word for word in self._number if len(word) >= _FUZZY_LENGTH]
        self._encode_one = remembered(16_384)(self._encoded)
        self._sure_of = remembered(4_096)(self._surest)

    def encode(self, texts: Sequence[str]) -> Floats:
        """(texts, dimensions) float32."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([self._encode_one(text[:_READ]) for text in texts])

    def concepts(self, text: str, *, known: Callable[[str], bool]) -> tuple[tuple[str, float], ...]:
        """The trained concepts that a text most probably speaks of, with how sure that is (0…1), surest first.

        ``known`` tells which of them count. A concept is as near as its help and the nearest kind of its troubles are,
        half each; how sure it is, is its share of 1 among all concepts by nearness.
        """
        return tuple(found for found in self._sure_of(text[:_READ]) if known(found[0]))[:_MOST_CONCEPTS]

    def told(self, text: str, *, known: Callable[[str], bool]) -> tuple[tuple[str, float], ...]:
        """The concepts that have a situation which says nearly the same in nearly the same words, nearest first.

        With the cosine of both sides' words by rarity. What somebody has once written down is found, whatever the
        training made of it.
        """
        numbers = sorted({number for number in self._read(text[:_READ])[1] if number >= 0})
        best: dict[str, float] = {}
        for owner, cosine in self._troubles.like(numbers):
            id_ = self._concept_ids[owner]
            if known(id_):
                best[id_] = max(best.get(id_, 0.0), cosine)
        return tuple(sorted(best.items(), key=lambda one: (-one[1], one[0]))[:_MOST_CONCEPTS])

    def _surest(self, text: str) -> tuple[tuple[str, float], ...]:
        near = self._concept_rows @ self._encode_one(text)
        nearness = (near[:, 0] + near[:, 1:].max(axis=1)) / 2
        if not len(nearness) or nearness.max() <= 0:
            return ()
        shares = np.exp(_SHARPNESS * (nearness - nearness.max()))
        shares /= shares.sum()
        sure = np.flatnonzero(shares >= _CERTAIN_ENOUGH)
        ordered = sure[np.argsort(-shares[sure], kind="stable")]
        return tuple((self._concept_ids[i], float(shares[i])) for i in ordered)

    def _encoded(self, text: str) -> Floats:
        at, numbers = self._read(text)
        if not at:
            return np.zeros(self.dimensions, dtype=np.float32)
        rows = self._vectors.rows[at]
        known = np.array(numbers)
        weights = np.where(known >= 0, self._word_weights[:, known], np.float32(self._unknown_weight))
        # Four bytes a number all the way: a plain 0.0 would make every layer anew in eight.
        codes = np.where(known[:, None] >= 0, self._shift_codes[:, known], np.int8(0)).astype(np.float32)
        shifts = np.matmul(codes, self._shift_turns)
        u, v = self._layers
        return unit(heads_of(rows, rows + shifts, weights, self._attention, self._bias, u, v) @ self._axes)

    def _read(self, text: str) -> tuple[list[int], list[int]]:
        """Where the word vectors of a text stand, and the words' numbers, −1 for those outside the lexicon."""
        rows: list[int] = []
        numbers: list[int] = []
        words = list(dictionary_words(text))
        said = {word for word, _ in words}
        for reading in kana_windows(text):
            word = self._by_reading.get(reading)
            if word is not None and word not in said:
                words.append((word, (word,)))
        for word, writings in words:
            number = self._number.get(word, -1)
            row = self._vectors.first_row(writings)
            if row is None and number < 0 and len(word) >= _FUZZY_LENGTH:
                meant = process.extractOne(word, self._long_words, scorer=fuzz.ratio, score_cutoff=_FUZZY_RATIO)
                if meant is not None:
                    number, row = self._number[meant[0]], self._vectors.row(meant[0])
            if row is not None:
                rows.append(row)
                numbers.append(number)
        return rows, numbers


class _Troubles:
    """The sentences of what people in need say, by their words: an index from words to sentences."""

    def __init__(self, file: Mapping[str, npt.NDArray[Any]]) -> None:
        words, lengths = file["trouble_words"].astype(np.int32), file["trouble_lengths"].astype(np.int32)
        self._owners: npt.NDArray[np.uint16] = file["trouble_owners"]
        self._squares: Floats = file["rarity"].astype(np.float32) ** 2
        whose = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        order = np.argsort(words, kind="stable")
        self._held = whose[order]
        self._starts = np.searchsorted(words[order], np.arange(len(self._squares) + 1))
        self._masses = np.bincount(whose, weights=self._squares[words], minlength=len(lengths))

    def like(self, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """(concept, cosine) of the sentences that say nearly what these words say."""
        if len(numbers) < _FEWEST_SHARED:
            return []
        lists = [self._held[self._starts[number] : self._starts[number + 1]] for number in numbers]
        at, position = np.unique(np.concatenate(lists), return_inverse=True)
        squares = self._squares[list(numbers)]
        shared = np.bincount(position, weights=np.repeat(squares, [len(one) for one in lists]))
        cosines = shared / np.sqrt(self._masses[at] * float(squares.sum()))
        same = np.flatnonzero((cosines >= _SAME) & (np.bincount(position) >= _FEWEST_SHARED))
        return [(int(self._owners[at[i]]), min(float(cosines[i]), 1.0)) for i in same]


def heads_of(
    plain: Floats, shifted: Floats, weights: Floats, attention: Floats, bias: Floats, u: Floats, v: Floats
) -> Floats:
    """The words of one text through every head, side by side, (heads · 300,).

    ``plain`` is (words, 300), ``shifted`` (heads, words, 300), ``weights`` (heads, words) in logarithms,
    ``attention`` (heads, 300), ``u`` and ``v`` (heads, 300, 300). A head is z = unit(x + V tanh(3 U x)) of the weighted mean x.
    """
    learned = np.clip(attention @ plain.T + bias[:, None], -STEEPEST, STEEPEST)
    x = np.matmul(np.exp(learned + weights)[:, None], shifted)[:, 0]
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)
    z = x + np.matmul(np.tanh(SLOPE * np.matmul(x[:, None], u)), v)[:, 0]
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-6)
    found: Floats = z.astype(np.float32).ravel()
    return found


def unit(x: Floats) -> Floats:
    return x / max(float(np.linalg.norm(x)), 1e-6)


@lru_cache(maxsize=4)
def encoder(path: Path = PATH, changed_at: float = 0.0) -> Encoder | None:
    """The encoder in this file as of then, read once; None where it or the word vectors are missing."""
    words = vectors()
    return Encoder(path, words) if words is not None and path.is_file() else None
