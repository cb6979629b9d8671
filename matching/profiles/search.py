"""Search: an Ask in, ranked and explained profiles out, with a bounded amount of work however many there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Row, select

from ..among import among
from ..concepts.services import knowledge
from ..database import db
from ..engine import cards, promise, query, ranking
from ..engine.cards import ReadCard
from ..engine.evidence import Measure
from ..engine.knowledge import Knowledge
from ..engine.query import Query
from ..engine.text import ANALYZER_VERSION
from ..engine.types import Ask, Card, Ranked, Standing
from .encoding import card_from_json
from .models import Profile, ProfileContent
from .retrieving import Glanced, first_ids, glance, read_held, read_meanings, read_postings
from .sketches import Sketches, registry_numbers
from .vocabulary import StoredVocabulary

FLOOR = 0.25  # below it a profile has nothing to do with the ask; never applied in content-only mode


@dataclass(frozen=True)
class Budget:
    """How much one search may do, however many profiles there are."""

    postings: int = 20_000  # read
    nearest: int = 2_000  # profiles whose meaning is nearest, whatever their words
    pool: int = 300  # profiles that get a closer look
    compared: int = 50  # profiles that are compared in full and explained; more when more are asked for


BUDGET = Budget()


@dataclass(frozen=True)
class Hit:
    """One party's best profile; ``also`` names the other registrations of the same party that were found."""

    profile_id: int
    registry: str
    registration_id: int
    party_id: int
    card: Card
    ranked: Ranked
    also: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class SearchResult:
    hits: tuple[Hit, ...]
    asked: int  # how many profiles were looked at
    analyzer: str
    weights: str
    knowledge: str  # the lexicon's and the encoder's versions
    meant: tuple[str, ...] = ()  # the concepts that the ask was understood to speak of, the weightiest first


@dataclass(frozen=True)
class _Found:
    at: Glanced
    read: ReadCard


@dataclass(frozen=True)
class _Compared:
    """The words of an ask, and whom they were compared with."""

    measure: Measure
    looked_at: list[Glanced]
    found: list[_Found]  # the most promising of them, compared in full
    canonical: Mapping[int, int]
    standings: Mapping[str, Standing]


_MANY = 4  # pools in one block, after the first
_ALL = "all"  # in place of the conditions: nobody was left out, whatever they are


