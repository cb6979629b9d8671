"""A fresh database for each test: a file that is copied on SQLite, a template that is cloned on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import create_engine, make_url, text

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
    url: str  # of a server where this run may create databases

    def __post_init__(self) -> None:
        self.template = self.empty("template")
        self.fresh = self._named("fresh")

    def _named(self, name: str) -> str:
        return make_url(self.url).set(database=f"musubi_test{WORKER}_{name}").render_as_string(hide_password=False)

    def _recreate(self, name: str, template: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()

    def renew(self) -> None:
        self._recreate(f"musubi_test{WORKER}_fresh", f"musubi_test{WORKER}_template")

    def empty(self, name: str) -> str:
        self._recreate(f"musubi_test{WORKER}_{name}", "template0")
        return self._named(name)


def _binaries() -> Path | None:
    """Where the server's programs are: Debian keeps them out of the path, newest version last."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def _cluster(binaries: Path) -> Iterator[str]:
    """A PostgreSQL server that lasts as long as this run, behind a socket in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="musubi-pg-"))  # short: a socket's path may have 107 bytes
    owner: dict[str, str | int] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *words: str) -> None:
        subprocess.run([binaries / program, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)

    data = str(folder / "data")
    careless = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    try:
        # C.UTF-8: under plain C, PostgreSQL takes no Japanese letter for a letter.
        run("initdb", "-D", data, "--locale=C.UTF-8", "--auth=trust", "--username=postgres", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' {careless}"
        run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _missing() -> str | None:
    if find_spec("psycopg") is None:
        return "the driver is missing: pip install -e '.[postgresql]'"
    if _binaries() is None:
        return "no PostgreSQL server programs here: apt-get install postgresql"
    return None


@contextmanager
def choose(folder: Path, kind: str) -> Iterator[Databases]:
    """The server that TEST_DATABASE_URL names, else a throw-away cluster or files."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield PostgresqlDatabases(url)
    elif kind == "sqlite":
        yield SqliteFiles(folder)
    elif missing := _missing():
        if os.environ.get("REQUIRE_POSTGRESQL"):
            pytest.exit(missing, returncode=1)
        pytest.skip(missing)
    else:
        binaries = _binaries()
        assert binaries
        with _cluster(binaries) as url:
            yield PostgresqlDatabases(url)
