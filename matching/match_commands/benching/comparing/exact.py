"""The exact ranking: everybody compared in full, with neither a budget of postings nor a limit of the pool.

To compare a million in full takes minutes for one ask, so nobody is compared who cannot be among the best. What words
can bring at most follows from the postings, what meaning brings from the encoder's rows; everything else is given in
full. Whoever could reach the best so far is compared by the product's own ``ranking.rank``; a test holds this against
comparing all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select

from ....database import db
from ....engine import cards, query, ranking
from ....engine.cards import ReadCard
from ....engine.criteria import fairness, supports_wanted, track
from ....engine.evidence import CHANCE, Measure
from ....engine.knowledge import Knowledge
from ....engine.query import PLACE_WEIGHT, Query
from ....engine.ranking import WEIGHTS
from ....engine.types import Ask, Ranked
from ....profiles.chunking import chunks
from ....profiles.encoding import card_from_json
from ....profiles.models import Posting, Profile, ProfileContent, Term
from ....profiles.services import FLOOR
from ....profiles.vocabulary import StoredVocabulary

Floats = npt.NDArray[np.float32]
_PASS = 5_000  # profiles whose meaning is read at a time
_BATCH = 500  # profiles that are compared in full before looking whether others could still come before them
_SAFELY = 1e-4  # what is worked out in another order may differ a little


@dataclass(frozen=True)
class Exact:
    """The best of everybody, and how many had to be compared in full to know that."""

    ranked: tuple[Ranked, ...]
    compared: int


def exact_rankings(
    asks: Sequence[Ask],
    knowledge: Knowledge,
    *,
    as_of: date,
    limit: int,
    distances: Mapping[int, Mapping[int, float]] | None = None,
) -> list[Exact]:
    """For each ask the best ``limit`` of all profiles, as a search without circumstances of parties ranks them."""
    vocabulary = StoredVocabulary()
    queries = [query.build(ask, vocabulary, knowledge) for ask in asks]
    size = int(db.session.scalar(select(func.max(Profile.id))) or 0) + 1
    lengths = np.ones(size, dtype=np.float32)
    held = np.zeros(size, dtype=bool)
    for id_, length in db.session.execute(select(Profile.id, Profile.length)):
        lengths[id_], held[id_] = length, True
    meanings = _meanings(queries, size)
    found = []
    for built, meaning in zip(queries, meanings, strict=True):
        highest = WEIGHTS.terms * _terms(built, lengths) + meaning + _most_besides(built)
        found.append(_best(built, np.where(held, highest, -np.inf), as_of, limit, distances))
    return found


def _most_besides(built: Query) -> float:
    """What everything but words and meaning can add at most."""
    wanted, chosen = supports_wanted(built.ask)
    most = WEIGHTS.bigrams + WEIGHTS.level
    most += WEIGHTS.field if built.ask.field is not None else 0.0
    most += WEIGHTS.support * (1.0 if chosen else 0.5) if wanted else 0.0
    return most + (WEIGHTS.needs if len(built.needs) > 1 else 0.0)


def _best(
    built: Query, highest: Floats, as_of: date, limit: int, distances: Mapping[int, Mapping[int, float]] | None
) -> Exact:
    measure = Measure(built)
    factor = 1 - WEIGHTS.track - WEIGHTS.fairness
    factor += max(track(None).fit or 0.0, 0.0) + max(fairness(None, as_of).fit or 0.0, 0.0)  # both unknown
    order = np.argsort(-highest, kind="stable")
    best: list[ReadCard] = []
    ranked: tuple[Ranked, ...] = ()
    compared = 0
    for start in range(0, len(order), _BATCH):
        ids = order[start : start + _BATCH]
        reachable = factor * ranking.saturate(float(highest[ids[0]]) + _SAFELY, WEIGHTS.half) + _SAFELY
        enough = ranked[-1].score if len(ranked) >= limit else FLOOR
        if not np.isfinite(highest[ids[0]]) or reachable < enough:
            break
        batch = _loaded([int(id_) for id_ in ids if np.isfinite(highest[id_])])
        compared += len(batch)
        ranked = ranking.rank(
            built,
            [*best, *batch],
            as_of=as_of,
            distances=distances,
            floor=FLOOR,
            limit=limit,
            explain=False,
            measure=measure,
        )
        kept = {one.key for one in ranked}
        best = [card for card in (*best, *batch) if card.card.key in kept]
    return Exact(ranked, compared)


def _loaded(ids: list[int]) -> list[ReadCard]:
    columns = (ProfileContent.profile_id, ProfileContent.card, ProfileContent.words, ProfileContent.meaning)
    return [
        cards.load(card_from_json(card, key=f"{id_:012d}"), words, meaning)
        for some in chunks(ids)
        for id_, card, words, meaning in db.session.execute(select(*columns).where(ProfileContent.profile_id.in_(some)))
    ]


def _terms(built: Query, lengths: Floats) -> Floats:
    """At most the ``Evidence.terms`` of each profile, by its postings."""
    total = np.zeros(len(lengths), dtype=np.float32)
    ideal = sum(group.weight * group.idf for group in built.groups)
    if ideal <= 0:
        return total
    ids = {
        text: id_
        for some in chunks(sorted(built.answers))
        for text, id_ in db.session.execute(select(Term.text, Term.id).where(Term.text.in_(some)))
    }
    norm = cards.K1 * (1 - cards.B + cards.B * lengths / built.average_length)
    usual = cards.K1 * (1 - cards.B + cards.B * lengths / cards.USUAL_LENGTH)
    saturations = {text: _saturations(id_, norm, usual) for text, id_ in ids.items()}
    for number, group in enumerate(built.groups):
        best = np.zeros(len(lengths), dtype=np.float32)
        for expansion in group.expansions:
            if expansion.term in saturations:
                profiles, saturation = saturations[expansion.term]
                gain = expansion.certainty * min(built.idf(expansion.df), group.idf)
                best[profiles] = np.maximum(best[profiles], np.float32(gain) * saturation)
        total += np.float32(built.groups[number].weight / ideal) * best
    return total


def _saturations(term_id: int, norm: Floats, usual: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """BM25's saturation for everybody who holds a term; an impact tells between which two weights theirs is."""
    rows = db.session.execute(select(Posting.profile_id, Posting.impact).where(Posting.term_id == term_id)).all()
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    profiles, impacts = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    share = np.minimum((impacts + 0.5) / cards.MOST_IMPACT, 0.999)
    weight = share * usual[profiles] / (1 - share)
    return profiles, (weight * (cards.K1 + 1) / (weight + norm[profiles])).astype(np.float32)


