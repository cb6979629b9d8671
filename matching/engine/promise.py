"""Promise: whom a query should look at closely, judged from postings and the meaning of the whole; cheap for thousands.

What is found here is compared in full afterwards (``ranking``); nothing of it is shown to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .cards import K1, MOST_IMPACT
from .evidence import CHANCE
from .query import Query
from .ranking import WEIGHTS, Weights

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
SKETCH = 48  # numbers of a meaning that the first look knows; their cosine is off by .01


@dataclass(frozen=True)
class Portion:
    """How many postings of one term are to be read, those with the highest impact first."""

    term: str
    most: int
    whole: bool  # all there are


@dataclass(frozen=True)
class Postings:
    """Who holds a term (each once), and how much it stands out there, 1…``MOST_IMPACT``."""

    profiles: Ids
    impacts: Ids


def portions(query: Query, *, budget: int) -> tuple[Portion, ...]:
    """What to read of which term, no more than ``budget`` postings in all.

    The rarest words come first, words of teaching and helping last. Of a word that would take more than what is left,
    the part where it stands out most is read: so a request of common words alone is answered as well.
    """
    commonness: dict[str, tuple[bool, int, str]] = {}
    for term, answers in query.answers.items():
        role = all(query.groups[group].role for group, _ in answers)
        commonness[term] = (role, answers[0][1].df, term)
    chosen: list[Portion] = []
    left = budget
    for term in sorted(commonness, key=lambda t: commonness[t]):
        df = commonness[term][1]
        if df <= 0 or left <= 0:
            continue
        chosen.append(Portion(term, min(df, left), whole=df <= left))
        left -= min(df, left)
    return tuple(chosen)


def promises(query: Query, held: Mapping[str, Postings]) -> tuple[Ids, Floats]:
    """The profiles in these postings with what their words promise: BM25's sum over groups, in shares of the ideal
    answer, as ``Evidence.terms`` would be at the usual length. In the order of the ids."""
    terms = sorted(term for term in held if len(held[term].profiles))
    ideal = sum(group.weight * group.idf for group in query.groups)
    if not terms or ideal <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    ids, places = np.unique(np.concatenate([held[term].profiles for term in terms]), return_inverse=True)
    by_group: dict[int, list[tuple[float, Ids, Ids]]] = {}
    at = 0
    for term in terms:
        some = held[term]
        where = places[at : at + len(some.profiles)]
        at += len(some.profiles)
        for group, expansion in query.answers[term]:
            asked = query.groups[group]
            gain = asked.weight * expansion.certainty * min(asked.idf, query.idf(expansion.df))
            by_group.setdefault(group, []).append((gain, where, some.impacts))
    total = np.zeros(len(ids), dtype=np.float32)
    for _, answers in sorted(by_group.items()):
        best = np.zeros(len(ids), dtype=np.float32)
        for gain, where, impacts in answers:
            best[where] = np.maximum(best[where], np.float32(gain) * impacts)
        total += best
    total *= np.float32((K1 + 1) / MOST_IMPACT / ideal)
    return ids, total


@dataclass(frozen=True)
class Looks:
    """What is kept of some profiles in memory, row by row: ``SKETCH`` numbers of what they mean as a whole (int8, 127 for
    1; all zero where that is not known), their fields as bits, the number of their registry (0 where nobody is)."""

    meaning: npt.NDArray[np.int8]
    fields: npt.NDArray[np.int32]
    registry: npt.NDArray[np.int8]


def first_look(query: Query, promised: Floats, looks: Looks, *, weights: Weights = WEIGHTS) -> Floats:
    """About what a comparison in full would weigh for each profile: its words, its meaning as a whole, its field."""
    words = np.float32(weights.terms) * promised
    if query.meaning is None:
        found: Floats = np.float32(weights.alone) * words
    else:
        told = looks.meaning.any(axis=1)
        asked = np.zeros(SKETCH, dtype=np.float32)
        asked[: len(query.meaning.whole)] = query.meaning.whole[:SKETCH]
        nearness = looks.meaning.astype(np.float32) @ asked / 127
        meant = words + np.float32(weights.whole) * (nearness - np.float32(CHANCE))
        found = np.where(told, meant, np.float32(weights.alone) * words)
    if query.ask.field is not None:
        same = (looks.fields >> query.ask.field) & 1
        found = found + np.float32(weights.field) * np.where(looks.fields == 0, 0, 2 * same - 1).astype(np.float32)
    return found
