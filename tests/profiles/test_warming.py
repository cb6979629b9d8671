"""Facts about what a new web process reads before the first search does."""

from __future__ import annotations

import gc
from dataclasses import replace
from threading import Thread

import pytest
from flask import Flask

from matching.database import db
from matching.engine.lexicon import Lexicon, lexicon
from matching.profiles import sketches, spelling, warming


def test_all_that_searches_keep_is_there_afterwards(database: Flask) -> None:
    try:
        warming.warm()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert db.engine in sketches._KEPT and db.engine in spelling._KEPT


def test_the_words_count_as_kept_when_all_are_read(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, whoever publishes reads them apart instead of waiting for them with the right to write in hand."""
    kept_before: list[bool] = []
    catch_up = spelling._Remembered.catch_up

    def catching_up(self: spelling._Remembered, *, below: int | None = None) -> None:
        kept_before.append(db.engine in spelling._KEPT)
        catch_up(self, below=below)

    monkeypatch.setattr(spelling._Remembered, "catch_up", catching_up)
    spelling.spelt_like(["ワーミング"])
    assert not kept_before[0] and db.engine in spelling._KEPT


def test_what_is_prepared_is_what_would_be_worked_out_later() -> None:
    some = [replace(one) for one in list(lexicon().concepts.values())[:40]]
    prepared, later = Lexicon(some), Lexicon(some)
    prepared.prepare()
    assert all(prepared.said_as(one.id) == later.said_as(one.id) for one in some)


@pytest.mark.parametrize(("testing", "threads"), [(True, 0), (False, 1)])
def test_it_begins_with_the_first_page_and_once(testing: bool, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Thread] = []
    monkeypatch.setattr(Thread, "start", lambda thread: begun.append(thread))
    app = Flask(__name__)
    app.testing = testing
    warming.init_app(app)
    for _ in range(2):
        app.test_client().get("/")
    assert len(begun) == threads and all(one.daemon for one in begun)
