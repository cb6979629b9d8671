"""The encoder: a text as one direction in a space that was learned from the lexicon, where a trouble lies near its help.

Text → dictionary words → word vectors, shifted by what the lexicon taught → mean weighted by what was learned about each
word → one residual layer, for each of several heads; the results side by side, turned onto fewer axes. Trained by ``matching.training``; NumPy alone
at run time; optional, like the vectors that it stands on. Up to the layer a text is the sum of its sentences, and a
sentence of its words: many texts are encoded together, each word and each sentence of them once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from .remembering import Together
from .text import dictionary_words, kana_windows, sentences
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
READ = 4_000  # characters of a text: what follows would hardly turn its direction
_AT_ONCE = 256  # words or texts whose numbers stand in memory together
Pair = tuple[int, int]  # a known word: its row of the word vectors, its number in the lexicon or −1


@dataclass(frozen=True, slots=True)
class Parsed:
    """One folded sentence as the encoder knows it; kept where many texts share sentences, see ``encode_parsed``.

    ``kana`` are the words that its hiragana may be: they count in a text none of whose sentences has them in ``said``.
    """

    words: tuple[Pair, ...]
    kana: tuple[tuple[str, Pair], ...]
    said: frozenset[str]


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
            # (1 + centres, concepts, dimensions): the concepts' helps, then the kinds of trouble that each answers
            kept = file["concepts"].astype(np.float32) / 127
            self._concept_rows: Floats = np.ascontiguousarray(kept.swapaxes(0, 1))
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
        self._rows_of = Together(16_384, self._encoded)
        self._sure_of = Together(4_096, self._surest)
        self._parsed = Together(4_096, self._parse)
        self._similar = Together(4_096, self._most_similar)

    def encode(self, texts: Sequence[str]) -> Floats:
        """(texts, dimensions) float32."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack(self._rows_of([text[:READ] for text in texts]))

    def parse(self, folded: Sequence[str]) -> list[Parsed]:
        """Sentences as ``text.sentences`` gives them, each with the words that are known."""
        return self._parsed(folded)

    def encode_parsed(self, texts: Sequence[Sequence[Parsed]]) -> Floats:
        """(texts, dimensions) float32: each text given as its sentences, of which one object may stand in many texts."""
        parts: dict[int, int] = {}
        bags: list[Sequence[Pair]] = []
        members: list[list[int]] = []
        for text in texts:
            held = []
            for one in text:
                if id(one) not in parts:
                    parts[id(one)] = len(bags)
                    bags.append(one.words)
                held.append(parts[id(one)])
            if guessed := {word: pair for one in text for word, pair in one.kana}:
                said = frozenset[str]().union(*(one.said for one in text))
                held.append(len(bags))
                bags.append([pair for word, pair in guessed.items() if word not in said])
            members.append(held)
        totals = self._totals(bags)
        found = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            some = _sums(totals, members[start : start + _AT_ONCE])
            heads = heads_of(some.reshape(len(some), len(self._bias), -1).swapaxes(0, 1), *self._layers)
            found[start : start + len(some)] = units(heads @ self._axes)
        return found

    def concepts(self, text: str, *, known: Callable[[str], bool]) -> tuple[tuple[str, float], ...]:
        """The trained concepts that a text most probably speaks of, with how sure that is (0…1), surest first.

        ``known`` tells which of them count. A concept is as near as its help and the nearest kind of its troubles are,
        half each; how sure it is, is its share of 1 among all concepts by nearness.
        """
        return self.of_these(self._sure_of([text[:READ]])[0], known=known)

    @staticmethod
    def of_these(near: Iterable[tuple[str, float]], *, known: Callable[[str], bool]) -> tuple[tuple[str, float], ...]:
        """Those of a row of ``nearest`` that ``concepts`` answers."""
        return tuple(found for found in near if known(found[0]))[:_MOST_CONCEPTS]

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Have ready what ``encode`` and ``concepts`` will be asked of each: together it takes a part of the time."""
        self._sure_of([text[:READ] for text in texts])

    def told(self, text: str, *, known: Callable[[str], bool]) -> tuple[tuple[str, float], ...]:
        """The concepts that have a situation which says nearly the same in nearly the same words, nearest first.

        With the cosine of both sides' words by rarity. What somebody has once written down is found, whatever the
        training made of it.
        """
        parts = self.parse(sentences(text[:READ]))
        said = frozenset[str]().union(*(one.said for one in parts))
        guessed = {pair for one in parts for word, pair in one.kana if word not in said}
        pairs = guessed.union(*(one.words for one in parts))
        best: dict[str, float] = {}
        for owner, cosine in self._troubles.like(sorted({number for _, number in pairs if number >= 0})):
            id_ = self._concept_ids[owner]
            if known(id_):
                best[id_] = max(best.get(id_, 0.0), cosine)
        return tuple(sorted(best.items(), key=lambda one: (-one[1], one[0]))[:_MOST_CONCEPTS])

    def nearest(self, rows: Floats) -> list[tuple[tuple[str, float], ...]]:
        """For each row of ``encode`` the concepts that it is near enough to, with how sure each is, surest first."""
        kept = self._concept_rows
        found: list[tuple[tuple[str, float], ...]] = []
        for start in range(0, len(rows) if kept.shape[1] else 0, _AT_ONCE):
            near = rows[start : start + _AT_ONCE] @ kept.reshape(-1, kept.shape[2]).T
            near = near.reshape(-1, *kept.shape[:2])
            nearness = (near[:, 0] + near[:, 1:].max(axis=1)) / 2
            highest = nearness.max(axis=1, keepdims=True)
            shares = np.exp(_SHARPNESS * (nearness - highest))
            shares /= shares.sum(axis=1, keepdims=True)
            for one, best in zip(shares, highest[:, 0], strict=True):
                sure = np.flatnonzero(one >= _CERTAIN_ENOUGH).tolist() if best > 0 else []
                ordered = sorted(((float(one[i]), i) for i in sure), key=lambda each: (-each[0], each[1]))
                found.append(tuple((self._concept_ids[i], share) for share, i in ordered))
        return found if kept.shape[1] else [()] * len(rows)

    def _surest(self, texts: Sequence[str]) -> list[tuple[tuple[str, float], ...]]:
        return self.nearest(self.encode(texts))

    def _encoded(self, texts: Sequence[str]) -> list[Floats]:
        cut = [sentences(text) for text in texts]
        different = list(dict.fromkeys(part for parts in cut for part in parts))
        parsed = dict(zip(different, self.parse(different), strict=True))
        # Each a row of its own: what is remembered of one text must not hold on to the others.
        return [row.copy() for row in self.encode_parsed([[parsed[part] for part in parts] for parts in cut])]

    def _parse(self, folded: Sequence[str]) -> Iterable[Parsed]:
        cut = [dictionary_words(sentence) for sentence in folded]
        guessed = [
            [word for reading in kana_windows(sentence) if (word := self._by_reading.get(reading)) is not None]
            for sentence in folded
        ]
        said = {one for words in cut for one in words}
        ways = {*(some for _, some in said), *((word,) for words in guessed for word in words)}
        row_of = self._vectors.rows_of({way for some in ways for way in some})
        first = {some: next((row_of[way] for way in some if way in row_of), None) for some in ways}
        strangers = sorted(
            {
                word
                for word, some in said
                if first[some] is None and word not in self._number and len(word) >= _FUZZY_LENGTH
            }
        )
        alike = dict(zip(strangers, self._similar(strangers), strict=True))

        def pair(word: str, some: tuple[str, ...]) -> Pair | None:
            row = first[some]
            if row is not None:
                return row, self._number.get(word, -1)
            return alike.get(word)

        for words, guesses in zip(cut, guessed, strict=True):
            yield Parsed(
                words=tuple(found for word, some in words if (found := pair(word, some)) is not None),
                kana=tuple((word, found) for word in guesses if (found := pair(word, (word,))) is not None),
                said=frozenset(word for word, _ in words),
            )

    def _most_similar(self, words: Sequence[str]) -> Iterable[Pair | None]:
        """For each unknown word the trained one that is written most alike, None where none is."""
        for start in range(0, len(words), _AT_ONCE):
            some, known = words[start : start + _AT_ONCE], self._long_words
            ratios = process.cdist(some, known, scorer=fuzz.ratio, score_cutoff=_FUZZY_RATIO, dtype=np.float32)
            for at, best in zip(ratios.argmax(axis=1), ratios.max(axis=1), strict=True):
                row = self._vectors.row(known[at]) if best > 0 else None
                yield None if row is None else (row, self._number[known[at]])

    def _totals(self, bags: Sequence[Sequence[Pair]]) -> Floats:
        """(bags, heads · 300): the sum over the words of each."""
        places = {pair: place for place, pair in enumerate({pair for bag in bags for pair in bag})}
        words = np.array(list(places), dtype=np.int64).reshape(-1, 2)
        shares = np.empty((len(words), self._attention.size), dtype=np.float32)
        for start in range(0, len(words), _AT_ONCE):
            rows, known = words[start : start + _AT_ONCE].T
            plain = self._vectors.at(rows)
            weights = np.where(known >= 0, self._word_weights[:, known], np.float32(self._unknown_weight))
            # Four bytes a number all the way: a plain 0.0 would make every layer anew in eight.
            codes = np.where(known[:, None] >= 0, self._shift_codes[:, known], np.int8(0)).astype(np.float32)
            shifted = plain + np.matmul(codes, self._shift_turns)
            told = shares_of(plain, shifted, weights, self._attention, self._bias)
            shares[start : start + len(rows)] = told.swapaxes(0, 1).reshape(len(rows), -1)
        return _sums(shares, [[places[pair] for pair in bag] for bag in bags])


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
        held, squares = np.concatenate(lists), self._squares[list(numbers)]
        at = np.flatnonzero(np.bincount(held) >= _FEWEST_SHARED)
        shared = np.bincount(held, weights=np.repeat(squares, [len(one) for one in lists]))[at]
        cosines = shared / np.sqrt(self._masses[at] * float(squares.sum()))
        same = np.flatnonzero(cosines >= _SAME)
        return [(int(self._owners[at[i]]), min(float(cosines[i]), 1.0)) for i in same]


def _sums(rows: Floats, members: Sequence[Sequence[int]]) -> Floats:
    """(members, width): of each the sum of the rows that it names."""
    found = np.zeros((len(members), rows.shape[1]), dtype=np.float32)
    for total, some in zip(found, members, strict=True):
        if some:
            rows[list(some)].sum(axis=0, out=total)
    return found


def shares_of(plain: Floats, shifted: Floats, weights: Floats, attention: Floats, bias: Floats) -> Floats:
    """What each word brings to every text that it stands in, (heads, words, 300).

    ``plain`` is (words, 300), ``shifted`` (heads, words, 300), ``weights`` (heads, words) in logarithms, ``attention``
    (heads, 300), ``bias`` (heads,).
    """
    learned = np.clip(attention @ plain.T + bias[:, None], -STEEPEST, STEEPEST)
    found: Floats = np.exp(learned + weights)[:, :, None] * shifted
    return found


def heads_of(totals: Floats, u: Floats, v: Floats) -> Floats:
    """Texts through every head, side by side, (texts, heads · 300).

    ``totals`` is (heads, texts, 300), the sum of the words' shares; ``u`` and ``v`` are (heads, 300, 300). A head is
    z = unit(x + V tanh(3 U x)) of x = unit(total).
    """
    x = units(totals)
    z = units(x + np.matmul(np.tanh(SLOPE * np.matmul(x, u)), v))
    found: Floats = z.swapaxes(0, 1).reshape(totals.shape[1], -1).astype(np.float32)
    return found


def unit(x: Floats) -> Floats:
    return x / max(float(np.linalg.norm(x)), 1e-6)


def units(rows: Floats) -> Floats:
    """Every row of length 1."""
    found: Floats = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-6))
    return found


@lru_cache(maxsize=4)
def encoder(path: Path = PATH, changed_at: float = 0.0) -> Encoder | None:
    """The encoder in this file as of then, read once; None where it or the word vectors are missing."""
    words = vectors()
    return Encoder(path, words) if words is not None and path.is_file() else None
