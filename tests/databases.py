"""A fresh database for each test: a file that is copied on SQLite, a template that is cloned on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, make_url, text


class Databases(Protocol):
    """``template`` is filled once; ``renew`` makes ``fresh`` equal to it."""

    template: str
    fresh: str

    def renew(self) -> None: ...


@dataclass
class SqliteFiles:
    folder: Path

    def __post_init__(self) -> None:
        self.template = f"sqlite:///{self.folder / 'template.sqlite'}"
        self.fresh = f"sqlite:///{self.folder / 'fresh.sqlite'}"

    def renew(self) -> None:
        for leftover in self.folder.glob("fresh.sqlite*"):
            leftover.unlink()
        shutil.copy(self.folder / "template.sqlite", self.folder / "fresh.sqlite")


@dataclass
class PostgresqlDatabases:
    url: str  # of a server where this run may create databases

    def __post_init__(self) -> None:
        self.template = self._named("musubi_test_template")
        self.fresh = self._named("musubi_test")
        self._recreate("musubi_test_template")

    def _named(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def _recreate(self, name: str, template: str = "template0") -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()

    def renew(self) -> None:
        self._recreate("musubi_test", "musubi_test_template")


def choose(folder: Path) -> Databases:
    """PostgreSQL where TEST_DATABASE_URL names a server, else SQLite."""
    url = os.environ.get("TEST_DATABASE_URL")
    return PostgresqlDatabases(url) if url else SqliteFiles(folder)
