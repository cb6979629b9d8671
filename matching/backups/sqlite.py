"""Back-ups of SQLite: its own online copy, which waits for nobody and sees one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .keeping import Contents, NotDone

MAGIC = b"SQLite format 3\0"


def _open(path: Path, mode: str) -> closing[sqlite3.Connection]:
    """``rw`` opens what is there, ``rwc`` makes it, ``ro`` also leaves no trace beside it."""
    return closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=10))


def _copy(source: Path, target: Path, *, mode: str, journal: str) -> None:
    with _open(source, "rw") as here, _open(target, mode) as there:
        here.backup(there)
        there.execute(f"PRAGMA journal_mode={journal}")


def _length(path: Path) -> int:
    """How many bytes the header says there are: `integrity_check` does not miss the end of a last page without rows."""
    with path.open("rb") as file:
        header = file.read(100)
    size, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    return (65_536 if size == 1 else size) * pages


@dataclass
class SqliteKeeper:
    database: Path
    suffix: str = ".sqlite"

    def write(self, path: Path) -> None:
        try:
            _copy(self.database, path, mode="rw", journal="DELETE")  # else the copy would need a second file beside it
        except sqlite3.Error as error:
            raise NotDone(f"控えを書けませんでした：{error}") from error

    def read(self, path: Path) -> Contents:
        try:
            with _open(path, "ro") as connection:
                is_whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                is_whole = is_whole and _length(path) == path.stat().st_size
                is_whole = is_whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
                names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except (sqlite3.Error, ValueError) as error:
            raise NotDone(f"{path} は控えとして読めません（{error}）。別の控えを使ってください。") from error
        if not is_whole:
            raise NotDone(f"{path} は壊れています。別の控えを使ってください。")
        return Contents(revision, frozenset(name for (name,) in names if not name.startswith("sqlite_")))

    @contextmanager
    def replaced_by(self, path: Path, *, aside: Path | None) -> Iterator[None]:
        """Written into the file that is there: a server that still has it open goes on with what was restored."""
        self._take(path)
        try:
            yield
        except BaseException:
            if aside:
                self._take(aside)
            else:
                self._files_to(None)
            raise

    def _take(self, path: Path) -> None:
        try:
            _copy(path, self.database, mode="rwc", journal="WAL")
        except sqlite3.Error as error:
            raise NotDone(f"データベースに書けませんでした：{error}") from error

    def refuse_company(self) -> None:
        """Nobody is in the way, see ``replaced_by``."""

    def is_broken(self) -> bool:
        if not self.database.exists():
            return False
        try:
            with _open(self.database, "rw") as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            return error.sqlite_errorname.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))
        return False

    def move_away(self, path: Path) -> None:
        self._files_to(path)

    def _files_to(self, path: Path | None) -> None:
        for ending in ("", "-wal", "-shm"):
            if (file := Path(f"{self.database}{ending}")).exists():
                file.replace(f"{path}{ending}") if path else file.unlink()