def _meanings(queries: Sequence[Query], size: int) -> list[Floats]:
    """At most what the meaning of each profile brings for each query; one pass over all profiles."""
    asked = [(i, built.meaning) for i, built in enumerate(queries) if built.meaning is not None]
    found = [np.zeros(size, dtype=np.float32) for _ in queries]
    if not asked:
        return found
    stacked = np.concatenate([np.vstack([meaning.units, meaning.whole]) for _, meaning in asked])
    weights = [np.array([PLACE_WEIGHT[unit.place] for unit in queries[i].units], dtype=np.float32) for i, _ in asked]
    last = 0
    while rows := _next_meanings(last):
        last = rows[-1][0]
        told = [(id_, meaning) for id_, meaning in rows if meaning]
        if not told:
            continue
        ids = np.array([id_ for id_, _ in told])
        flat = np.frombuffer(b"".join(meaning for _, meaning in told), dtype=np.int8).reshape(-1, stacked.shape[1])
        ends = np.cumsum([len(meaning) // stacked.shape[1] for _, meaning in told])
        starts = np.concatenate([[0], ends[:-1]])
        nearness = flat.astype(np.float32) @ stacked.T / 127
        wholes = nearness[ends - 1]
        nearness[ends - 1] = -1.0  # not one of the texts
        nearest = np.maximum.reduceat(nearness, starts, axis=0)
        nearest = np.where(nearest < 0, 0.9 * nearest, nearest)
        at = 0
        for (i, meaning), weight in zip(asked, weights, strict=True):
            units = len(meaning.units)
            near = nearest[:, at : at + units] @ weight / weight.sum() - CHANCE
            whole = wholes[:, at + units] - CHANCE
            found[i][ids] = WEIGHTS.nearest * near + WEIGHTS.whole * whole
            at += units + 1
    return found


def _next_meanings(last: int) -> list[tuple[int, bytes | None]]:
    rows = db.session.execute(
        select(ProfileContent.profile_id, ProfileContent.meaning)
        .where(ProfileContent.profile_id > last)
        .order_by(ProfileContent.profile_id)
        .limit(_PASS)
    )
    return [(row[0], row[1]) for row in rows]
