"""A PostgreSQL server that is gone afterwards, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# As a city's server: every commit reaches the disk. Memory for a machine of 8 GB.
_SETTINGS = "-c shared_buffers=1GB -c max_wal_size=8GB -c listen_addresses=''"


def programs() -> Path | None:
    """Where the server's programs are: Debian keeps them out of the path, newest version last."""
    if find_spec("psycopg") is None:
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def throw_away_cluster() -> Iterator[str | None]:
    """The URL of an empty database, None where there are no server programs or no driver."""
    binaries = programs()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="musubi-bench-"))  # short: a socket's path may have 107 bytes
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *words: str) -> None:
        subprocess.run([binaries / program, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "--locale=C.UTF-8", "--auth=trust", "--username=postgres", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", f"-k {folder} {_SETTINGS}", "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
