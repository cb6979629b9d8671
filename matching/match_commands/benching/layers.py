"""The encoder for very many texts at once: what ``engine.encoder`` answers, by one product of matrices for thousands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from ...engine import encoder as program
from ...engine.encoder import Encoder
from ...engine.text import dictionary_words, kana_windows

_REMEMBERED = 400_000  # words
Floats = npt.NDArray[np.float32]
Pair = tuple[int, int]  # row of the word vectors, number of the word; −1 where there is none


def total_of(shares: Sequence[Floats]) -> Floats | None:
    """The sum, None where there is nothing to add."""
    if not shares:
        return None
    total: Floats = np.sum(shares, axis=0, dtype=np.float32)
    return total


@dataclass(frozen=True)
class Parsed:
    """The words of a sentence as the encoder knows them."""

    pairs: tuple[Pair, ...]
    kana: tuple[tuple[str, Pair], ...]
    said: frozenset[str]


class Layers:
    """The encoder for many texts at once, over the same file's numbers."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._shares: dict[Pair, Floats] = {}
        self._rows: dict[str, int | None] = {}
        self._alike: dict[str, str | None] = {}

    def parsed(self, texts: Sequence[str]) -> list[Parsed]:
        cut = [dictionary_words(text) for text in texts]
        kana = [
            [(word, (word,)) for reading in kana_windows(text) if (word := self.encoder._by_reading.get(reading))]
            for text in texts
        ]
        self._find_alike({w for words in (*cut, *kana) for w in words})
        found = []
        for words, guessed in zip(cut, kana, strict=True):
            pairs = [pair for word, writings in words if (pair := self._pair(word, writings)) is not None]
            guesses = [(word, pair) for word, wr in guessed if (pair := self._pair(word, wr)) is not None]
            found.append(Parsed(tuple(pairs), tuple(guesses), frozenset(word for word, _ in words)))
        return found

    def _pair(self, word: str, writings: tuple[str, ...]) -> Pair | None:
        number = self.encoder._number.get(word, -1)
        row = self._first_row(writings)
        if row is None and number < 0 and (meant := self._alike.get(word)) is not None:
            number, row = self.encoder._number[meant], self.encoder._vectors.row(meant)
        return None if row is None else (row, number)

    def _first_row(self, writings: tuple[str, ...]) -> int | None:
        """As ``Vectors.first_row``, which makes a hash of every word each time."""
        for word in writings:
            if word not in self._rows:
                if len(self._rows) > _REMEMBERED:
                    self._rows.clear()
                self._rows[word] = self.encoder._vectors.row(word)
            if (row := self._rows[word]) is not None:
                return row
        return None

    def _find_alike(self, words: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """For unknown words the most similar known one; all at once, for one at a time takes milliseconds."""
        strangers = sorted(
            {
                word
                for word, writings in words
                if len(word) >= program._FUZZY_LENGTH
                and word not in self._alike
                and word not in self.encoder._number
                and self._first_row(writings) is None
            }
        )
        if not strangers:
            return
        if len(self._alike) > _REMEMBERED:
            self._alike.clear()
        known = self.encoder._long_words
        for start in range(0, len(strangers), 500):
            part = strangers[start : start + 500]
            ratios = process.cdist(part, known, scorer=fuzz.ratio, score_cutoff=program._FUZZY_RATIO, dtype=np.float32)
            for word, at, best in zip(part, ratios.argmax(axis=1), ratios.max(axis=1), strict=True):
                self._alike[word] = known[int(at)] if best >= program._FUZZY_RATIO else None

    def share(self, pair: Pair) -> Floats:
        """What one word brings to every text that it stands in, (heads · 300,)."""
        kept = self._shares.get(pair)
        if kept is None:
            encoder, (row, number) = self.encoder, pair
            plain = encoder._vectors.rows[row]
            learned = np.clip(encoder._attention @ plain + encoder._bias, -program.STEEPEST, program.STEEPEST)
            if number >= 0:
                shift = np.matmul(encoder._shift_codes[:, number][:, None], encoder._shift_turns)[:, 0]
                of_heads = np.exp(learned + encoder._word_weights[:, number])[:, None] * (plain + shift)
            else:
                of_heads = np.exp(learned + encoder._unknown_weight)[:, None] * plain
            kept = of_heads.astype(np.float32).ravel()
            self._shares[pair] = kept
        return kept

    def directions(self, totals: Sequence[Floats | None]) -> Floats:
        """(texts, dimensions) of length 1; zero where there is no known word."""
        found = np.zeros((len(totals), self.encoder.dimensions), dtype=np.float32)
        at = [i for i, total in enumerate(totals) if total is not None]
        if not at:
            return found
        u, v = self.encoder._layers
        x = np.stack([total for total in totals if total is not None]).reshape(len(at), len(u), -1).swapaxes(0, 1)
        x = x / np.maximum(np.linalg.norm(x, axis=2, keepdims=True), 1e-6)
        z = x + np.matmul(np.tanh(program.SLOPE * np.matmul(x, u)), v)
        z /= np.maximum(np.linalg.norm(z, axis=2, keepdims=True), 1e-6)
        y = z.swapaxes(0, 1).reshape(len(at), -1).astype(np.float32) @ self.encoder._axes
        found[at] = y / np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-6)
        return found

    def rows(self, totals: Sequence[Floats | None]) -> npt.NDArray[np.int8]:
        return np.round(self.directions(totals) * 127).astype(np.int8)

    def nearest(self, rows: Floats) -> list[list[tuple[str, float]]]:
        """For each text the concepts that it most probably speaks of, surest first, as ``Encoder._surest``."""
        encoder = self.encoder
        kept = encoder._concept_rows
        near = (rows @ kept.reshape(-1, kept.shape[2]).T).reshape(len(rows), *kept.shape[:2])
        nearness = (near[:, :, 0] + near[:, :, 1:].max(axis=2)) / 2
        highest = nearness.max(axis=1, keepdims=True)
        shares = np.exp(program._SHARPNESS * (nearness - highest))
        shares /= shares.sum(axis=1, keepdims=True)
        found: list[list[tuple[str, float]]] = []
        for one, best in zip(shares, highest[:, 0], strict=True):
            sure = np.flatnonzero(one >= program._CERTAIN_ENOUGH) if best > 0 else np.zeros(0, dtype=np.int64)
            ordered = sure[np.argsort(-one[sure], kind="stable")]
            found.append([(encoder._concept_ids[i], float(one[i])) for i in ordered])
        return found
