"""Words written almost alike, all pairs among hundreds of thousands: what ``publish`` finds for one new word at a time.

RapidFuzz's ratio of two words is 2 L / (a + b), L being the length of their longest common subsequence. So two words
reach the ratio exactly when they share a subsequence of some least length: the words' subsequences of that length are
numbered by a hash, and equal numbers are joined. Nothing is compared with everything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from ....engine.spelling import MOST_NEIGHBOURS, RATIO, can_be_misspelt, has_neighbours
from ..progress import Progress, Tell

_LONGEST = 12  # from here on subsequences are too many, and words few
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_PART = 4_000_000  # pairs that are looked at together
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


def neighbours(words: Sequence[str], tell: Tell = lambda _line: None) -> Iterator[tuple[int, int, float]]:
    """(place, place, ratio) of every two words that are alike, each pair once, the lower place first."""
    places: dict[int, list[int]] = {}
    for i, word in enumerate(words):
        if can_be_misspelt(word):
            places.setdefault(len(word), []).append(i)
    at_length = {length: np.array(places[length], dtype=np.int64) for length in sorted(places)}
    yield from _among_short(words, {n: places for n, places in at_length.items() if n <= _LONGEST}, tell)
    yield from _with_long(words, at_length)


def kept(words: Sequence[str], brought_by: Sequence[int], *, tell: Tell) -> list[tuple[int, int, int]]:
    """(place, place, ratio) both ways, in order, as publishing keeps them; ``brought_by`` is who said each word first.

    A word that comes later looks for its nearest among those that are there, and finds no more than so many.
    """
    found: dict[int, list[tuple[float, str, int]]] = {}
    for one, other, ratio in neighbours(words, tell):
        for new, old in ((one, other), (other, one)):
            if brought_by[old] <= brought_by[new]:
                found.setdefault(new, []).append((-ratio, words[old], old))
    rows: set[tuple[int, int, int]] = set()
    for new, hits in found.items():
        if has_neighbours(words[new]):
            for negative, text, old in sorted(hits)[:MOST_NEIGHBOURS]:
                if has_neighbours(text):
                    rows |= {(new, old, int(-negative)), (old, new, int(-negative))}
    return sorted(rows)


def _among_short(words: Sequence[str], at_length: dict[int, Ints], tell: Tell) -> Iterator[tuple[int, int, float]]:
    letters = {
        n: np.array([[ord(char) for char in words[i]] for i in places], dtype=np.uint64).reshape(len(places), n)
        for n, places in at_length.items()
    }
    lengths = [
        (a, b, least)
        for a in at_length
        for b in at_length
        if a <= b and (least := math.ceil(RATIO / 200 * (a + b) - 1e-9)) <= a
    ]
    work = [sum(len(at_length[n]) * math.comb(n, least) for n in (a, b)) for a, b, least in lengths]
    progress = Progress("looked for words written alike: subsequences", sum(work), tell)
    done = 0
    for (a, b, least), these in zip(lengths, work, strict=True):
        found = _joined(letters[a], letters[b], least, same=a == b)
        for start in range(0, len(found), _PART):
            pairs = found[start : start + _PART]
            yield from _rated(words, at_length[a][pairs[:, 0]], at_length[b][pairs[:, 1]])
        done += these
        progress(done)


def _joined(ones: Hashes, others: Hashes, least: int, *, same: bool) -> Ints:
    """(pairs, 2) places of words that share a subsequence of this length, each once."""
    hashes, owners = _subsequences(others, least)
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    width = len(others)
    found: list[Ints] = []
    for kept in combinations(range(ones.shape[1]), least):
        asked = _hash(ones[:, kept])
        left, right = np.searchsorted(hashes, asked, "left"), np.searchsorted(hashes, asked, "right")
        count = right - left
        one = np.repeat(np.arange(len(ones), dtype=np.int64), count)
        steps = np.arange(len(one), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        other = owners[np.repeat(left, count) + steps]
        if same:
            one, other = one[one < other], other[one < other]
        found.append(np.unique(one * width + other))
    every = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    return np.stack([every // width, every % width], axis=1)


def _subsequences(letters: Hashes, length: int) -> tuple[Hashes, Ints]:
    places = np.arange(len(letters), dtype=np.int64)
    hashes = [_hash(letters[:, kept]) for kept in combinations(range(letters.shape[1]), length)]
    return np.concatenate(hashes), np.tile(places, len(hashes))


def _hash(letters: Hashes) -> Hashes:
    found = np.zeros(len(letters), dtype=np.uint64)
    for column in letters.T:
        found = (found ^ column) * _MULTIPLIER
        found ^= found >> np.uint64(29)
    return found


def _rated(words: Sequence[str], ones: Ints, others: Ints) -> Iterator[tuple[int, int, float]]:
    """The ratio is asked of RapidFuzz all the same: two hashes may be equal by chance."""
    if not len(ones):
        return
    ratios = process.cpdist([words[i] for i in ones], [words[i] for i in others], scorer=fuzz.ratio, dtype=np.float64)
    for one, other, ratio in zip(ones.tolist(), others.tolist(), ratios.tolist(), strict=True):
        if ratio >= RATIO:
            yield (one, other, ratio) if one < other else (other, one, ratio)


def _with_long(words: Sequence[str], at_length: dict[int, Ints]) -> Iterator[tuple[int, int, float]]:
    for n, places in at_length.items():
        if n <= _LONGEST:
            continue
        near = [m for m in at_length if m <= n and 2 * m / (m + n) * 100 >= RATIO]
        choices = np.concatenate([at_length[m] for m in near])
        texts = [words[i] for i in choices]
        for start in range(0, len(places), 200):
            part = places[start : start + 200]
            ratios = process.cdist(
                [words[i] for i in part], texts, scorer=fuzz.ratio, score_cutoff=RATIO, dtype=np.float64
            )
            for i, j in zip(*np.nonzero(ratios), strict=True):
                one, other = int(part[i]), int(choices[j])
                if one < other or len(words[other]) < n:
                    yield min(one, other), max(one, other), float(ratios[i, j])
