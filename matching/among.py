"""``column IN (…)`` for many values: one parameter, so that neither the statement nor its plan grows with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BindParameter, Boolean, Integer, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Many(TypeDecorator[Any]):
    """Numbers or texts: JSON for SQLite, an array for PostgreSQL."""

    impl = String
    cache_ok = True

    def __init__(self, one: Integer | String) -> None:
        super().__init__()
        self.one = one

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(ARRAY(self.one) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Any) -> Any:
        many = list(value or ())
        return many if dialect.name == "postgresql" else json.dumps(many, ensure_ascii=False)


class Among(FunctionElement[bool]):
    """The condition; see ``among``."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Among:
        return self  # as a value it would be compared with 1, and no index would serve


def among(column: Any, values: Iterable[int] | Iterable[str] | str) -> Among:
    """Whether a column of numbers or texts holds one of these values.

    A single text is the name of a parameter that is given when the statement is executed: it can be made once.
    """
    kind = _Many(Integer() if isinstance(column.type, Integer) else String())
    many: BindParameter[Any] = (
        bindparam(values, type_=kind) if isinstance(values, str) else bindparam(None, list(values), type_=kind)
    )
    return Among(column, many)


@compiles(Among)
def _in_json(element: Among, compiler: Any, **options: Any) -> str:
    column, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({many})))"


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: Any, **options: Any) -> str:
    column, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY({many}))"
