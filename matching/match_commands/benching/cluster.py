"""A PostgreSQL server that is gone afterwards, where its programs are installed; the tests run on one too."""

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
AS_A_CITYS = "-c shared_buffers=1GB -c max_wal_size=8GB"
CARELESS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path | None:
    """Where the server's programs are: Debian keeps them out of the path, newest version last."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def missing() -> str | None:
    """What a cluster lacks here, and how to get it."""
    if find_spec("psycopg") is None:
        return "the driver is missing: pip install -e '.[postgresql]'"
    if programs() is None:
        return "no PostgreSQL server programs here: apt-get install postgresql"
    return None


@contextmanager
def throw_away_cluster(settings: str = AS_A_CITYS) -> Iterator[str]:
    """The URL of an empty database behind a socket in a folder of its own; ask ``missing`` before."""
    binaries = programs()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="musubi-pg-"))  # short: a socket's path may have 107 bytes
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *words: str) -> None:
        subprocess.run([binaries / program, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)

    data = str(folder / "data")
    try:
        # C.UTF-8: under plain C, PostgreSQL takes no Japanese letter for a letter.
        run("initdb", "-D", data, "--locale=C.UTF-8", "--auth=trust", "--username=postgres", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' {settings}"
        run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
