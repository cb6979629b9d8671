"""The `flask` commands."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from . import outbox
from .demo.commands import demo
from .match_commands import match
from .profiles.commands import profiles

outbox_group = AppGroup("outbox", help="Mail that waits to be sent.")


@outbox_group.command("deliver")
@click.option("--limit", default=100, show_default=True, help="At most so many mails in this run.")
def deliver(limit: int) -> None:
    """Send what is due."""
    counts = outbox.deliver_due(now=datetime.now(UTC), transport=outbox.transport_from_config(), limit=limit)
    click.echo(" ".join(f"{state}={count}" for state, count in sorted(counts.items())))


COMMANDS: tuple[click.Command, ...] = (demo, match, outbox_group, profiles)
