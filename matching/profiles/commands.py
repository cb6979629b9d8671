"""The `flask profiles` commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import event

from ..database import db
from ..engine.text import ANALYZER_VERSION
from . import services

profiles = AppGroup("profiles", help="The word index that searches read.")


_SHORTEST = 0.05  # seconds after each part, in which those who wait to write get their turn
_EVERY = 10.0  # seconds between lines


@contextmanager
def _holding() -> Iterator[Callable[[], float]]:
    """How many seconds ago the transaction began that holds the database now."""
    since = time.monotonic()

    def begun(_session: Any, transaction: Any, _connection: Any) -> None:
        nonlocal since
        if not transaction.nested:
            since = time.monotonic()

    event.listen(db.session, "after_begin", begun)
    try:
        yield lambda: time.monotonic() - since
    finally:
        event.remove(db.session, "after_begin", begun)


@profiles.command("reindex")
def reindex() -> None:
    """Read anew the profiles that were read with another analyzer, lexicon or encoder; can be stopped and goes on."""
    began = told = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if done == total or now - told >= _EVERY:
            told = now
            rate = done / max(now - began, 0.001)
            rest = (total - done) / rate
            click.echo(f"{done}/{total}, {rate:.0f}/s, {rest / 60:.0f} min left", err=True)

    with _holding() as held:

        def land() -> None:
            db.session.commit()
            # On SQLite those who wait try again now and then and in no order, so the next part leaves them time to.
            time.sleep(max(held(), _SHORTEST))

        count = services.reindex(progress, after_each_part=land)
    click.echo(f"{count} profiles, analyzer {ANALYZER_VERSION}")
