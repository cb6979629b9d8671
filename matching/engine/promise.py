"""Promise: whom a query should look at closely, judged from postings and the meaning of the whole; cheap for thousands.

What is found here is compared in full afterwards (``ranking``); nothing of it is shown to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .cards import K1, MOST_IMPACT, Rows
from .criteria import NEED_FULL
from .evidence import CHANCE, CLOSE, FAR
from .query import PLACE_WEIGHT, Expansion, Query
from .ranking import WEIGHTS, Weights
from .sketch import Looks, circumstances, field_leans, nearness

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


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

    Terms that would tell most come first, words of teaching and helping last. No term takes more than a fifth: of one
    that more profiles hold, those are read in which it stands out most. So a request of common words alone is answered
    as well, and an idea that many share does not leave the others unread.
    """
    gains: dict[str, tuple[bool, float, int]] = {}
    for term, answers in query.answers.items():
        role = all(query.groups[group].role for group, _ in answers)
        gains[term] = (role, -max(_gain(query, group, expansion) for group, expansion in answers), answers[0][1].df)
    chosen: dict[str, int] = {}
    left = budget
    for most in (max(budget // 5, 1), budget):  # what is left after the first round goes to those who were cut short
        for term in sorted(gains, key=lambda t: (*gains[t], t)):
            more = min(min(gains[term][2], most) - chosen.get(term, 0), left)
            if more > 0:
                chosen[term] = chosen.get(term, 0) + more
                left -= more
    return tuple(Portion(term, most, whole=most == gains[term][2]) for term, most in chosen.items())


def _gain(query: Query, group: int, expansion: Expansion) -> float:
    asked = query.groups[group]
    return asked.weight * expansion.certainty * min(asked.idf, query.idf(expansion.df))


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
            by_group.setdefault(group, []).append((_gain(query, group, expansion), where, some.impacts))
    total = np.zeros(len(ids), dtype=np.float32)
    for _, answers in sorted(by_group.items()):
        best = np.zeros(len(ids), dtype=np.float32)
        for gain, where, impacts in answers:
            best[where] = np.maximum(best[where], np.float32(gain) * impacts)
        total += best
    total *= np.float32((K1 + 1) / MOST_IMPACT / ideal)
    return ids, total


@dataclass(frozen=True)
class Around:
    """What the first look needs to know of the terms of a search; None where circumstances do not count."""

    distances: Mapping[int, Mapping[int, float]] | None = None


def first_look(
    query: Query, promised: Floats, looks: Looks, around: Around | None = None, *, weights: Weights = WEIGHTS
) -> Floats:
    """About the score that a comparison in full would find for each profile, from its sketch."""
    near: Floats | None = None
    if query.meaning is not None:
        near = nearness(looks["meaning"], query.meaning.whole)
        near[~looks["meaning"].any(axis=1)] = np.nan
    return _score(query, _weighed(query, promised, looks, near, near, weights), looks, around, weights)


def second_look(
    query: Query,
    promised: Floats,
    looks: Looks,
    meanings: Sequence[Rows | None],
    around: Around | None = None,
    *,
    weights: Weights = WEIGHTS,
) -> Floats:
    """The same with what each text of a card means in place of the sketch; ``meanings`` are as in ``ReadCard``."""
    asked = query.meaning
    told = np.array([rows is not None and len(rows) > 1 for rows in meanings], dtype=bool)
    if asked is None or not told.any():
        return _score(query, _weighed(query, promised, looks, None, None, weights), looks, around, weights)
    some = [rows for rows in meanings if rows is not None and len(rows) > 1]
    lengths = np.array([len(rows) for rows in some])
    ends = np.cumsum(lengths)
    rows_of_all = np.concatenate(some).astype(np.float32) / 127
    whole, near = np.full((2, len(told)), np.nan, dtype=np.float32)
    whole[told] = rows_of_all[ends - 1] @ asked.whole
    cosines = asked.units @ rows_of_all.T
    cosines[:, ends - 1] = -1.0  # the whole is no text of the card
    nearest = np.maximum.reduceat(cosines, ends - lengths, axis=1)
    units = np.array([PLACE_WEIGHT[unit.place] for unit in query.units], dtype=np.float32)
    near[told] = units @ nearest / units.sum()
    found = _weighed(query, promised, looks, near, whole, weights)
    if len(query.needs) > 1:
        answered = np.clip((nearest[: len(query.needs)] - FAR) / (CLOSE - FAR) / NEED_FULL, 0, 1).mean(axis=0)
        found[told] += np.float32(weights.needs) * (2 * answered - 1)
    return _score(query, found, looks, around, weights)


def _weighed(
    query: Query, promised: Floats, looks: Looks, near: Floats | None, whole: Floats | None, weights: Weights
) -> Floats:
    """As ``ranking`` weighs content; not a number stands for a meaning that is not known."""
    words = np.float32(weights.terms) * promised
    alone = np.float32(weights.alone) * words
    found: Floats = alone
    if near is not None and whole is not None:
        meant = np.float32(weights.nearest) * (near - np.float32(CHANCE))
        meant = meant + np.float32(weights.whole) * (whole - np.float32(CHANCE))
        found = np.where(np.isnan(whole), alone, words + meant)
    if query.ask.field is not None:
        found = found + np.float32(weights.field) * field_leans(query.ask, looks)
    return found


def _score(query: Query, order: Floats, looks: Looks, around: Around | None, weights: Weights) -> Floats:
    if around is None:
        return order
    above: Floats = np.maximum(order, 0)
    content = above / (above + np.float32(weights.half)) + np.float32(1e-3) * np.minimum(order, 0)
    turning = {name: float(getattr(weights, name)) for name in ("district", "dates", "money", "heads")}
    found: Floats = content * circumstances(query.ask, looks, around.distances, turning)
    return found
