"""Back-ups that can be trusted: whole or not there at all, and the way back, row by row."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextvars import Context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from flask import has_app_context
from flask_migrate import upgrade
from sqlalchemy import MetaData, create_engine, inspect, make_url, select, text

from matching import create_app, outbox, schema
from matching.backups import commands, postgresql
from matching.backups.keeping import NotDone
from matching.backups.sqlite import SqliteKeeper
from matching.database import db
from matching.jobs import BACKUP, JobRun
from matching.outbox import Message, MessageState
from matching.registry import vocabulary
from matching.registry.models import Person
from tests.dispatch.factories import NOW, a_case, a_conjurer, decided
from tests.factories import a_coordinator, a_person, a_user

BOOKKEEPING = {"job_run"}  # written by the back-up itself


@pytest.fixture
def folder(app):
    """Where the back-ups of this test go by themselves."""
    folder = Path(app.instance_path) / "backups"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def life(session):
    """A city in which things have happened."""
    a_coordinator()
    a_user(party=a_person("中島 みどり"))
    a_conjurer(telephone="083-111-2222")
    decided()
    a_case(title="二つめの依頼")
    for message in session.scalars(select(Message)):  # what waits is a matter of its own, see below
        message.state, message.sent_at = MessageState.SENT, NOW
    session.commit()


@pytest.fixture
def another(databases, tmp_path):
    """The same software with an empty database of its own, as on a new machine."""
    made = []

    def make(revision="head", *, with_setup=True):
        url = databases.empty(f"other{len(made)}")
        app = create_app({"SQLALCHEMY_DATABASE_URI": url}, instance=tmp_path / f"machine{len(made)}")
        made.append(app)
        if with_setup:
            with app.app_context():
                upgrade(revision=revision)
                if revision == "head":
                    vocabulary.load_reference_tables(support_centre_name="さぽらんて", city_desk_name="協働推進課")
                    db.session.commit()
                db.session.remove()
                db.engine.dispose()
        return app

    yield make
    for app in made:
        close(app)


def close(app):
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def run(app, *words):
    """A command, as it runs in a process of its own."""
    if has_app_context():
        db.session.rollback()
        db.engine.dispose()
    return Context().run(app.test_cli_runner().invoke, args=[str(word) for word in words])


def done(app, *words):
    answer = run(app, *words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def refused(app, *words):
    answer = run(app, *words)
    assert answer.exit_code == 1 and "✗" in answer.output, answer.output
    return answer.output


def backed_up(app) -> Path:
    return Path(re.search(r"✓ (.+?)（", done(app, "backup"))[1])


def rows(app, *, leave=BOOKKEEPING):
    """Every row of every table."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for name, table in tables.tables.items()
            if name not in leave
        }
    engine.dispose()
    return found


def names(app) -> list[str]:
    with app.app_context():
        found = list(db.session.scalars(select(Person.name).order_by(Person.id)))
    close(app)
    return found


# -- The whole way


def test_what_was_backed_up_comes_back_row_by_row(app, session, life, folder):
    before = rows(app)
    assert sum(map(len, before.values())) > 100 and before["audit_entry"] and before["decision"]
    file = backed_up(app)
    session.execute(text("DELETE FROM posting"))
    a_person("あとから 来た人")
    session.commit()
    assert rows(app) != before
    assert "残しました" in done(app, "restore", file, "--replace")
    assert rows(app) == before


def test_it_comes_back_on_another_machine_too(app, life, folder, another):
    before, file = rows(app), backed_up(app)
    for new in (another(with_setup=False), another()):
        output = done(new, "restore", file)
        assert "戻しました" in output
        assert rows(new) == before
        with new.app_context():
            db.session.add(Person(name="続きの 人", name_key="続きの人"))
            db.session.commit()
        close(new)
        assert names(new)[-1] == "続きの 人"


def test_the_audit_log_is_append_only_after_a_restore_too(app, life, folder, another):
    new = another(with_setup=False)
    done(new, "restore", backed_up(app))
    with new.app_context(), pytest.raises(Exception, match="append-only"):
        db.session.execute(text("DELETE FROM audit_entry"))
    close(new)


def test_what_was_replaced_is_kept_and_comes_back(app, session, life, folder):
    file = backed_up(app)
    a_person("あとから 来た人")
    session.commit()
    before = rows(app)
    done(app, "restore", file, "--replace")
    [aside] = folder.glob("replaced-*")
    assert "あとから 来た人" not in names(app)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2)):
        done(app, "restore", aside, "--replace")
    assert rows(app) == before


