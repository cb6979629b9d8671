"""What is in the database, and what has or has not been done with it lately."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, func, or_, select, text
from sqlalchemy.exc import DBAPIError

from .. import jobs, schema
from ..accounts.models import Role, RoleGrant, User
from ..backups.keeping import NotDone
from ..backups.postgresql import program
from ..concepts.services import knowledge
from ..database import db
from ..jobs import JobRun
from ..outbox import Message, MessageState
from ..profiles import services as profiles
from ..profiles.reindexing import Standing
from ..registry import grams
from ..registry.vocabulary import CITY_DESK, DISTRICTS, FIELDS, SUPPORT_CENTRE, Desk, District, Field
from .findings import Finding, doubtful, good, wrong

SETUP = "flask --app wsgi setup を実行してください。"
# How old the last run that went through may be, and what runs it.
RUNS = (
    (jobs.OUTBOX, "メールの送信", timedelta(minutes=10), "flask outbox deliver", "1分ごとに"),
    (jobs.JOBS, "夜間の処理", timedelta(hours=26), "flask jobs run", "毎晩"),
    (jobs.BACKUP, "控え（バックアップ）", timedelta(days=2), "flask backup", "毎晩"),
)
OVERDUE = timedelta(minutes=10)
LONGEST_READ = 1_000_000_000  # bytes of a database that is read from end to end, some seconds


def check(app: Flask, now: datetime) -> Iterator[Finding]:
    try:
        with db.engine.connect() as connection:
            yield from _server(connection)
            revision = schema.revision_of(connection)
        yield _version(revision)
        if revision == schema.head():
            yield _reference_tables()
            yield from _people()
            yield from _mixed()
            yield from _outbox(now)
            yield from _runs(now)
            index = profiles.as_it_stands()
            yield _index(index)
            yield _names()
            yield _meaning(index)
    except DBAPIError as error:
        address, said = db.engine.url.render_as_string(), " ".join(str(error.orig).split())
        yield wrong(f"データベース {address} が答えません（{said}）。", "DATABASE_URL を確かめてください。")


def _version(revision: str | None) -> Finding:
    if revision == schema.head():
        return good(f"データベースは最新の版です（版 {revision}）。")
    if revision is None:
        return wrong("データベースがまだ用意されていません。", SETUP)
    if schema.is_known(revision):
        todo = f"flask --app wsgi backup で控えを取ってから、{SETUP}"
        return wrong(f"データベースが古いままです（版 {revision}）。", todo)
    return wrong(f"データベースのほうが新しい版です（版 {revision}）。", "協働むすびを新しくしてください。")


def _server(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        yield from _sqlite(connection)
        return
    version, encoding = connection.execute(
        text("SELECT current_setting('server_version_num')::int, current_setting('server_encoding')")
    ).one()
    # The locale is nobody's business: what is searched and sorted by was folded before it was written, and is compared
    # letter by letter.
    if encoding != "UTF8":
        yield wrong(f"データベースの文字コードが {encoding} です。", "UTF8 のデータベースを作り直してください。")
    elif version < 150000:
        yield doubtful(f"PostgreSQL {version // 10000} です。", "15 以上にしてください（flask restore に必要です）。")
    else:
        yield good(f"PostgreSQL {version // 10000} が答えました。文字コードは UTF8 です。")
    try:
        program("pg_dump"), program("pg_restore")
    except NotDone as missing:
        yield wrong("控えを取る道具がありません。", missing.message)


def _sqlite(connection: Connection) -> Iterator[Finding]:
    file = Path(db.engine.url.database or ":memory:")
    if not file.is_file():
        yield wrong("データベースがメモリーの中だけにあります。", "DATABASE_URL を確かめてください。")
        return
    if not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        yield wrong(f"{file} に書けません。", "ファイルとフォルダーを、サーバーを動かす利用者のものにしてください。")
        return
    mode = connection.scalar(text("PRAGMA journal_mode"))
    is_large = file.stat().st_size > LONGEST_READ
    problems = "ok" if is_large else connection.scalar(text("PRAGMA quick_check(1)"))
    if problems != "ok":
        yield wrong(f"{file} が壊れています（{problems}）。", "flask --app wsgi restore で控えから戻してください。")
    elif mode != "wal":
        yield wrong(
            f"{file} が WAL になりません（{mode}）。同時に使うと待たされます。",
            "ネットワーク上のフォルダーではなく、この機械のディスクに置いてください。",
        )
    elif is_large:
        told = f"SQLite {file}（{file.stat().st_size / 1_000_000:.0f} MB）が答えました。"
        yield good(f"{told}大きいので中までは読みません。flask backup が控えを読んで確かめます。")
    else:
        yield good(f"SQLite {file}（{file.stat().st_size / 1_000_000:.1f} MB）は正常です。")


def _count(model: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


def _reference_tables() -> Finding:
    desks = set(db.session.scalars(select(Desk.code)))
    if _count(Field) < len(FIELDS) or _count(District) < len(DISTRICTS) or not {CITY_DESK, SUPPORT_CENTRE} <= desks:
        return wrong("分野・地域・窓口の一覧がそろっていません。", SETUP)
    return good(f"分野・地域・窓口（{len(desks)}か所）がそろっています。")


def _people() -> Iterator[Finding]:
    holders = select(RoleGrant.desk_id).join(User).where(User.active)
    if not db.session.scalars(holders.where(RoleGrant.role == Role.ADMINISTRATOR).limit(1)).all():
        yield wrong(
            "管理者がいません。",
            "flask --app wsgi staff add メールアドレス --name 名前 --role administrator を実行してください。",
        )
    else:
        yield good("管理者がいます。")
    coordinators = holders.where(RoleGrant.role == Role.COORDINATOR, RoleGrant.desk_id.is_not(None))
    empty = db.session.execute(select(Desk.code, Desk.name).where(Desk.id.not_in(coordinators)).order_by(Desk.id)).all()
    todo = "flask --app wsgi staff add … --role coordinator --desk {} を実行してください。"
    for code, name in empty:
        if code == CITY_DESK:
            yield wrong(
                f"{name} にコーディネーターがいません。届いた依頼をだれも受け付けられません。", todo.format(code)
            )
    if others := [name for code, name in empty if code != CITY_DESK]:
        told = "、".join(others[:3]) + (f"ほか{len(others) - 3}か所" if len(others) > 3 else "")
        yield doubtful(f"コーディネーターのいない窓口があります：{told}", todo.format("窓口の記号"))


def _mixed() -> Iterator[Finding]:
    """Given before it was refused: such a person has a contractor's rights and no others."""
    contractors = select(RoleGrant.user_id).join(Desk, Desk.id == RoleGrant.desk_id).where(Desk.is_contractor)
    of_the_city = select(RoleGrant.user_id).outerjoin(Desk, Desk.id == RoleGrant.desk_id)
    of_the_city = of_the_city.where(or_(RoleGrant.desk_id.is_(None), Desk.is_contractor.is_(False)))
    both = select(User.email).where(User.active, User.id.in_(contractors), User.id.in_(of_the_city))
    if addresses := list(db.session.scalars(both.order_by(User.email))):
        yield wrong(
            f"委託先の窓口とほかの権限を、両方持っている人がいます：{'、'.join(addresses)}",
            "「職員のアカウント」の画面で、どちらかを外してください。それまでは委託先の窓口の権限だけが働きます。",
        )


