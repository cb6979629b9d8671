"""`flask backup` and `flask restore`."""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import func, inspect, literal, select, table, update
from sqlalchemy.exc import DBAPIError

from .. import schema
from ..database import db
from ..i18n import TOKYO
from ..jobs import BACKUP, JobRun, Running, noted
from ..outbox import Message, MessageState
from . import postgresql, sqlite
from .keeping import Contents, Keeper, NotDone

OWN_NAME = re.compile(r"musubi-\d{8}-\d{6}\.(sqlite|pgdump)")
LEFTOVER = re.compile(rf"{OWN_NAME.pattern}\..+\.part")
A_DAY = 24 * 60 * 60
# What `flask setup` writes, and what counts and notes by itself: a database with nothing else is still new.
OF_SETUP = {"alembic_version", "attempt", "department", "desk", "district", "field", "job_run", "word_index"}


def _keeper() -> Keeper:
    url = db.engine.url
    if url.get_backend_name() == "postgresql":
        return postgresql.PostgresqlKeeper(db.engine)
    if not url.database or url.database == ":memory:":
        raise NotDone("このデータベースはメモリーの中だけにあり、控えを取れません。DATABASE_URL を確かめてください。")
    return sqlite.SqliteKeeper(Path(url.database))


def _folder() -> Path:
    return Path(current_app.instance_path) / "backups"


def _own_name(keeper: Keeper, start: str) -> str:
    return f"{start}-{datetime.now(TOKYO):%Y%m%d-%H%M%S}{keeper.suffix}"


def _make_private(folder: Path) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise _cannot_write(error) from error


def _cannot_write(error: OSError) -> NotDone:
    return NotDone(f"控えを書けませんでした：{error}")


def _write(keeper: Keeper, path: Path, *, checked: bool = True) -> Contents | None:
    """Written beside and renamed only when it has been read through: what bears the name is a whole back-up."""
    if path.exists():
        raise NotDone(f"{path} はもうあります。別の名前を指定してください。")
    _make_private(path.parent)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)  # for us alone
    except OSError as error:
        raise _cannot_write(error) from error
    os.close(descriptor)
    part = Path(name)
    try:
        keeper.write(part)
        contents = keeper.read(part) if checked else None
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise _cannot_write(error) from error
    finally:
        part.unlink(missing_ok=True)
    return contents


def _tables() -> set[str]:
    try:
        return set(inspect(db.engine).get_table_names())
    except DBAPIError as error:
        raise NotDone(f"データベースが答えません。DATABASE_URL を確かめてください：{error.orig}") from error


@click.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Remove the oldest ones beyond so many, of those named by itself.")
@with_appcontext
def backup(file: Path | None, keep: int | None) -> None:
    """Write everything into one file (or into a folder, under a name of its own) while others go on working."""
    keeper = _keeper()
    there = _tables()
    if "alembic_version" not in there:
        raise NotDone("データベースがまだ用意されていません。先に flask setup を実行してください。")
    named_by_itself = file is None or file.is_dir()
    path = (file or _folder()) / _own_name(keeper, "musubi") if named_by_itself else file
    assert path
    if keep and not named_by_itself:
        raise NotDone("--keep は、ファイル名を指定しないときだけ使えます。")
    # An older database, before it is brought up to date, has no table to note it in.
    noting: AbstractContextManager[Running] = noted(BACKUP) if JobRun.__tablename__ in there else nullcontext(Running())
    with noting as running:
        contents = _write(keeper, path)
        assert contents
        if missing := there - contents.tables:
            path.unlink()
            raise NotDone(f"控えに入っていない表があります：{'、'.join(sorted(missing))}")
        running.outcome = path.name
        if named_by_itself:
            _tidy(path.parent, keep)
    size = path.stat().st_size / 1_000_000
    click.echo(f"✓ {path}（表 {len(contents.tables)}、版 {contents.revision}、{size:.1f} MB。読み直して確かめました）")