def test_a_back_up_is_of_one_moment_while_others_write(app, session, life, folder, another):
    session.execute(text("CREATE TABLE pair (side INTEGER)"))
    session.commit()
    began, stop = threading.Event(), threading.Event()

    def write_pairs():
        engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
        while not stop.is_set():
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO pair VALUES (1)"))
                connection.execute(text("INSERT INTO pair VALUES (2)"))
            began.set()
        engine.dispose()

    writer = threading.Thread(target=write_pairs)
    writer.start()
    try:
        assert began.wait(timeout=30)
        files = []
        for second in range(3):
            file = folder.parent / "backups" / f"{second}.copy"
            done(app, "backup", file)
            files.append(file)
    finally:
        stop.set()
        writer.join()
    for file in files:
        new = another(with_setup=False)
        done(new, "restore", file)
        sides = rows(new)["pair"]
        assert sides and sides.count("(1,)") == sides.count("(2,)")


# -- The file


def test_the_file_is_private_and_says_what_is_in_it(app, life, folder):
    output = done(app, "backup")
    [file] = folder.iterdir()
    assert re.fullmatch(r"musubi-\d{8}-\d{6}\.(sqlite|pgdump)", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert f"表 {len(rows(app, leave=()))}、版 {schema.head()}" in output


def test_a_name_or_a_folder_may_be_given_but_nothing_is_overwritten(app, life, folder, tmp_path):
    file = tmp_path / "new" / "before-the-move.copy"
    done(app, "backup", file)
    kept = file.read_bytes()
    assert "もうあります" in refused(app, "backup", file)
    assert file.read_bytes() == kept
    done(app, "backup", tmp_path)
    assert len(list(tmp_path.glob("musubi-*"))) == 1
    assert not list(folder.parent.glob("backups/*"))


def test_a_folder_that_cannot_be_made_is_said_in_words(app, life, folder, tmp_path):
    (tmp_path / "a-file").touch()
    assert "控えを書けませんでした" in refused(app, "backup", tmp_path / "a-file" / "deep" / "mine.copy")


def test_the_oldest_are_removed_and_nothing_else_is(app, life, folder):
    folder.mkdir(mode=0o700)
    others = [folder / "replaced-20260101-000000.sqlite", folder / "musubi-memo.txt", folder / "manual.copy"]
    for other in others:
        other.write_text("")
    for day in range(5):
        with time_machine.travel(datetime(2026, 11, 20 + day, 18, 0, tzinfo=UTC), tick=False):
            output = done(app, "backup", "--keep", 3)
    assert "消しました" in output
    own = sorted(path.name[:15] for path in folder.iterdir() if path not in others)
    assert own == ["musubi-20261123", "musubi-20261124", "musubi-20261125"]  # by the clock of Tokyo
    assert all(other.exists() for other in others)


def test_keeping_needs_names_of_its_own(app, life, folder, tmp_path):
    assert "--keep" in refused(app, "backup", tmp_path / "mine.copy", "--keep", 3)
    assert not (tmp_path / "mine.copy").exists()


def test_that_it_went_through_is_noted(app, session, life, folder):
    file = backed_up(app)
    noted = session.get_one(JobRun, BACKUP)
    assert noted.finished_at >= noted.started_at and noted.outcome == file.name
    session.rollback()
    finished_at = noted.finished_at
    session.rollback()
    refused(app, "backup", file)
    session.expire_all()
    noted = session.get_one(JobRun, BACKUP)
    assert noted.finished_at == finished_at < noted.started_at and "失敗" in noted.outcome


# -- What is no back-up


def test_a_killed_back_up_leaves_nothing_that_looks_like_one(app, life, folder, tmp_path):
    code = (
        "import os, signal, matching.backups.commands as c\n"
        "from matching import create_app\n"
        "kill = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "c._keeper = lambda keeper=c._keeper: (lambda k: (setattr(type(k), 'read', kill), k)[1])(keeper())\n"
        f"create_app({{'SQLALCHEMY_DATABASE_URI': {app.config['SQLALCHEMY_DATABASE_URI']!r}}}, "
        f"instance=__import__('pathlib').Path({str(tmp_path)!r})).test_cli_runner().invoke(args=['backup'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent)
    assert ended.returncode == -signal.SIGKILL
    [left] = (tmp_path / "backups").iterdir()
    assert left.name.endswith(".part") and stat.S_IMODE(left.stat().st_mode) == 0o600
    for days, expected in ((0.5, [left.name]), (1.5, [])):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            done(app, "backup", tmp_path / "backups")
        assert [path.name for path in (tmp_path / "backups").glob("*.part")] == expected


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_half_a_file_is_never_taken_for_a_whole_one(app, session, life, folder, tmp_path, share):
    file, half = backed_up(app), tmp_path / "half"
    before = rows(app)
    half.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert "控え" in refused(app, "restore", half, "--replace")
    assert rows(app) == before and not list(folder.glob("replaced-*"))


def test_a_file_that_does_not_read_well_never_gets_its_name(app, life, folder, monkeypatch):
    kind = type(_keeper_of(app))
    whole = kind.write

    def write_half(self, path):
        whole(self, path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    monkeypatch.setattr(kind, "write", write_half)
    refused(app, "backup")
    assert list(folder.iterdir()) == []


def _keeper_of(app):
    with app.app_context():
        return commands._keeper()


@pytest.mark.parametrize("content", [b"", b"nothing of ours", b"PK\3\4" + b"x" * 100])
def test_another_file_is_not_a_back_up(app, life, tmp_path, content):
    (tmp_path / "letter.odt").write_bytes(content)
    assert "協働むすびの控えではありません" in refused(app, "restore", tmp_path / "letter.odt", "--replace")


def test_a_sqlite_file_of_somebody_else_is_not_a_back_up(app, life, tmp_path):
    connection = sqlite3.connect(tmp_path / "recipes.sqlite")
    connection.execute("CREATE TABLE recipe (name TEXT)")
    connection.commit()
    connection.close()
    refused(app, "restore", tmp_path / "recipes.sqlite", "--replace")


@pytest.mark.parametrize("revision", ["0001", "head"])
def test_a_file_without_our_tables_is_not_taken_for_a_back_up(app, session, life, folder, another, revision):
    bare = another(with_setup=False)
    with bare.app_context():
        db.session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        db.session.execute(
            text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision.replace("head", schema.head())}
        )
        db.session.commit()
    close(bare)
    file, before = backed_up(bare), rows(app)
    assert "別の控えを使ってください" in refused(app, "restore", file, "--replace")
    assert rows(app) == before


def test_a_back_up_of_the_other_kind_of_database_is_told_apart(app, life, tmp_path):
    is_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    magic, name = (postgresql.MAGIC, "PostgreSQL") if is_sqlite else (b"SQLite format 3\0", "SQLite")
    (tmp_path / "other").write_bytes(magic + b"\0" * 100)
    assert f"{name} の控え" in refused(app, "restore", tmp_path / "other", "--replace")


def test_a_database_that_is_not_set_up_has_nothing_to_back_up(another):
    assert "flask setup" in refused(another(with_setup=False), "backup")


# -- The way back asks first


def test_data_are_not_replaced_unasked(app, session, life, folder):
    file = backed_up(app)
    a_person("あとから 来た人")
    session.commit()
    assert "--replace" in refused(app, "restore", file)
    assert "あとから 来た人" in names(app) and not list(folder.glob("replaced-*"))


def test_one_row_of_somebodys_is_data(app, life, folder, another):
    file, new = backed_up(app), another()
    with new.app_context():
        a_user()
        db.session.commit()
    close(new)
    refused(new, "restore", file)


def _mark(app, revision):
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        db.session.commit()
    close(app)


def test_a_back_up_of_a_newer_version_is_refused(app, life, folder, another):
    newer = another()
    _mark(newer, "9999")
    file = backed_up(newer)
    before = rows(app)
    assert "新しい協働むすび" in refused(app, "restore", file, "--replace")
    assert rows(app) == before


def test_a_back_up_of_an_older_version_is_brought_up_to_date(app, life, folder, another):
    older = another("0001")
    with older.app_context():
        db.session.execute(
            text(
                "INSERT INTO party (id, kind, name, name_key, created_at, updated_at) "
                "VALUES (7, 'person', '昔の 人', '昔の人', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            )
        )
        db.session.execute(text("INSERT INTO person (id) VALUES (7)"))
        db.session.commit()
    close(older)
    file = backed_up(older)
    assert f"版 {schema.head()}" in done(app, "restore", file, "--replace")
    assert names(app) == ["昔の 人"]
    with app.app_context():
        assert set(inspect(db.engine).get_table_names()) - {"alembic_version"} == set(db.metadata.tables)


def test_where_bringing_it_up_to_date_fails_everything_is_as_before(app, session, life, folder, monkeypatch):
    file = backed_up(app)
    a_person("あとから 来た人")
    session.commit()
    before = rows(app)

    def fail():
        raise RuntimeError("half-way")

    monkeypatch.setattr(commands, "upgrade", fail)
    assert isinstance(run(app, "restore", file, "--replace").exception, RuntimeError)
    assert rows(app) == before
    monkeypatch.undo()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2)):
        done(app, "restore", file, "--replace")
    assert "あとから 来た人" not in names(app)


def test_mail_that_waited_is_shown_to_a_person_and_not_sent_by_itself(app, session, life, folder):
    outbox.enqueue("inquiry:send", to="a@example.jp", subject="件名", body="本文", now=NOW)
    session.commit()
    file = backed_up(app)
    assert "1 通" in done(app, "restore", file, "--replace")
    session.rollback()
    assert session.scalar(select(Message.state).order_by(Message.id.desc()).limit(1)) is MessageState.UNCERTAIN
    session.rollback()
    assert "sent=" not in done(app, "outbox", "deliver")


# -- SQLite alone


@pytest.fixture
def on_sqlite(app):
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("about SQLite's files")


@pytest.mark.usefixtures("on_sqlite")
def test_a_server_that_was_not_stopped_goes_on_with_what_was_restored(app, session, life, folder):
    file = backed_up(app)
    server = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with server.connect() as connection:
        connection.execute(text("INSERT INTO department (name) VALUES ('あとからできた課')"))
        connection.commit()
        done(app, "restore", file, "--replace")
        names = connection.scalars(text("SELECT name FROM department")).all()
        assert names and "あとからできた課" not in names
    server.dispose()


@pytest.mark.usefixtures("on_sqlite")
@pytest.mark.parametrize("damage", ["garbage", "truncated"])
def test_a_broken_database_is_moved_away_and_replaced(app, life, folder, another, damage):
    file, new = backed_up(app), another()
    database = Path(make_url(new.config["SQLALCHEMY_DATABASE_URI"]).database)
    broken = b"x" * 5000 if damage == "garbage" else database.read_bytes()[:20_000]
    database.write_bytes(broken)
    refused(new, "restore", file)
    done(new, "restore", file, "--replace")
    assert rows(new) == rows(app)
    [aside] = (Path(new.instance_path) / "backups").glob("replaced-*")
    assert damage == "truncated" or aside.read_bytes() == broken


@pytest.mark.usefixtures("on_sqlite")
def test_a_flipped_bit_is_found(app, session, life, folder, tmp_path):
    content = bytearray(backed_up(app).read_bytes())
    for place in range(4096, len(content), 4096):
        content[place] ^= 0xFF
    (tmp_path / "rotten").write_bytes(content)
    refused(app, "restore", tmp_path / "rotten", "--replace")


def test_what_is_only_in_memory_cannot_be_backed_up(tmp_path):
    assert "メモリー" in refused(create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, instance=tmp_path), "backup")


