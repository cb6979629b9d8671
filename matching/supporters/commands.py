"""`flask import`: bringing lists of people in from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from ..accounts.actor import SYSTEM
from ..database import db
from ..i18n import as_moment
from ..registry.models import BasisKind
from .importing import Summary, Unreadable, import_supporters, read_mapping

import_group = AppGroup("import", help="Lists that departments keep in files.")
BASES = {name: basis for basis in BasisKind for name in (basis.value, basis.label)}


@import_group.command("supporters")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--basis", help=f"Ground for using the data (利用の根拠): {', '.join(BASES)}. Required.")
@click.option("--department", default="", help="Department that keeps the list (所管課).")
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON: target → headings."
)
@click.option("--encoding", default="auto", show_default=True, help="auto tries UTF-8, then CP932.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and change nothing.")
def supporters(
    file: Path, basis: str | None, department: str, mapping: Path | None, encoding: str, dry_run: bool
) -> None:
    """Read a CSV file of people into the registry of supporters."""
    if basis not in BASES:
        choices = "、".join(f"{one.value}（{one.label}）" for one in BasisKind)
        raise click.UsageError(
            f"利用の根拠を --basis で示してください。使えるもの: {choices}\n"
            f"Name the ground for using these data with --basis: {' or '.join(BASES)}."
        )
    try:
        summary = import_supporters(
            file.read_bytes(),
            file_name=file.name,
            basis=BASES[basis],
            department=department.strip(),
            mapping=read_mapping(mapping),
            encoding=encoding,
            by=SYSTEM,
            now=datetime.now(UTC),
            progress=_show_progress,
        )
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()
    _print(summary, dry_run=dry_run)


def _show_progress(done: int, total: int) -> None:
    if done == total or done % 20 == 0:
        click.echo(f"\r{done}/{total}", err=True, nl=done == total)


def _print(summary: Summary, *, dry_run: bool) -> None:
    if summary.already:
        click.echo(f"このファイルは {as_moment(summary.already)} に取り込み済みです。何も変えていません。")
        return
    for number, reason in summary.refused:
        click.echo(f"  {number}行目: {reason}")
    for number, reason in summary.left_out:
        click.echo(f"  {number}行目: {reason}")
    for name, fields in summary.updated:
        click.echo(f"  更新 {name}: {', '.join(fields)}")
    for name in summary.not_found:
        click.echo(f"  今回のファイルにない: {name}")
    for number, name in summary.doubtful:
        click.echo(
            f"  {number}行目: 同じ名前の人がすでにいます（{name}）。別の人として入れました。窓口で確かめてください"
        )
    if summary.unused:
        click.echo(f"  使わなかった列: {'、'.join(summary.unused)}")
    click.echo(
        f"追加 {len(summary.added)}、更新 {len(summary.updated)}、変更なし {summary.unchanged}、"
        f"取り込めない行 {len(summary.refused)}、今回のファイルにない人 {len(summary.not_found)}"
    )
    if dry_run:
        click.echo("試しに読んだだけで、何も変えていません (dry run)。")
