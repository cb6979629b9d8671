"""A demo city for tests: loaded once for the whole run, whichever process comes first; everybody else takes a copy."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from matching.database import db
from matching.demo import commands as demo
from tests.databases import WORKER

PATIENCE = 600.0  # seconds


def close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def build_once(temporary: pytest.TempPathFactory, name: str, *, now: datetime) -> Path:
    """The folder of a demo city as `flask demo` leaves it; not to be written to."""
    shared = temporary.getbasetemp().parent if WORKER else temporary.getbasetemp()
    folder, built, broken = (shared / f"{name}{end}" for end in ("", "-built", "-broken"))
    try:
        folder.mkdir()
    except FileExistsError:
        _wait_for(built, broken)
        return folder
    try:
        app = demo.demo_app(folder)
        assert demo.load(app, now=now)
        close(app)
    except BaseException:
        broken.touch()
        raise
    built.touch()
    return folder


def _wait_for(built: Path, broken: Path) -> None:
    """Until another process has built it."""
    patience = time.monotonic() + PATIENCE
    while not built.exists():
        assert not broken.exists(), "another process could not build the demo city; its own tests say why"
        assert time.monotonic() < patience, "another process is building the demo city, and does not come to an end"
        time.sleep(0.2)


def copy_of(built: Path, folder: Path) -> Path:
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return folder