# -- PostgreSQL alone


@pytest.fixture
def on_postgresql(app):
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("about PostgreSQL's ways")


@pytest.mark.usefixtures("on_postgresql")
def test_nothing_is_replaced_under_somebodys_feet(app, session, life, folder):
    file = backed_up(app)
    server = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with server.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert "サーバーと定期実行を止めて" in refused(app, "restore", file, "--replace")
        assert not list(folder.glob("replaced-*"))
    server.dispose()
    done(app, "restore", file, "--replace")


@pytest.mark.usefixtures("on_postgresql")
def test_a_restore_that_was_killed_is_put_right_by_the_next(app, session, life, folder):
    file, before = backed_up(app), rows(app)
    session.execute(text(f"ALTER SCHEMA public RENAME TO {postgresql.BEFORE}"))
    session.execute(text("CREATE SCHEMA public"))
    session.commit()
    done(app, "restore", file, "--replace")
    assert rows(app) == before
    assert not session.scalar(text("SELECT to_regnamespace('before_restore') IS NOT NULL"))


@pytest.fixture
def fake_client(tmp_path, monkeypatch):
    """A pg_dump that writes down how it was called."""
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; echo "$PGPASSWORD"; }} > {tmp_path}/called\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return tmp_path / "called"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_the_password_is_never_on_a_command_line(fake_client, tmp_path):
    url = make_url("postgresql+psycopg://musubi:hi%40mitsu@db.example.jp:5433/musubi?sslmode=require")
    postgresql.PostgresqlKeeper(SimpleNamespace(url=url)).write(tmp_path / "file")
    words, password = fake_client.read_text().splitlines()
    assert "mitsu" not in words and password == "hi@mitsu"
    assert "--dbname=postgresql://musubi@db.example.jp:5433/musubi?sslmode=require" in words


def test_a_missing_client_program_is_named_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(postgresql.shutil, "which", lambda name: None)
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    keeper = postgresql.PostgresqlKeeper(SimpleNamespace(url=make_url("postgresql+psycopg://musubi@/musubi")))
    with pytest.raises(NotDone, match="postgresql-client"):
        keeper.write(tmp_path / "file")


def test_a_server_that_does_not_answer_is_told_with_its_own_words(tmp_path):
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump here")
    url = make_url(f"postgresql+psycopg://musubi@/musubi?host={tmp_path}")
    with pytest.raises(NotDone, match="pg_dump が失敗しました"):
        postgresql.PostgresqlKeeper(SimpleNamespace(url=url)).write(tmp_path / "file")


def test_a_copy_of_a_file_that_is_not_there_is_not_made(tmp_path):
    (tmp_path / "target").touch()
    with pytest.raises(NotDone):
        SqliteKeeper(tmp_path / "nowhere.sqlite").write(tmp_path / "target")
    assert not (tmp_path / "nowhere.sqlite").exists()
