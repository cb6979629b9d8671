"""The `flask profiles` commands."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup

from ..database import db
from ..engine.text import ANALYZER_VERSION
from . import services

profiles = AppGroup("profiles", help="The word index that searches read.")


_PAUSE = 0.01  # seconds after each part, in which those who wait to write get their turn
_EVERY = 10.0  # seconds between lines


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

    def land() -> None:
        db.session.commit()
        time.sleep(_PAUSE)

    count = services.reindex(progress, after_each_part=land)
    click.echo(f"{count} profiles, analyzer {ANALYZER_VERSION}")
