"""The `flask profiles` commands."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from ..database import db
from ..engine.text import ANALYZER_VERSION
from . import services

profiles = AppGroup("profiles", help="The word index that searches read.")


@profiles.command("reindex")
def reindex() -> None:
    """Read anew the profiles that were read with another analyzer, lexicon or encoder; can be stopped and goes on."""

    def progress(done: int, total: int) -> None:
        if done == total or done % 100 == 0:
            click.echo(f"{done}/{total}", err=True)

    count = services.reindex(progress, after_each_part=db.session.commit)
    click.echo(f"{count} profiles, analyzer {ANALYZER_VERSION}")
