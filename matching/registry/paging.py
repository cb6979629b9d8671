"""Lists cut into pages as the macro ``pagination`` draws them; a page too far is the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select

from ..database import db


def page_of(query: Select[Any], *, page: int, per_page: int) -> Pagination:
    """One page of rows: an empty one would say that there is nobody."""
    found = db.paginate(query, page=page, per_page=per_page, error_out=False)
    return page_of(query, page=found.pages, per_page=per_page) if 0 < found.pages < page else found


class Paged(Pagination):
    """Pages of rows that no database could put in this order."""

    def __init__(self, rows: Sequence[Any], *, page: int, per_page: int) -> None:
        last = max(-(-len(rows) // per_page), 1)
        super().__init__(page=min(page, last), per_page=per_page, error_out=False, rows=rows)

    def _query_items(self) -> list[Any]:
        first = (self.page - 1) * self.per_page
        return list(self._query_args["rows"][first : first + self.per_page])

    def _query_count(self) -> int:
        return len(self._query_args["rows"])
