"""Back-ups of PostgreSQL: by its own pg_dump and pg_restore, which know every version's ways."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from .keeping import Contents, NotDone

MAGIC = b"PGDMP"
BEFORE = "before_restore"  # where the replaced tables wait until the restored ones have proved themselves
DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str:
    """On the path, or where Debian keeps it, newest version last."""
    if found := shutil.which(name):
        return found
    kept = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if not kept:
        raise NotDone(
            f"{name} が見つかりません。PostgreSQL のクライアント"
            "（Debian・Ubuntu では postgresql-client）を入れてから、もう一度実行してください。"
        )
    return str(kept[-1])


@dataclass
class PostgresqlKeeper:
    engine: Engine
    suffix: str = ".pgdump"

    def _run(self, name: str, *words: str) -> str:
        """The password goes by the environment: a command line can be read by everybody on the machine."""
        url = self.engine.url
        environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
        done = subprocess.run([program(name), *words], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise NotDone(f"{name} が失敗しました：\n{done.stderr.strip()}")
        return done.stdout

    @property
    def _address(self) -> str:
        url = self.engine.url.set(drivername="postgresql")._replace(password=None)  # set(password=None) keeps it
        return f"--dbname={url.render_as_string(hide_password=False)}"

    def write(self, path: Path) -> None:
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}", self._address)

    def read(self, path: Path) -> Contents:
        try:
            self._run("pg_restore", f"--file={os.devnull}", str(path))  # the list alone stands at the beginning
            listed = self._run("pg_restore", "--list", str(path)).splitlines()
            version = self._run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(path))
            [revision] = version.split("FROM stdin;\n", 1)[1].split("\\.", 1)[0].split()
        except NotDone as error:
            raise NotDone(f"{path} は控えとして読めません。別の控えを使ってください。\n{error.message}") from error
        except (IndexError, ValueError) as error:
            raise NotDone(f"{path} は協働むすびの控えではありません。") from error
        # 4211; 0 16448 TABLE DATA public council musubi
        tables = frozenset(line.split()[6] for line in listed if " TABLE DATA public " in line)
        return Contents(revision, tables)

    @contextmanager
    def replaced_by(self, path: Path, *, aside: Path | None) -> Iterator[None]:
        """What stands there waits in a schema of its own; a restore that was killed is first put right."""
        if self._is_waiting():
            self._put_back()
        self._execute(
            f"ALTER SCHEMA public RENAME TO {BEFORE}", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO PUBLIC"
        )
        words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        try:
            self._run("pg_restore", *words, self._address, str(path))
            yield
        except BaseException:
            self._put_back()
            raise
        self._execute(f"DROP SCHEMA {BEFORE} CASCADE")

    def refuse_company(self) -> None:
        """Others would meet half a database."""
        self.engine.dispose()
        with self.engine.connect() as connection:
            others = connection.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid != pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
        if others:
            raise NotDone(
                f"ほかに {others} 件の接続がデータベースを使っています。"
                "サーバーと定期実行を止めてから、もう一度実行してください。"
            )

    def _is_waiting(self) -> bool:
        with self.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT to_regnamespace(:name) IS NOT NULL"), {"name": BEFORE}))

    def _put_back(self) -> None:
        self.engine.dispose()
        self._execute("DROP SCHEMA IF EXISTS public CASCADE", f"ALTER SCHEMA {BEFORE} RENAME TO public")

    def _execute(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def is_broken(self) -> bool:
        return False  # its own server would know, and not serve it

    def move_away(self, path: Path) -> None:
        raise NotImplementedError("is only asked where is_broken() says so, which it never does here")
