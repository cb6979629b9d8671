"""Retrieving: the few hundred profiles that an ask should look at, with so many postings read and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, func, literal, select

from ..database import db
from ..engine.cards import MOST_IMPACT, Rows
from ..engine.knowledge import Knowledge
from ..engine.promise import Portion, Postings
from .chunking import chunks
from .models import Posting, Profile, ProfileContent

_STEP = 64  # profile and impact travel as one number
assert MOST_IMPACT < _STEP


@dataclass(frozen=True)
class Glanced:
    """A profile that may be compared."""

    profile_id: int
    registry: str
    registration_id: int
    party_id: int


def read_postings(portions: Iterable[Portion], ids: Mapping[str, int]) -> dict[str, Postings]:
    """The postings of these terms. They come as one text for each term: a row for each takes five times as long."""
    terms = {ids[portion.term]: portion.term for portion in portions}
    in_full = [ids[portion.term] for portion in portions if portion.whole]
    queries: list[Select[int, str]] = [
        select(Posting.term_id, _TOGETHER).where(Posting.term_id.in_(some)).group_by(Posting.term_id)
        for some in chunks(sorted(in_full))
    ]
    queries += [_first(ids[portion.term], portion.most) for portion in portions if not portion.whole]
    found: dict[str, Postings] = {}
    for query in queries:
        for term_id, text in db.session.execute(query):
            packed = np.fromstring(text, dtype=np.int64, sep=",")
            found[terms[term_id]] = Postings(packed // _STEP, packed % _STEP)
    return found


def _packed(profile_id: Any, impact: Any) -> ColumnElement[str]:
    return func.aggregate_strings(cast(cast(profile_id, BigInteger) * _STEP + impact, String), ",")


_TOGETHER = _packed(Posting.profile_id, Posting.impact)


def _first(term_id: int, most: int) -> Select[int, str]:
    """One common term where it stands out most, and of these the latest registrations."""
    part = (
        select(Posting.impact, Posting.profile_id)
        .where(Posting.term_id == term_id)
        .order_by(Posting.impact.desc(), Posting.profile_id.desc())
        .limit(most)
        .subquery()
    )
    return select(literal(term_id), _packed(part.c.profile_id, part.c.impact))


def glance(
    ids: Sequence[int], registries: Collection[str], allowed: Sequence[ColumnElement[bool]]
) -> dict[int, Glanced]:
    """Those of these profiles that are allowed, by id.

    Their registry is looked at here: as a condition, SQLite takes it for rarer than the ids and walks through it.
    """
    return {
        row[0]: Glanced(*row)
        for some in chunks(ids)
        for row in db.session.execute(_COLUMNS.where(Profile.id.in_(some), *allowed))
        if row[1] in registries
    }


_COLUMNS = select(Profile.id, Profile.registry_name, Profile.registration_id, Profile.party_id)


def read_meanings(ids: Sequence[int], known: Knowledge) -> dict[int, Rows]:
    """The encoder's rows of these profiles, where today's encoder wrote them."""
    if known.encoder is None:
        return {}
    size = known.encoder.dimensions
    query = select(ProfileContent.profile_id, ProfileContent.meaning, Profile.knowledge)
    query = query.join(Profile, Profile.id == ProfileContent.profile_id)
    return {
        id_: np.frombuffer(meaning, dtype=np.int8).reshape(-1, size)
        for some in chunks(ids)
        for id_, meaning, version in db.session.execute(query.where(ProfileContent.profile_id.in_(some)))
        if meaning and version is not None and known.shares_encoder_with(version) and len(meaning) % size == 0
    }


def first_ids(registries: Collection[str], allowed: Sequence[ColumnElement[bool]], limit: int) -> Sequence[int]:
    """Profiles in a stable order; that of an index, so that nothing is sorted."""
    of_these = Profile.registry_name.in_(sorted(registries))
    query = (
        select(Profile.id)
        .where(of_these, *allowed)
        .order_by(Profile.registry_name, Profile.registration_id)
        .limit(limit)
    )
    return db.session.scalars(query).all()
