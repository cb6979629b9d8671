"""Sketches: what one process keeps of every profile, so that thousands can be looked at without reading them.

What an engine's sketch holds, and the registry: 64 MB for a million. Every change of a profile has a
number, given out by one writer at a time; what a process lacks stands above the highest one that it has seen.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, ColumnElement, Engine, String, case, cast, event, func, select

from ..database import db
from ..engine.knowledge import Knowledge
from ..engine.promise import Floats, Ids
from ..engine.sketch import LOOK, NUMBERS, Looks, highest, nearness, sketch_of
from ..engine.types import Card
from ..registry.models import Registry
from .models import Profile

_PART = 20_000  # profiles that come in one text
_FACTS = np.dtype([(name, LOOK[name]) for name in LOOK.names or () if name != "meaning"])
_REGISTRIES = sorted(one.value for one in Registry)
_STEP = 8  # registries and the place of nobody
_FIRST_OWN = "first own revision"  # in this transaction: others cannot see it yet, and perhaps never will


def sketch_text(card: Card, whole: bytes | None) -> str:
    """``Profile.sketch``: text, so that thousands come as one from either database."""
    return b64encode(sketch_of(card, whole)).decode()


def mark_own(revision: int) -> None:
    """Say that this transaction has written this revision."""
    db.session.info[_FIRST_OWN] = min(revision, db.session.info.get(_FIRST_OWN, revision))


@event.listens_for(db.session, "after_transaction_end")
def _nothing_is_own(session: Any, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_FIRST_OWN, None)


@dataclass
class _Table:
    """By profile id; ids that nobody has are zero. Meanings stand by themselves: everybody's is compared each time."""

    meaning: npt.NDArray[np.int8]
    looks: npt.NDArray[np.void]  # the rest of them
    registry: npt.NDArray[np.int8]
    revision: int = -1

    def make_room(self, highest: int) -> None:
        if highest >= len(self.registry):
            more = highest + 1 + highest // 32 - len(self.registry)
            self.meaning = np.concatenate([self.meaning, np.zeros((more, NUMBERS), dtype=np.int8)])
            self.looks = np.concatenate([self.looks, np.zeros(more, dtype=_FACTS)])
            self.registry = np.concatenate([self.registry, np.zeros(more, dtype=np.int8)])

    def put(self, ids: Ids, looks: Looks, registry: Ids) -> None:
        self.make_room(int(ids.max()))
        self.meaning[ids], self.registry[ids] = looks["meaning"], registry
        for name in _FACTS.names or ():
            self.looks[name][ids] = looks[name]

    def look_at(self, ids: Ids) -> Seen:
        there = np.where(ids < len(self.registry), ids, 0)
        looks, facts = np.empty(len(ids), dtype=LOOK), self.looks.take(there)
        looks["meaning"] = self.meaning.take(there, axis=0)
        for name in _FACTS.names or ():
            looks[name] = facts[name]
        return Seen(looks, self.registry[there])


@dataclass(frozen=True)
class Seen:
    """What is kept of some profiles, row by row; ``registry`` is 0 where nobody is."""

    looks: Looks
    registry: npt.NDArray[np.int8]


def _empty() -> _Table:
    return _Table(np.zeros((1, NUMBERS), dtype=np.int8), np.zeros(1, dtype=_FACTS), np.zeros(1, dtype=np.int8))


_KEPT: WeakKeyDictionary[Engine, tuple[str, _Table]] = WeakKeyDictionary()
_KEEPING = Lock()


@event.listens_for(Engine, "engine_disposed")
def _forget(engine: Engine) -> None:
    """Whoever closes all connections may open another database."""
    _KEPT.pop(engine, None)


class Sketches:
    """Everybody's, as one transaction sees them; ``revision`` is the newest that it sees."""

    def __init__(self, known: Knowledge, *, revision: int) -> None:
        version = known.encoder.version if known.encoder is not None else ""
        engine = db.engine
        own = db.session.info.get(_FIRST_OWN)
        with _KEEPING:
            kept = _KEPT.get(engine)
            if kept is None or kept[0] != version:
                kept = _KEPT[engine] = (version, _empty())
            self._table = kept[1]
            _catch_up(self._table, version, newest=revision if own is None else own - 1)
        self._own = _empty()
        if own is not None:
            _read_into(self._own, version, [Profile.revision >= own])
        self._written: Ids = np.flatnonzero(self._own.registry)

    def look_at(self, ids: Ids) -> Seen:
        seen = self._table.look_at(ids)
        if len(self._written):
            ours = np.isin(ids, self._written)
            of_own = self._own.look_at(ids[ours])
            seen.looks[ours], seen.registry[ours] = of_own.looks, of_own.registry
        return seen

    def nearest(self, whole: Floats, registries: Sequence[int], *, most: int) -> Ids:
        """About so many profiles of these registries whose meaning as a whole is nearest to an ask's, in the order of
        ids: everybody is looked at."""
        meaning, registry = self._table.meaning, self._table.registry
        near = nearness(meaning[: len(registry)], whole)
        asked = np.zeros(len(near), dtype=bool)
        for one in registries:
            asked |= registry[: len(near)] == one
        near *= asked
        ids = highest(near, most)
        return np.union1d(ids[near[ids] > 0], self._written)


def registry_numbers(names: Sequence[str]) -> list[int]:
    return [_REGISTRIES.index(name) + 1 for name in names if name in _REGISTRIES]


def _catch_up(table: _Table, version: str, *, newest: int) -> None:
    if newest <= table.revision:
        return
    if table.revision < 0:
        highest = db.session.scalar(select(func.max(Profile.id))) or 0
        table.make_room(highest)
        for start in range(0, highest + 1, _PART):
            _read_into(table, version, [Profile.id >= start, Profile.id < start + _PART, Profile.revision <= newest])
    else:
        _read_into(table, version, [Profile.revision > table.revision, Profile.revision <= newest])
    table.revision = newest


def _read_into(table: _Table, version: str, which: Sequence[ColumnElement[bool]]) -> None:
    """All in two texts: a row for each would take five times as long, and much memory for a moment."""
    of_today = case((Profile.knowledge.endswith("/" + version, autoescape=True), 1), else_=0)
    place = case(*((Profile.registry_name == name, at) for at, name in enumerate(_REGISTRIES, start=1)), else_=0)
    number = (cast(Profile.id, BigInteger) * 2 + of_today) * _STEP + place
    numbers, sketches = db.session.execute(
        select(func.aggregate_strings(cast(number, String), ","), func.aggregate_strings(Profile.sketch, "")).where(
            *which
        )
    ).one()
    if not numbers:
        return
    packed = np.fromstring(numbers, dtype=np.int64, sep=",")
    looks = np.frombuffer(b64decode(sketches), dtype=LOOK).copy()
    looks["meaning"][(packed // _STEP) % 2 == 0] = 0  # rows of two encoders cannot be compared
    table.put(packed // _STEP // 2, looks, packed % _STEP)
