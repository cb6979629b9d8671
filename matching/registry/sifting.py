"""Narrowing a list of a million by conditions that it has in any number: from the rarest of them where one is rare,
else along the list's order, as far as a page may wait for.

A database guesses how many rows meet a condition; SQLite, without having counted, guesses wrong by a factor of a
hundred thousand, and sorts a million rows for fifty of them. Here they are counted, as far as that matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select, true, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from ..database import db
from .paging import MOST, Sifted, counted

FEW = 3_000  # rows of a kind that are counted one by one
RARE = 20_000  # rows that are sorted for a page: some 60 ms
FAR = 30_000  # rows that are passed over along the order: some 80 ms


@dataclass(frozen=True)
class Sieve:
    """A condition, said in two ways: the ids of all who meet it, and whether one row of the list does."""

    ids: Select[Any]
    met: ColumnElement[bool]
    at_most: Select[Any] | None = None  # quicker to count than ``ids``, and no fewer
    rows: int | None = None  # how many they are, where somebody has counted them as far as matters


@dataclass(frozen=True)
class Order:
    """A list's rows in its order.

    ``rows`` selects ``key`` and holds every join that ``by`` needs; ``by`` are columns of one index, which ``along``
    names for SQLite together with that of the joined table: (table, index) in the order in which they are read.
    """

    key: InstrumentedAttribute[int]
    rows: Select[Any]
    by: tuple[InstrumentedAttribute[Any], ...]
    along: tuple[tuple[Any, str], ...]
    among: ColumnElement[bool] | None = None  # rows of the index that are passed over at all
    times: int = 1  # of a list that holds few of many parties, so many times ``RARE`` are sorted: a walk meets too few

    @property
    def rare(self) -> int:
        return self.times * RARE

    def walked(self) -> Select[Any]:
        return _hinted(self.rows, self.along, "INDEXED BY {}")

    def sorted(self) -> Select[Any]:
        return _hinted(self.rows, self.along, "NOT INDEXED")


def _hinted(query: Select[Any], tables: Sequence[tuple[Any, str]], hint: str) -> Select[Any]:
    for table, index in tables:
        query = query.with_hint(table, hint.format(index), "sqlite")
    return query


def any_of(sieves: Sequence[Sieve]) -> Sieve:
    """Whoever meets one of them; nobody, where there are none."""
    if not sieves:
        return Sieve(select(literal(0)).where(false()), false())
    if len(sieves) == 1:
        return sieves[0]
    ids = union_all(*(one.ids for one in sieves)).subquery()
    return Sieve(select(next(iter(ids.c))), or_(*(one.met for one in sieves)))


def measured(sieves: Sequence[Sieve], most: int | None = None) -> list[Sieve]:
    """The same, counted up to one more than ``most``, ``RARE`` else; one query, or none."""
    most = RARE if most is None else max(RARE, most)
    unknown = [one for one in sieves if one.rows is None]
    if not unknown:
        return list(sieves)
    counts = iter(
        db.session.execute(
            select(*(size(one.ids if one.at_most is None else one.at_most, most + 1) for one in unknown))
        ).one()
    )
    return [one if one.rows is not None else replace(one, rows=next(counts)) for one in sieves]


def rarest(sieves: Sequence[Sieve], most: int | None = None) -> Sieve | None:
    """The sieve that leaves the fewest, where these are at most ``most``, ``RARE`` else; one query. ``sieves`` that are
    measured are measured as far."""
    least = min(measured(sieves, most), key=lambda one: one.rows or 0, default=None)
    return least if least is not None and (least.rows or 0) <= (RARE if most is None else most) else None


def size(ids: Select[Any], most: int = MOST + 1) -> Any:
    """A column: how many rows these are, counted up to ``most``."""
    return select(func.count()).select_from(ids.limit(most).subquery()).scalar_subquery()


def sift(order: Order, sieves: Sequence[Sieve], *, most: int = MOST, far: int | None = FAR) -> Sifted:
    """Those who meet every condition, in the list's order. At most three queries, however many rows there are.

    ``far`` None: the whole order is passed over, as long as it takes.
    """
    if rare := rarest(sieves, order.rare):
        query = order.sorted().where(order.key.in_(rare.ids), *(one.met for one in sieves if one.met is not rare.met))
        return Sifted(list(db.session.scalars(query.order_by(*order.by, order.key).limit(most + 1))))
    reach = _reach(order, far) if far is not None else None
    query = order.walked().where(*(one.met for one in sieves), _until(order, reach))
    ids = list(db.session.scalars(query.order_by(*order.by, order.key).limit(most + 1)))
    return Sifted(ids, more=reach is not None)


@dataclass(frozen=True)
class Counting:
    """How the rows of a list are counted by ``kind`` of row: ``rows`` selects it and a count, with every join that
    conditions need."""

    key: InstrumentedAttribute[int]
    kind: InstrumentedAttribute[Any]
    rows: Select[Any]

    def by_kind(self, *conditions: ColumnElement[bool]) -> dict[Any, int]:
        counted = self.rows.where(*conditions).group_by(self.kind)
        return {kind: count for kind, count in db.session.execute(counted)}


def counts_of(kinds: Mapping[Any, Sieve], sieves: Sequence[Sieve], counting: Counting) -> dict[Any, int | None]:
    """How many rows of each kind meet every condition: so many, or ``AtLeast``; None where nobody counts so far.

    Three queries at most.
    """
    sizes = [one.rows or 0 for one in measured(list(kinds.values()))]
    if not sieves:
        return {kind: counted(count) for kind, count in zip(kinds, sizes, strict=True)}
    if rare := rarest(sieves):
        others = [one.met for one in sieves if one.met is not rare.met]
        found = counting.by_kind(counting.key.in_(rare.ids), *others)
        return {kind: counted(found.get(kind, 0)) for kind in kinds}
    small = [kind for kind, count in zip(kinds, sizes, strict=True) if count <= FEW]
    ids = union_all(*(kinds[kind].ids for kind in small)).subquery() if small else None
    found = {} if ids is None else counting.by_kind(counting.key.in_(select(ids)), *(one.met for one in sieves))
    return {kind: counted(found.get(kind, 0)) if kind in small else None for kind in kinds}


def count_of(order: Order, sieves: Sequence[Sieve]) -> int | None:
    """How many meet every condition: so many, or ``AtLeast``; None where nobody counts so far. Two queries."""
    if len(sieves) == 1:
        return counted(db.session.scalar(select(size(sieves[0].ids))) or 0)
    if not (rare := rarest(sieves, order.rare)):
        return None
    rows = order.sorted().where(order.key.in_(rare.ids), *(one.met for one in sieves if one.met is not rare.met))
    return counted(db.session.scalar(select(size(rows))) or 0)


def _reach(order: Order, far: int) -> tuple[Any, ...] | None:
    """Where the last row stands that is passed over; None: all are."""
    (table, index), *_joined = order.along
    columns = select(*order.by).with_hint(table, f"INDEXED BY {index}", "sqlite").order_by(*order.by)
    if order.among is not None:
        columns = columns.where(order.among)
    found = db.session.execute(columns.offset(far).limit(1)).one_or_none()
    return tuple(found) if found is not None else None


def _until(order: Order, reach: tuple[Any, ...] | None) -> ColumnElement[bool]:
    among = order.among if order.among is not None else true()
    return among if reach is None else among & (tuple_(*order.by) <= tuple_(*reach))
