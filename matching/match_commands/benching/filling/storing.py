"""Very many rows at once: prepared statements on SQLite, COPY on PostgreSQL; indexes are made when all rows are there.

For a database that nobody else uses meanwhile: SQLite keeps no journal, PostgreSQL checks no foreign keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from sqlalchemy import make_url

from ..progress import Progress, Tell, meanwhile

Row = Sequence[Any]  # str, int, float, bytes and None only: moments, flags and JSON as a database writes them

TABLES = (
    "party",
    "person",
    "organization",
    "name_gram",
    "contact_point",
    "supporter",
    "supporter_field",
    "supporter_district",
    "consent",
    "skill",
    "term",
    "term_synonym",
    "term_neighbour",
    "profile",
    "profile_content",
    "posting",
    "word_index",
)


class Store(Protocol):
    """Where the rows go."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None: ...

    def empty(self, table: str) -> None: ...

    def run(self, statement: str) -> None: ...


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f'INSERT INTO "{table}" ({_names(columns)}) VALUES ({marks})', rows)

    def empty(self, table: str) -> None:
        self._connection.execute(f'DELETE FROM "{table}"')

    def run(self, statement: str) -> None:
        self._connection.execute(statement)


class _Postgresql:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        with self._cursor.copy(f'COPY "{table}" ({_names(columns)}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def empty(self, table: str) -> None:
        self._cursor.execute(f'DELETE FROM "{table}"')

    def run(self, statement: str) -> None:
        self._cursor.execute(statement)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@contextmanager
def filling(url: str, tell: Tell) -> Iterator[Store]:
    """The tables of an empty database, without their indexes until the end."""
    if make_url(url).get_backend_name() == "sqlite":
        with _filling_sqlite(make_url(url).database or "", tell) as store:
            yield store
    else:
        with _filling_postgresql(url, tell) as store:
            yield store


_Index = tuple[str, str, str]  # name, table, how it is made


def _make(indexes: Sequence[_Index], count: Callable[[str], int], run: Callable[[str], object], tell: Tell) -> None:
    """All indexes, with how many rows each has to go through."""
    rows = {table: count(f'SELECT COUNT(*) FROM "{table}"') for table in sorted({table for _, table, _ in indexes})}
    progress = Progress("put rows into indexes:", sum(rows[table] for _, table, _ in indexes), tell)
    done = 0
    for number, (name, table, sql) in enumerate(indexes, start=1):
        with meanwhile(f"making index {number} of {len(indexes)}, {name} of {rows[table]:,} rows", tell):
            run(sql)
        done += rows[table]
        progress(done)


@contextmanager
def _filling_sqlite(path: str, tell: Tell) -> Iterator[Store]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-300000", "threads=2"):
            connection.execute(f"PRAGMA {pragma}")
        marks = ", ".join("?" * len(TABLES))
        indexes = connection.execute(
            f"SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
            TABLES,
        ).fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        for name, *_ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        yield _Sqlite(connection)
        _make(indexes, lambda query: int(connection.execute(query).fetchone()[0]), connection.execute, tell)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


@contextmanager
def _filling_postgresql(url: str, tell: Tell) -> Iterator[Store]:
    import psycopg

    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            cursor.execute("SET session_replication_role = replica")  # every foreign key would be looked up
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "SELECT c.relname, t.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid"
            " WHERE k.oid IS NULL AND t.relnamespace = 'public'::regnamespace AND t.relname = ANY(%s)",
            (list(TABLES),),
        )
        indexes = cursor.fetchall()
        for name, *_ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield _Postgresql(cursor)
        _make(indexes, lambda query: int((cursor.execute(query).fetchone() or (0,))[0]), cursor.execute, tell)
        cursor.execute(
            "SELECT s.relname, t.relname, a.attname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid"
            " JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid"
            " WHERE s.relkind = 'S' AND t.relname = ANY(%s)",
            (list(TABLES),),
        )
        for sequence, table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT setval(\'{sequence}\', COALESCE((SELECT MAX("{column}") FROM "{table}"), 0) + 1, false)'
            )
        connection.commit()
        connection.autocommit = True
        with meanwhile("looking through all tables (VACUUM ANALYZE)", tell):
            cursor.execute("VACUUM ANALYZE")  # what the server would do by itself after a while