def _tidy(folder: Path, keep: int | None) -> None:
    """Remove what killed runs left behind a day ago, and the oldest whole ones beyond ``keep``."""
    whole = sorted(path for path in folder.iterdir() if OWN_NAME.fullmatch(path.name))
    parts = [path for path in folder.iterdir() if LEFTOVER.fullmatch(path.name)]
    old = [path for path in parts if path.stat().st_mtime < time.time() - A_DAY]
    for path in [*old, *(whole[:-keep] if keep else ())]:
        path.unlink()
        click.echo(f"  古いものを消しました：{path.name}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also where there is data; it is laid aside first.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Bring a back-up into the configured database, and up to date. Stop the server and the timers first."""
    keeper = _keeper()
    _refuse_other_kind(file, keeper)
    contents = keeper.read(file)
    if not schema.is_known(contents.revision):
        raise NotDone(
            f"この控えは、いまのものより新しい協働むすびで作られました（版 {contents.revision}）。"
            "先に協働むすびを新しくしてください。"
        )
    is_broken = keeper.is_broken()
    if not replace and (is_broken or _has_data()):
        raise NotDone(
            "データベースにはもうデータがあります。置き換えてよければ --replace を付けてください"
            "（いまの内容は別に残します）。"
        )
    db.session.remove()
    db.engine.dispose()
    keeper.refuse_company()
    aside = None
    if is_broken:
        _move_away(keeper)
    else:
        aside = _lay_aside(keeper)
    with keeper.replaced_by(file, aside=aside):
        try:
            _bring_up_to_date(file)
            waiting = _doubt_waiting_mails()
        finally:
            db.session.remove()
    click.echo(f"✓ {file} から戻しました（表 {len(contents.tables)}、版 {contents.revision}）。")
    if contents.revision != schema.head():
        click.echo(f"  データベースを新しくしました：版 {schema.head()}")
    if waiting:
        click.echo(
            f"！ 控えを取ったときに送信待ちだったメールが {waiting} 通あります。"
            "もう送られたかもしれないため、自動では送りません。「メールの送信状況」で確かめてください。"
        )


def _bring_up_to_date(file: Path) -> None:
    """A file may have the name of a state without its tables; then what stood there comes back."""
    try:
        upgrade()
        missing = set(db.metadata.tables) - _tables()
    except DBAPIError as error:
        raise NotDone(f"{file} を新しくできませんでした（{error.orig}）。別の控えを使ってください。") from error
    if missing:
        raise NotDone(
            f"{file} に入っていない表があります：{'、'.join(sorted(missing)[:5])}。別の控えを使ってください。"
        )


def _refuse_other_kind(file: Path, keeper: Keeper) -> None:
    with file.open("rb") as opened:
        start = opened.read(16)
    for magic, suffix, name in ((sqlite.MAGIC, ".sqlite", "SQLite"), (postgresql.MAGIC, ".pgdump", "PostgreSQL")):
        if start.startswith(magic):
            if suffix != keeper.suffix:
                raise NotDone(f"これは {name} の控えです。DATABASE_URL が {name} を指すときに戻せます。")
            return
    raise NotDone(f"{file} は協働むすびの控えではありません。")


def _has_data() -> bool:
    """More than `flask setup` writes."""
    names = sorted(_tables() - OF_SETUP)
    with db.engine.connect() as connection:
        return any(connection.scalar(select(literal(1)).select_from(table(name)).limit(1)) for name in names)


def _lay_aside(keeper: Keeper) -> Path | None:
    """What stands there now, under a name that says so; None where there is nothing."""
    if not _tables():
        return None
    path = _folder() / _own_name(keeper, "replaced")
    _write(keeper, path, checked=False)
    click.echo(f"  いまの内容を残しました：{path}")
    return path


def _move_away(keeper: Keeper) -> None:
    path = _folder() / _own_name(keeper, "replaced")
    _make_private(path.parent)
    keeper.move_away(path)
    click.echo(f"  いまのデータベースは読めないため、ファイルのまま移しました：{path}")


def _doubt_waiting_mails() -> int:
    """They may have gone out since the back-up was written, and nobody is told twice to come: a person looks."""
    waiting = Message.state.in_([MessageState.HELD, MessageState.SENDING])
    count = db.session.scalar(select(func.count()).select_from(Message).where(waiting)) or 0
    doubt = {"state": MessageState.UNCERTAIN, "error": "控えから戻したため、送られたか分かりません。"}
    db.session.execute(update(Message).where(waiting).values(updated_at=datetime.now(UTC), **doubt))
    db.session.commit()
    return count
