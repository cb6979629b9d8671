"""The command; it answers even where the application cannot start, because `flask` knows it apart from the application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from flask.cli import ScriptInfo

from . import contents, machine, settings
from .findings import Finding, Mark, wrong


def _examine(info: ScriptInfo) -> Iterator[Finding]:
    try:
        app = info.load_app()
    except Exception as error:  # whatever it is, the person at the screen wants to read it
        yield wrong(
            f"協働むすびが起動できません（{error}）。", "README の「Running it for real」の設定を確かめてください。"
        )
        return
    with app.app_context():
        yield from settings.check(app)
        yield from machine.check(app)
        yield from contents.check(app, datetime.now(UTC))


@click.command("doctor")
@click.pass_context
def doctor(context: click.Context) -> None:
    """Say what is wrong with this installation and what to do; ends with 1 when something is."""
    counts = dict.fromkeys(Mark, 0)
    for finding in _examine(context.ensure_object(ScriptInfo)):
        click.echo(finding)
        counts[finding.mark] += 1
    click.echo("")
    if counts[Mark.WRONG]:
        click.echo(f"直すところが {counts[Mark.WRONG]} 件、気になるところが {counts[Mark.DOUBTFUL]} 件あります。")
        context.exit(1)
    click.echo("直すところはありません。" + (f"気になるところが {counts[Mark.DOUBTFUL]} 件あります。" if counts[Mark.DOUBTFUL] else ""))  # fmt: skip
