"""Lists cut into pages as the macro ``pagination`` draws them; a page too far is the last one.

A list is paged through as far as ``MOST`` rows and counted no further: whoever has ten thousand answers must ask more
narrowly, and a page must not grow slower with everybody who registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, select
from sqlalchemy.orm.interfaces import ORMOption

from ..database import db

MOST = 10_000
AT_ONCE = 500  # rows that are read together


@dataclass(frozen=True)
class Sifted:
    """Ids in the order of a list. ``more``: not everybody was looked at."""

    ids: list[int]
    more: bool = False


class AtLeast(int):
    """A number of rows that were counted so far only; templates ask for ``more``."""

    more = True


def counted(rows: int) -> int:
    """The number, or ``AtLeast`` where one more than ``MOST`` was found."""
    return AtLeast(MOST) if rows > MOST else rows


class Paged(Pagination):
    """Pages of rows whose order is known, of ids for example. ``more``: there are others, or rows that were not looked
    at."""

    def __init__(self, rows: Sequence[Any], *, page: int, per_page: int, more: bool = False) -> None:
        self.more = more or len(rows) > MOST
        rows = rows[:MOST]
        last = max(-(-len(rows) // per_page), 1)
        super().__init__(page=min(page, last), per_page=per_page, error_out=False, rows=rows)

    def _query_items(self) -> list[Any]:
        first = (self.page - 1) * self.per_page
        return list(self._query_args["rows"][first : first + self.per_page])

    def _query_count(self) -> int:
        return len(self._query_args["rows"])


def page_of(query: Select[Any], *, page: int, per_page: int, options: Sequence[ORMOption] = ()) -> Paged:
    """One page of one table's rows: first the ids of all, as far as they are paged through, then these few rows.

    ``options`` say what is loaded with them; in the query they would be loaded for everybody who is passed over.
    """
    entity = query.column_descriptions[0]["entity"]
    ids = db.session.scalars(query.with_only_columns(entity.id, maintain_column_froms=True).limit(MOST + 1)).all()
    return page_of_ids(Sifted(list(ids)), entity, page=page, per_page=per_page, options=options)


def page_of_ids(
    found: Sifted, entity: type[Any], *, page: int, per_page: int, options: Sequence[ORMOption] = ()
) -> Paged:
    """The page of the rows of these ids, in their order."""
    paged = Paged(found.ids, page=page, per_page=per_page, more=found.more)
    paged.items = list(in_parts(paged.items, entity, options=options))
    return paged


def in_parts(ids: Sequence[int], entity: type[Any], *, options: Sequence[ORMOption] = ()) -> Iterator[Any]:
    """The rows of these ids, in their order; of very many, a part at a time is held."""
    for part in parts_of(ids, entity, options=options):
        yield from part


def parts_of(ids: Sequence[int], entity: type[Any], *, options: Sequence[ORMOption] = ()) -> Iterator[list[Any]]:
    """The same in lists, for whoever looks something up for each part. One query, and those of ``options``, for each."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        found = db.session.scalars(select(entity).where(entity.id.in_(some)).options(*options))
        rows = {row.id: row for row in found.unique()}
        yield [rows[id_] for id_ in some if id_ in rows]
