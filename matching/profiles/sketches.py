"""Sketches: what one process keeps of every profile, so that thousands can be looked at without reading them.

Forty-eight bytes of meaning, the fields and the registry: some 55 MB for a million. Every change of a profile has a
number, given out by one writer at a time; what a process lacks stands above the highest one that it has seen.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, ColumnElement, Engine, String, and_, case, cast, event, func, select

from ..database import db
from ..engine.knowledge import Knowledge
from ..engine.promise import SKETCH, Ids, Looks
from ..registry.models import Registry
from .models import Profile

_PART = 20_000  # profiles that come in one text
_REGISTRIES = sorted(one.value for one in Registry)
_FIELD_BITS, _REGISTRY_BITS = 24, 3
_UNKNOWN = b64encode(bytes(SKETCH)).decode()
_FIRST_OWN = "first own revision"  # in this transaction: others cannot see it yet, and perhaps never will


def sketch_of(whole: bytes | None) -> str | None:
    """The first numbers of a card's meaning as a whole: the encoder's axes are ordered, these tell nine tenths."""
    return None if whole is None else b64encode(whole[:SKETCH].ljust(SKETCH, b"\0")).decode()


def fields_of(fields: Iterable[int]) -> int:
    return sum(1 << number for number in set(fields) if 0 < number < _FIELD_BITS)


def mark_own(revision: int) -> None:
    """Say that this transaction has written this revision."""
    db.session.info[_FIRST_OWN] = min(revision, db.session.info.get(_FIRST_OWN, revision))


@event.listens_for(db.session, "after_transaction_end")
def _nothing_is_own(session: Any, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_FIRST_OWN, None)


@dataclass
class _Table:
    """By profile id; ids that nobody has are zero."""

    meaning: npt.NDArray[np.int8]
    fields: npt.NDArray[np.int32]
    registry: npt.NDArray[np.int8]
    revision: int = -1

    def put(self, ids: Ids, meaning: npt.NDArray[np.int8], fields: Ids, registry: Ids) -> None:
        if not len(ids):
            return
        highest = int(ids.max())
        if highest >= len(self.fields):
            more = highest + 1 + highest // 8 - len(self.fields)
            self.meaning = np.concatenate([self.meaning, np.zeros((more, SKETCH), dtype=np.int8)])
            self.fields = np.concatenate([self.fields, np.zeros(more, dtype=np.int32)])
            self.registry = np.concatenate([self.registry, np.zeros(more, dtype=np.int8)])
        self.meaning[ids], self.fields[ids], self.registry[ids] = meaning, fields, registry

    def look_at(self, ids: Ids) -> Looks:
        there = np.where(ids < len(self.fields), ids, 0)
        return Looks(self.meaning[there], self.fields[there], self.registry[there])


def _empty() -> _Table:
    return _Table(np.zeros((1, SKETCH), dtype=np.int8), np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int8))


_KEPT: WeakKeyDictionary[Engine, tuple[str, _Table]] = WeakKeyDictionary()
_KEEPING = Lock()


@event.listens_for(Engine, "engine_disposed")
def _forget(engine: Engine) -> None:
    """Whoever closes all connections may open another database."""
    _KEPT.pop(engine, None)


def look_at(ids: Ids, known: Knowledge, *, revision: int) -> Looks:
    """What is kept of these profiles, as this transaction sees them; ``revision`` is the newest that it sees."""
    version = known.encoder.version if known.encoder is not None else ""
    engine = db.engine
    own = db.session.info.get(_FIRST_OWN)
    with _KEEPING:
        kept = _KEPT.get(engine)
        if kept is None or kept[0] != version:
            kept = _KEPT[engine] = (version, _empty())
        table = kept[1]
        _catch_up(table, version, newest=revision if own is None else own - 1)
    looks = table.look_at(ids)
    if own is None:
        return looks
    newer = _empty()
    _read_into(newer, version, [Profile.revision >= own])
    written = np.isin(ids, np.flatnonzero(newer.registry))
    ours = newer.look_at(ids[written])
    looks.meaning[written], looks.fields[written], looks.registry[written] = ours.meaning, ours.fields, ours.registry
    return looks


def registry_numbers(names: Sequence[str]) -> list[int]:
    return [_REGISTRIES.index(name) + 1 for name in names if name in _REGISTRIES]


def _catch_up(table: _Table, version: str, *, newest: int) -> None:
    if newest <= table.revision:
        return
    if table.revision < 0:
        highest = db.session.scalar(select(func.max(Profile.id))) or 0
        for start in range(0, highest + 1, _PART):
            _read_into(table, version, [Profile.id >= start, Profile.id < start + _PART, Profile.revision <= newest])
    else:
        _read_into(table, version, [Profile.revision > table.revision, Profile.revision <= newest])
    table.revision = newest


def _read_into(table: _Table, version: str, which: Sequence[ColumnElement[bool]]) -> None:
    """All in two texts: a row for each would take five times as long, and much memory for a moment."""
    of_today = and_(Profile.sketch.is_not(None), Profile.knowledge.endswith("/" + version, autoescape=True))
    place = case(*((Profile.registry_name == name, at) for at, name in enumerate(_REGISTRIES, start=1)), else_=0)
    number = (cast(Profile.id, BigInteger) * (1 << _FIELD_BITS) + Profile.fields) * (1 << _REGISTRY_BITS) + place
    numbers, sketches = db.session.execute(
        select(
            func.aggregate_strings(cast(number, String), ","),
            func.aggregate_strings(case((of_today, Profile.sketch), else_=_UNKNOWN), ""),
        ).where(*which)
    ).one()
    if not numbers:
        return
    packed = np.fromstring(numbers, dtype=np.int64, sep=",")
    meaning = np.frombuffer(b64decode(sketches), dtype=np.int8).reshape(-1, SKETCH)
    packed, registry = packed >> _REGISTRY_BITS, packed & ((1 << _REGISTRY_BITS) - 1)
    table.put(packed >> _FIELD_BITS, meaning, packed & ((1 << _FIELD_BITS) - 1), registry)
