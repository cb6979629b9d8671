"""The demo city, built once for the whole run; every module reads and changes a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from matching.database import db
from matching.demo import commands as demo

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo city as `flask demo` leaves it."""
    folder = tmp_path_factory.mktemp("demo")
    app = demo.demo_app(folder)
    assert demo.load(app, now=NOW)
    close(app)
    return folder


@pytest.fixture(scope="module")
def city(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("city")
    shutil.copytree(built, folder, dirs_exist_ok=True)
    app = demo.demo_app(folder)
    yield app
    close(app)
