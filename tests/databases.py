"""A fresh database for each test: a file that is copied on SQLite, a template that is cloned on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, NullPool, Table, create_engine, make_url, select, text

from matching.match_commands.benching.cluster import CARELESS, missing, throw_away_cluster

# Each process of a run that is spread over several has databases of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


class Databases(Protocol):
    """``template`` is filled once; ``renew`` makes ``fresh`` equal to it."""

    template: str
    fresh: str

    def renew(self) -> None: ...

    def empty(self, name: str) -> str:
        """The URL of a new database with nothing in it."""
        ...


@dataclass
class SqliteFiles:
    folder: Path

    def __post_init__(self) -> None:
        self.template = f"sqlite:///{self.folder / 'template.sqlite'}"
        self.fresh = f"sqlite:///{self.folder / 'fresh.sqlite'}"

    def renew(self) -> None:
        self.empty("fresh")
        shutil.copy(self.folder / "template.sqlite", self.folder / "fresh.sqlite")

    def empty(self, name: str) -> str:
        for leftover in self.folder.glob(f"{name}.sqlite*"):
            leftover.unlink()
        return f"sqlite:///{self.folder / name}.sqlite"


@dataclass
class PostgresqlDatabases:
    """Cloning takes half a second, so rows are put back instead, as long as a test has left the tables as they were."""

    url: str  # of a server where this run may create databases

    def __post_init__(self) -> None:
        self.template = self.empty("template")
        self.fresh = self._named("fresh")
        self.engine = create_engine(self.fresh, poolclass=NullPool)
        self.clone: Clone | None = None

    def _named(self, name: str) -> str:
        return make_url(self.url).set(database=f"musubi_test{WORKER}_{name}").render_as_string(hide_password=False)

    def _recreate(self, name: str, template: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))

    def renew(self) -> None:
        if self.clone:
            with self.engine.begin() as connection:
                if self.clone.put_back(connection):
                    return
        self._recreate(f"musubi_test{WORKER}_fresh", f"musubi_test{WORKER}_template")
        with self.engine.begin() as connection:
            self.clone = Clone.of(connection)

    def empty(self, name: str) -> str:
        self._recreate(f"musubi_test{WORKER}_{name}", "template0")
        return self._named(name)


@dataclass
class Clone:
    """What stood in a database when it was cloned."""

    shape: list[Any]
    tables: dict[str, Table]
    rows: dict[str, list[dict[str, Any]]]
    counters: list[Any]

    SHAPE = """SELECT oid::text, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT oid::text, nspname FROM pg_namespace ORDER BY 1"""
    COUNTERS = """SELECT format('%I', sequencename), start_value, last_value FROM pg_sequences ORDER BY 1"""

    @classmethod
    def of(cls, connection: Connection) -> Clone | None:
        """None where the test's user may not do without triggers."""
        if connection.scalar(text("SHOW is_superuser")) != "on":
            return None
        found = MetaData()
        found.reflect(connection)
        rows = {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in found.tables.items()
        }
        shape = list(connection.execute(text(cls.SHAPE)))
        return cls(shape, dict(found.tables), rows, list(connection.execute(text(cls.COUNTERS))))

    def put_back(self, connection: Connection) -> bool:
        """False where the tables are others by now."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid != pg_backend_pid()"))
        if list(connection.execute(text(self.SHAPE))) != self.shape:
            return False
        connection.execute(text("SET session_replication_role = replica"))  # the audit log refuses to be emptied
        connection.execute(text(";".join(f'DELETE FROM "{name}"' for name in self.tables)))
        for name, rows in self.rows.items():
            if rows:
                connection.execute(self.tables[name].insert(), rows)
        counters = (f"setval('{name}', {last or start}, {last is not None})" for name, start, last in self.counters)
        connection.execute(text(f"SELECT {', '.join(counters)}"))
        return True


@contextmanager
def choose(folder: Path, kind: str) -> Iterator[Databases]:
    """The server that TEST_DATABASE_URL names, else a throw-away cluster or files."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield PostgresqlDatabases(url)
    elif kind == "sqlite":
        yield SqliteFiles(folder)
    elif lacking := missing():
        if os.environ.get("REQUIRE_POSTGRESQL"):
            pytest.exit(lacking, returncode=1)
        pytest.skip(lacking)
    else:
        with throw_away_cluster(CARELESS) as url:
            yield PostgresqlDatabases(url)