def _outbox(now: datetime) -> Iterator[Finding]:
    held = Message.state == MessageState.HELD
    if late := _count(Message, held, Message.due_at < now - OVERDUE):
        yield wrong(
            f"送る時刻を10分以上過ぎたメールが {late} 通あります。",
            "flask --app wsgi outbox deliver を1分ごとに動かしてください。",
        )
    if odd := _count(Message, Message.state.in_([MessageState.UNCERTAIN, MessageState.FAILED])):
        yield doubtful(
            f"送れたか分からないメールと、送れなかったメールが {odd} 通あります。",
            "「メールの送信状況」の画面で確かめてください。",
        )
    if not late and not odd:
        yield good("たまっているメールはありません。")


def _runs(now: datetime) -> Iterator[Finding]:
    runs = {run.name: run for run in db.session.scalars(select(JobRun))}
    for name, told, longest, command, when in RUNS:
        run = runs.get(name)
        todo = f"flask --app wsgi {command.removeprefix('flask ')} を{when}動かしてください。"
        if run is None or run.finished_at is None:
            yield wrong(f"{told}は、まだ一度も済んでいません。", todo)
        elif run.finished_at < now - longest:
            failed = "（最後の実行は途中で終わっています）" if run.started_at > run.finished_at else ""
            yield wrong(f"{told}が {_since(now - run.finished_at)}前から済んでいません{failed}。", todo)
        else:
            yield good(f"{told}は {_since(now - run.finished_at)}前に済みました。")


def _since(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes}分"
    return f"{minutes // 60}時間" if minutes < 48 * 60 else f"{minutes // 60 // 24}日"


def _index(index: Standing) -> Finding:
    if index.of_old_words:
        return wrong(
            f"検索の索引が古い登録が {index.of_old_words} 件あります。",
            "flask --app wsgi profiles reindex を実行してください。",
        )
    if not index.counts_are_right:
        return wrong(
            "検索の索引の合計か言葉の数が、登録と合いません。", "flask --app wsgi profiles reindex を実行してください。"
        )
    return good(f"検索の索引は新しい状態です（{index.profiles} 件）。")


def _names() -> Finding:
    if lost := grams.how_many_cannot_be_found():
        return wrong(
            f"名前で探しても見つからない人や団体があります（調べたうちの {lost} 件）。",
            "flask --app wsgi names reindex を実行してください。",
        )
    return good("人と団体は、名前の一部で見つかります。")


def _meaning(index: Standing) -> Finding:
    """Whether searches compare by meaning, with the lexicon of today and the profiles read so."""
    known = knowledge()
    if known.encoder is None:
        return doubtful(
            "検索は言葉だけをくらべています。意味の近さを見るためのファイル（vectors.npz か encoder.npz）がありません。",
            "プログラムの matching/engine/data を入れなおしてください。",
        )
    if known.untrained:
        return doubtful(
            f"辞書の {len(known.untrained)} 項目を、意味の近さの計算がまだ覚えていません。",
            "flask --app wsgi match train を実行してください。",
        )
    if behind := index.stale:
        return doubtful(
            f"前の辞書で読んだ登録が {behind} 件あります。", "flask --app wsgi profiles reindex を実行してください。"
        )
    return good(f"意味の近さも見て検索しています（{len(known.lexicon.concepts)} 項目）。")
