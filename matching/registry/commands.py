"""The `flask names` commands."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from ..database import db
from . import grams

names = AppGroup("names", help="The pairs of letters by which names are found.")


@names.command("reindex")
def reindex() -> None:
    """Cut every name anew, where somebody changed names past the application; says how many were wrong."""
    before = grams.how_many_differ()
    grams.write_all_anew()
    db.session.commit()
    click.echo(f"{before} names set right")
