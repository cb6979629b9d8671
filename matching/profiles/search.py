"""Search: an Ask in, ranked and explained profiles out, with a bounded amount of work however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from ..concepts.services import knowledge
from ..database import db
from ..engine import cards, query, ranking
from ..engine.cards import ReadCard
from ..engine.evidence import Measure
from ..engine.knowledge import Knowledge
from ..engine.query import Query
from ..engine.text import ANALYZER_VERSION
from ..engine.types import Ask, Card, Ranked, Standing
from .encoding import card_from_json
from .models import Posting, Profile, ProfileContent, Term
from .vocabulary import StoredVocabulary, chunks

POSTINGS = 25_000  # read at most in one search; measured .3–.9 µs each
POOL = 400  # profiles that are compared in full
FLOOR = 0.25  # below it a profile has nothing to do with the ask; never applied in content-only mode


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
    asked: int  # how many profiles were compared
    analyzer: str
    weights: str
    knowledge: str  # the lexicon's and the encoder's versions
    meant: tuple[str, ...] = ()  # the concepts that the ask was understood to speak of, the weightiest first


@dataclass(frozen=True)
class _Found:
    profile_id: int
    registry: str
    registration_id: int
    party_id: int
    read: ReadCard


@dataclass(frozen=True)
class _Compared:
    """The words of an ask, and whom they were compared with."""

    measure: Measure
    found: list[_Found]
    canonical: Mapping[int, int]
    standings: Mapping[str, Standing]


class Searching:
    """Search under fixed terms, in one transaction: an Ask in, the best ``limit`` parties out; reads only.

    It may be called again with other asks: no profile is read twice, and where only conditions differ and no words,
    nobody is compared twice either.

    ``admits`` is a condition on ``Profile`` (its party, its registration) that everybody found must meet: consent and
    basis are joined here, at read time. ``standing_of`` and ``canonical_of`` get party ids and may leave some out;
    with ``canonical_of`` a party shows once, with its best registration. ``distances`` are km between district ids.

    With ``content_only`` nothing but what they can do counts, and ``limit`` rows come back whenever so many profiles
    exist; otherwise those whose score is below ``floor`` are left out. Whoever asks about one certain profile wants
    ``floor=None``: its warnings matter however little it fits.
    """

    def __init__(
        self,
        *,
        as_of: date,
        registries: Iterable[str],
        limit: int = 20,
        content_only: bool = False,
        distances: Mapping[int, Mapping[int, float]] | None = None,
        standing_of: Callable[[list[int]], dict[int, Standing]] | None = None,
        canonical_of: Callable[[list[int]], dict[int, int]] | None = None,
        admits: ColumnElement[bool] | None = None,
        floor: float | None = FLOOR,
    ) -> None:
        self.as_of = as_of
        self.limit = limit
        self.content_only = content_only
        self.distances = distances
        self.standing_of = standing_of if not content_only else None
        self.canonical_of = canonical_of
        self.floor = None if content_only else floor
        self.known = knowledge()
        self.allowed: list[ColumnElement[bool]] = [Profile.registry_name.in_(sorted(set(registries)))]
        if admits is not None:
            self.allowed.append(admits)
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
            same_as={one.read.card.key: compared.canonical.get(one.party_id, one.party_id) for one in compared.found}
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
            len(compared.found),
            ANALYZER_VERSION,
            ranking.WEIGHTS.version,
            self.known.version,
            tuple(dict.fromkeys(group.concept for group in groups if group.concept is not None)),
        )

    def _compare(self, ask: Ask) -> _Compared:
        words = (ask.title, ask.detail, ask.needs, ask.concepts)
        if words not in self._compared:
            built = query.build(ask, self._vocabulary, self.known)
            found = self._load(_retrieve(built, self.allowed))
            parties = sorted({one.party_id for one in found})
            told = self.standing_of(parties) if self.standing_of is not None else {}
            self._compared[words] = _Compared(
                measure=Measure(built),
                found=found,
                canonical=self.canonical_of(parties) if self.canonical_of is not None else {},
                standings={one.read.card.key: told[one.party_id] for one in found if one.party_id in told},
            )
        return self._compared[words]

    @cached_property
    def _vocabulary(self) -> StoredVocabulary:
        return StoredVocabulary()

    def _load(self, ids: list[int]) -> list[_Found]:
        """These profiles, and others in a stable order while the pool has room: characters may match where words do not."""
        found = self._read(ids)
        room = self._at_least - len(found)
        if room > 0:
            have = {one.profile_id for one in found}
            found += self._read([id_ for id_ in self._first_ids if id_ not in have][:room])
        return found

    @property
    def _at_least(self) -> int:
        return max(POOL, self.limit) if self.content_only else POOL

    @cached_property
    def _first_ids(self) -> Sequence[int]:
        query = select(Profile.id).where(*self.allowed).order_by(Profile.id).limit(self._at_least)
        return db.session.scalars(query).all()

    def _read(self, ids: list[int]) -> list[_Found]:
        for some in chunks([id_ for id_ in ids if id_ not in self._profiles]):
            for row in db.session.execute(_ROWS.where(Profile.id.in_(some), *self.allowed)):
                self._profiles[row.id] = _found(row, self.known)
        return [self._profiles[id_] for id_ in ids if id_ in self._profiles]

    def _hits(self, ranked: Iterable[Ranked], compared: _Compared) -> tuple[Hit, ...]:
        by_key = {one.read.card.key: one for one in compared.found}
        canonical = compared.canonical
        also = _others(compared.found, canonical) if self.canonical_of is not None else {}
        hits = []
        for one in ranked:
            at = by_key[one.key]
            others = also.get(canonical.get(at.party_id, at.party_id), ())
            hits.append(
                Hit(
                    profile_id=at.profile_id,
                    registry=at.registry,
                    registration_id=at.registration_id,
                    party_id=at.party_id,
                    card=at.read.card,
                    ranked=one,
                    also=tuple(o for o in others if o != (at.registry, at.registration_id)),
                )
            )
        return tuple(hits)


def search(ask: Ask, **terms: Any) -> SearchResult:
    """One search; ``terms`` are those of ``Searching``."""
    return Searching(**terms)(ask)


def _others(found: list[_Found], canonical: Mapping[int, int]) -> dict[int, tuple[tuple[str, int], ...]]:
    registrations: dict[int, list[tuple[str, int]]] = {}
    for one in found:
        party = canonical.get(one.party_id, one.party_id)
        registrations.setdefault(party, []).append((one.registry, one.registration_id))
    return {party: tuple(sorted(some)) for party, some in registrations.items()}


def _retrieve(built: Query, allowed: list[ColumnElement[bool]]) -> list[int]:
    """The ids of the most promising profiles: the rarest words are read first, and only so many postings.

    Words that everybody uses wait for the full comparison. When every word is like that, the rarest one is read as
    far as the budget goes.
    """
    gains: dict[str, list[tuple[int, float]]] = {}
    order: dict[str, tuple[bool, int, str]] = {}
    for text, answers in built.answers.items():
        for group, expansion in answers:
            asked = built.groups[group]
            gain = asked.weight * expansion.certainty * min(asked.idf, built.idf(expansion.df))
            gains.setdefault(text, []).append((group, gain))
            order[text] = (asked.role, expansion.df, text)
    chosen: list[str] = []
    budget = POSTINGS
    for text in sorted(order, key=lambda t: order[t]):
        if order[text][1] <= budget:
            chosen.append(text)
            budget -= order[text][1]
    if not chosen and order:
        chosen = [min(order, key=lambda t: order[t])]
    texts: dict[int, str] = {}
    for some in chunks(chosen):
        texts.update(
            (id_, text) for id_, text in db.session.execute(select(Term.id, Term.text).where(Term.text.in_(some)))
        )
    best: dict[int, dict[int, float]] = {}
    left = POSTINGS
    for ids in chunks(sorted(texts)):
        rows = db.session.execute(
            select(Posting.profile_id, Posting.term_id)
            .join(Profile, Profile.id == Posting.profile_id)
            .where(Posting.term_id.in_(ids), *allowed)
            .order_by(Posting.term_id, Posting.profile_id)
            .limit(left)
        ).all()
        left = max(left - len(rows), 1)
        for profile_id, term_id in rows:
            held = best.setdefault(profile_id, {})
            for group, gain in gains[texts[term_id]]:
                if gain > held.get(group, 0.0):
                    held[group] = gain
    promise = {profile_id: sum(held.values()) for profile_id, held in best.items()}
    return heapq.nsmallest(POOL, promise, key=lambda id_: (-round(promise[id_], 9), id_))


_COLUMNS = (
    Profile.id,
    Profile.registry_name,
    Profile.registration_id,
    Profile.party_id,
    ProfileContent.card,
    ProfileContent.words,
    ProfileContent.meaning,
    Profile.analyzer,
    Profile.knowledge,
)
_ROWS = select(*_COLUMNS).join(ProfileContent, ProfileContent.profile_id == Profile.id)


def _found(row: Row[Any], known: Knowledge) -> _Found:
    # Padded, so that ties fall in the order of the ids.
    card = card_from_json(row.card, key=f"{row.id:012d}")
    # Rows of two encoders cannot be compared; until the next reindex such a card is found by its words.
    comparable = row.knowledge is not None and known.shares_encoder_with(row.knowledge)
    read = (
        cards.load(card, row.words, row.meaning if comparable else None)
        if row.analyzer == ANALYZER_VERSION
        else cards.read(card, known)
    )
    return _Found(row.id, row.registry_name, row.registration_id, row.party_id, read)
