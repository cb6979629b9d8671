"""Search: an Ask in, ranked and explained profiles out, with a bounded amount of work however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select

from ..concepts.services import knowledge
from ..database import db
from ..engine import cards, query, ranking
from ..engine.cards import ReadCard
from ..engine.knowledge import Knowledge
from ..engine.query import Query
from ..engine.text import ANALYZER_VERSION
from ..engine.types import Ask, Card, Ranked, Standing
from .encoding import card_from_json
from .models import Posting, Profile, Term
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


def search(
    ask: Ask,
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
) -> SearchResult:
    """The best ``limit`` parties for an ask, each with its reasons; reads only.

    ``admits`` is a condition on ``Profile`` (its party, its registration) that everybody found must meet: consent and
    basis are joined here, at read time. ``standing_of`` and ``canonical_of`` get party ids and may leave some out;
    with ``canonical_of`` a party shows once, with its best registration. ``distances`` are km between district ids.

    With ``content_only`` nothing but what they can do counts, and ``limit`` rows come back whenever so many profiles
    exist; otherwise those whose score is below ``floor`` are left out. Whoever asks about one certain profile wants
    ``floor=None``: its warnings matter however little it fits.
    """
    allowed: list[ColumnElement[bool]] = [Profile.registry_name.in_(sorted(set(registries)))]
    if admits is not None:
        allowed.append(admits)
    known = knowledge()
    if limit <= 0:
        return SearchResult((), 0, ANALYZER_VERSION, ranking.WEIGHTS.version, known.version)
    built = query.build(ask, StoredVocabulary(), known)
    found = _load(_retrieve(built, allowed), allowed, known, at_least=max(POOL, limit) if content_only else POOL)
    parties = sorted({one.party_id for one in found})
    canonical = canonical_of(parties) if canonical_of is not None else {}
    told = standing_of(parties) if standing_of is not None and not content_only else {}
    ranked = ranking.rank(
        built,
        [one.read for one in found],
        as_of=as_of,
        standings={one.read.card.key: told[one.party_id] for one in found if one.party_id in told},
        distances=distances,
        content_only=content_only,
        same_as={one.read.card.key: canonical.get(one.party_id, one.party_id) for one in found}
        if canonical_of is not None
        else None,
        floor=None if content_only else floor,
        limit=limit,
    )
    by_key = {one.read.card.key: one for one in found}
    also = _others(found, canonical) if canonical_of is not None else {}
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
    meant = tuple(group.concept for group in built.groups if group.concept is not None)
    return SearchResult(
        tuple(hits), len(found), ANALYZER_VERSION, ranking.WEIGHTS.version, known.version, tuple(dict.fromkeys(meant))
    )


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


def _load(ids: list[int], allowed: list[ColumnElement[bool]], known: Knowledge, *, at_least: int) -> list[_Found]:
    """These profiles, and others in a stable order while the pool has room: characters may match where words do not."""
    columns = (
        Profile.id,
        Profile.registry_name,
        Profile.registration_id,
        Profile.party_id,
        Profile.card,
        Profile.words,
        Profile.meaning,
        Profile.analyzer,
        Profile.knowledge,
    )
    rows: list[Any] = []
    for some in chunks(ids):
        rows += db.session.execute(select(*columns).where(Profile.id.in_(some), *allowed)).all()
    if len(rows) < at_least:
        have = {row[0] for row in rows}
        more = db.session.execute(select(*columns).where(*allowed).order_by(Profile.id).limit(at_least)).all()
        rows += [row for row in more if row[0] not in have][: at_least - len(rows)]
    found = []
    for id_, registry, registration_id, party_id, card_value, words, meaning, analyzer, knew in rows:
        # Padded, so that ties fall in the order of the ids.
        card = card_from_json(card_value, key=f"{id_:012d}")
        # Rows of two encoders cannot be compared; until the next reindex such a card is found by its words.
        comparable = knew is not None and known.shares_encoder_with(knew)
        read = (
            cards.load(card, words, meaning if comparable else None)
            if analyzer == ANALYZER_VERSION
            else cards.read(card, known)
        )
        found.append(_Found(id_, registry, registration_id, party_id, read))
    return found
