"""Retrieving: the few hundred profiles that an ask should look at, with so many postings read and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Integer, String, bindparam, cast, func, select

from ..among import among
from ..database import db
from ..engine.cards import MOST_IMPACT, Rows
from ..engine.knowledge import Knowledge
from ..engine.promise import Portion, Postings
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
    rows = [*db.session.execute(_IN_FULL, {"ids": in_full}).all()] if in_full else []
    for portion in portions:
        if not portion.whole:
            rows += db.session.execute(_FIRST, {"id": ids[portion.term], "most": portion.most}).all()
    found: dict[str, Postings] = {}
    for term_id, text in rows:
        packed = np.fromstring(text, dtype=np.int64, sep=",")
        found[terms[term_id]] = Postings(packed // _STEP, packed % _STEP)
    return found


def _packed(profile_id: Any, impact: Any) -> ColumnElement[str]:
    return func.aggregate_strings(cast(cast(profile_id, BigInteger) * _STEP + impact, String), ",")


# Statements are made once, and of tables: for objects of the ORM each search would pay again.
_POSTING, _PROFILE, _CONTENT = Posting.__table__.c, Profile.__table__.c, ProfileContent.__table__.c
_IN_FULL = (
    select(_POSTING.term_id, _packed(_POSTING.profile_id, _POSTING.impact))
    .where(among(_POSTING.term_id, "ids"))
    .group_by(_POSTING.term_id)
)
_PART = (
    select(_POSTING.impact, _POSTING.profile_id)
    .where(_POSTING.term_id == bindparam("id"))
    .order_by(_POSTING.impact.desc(), _POSTING.profile_id.desc())
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
# One common term where it stands out most, and of these the latest registrations.
_FIRST = select(bindparam("id", type_=Integer), _packed(_PART.c.profile_id, _PART.c.impact))


def read_held(ids: Sequence[int], terms: Mapping[str, int]) -> dict[str, Postings]:
    """Which of these terms, text → id, each of these few profiles holds: exact, however common a term is."""
    texts = {id_: text for text, id_ in terms.items()}
    rows = db.session.execute(_HELD, {"ids": ids, "terms": list(texts)}).all() if texts else []
    packed = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 3)
    packed = packed[np.argsort(packed[:, 0], kind="stable")]
    found: dict[str, Postings] = {}
    for of_one in np.split(packed, np.flatnonzero(np.diff(packed[:, 0])) + 1) if len(packed) else ():
        found[texts[int(of_one[0, 0])]] = Postings(of_one[:, 1], of_one[:, 2])
    return found


# Plus nothing: else SQLite looks up each pair of a profile and a term instead of reading a profile's few terms.
_HELD = select(_POSTING.term_id, _POSTING.profile_id, _POSTING.impact).where(
    among(_POSTING.profile_id, "ids"), among(_POSTING.term_id + 0, "terms")
)


def glance(
    ids: Sequence[int], registries: Collection[str], allowed: Sequence[ColumnElement[bool]]
) -> dict[int, Glanced]:
    """Those of these profiles that are allowed, by id.

    Their registry is looked at here: as a condition, SQLite takes it for rarer than the ids and walks through it.
    """
    rows = db.session.execute(_GLANCE.where(*allowed), {"ids": ids}).all() if len(ids) else ()
    return {row[0]: Glanced(*row) for row in rows if row[1] in registries}


_GLANCE = select(_PROFILE.id, _PROFILE.registry, _PROFILE.registration_id, _PROFILE.party_id).where(
    among(_PROFILE.id, "ids")
)


def read_meanings(ids: Sequence[int], known: Knowledge) -> dict[int, Rows]:
    """The encoder's rows of these profiles, where today's encoder wrote them."""
    if known.encoder is None:
        return {}
    size = known.encoder.dimensions
    comparable = {}
    found = {}
    for id_, meaning, version in db.session.execute(_MEANINGS, {"ids": ids}).all():
        if version not in comparable:
            comparable[version] = version is not None and known.shares_encoder_with(version)
        if meaning and comparable[version] and len(meaning) % size == 0:
            found[id_] = np.frombuffer(meaning, dtype=np.int8).reshape(-1, size)
    return found


_MEANINGS = (
    select(_CONTENT.profile_id, _CONTENT.meaning, _PROFILE.knowledge)
    .join_from(ProfileContent.__table__, Profile.__table__)
    .where(among(_CONTENT.profile_id, "ids"))
)


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