class Searching:
    """Search under fixed terms, in one transaction: an Ask in, the best ``limit`` parties out; reads only.

    It may be called again with other asks: no profile is read twice, and where only conditions differ and no words,
    nobody is compared twice either.

    ``admits`` is a condition on ``Profile`` (its party, its registration) that everybody found must meet: consent and
    basis are joined here, at read time. ``standing_of`` and ``canonical_of`` get party ids and may leave some out;
    with ``canonical_of`` a party shows once, with its best registration. ``distances`` are km between district ids.
    ``only`` names the profiles that are compared, where nobody is to be looked for.

    With ``content_only`` nothing but what they can do counts, and ``limit`` rows come back whenever so many profiles
    exist; otherwise those whose score is below ``floor`` are left out. Whoever asks about one certain profile wants
    ``floor=None``: its warnings matter however little it fits.
    """

    def __init__(
        self,
        *,
        as_of: date,
        registries: Collection[str],
        limit: int = 20,
        content_only: bool = False,
        distances: Mapping[int, Mapping[int, float]] | None = None,
        standing_of: Callable[[list[int]], dict[int, Standing]] | None = None,
        canonical_of: Callable[[list[int]], dict[int, int]] | None = None,
        admits: ColumnElement[bool] | None = None,
        only: Sequence[int] | None = None,
        floor: float | None = FLOOR,
        budget: Budget = BUDGET,
    ) -> None:
        self.as_of = as_of
        self.limit = limit
        self.content_only = content_only
        self.distances = distances
        self.standing_of = standing_of if not content_only else None
        self.canonical_of = canonical_of
        self.floor = None if content_only else floor
        self.known = knowledge()
        self.registries = frozenset(registries)
        self._registry_numbers = registry_numbers(sorted(self.registries))
        self.allowed: list[ColumnElement[bool]] = [] if admits is None else [admits]
        self.only = only
        self.budget = budget
        self._glanced: dict[int, Glanced] = {}
        self._profiles: dict[int, _Found] = {}
        self._compared: dict[tuple[Any, ...], _Compared] = {}

    def __call__(self, ask: Ask, *, explain: bool = True) -> SearchResult:
        """Without ``explain`` the hits have neither bars nor reasons."""
        if self.limit <= 0:
            return SearchResult((), 0, ANALYZER_VERSION, ranking.WEIGHTS.version, self.known.version)
        compared = self._compare(ask)
        measure = compared.measure.under(ask)
        ranked = ranking.rank(
            measure.query,
            [one.read for one in compared.found],
            as_of=self.as_of,
            standings=compared.standings,
            distances=self.distances,
            content_only=self.content_only,
            same_as={
                one.read.card.key: compared.canonical.get(one.at.party_id, one.at.party_id) for one in compared.found
            }
            if self.canonical_of is not None
            else None,
            floor=self.floor,
            limit=self.limit,
            measure=measure,
            explain=explain,
        )
        groups = measure.query.groups
        return SearchResult(
            self._hits(ranked, compared),
            len(compared.looked_at),
            ANALYZER_VERSION,
            ranking.WEIGHTS.version,
            self.known.version,
            tuple(dict.fromkeys(group.concept for group in groups if group.concept is not None)),
        )

    def _compare(self, ask: Ask) -> _Compared:
        words = (ask.title, ask.detail, ask.needs, ask.concepts)
        # What is asked besides the words turns the first look only where somebody is left out by it.
        key: tuple[Any, ...] = (*words, ask.field, ask.district, ask.when, ask.money, ask.people)
        if key not in self._compared and (*words, _ALL) in self._compared:
            return self._compared[*words, _ALL]
        if key not in self._compared:
            built = query.build(ask, self._vocabulary, self.known)
            looked_at = self._look_at(built)
            if len(looked_at) <= self._room:
                key = (*words, _ALL)
            found = self._read(looked_at[: self._room])
            parties = sorted({one.at.party_id for one in found})
            told = self.standing_of(parties) if self.standing_of is not None else {}
            everybody = sorted({one.party_id for one in looked_at})
            self._compared[key] = _Compared(
                measure=Measure(built),
                looked_at=looked_at,
                found=found,
                canonical=self.canonical_of(everybody) if self.canonical_of is not None else {},
                standings={one.read.card.key: told[one.at.party_id] for one in found if one.at.party_id in told},
            )
        return self._compared[key]

    @cached_property
    def _vocabulary(self) -> StoredVocabulary:
        return StoredVocabulary()

    @cached_property
    def _sketches(self) -> Sketches:
        return Sketches(self.known, revision=self._vocabulary.revision)

    @property
    def _room(self) -> int:
        """For how many a comparison in full is worth it."""
        return max(self.budget.compared, self.limit + self.limit // 4)

    @property
    def _pool(self) -> int:
        return max(self.budget.pool, self._room)

    def _look_at(self, built: Query) -> list[Glanced]:
        """The most promising; and while there is room others in a stable order: characters and meaning may match where
        words do not."""
        if self.only is not None:
            return list(glance(self.only, self.registries, self.allowed).values())
        portions = promise.portions(built, budget=self.budget.postings)
        ids, promised = promise.promises(built, read_postings(portions, self._vocabulary.ids))
        ids, promised = self._with_the_nearest(built, ids, promised)
        found = self._admitted(self._in_order(built, ids, promised), self._pool)
        if len(found) < self._pool:
            have = {one.profile_id for one in found}
            others = np.array([id_ for id_ in self._first_ids if id_ not in have], dtype=np.int64)
            nothing = np.zeros(len(others), dtype=np.float32)
            found += self._admitted(self._in_order(built, others, nothing), self._pool - len(found))
        if len(found) <= self._room:
            return found
        return self._in_closer_order(built, found)

    def _with_the_nearest(
        self, built: Query, ids: promise.Ids, promised: promise.Floats
    ) -> tuple[promise.Ids, promise.Floats]:
        """Whoever means what is asked without one of its words."""
        if built.meaning is None:
            return ids, promised
        near = self._sketches.nearest(built.meaning.whole, self._registry_numbers, most=self.budget.nearest)
        others = np.setdiff1d(near, ids, assume_unique=True)
        return np.concatenate([ids, others]), np.concatenate([promised, np.zeros(len(others), dtype=np.float32)])

    def _in_order(self, built: Query, ids: promise.Ids, promised: promise.Floats) -> Iterator[promise.Ids]:
        """In blocks; the many behind the first block are only put in order when they are asked for."""
        seen = self._sketches.look_at(ids)
        asked = np.isin(seen.registry, self._registry_numbers)
        looks = np.round(promise.first_look(built, promised, seen.looks, self._around), 6)[asked]
        ids = ids[asked]
        if len(ids) <= _MANY * self._pool:
            order = np.lexsort((ids, -looks))
        else:
            least = np.partition(looks, -self._pool)[-self._pool]
            first, rest = np.flatnonzero(looks >= least), np.flatnonzero(looks < least)
            first = first[np.lexsort((ids[first], -looks[first]))]
            yield ids[first[: self._pool]]
            order = np.concatenate([first[self._pool :], rest[np.lexsort((ids[rest], -looks[rest]))]])
        for at in range(0, len(order), _MANY * self._pool):  # few are allowed
            yield ids[order[at : at + _MANY * self._pool]]

    def _admitted(self, blocks: Iterable[promise.Ids], most: int) -> list[Glanced]:
        """The first of these that are allowed."""
        found: list[Glanced] = []
        for ids in blocks:
            some = ids.tolist()
            self._glanced.update(glance([i for i in some if i not in self._glanced], self.registries, self.allowed))
            found += [self._glanced[id_] for id_ in some if id_ in self._glanced]
            if len(found) >= most:
                break
        return found[:most]

    def _in_closer_order(self, built: Query, some: list[Glanced]) -> list[Glanced]:
        """By all their words, of which only so many were read before, and by what each of their texts means."""
        ids = np.array([one.profile_id for one in some], dtype=np.int64)
        terms = {term: self._vocabulary.ids[term] for term in built.answers}
        told, words = promise.promises(built, read_held(ids.tolist(), terms))
        promised = np.zeros(len(ids), dtype=np.float32)
        if len(told):
            place = np.minimum(np.searchsorted(told, ids), len(told) - 1)
            promised = np.where(told[place] == ids, words[place], np.float32(0))
        seen = self._sketches.look_at(ids)
        read = read_meanings(ids.tolist(), self.known)
        meanings = [read.get(one.profile_id) for one in some]
        looks = promise.second_look(built, promised, seen.looks, meanings, self._around)
        return [some[i] for i in np.lexsort((ids, -np.round(looks, 6)))]

    @cached_property
    def _around(self) -> promise.Around | None:
        return None if self.content_only else promise.Around(self.distances)

    def _comparable(self, knowledge: str | None) -> bool:
        """Rows of two encoders cannot be compared; until the next reindex such a card is found by its words."""
        return knowledge is not None and self.known.shares_encoder_with(knowledge)

    @cached_property
    def _first_ids(self) -> Sequence[int]:
        return first_ids(self.registries, self.allowed, self._pool)

    def _read(self, some: list[Glanced]) -> list[_Found]:
        new = {one.profile_id: one for one in some if one.profile_id not in self._profiles}
        for row in db.session.execute(_CONTENT, {"ids": list(new)}).all() if new else ():
            self._profiles[row.id] = _found(row, new[row.id], self.known, self._comparable(row.knowledge))
        return [self._profiles[one.profile_id] for one in some if one.profile_id in self._profiles]

    def _hits(self, ranked: Iterable[Ranked], compared: _Compared) -> tuple[Hit, ...]:
        by_key = {one.read.card.key: one for one in compared.found}
        canonical = compared.canonical
        also = _others(compared.looked_at, canonical) if self.canonical_of is not None else {}
        hits = []
        for one in ranked:
            found = by_key[one.key]
            at = found.at
            others = also.get(canonical.get(at.party_id, at.party_id), ())
            hits.append(
                Hit(
                    profile_id=at.profile_id,
                    registry=at.registry,
                    registration_id=at.registration_id,
                    party_id=at.party_id,
                    card=found.read.card,
                    ranked=one,
                    also=tuple(o for o in others if o != (at.registry, at.registration_id)),
                )
            )
        return tuple(hits)


def search(ask: Ask, **terms: Any) -> SearchResult:
    """One search; ``terms`` are those of ``Searching``."""
    return Searching(**terms)(ask)


def _others(found: list[Glanced], canonical: Mapping[int, int]) -> dict[int, tuple[tuple[str, int], ...]]:
    registrations: dict[int, list[tuple[str, int]]] = {}
    for one in found:
        party = canonical.get(one.party_id, one.party_id)
        registrations.setdefault(party, []).append((one.registry, one.registration_id))
    return {party: tuple(sorted(some)) for party, some in registrations.items()}


_PROFILE, _SAID = Profile.__table__.c, ProfileContent.__table__.c
_CONTENT = (
    select(_PROFILE.id, _PROFILE.analyzer, _PROFILE.knowledge, _SAID.card, _SAID.words, _SAID.meaning)
    .join_from(Profile.__table__, ProfileContent.__table__)
    .where(among(_PROFILE.id, "ids"))
)


def _found(row: Row[*tuple[Any, ...]], at: Glanced, known: Knowledge, comparable: bool) -> _Found:
    # Padded, so that ties fall in the order of the ids.
    card = card_from_json(row.card, key=f"{row.id:012d}")
    read = (
        cards.load(card, row.words, row.meaning if comparable else None)
        if row.analyzer == ANALYZER_VERSION
        else cards.read(card, known)
    )
    return _Found(at, read)
