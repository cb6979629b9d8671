"""The demo city, built once for the whole run; every module reads and changes a copy of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from matching.demo import commands as demo
from tests.demo.building import build_once, close, copy_of

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo city as `flask demo` leaves it."""
    return build_once(tmp_path_factory, "demo-then", now=NOW)


@pytest.fixture(scope="module")
def city(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = demo.demo_app(copy_of(built, tmp_path_factory.mktemp("city")))
    yield app
    close(app)
