"""The commands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from matching.database import db, reading
from matching.profiles import commands, services


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so, and how long the command slept."""
    clock = SimpleNamespace(now=100.0, slept=[])
    stands_for = SimpleNamespace(monotonic=lambda: clock.now, sleep=clock.slept.append)
    monkeypatch.setattr(commands, "time", stands_for)
    return clock


def test_after_each_part_those_who_wait_to_write_have_as_long_as_the_part_held_the_database(app, clock, monkeypatch):
    def reindexing(_progress, *, after_each_part):
        for seconds in (3.0, 0.01):
            with reading():
                db.session.execute(text("SELECT 1"))
                clock.now += 20.0
            db.session.execute(text("SELECT 1"))  # here it begins to hold it
            with db.session.begin_nested():
                db.session.execute(text("SELECT 1"))
                clock.now += seconds
            after_each_part()
        return 2

    monkeypatch.setattr(services, "reindex", reindexing)
    assert app.test_cli_runner().invoke(args=["profiles", "reindex"]).output.startswith("2 profiles")
    assert clock.slept == pytest.approx([3.0, 0.05])
