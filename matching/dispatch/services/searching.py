"""Searching all three registries for one request: among whom, on which terms, and what was found, before it is frozen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from math import cos, radians, sqrt
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, String, and_, cast, not_, or_, select
from sqlalchemy.orm import selectinload

from ...councils import services as councils
from ...database import apart, db
from ...engine.types import Ask
from ...help_requests.models import HelpRequest, Need, RequestKind
from ...i18n import today
from ...profiles import services as profiles
from ...profiles.chunking import chunks
from ...profiles.models import Profile
from ...registry import services as registry
from ...registry.models import Consent, Party, Purpose, Registry
from ...registry.vocabulary import all_districts
from ..models import Candidate
from . import relaxing
from .standing import canonical_of, standing_of

LENGTH = 20
T = TypeVar("T")


def registries_for(request: HelpRequest) -> tuple[Registry, ...]:
    """Council members are only ever introduced, and never by a contractor's desk."""
    if request.kind is RequestKind.INTRODUCTION and not request.desk.is_contractor:
        return (Registry.SUPPORTER, Registry.GROUP, Registry.COUNCIL)
    return (Registry.SUPPORTER, Registry.GROUP)


def may_be_matched(day: date) -> ColumnElement[bool]:
    """Joined at read time, so that a consent taken back or a term that ran out never shows.

    A basis for all; for council members a seat on this day and their consent to be considered.
    """
    consent = select(Consent.id).where(
        Consent.party_id == Profile.party_id, Consent.purpose == Purpose.COUNCIL, Consent.withdrawn_at.is_(None)
    )
    of_council = Profile.registry_name == Registry.COUNCIL.value
    return or_(
        and_(not_(of_council), registry.stands_on_basis(Profile.party_id)),
        and_(of_council, consent.correlate(Profile).exists(), Profile.registration_id.in_(councils.sitting_on(day))),
    )


def admitted(candidates: Iterable[Candidate], *, on: date) -> set[int]:
    """Ids of those candidates whose registration stands and who may be matched on this day."""
    ids = [candidate.id for candidate in candidates]
    query = select(Candidate.id).where(
        Candidate.id.in_(ids),
        select(Profile.id)
        .where(
            Profile.registry_name == cast(Candidate.of_registry, String),
            Profile.registration_id == Candidate.registration_id,
            may_be_matched(on),
        )
        .exists(),
    )
    return set(db.session.scalars(query))


def distances() -> Mapping[int, Mapping[int, float]]:
    """Kilometres between the districts' centres, as the crow flies (equirectangular: exact enough within a city)."""
    return _distances(tuple((one.id, one.latitude, one.longitude) for one in all_districts()))


@lru_cache(maxsize=4)
def _distances(places: tuple[tuple[int, float, float], ...]) -> Mapping[int, Mapping[int, float]]:
    def kilometres(a: tuple[int, float, float], b: tuple[int, float, float]) -> float:
        north, east = a[1] - b[1], (a[2] - b[2]) * cos(radians((a[1] + b[1]) / 2))
        return 111.2 * sqrt(north * north + east * east)

    return {one[0]: {other[0]: kilometres(one, other) for other in places} for one in places}


def searcher(
    request: HelpRequest, *, now: datetime, only: int | None = None, limit: int = LENGTH
) -> profiles.Searching:
    """The product's own path from an ask to ranked, explained candidates. ``only`` one profile is judged in any case.

    It may be walked several times: what happened with each party so far is looked up once.
    """
    return profiles.Searching(
        registries=[one.value for one in registries_for(request)],
        limit=limit,
        distances=distances(),
        standing_of=_looked_up_once(standing_of(request, now=now)),
        canonical_of=_looked_up_once(canonical_of),
        admits=may_be_matched(today(now)),
        only=None if only is None else [only],
        as_of=today(now),
        floor=profiles.FLOOR if only is None else None,
    )


@dataclass(frozen=True)
class Found:
    """What a search brought, and how many would fit with one condition less; no rows, so that it outlives them."""

    result: profiles.SearchResult
    relaxed: list[dict[str, Any]]


def look_for(request: HelpRequest, ask: Ask, *, now: datetime) -> Found:
    """The best candidates who may be matched, read apart from the writing: those who have left meanwhile are left out."""
    search_for = searcher(request, now=now)
    needs = [Need(phrase=need.phrase, concept=need.concept) for need in request.needs]

    def look() -> Found:
        result = search_for(ask)
        fit = relaxing.fitting(hit.ranked.strength for hit in result.hits)
        return Found(result, relaxing.count_without(ask, partial(search_for, explain=False), now=fit, needs=needs))

    meant = tuple((need.phrase, need.concept) for need in needs)
    found = apart(_key("shortlist", request, ask, meant), look)
    ids = [hit.profile_id for hit in found.result.hits]
    # By their ids alone: with the registries, SQLite would walk through these.
    still = select(Profile.id).where(Profile.id.in_(ids), may_be_matched(today(now)))
    there = set(db.session.scalars(still))
    hits = tuple(hit for hit in found.result.hits if hit.profile_id in there)
    return replace(found, result=replace(found.result, hits=hits))


def judge(request: HelpRequest, profile_id: int, ask: Ask, *, now: datetime) -> profiles.SearchResult:
    """What the engine says of this registration, however little it fits; read apart from the writing.

    To be kept as what was found. A rule that is decided on is asked again where it is written: others write meanwhile.
    """
    search_for = searcher(request, now=now, only=profile_id, limit=1)
    return apart(_key("judge", request, profile_id, ask), lambda: search_for(ask))


def _key(what: str, request: HelpRequest, *asked: Hashable) -> Hashable:
    """Of what is read apart: ``searcher`` rests on the request, too, and on whose it is."""
    return (what, request.id, request.requester_id, registries_for(request), *asked)


def _looked_up_once(look_up: Callable[[list[int]], dict[int, T]]) -> Callable[[list[int]], dict[int, T]]:
    known: dict[int, T] = {}

    def remembered(party_ids: list[int]) -> dict[int, T]:
        unknown = [party_id for party_id in party_ids if party_id not in known]
        if unknown:
            known.update(look_up(unknown))
        return {party_id: known[party_id] for party_id in party_ids if party_id in known}

    return remembered


def _may_be_candidate(request: HelpRequest, *, now: datetime) -> tuple[ColumnElement[bool], ...]:
    registries = [one.value for one in registries_for(request)]
    return (may_be_matched(today(now)), Profile.registry_name.in_(registries))


def registrant(request: HelpRequest, profile_id: int, *, now: datetime) -> Profile | None:
    """This registrant, where they may be a candidate for the request."""
    return db.session.scalar(select(Profile).where(Profile.id == profile_id, *_may_be_candidate(request, now=now)))


def find_registrants(request: HelpRequest, words: str, *, now: datetime, limit: int = 20) -> list[Profile]:
    """Registrants whose name, kana or skills answer the words, best first; only those that may be matched."""
    if not registry.name_key(words):
        return []
    named = _named(request, words, now=now, limit=limit)
    search_for = searcher(request, now=now, limit=limit)
    hits = apart(_key("words", request, words, limit), lambda: search_for(Ask(title=words)).hits)
    still = select(Profile).where(Profile.id.in_([hit.profile_id for hit in hits]), may_be_matched(today(now)))
    skilled = {profile.id: profile for profile in db.session.scalars(still.options(selectinload(Profile.content)))}
    found = {profile.id: profile for profile in named}
    found.update((hit.profile_id, skilled[hit.profile_id]) for hit in hits if hit.profile_id in skilled)
    return list(found.values())[:limit]


def _named(request: HelpRequest, words: str, *, now: datetime, limit: int) -> list[Profile]:
    """Their registry is looked at here: as a condition, SQLite walks through it."""
    registries = {one.value for one in registries_for(request)}
    found: list[Profile] = []
    for some in chunks(registry.parties_named(words).ids):
        query = (
            select(Profile)
            .join(Party, Party.id == Profile.party_id)
            .where(Profile.party_id.in_(some), may_be_matched(today(now)))
            .order_by(Party.kana_key, Profile.id)
        )
        found += [profile for profile in db.session.scalars(query) if profile.registry_name in registries]
        if len(found) >= limit:
            break
    return found[:limit]
