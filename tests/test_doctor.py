"""What `flask doctor` finds, each thing provoked; and its silence where all is well."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import sys
from collections import namedtuple
from contextvars import Context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread, current_thread

import pytest
from click.testing import CliRunner
from flask import has_app_context
from flask.cli import ScriptInfo
from sqlalchemy import delete, event, make_url, select, text, update

from matching import config, create_app, jobs, outbox, schema
from matching.accounts.models import Role, RoleGrant, User
from matching.backups import postgresql
from matching.backups.keeping import NotDone
from matching.concepts.models import ConceptEntry
from matching.database import db, reading
from matching.doctor import contents, machine, settings
from matching.doctor.commands import doctor
from matching.doctor.findings import Mark
from matching.engine import encoder
from matching.engine.lexicon import concept_to_json, lexicon
from matching.jobs import JobRun
from matching.outbox import MessageState
from matching.profiles import services as profiles
from matching.profiles.models import Profile
from matching.registry.grams import write_all_anew
from matching.registry.vocabulary import Desk, District
from tests.factories import a_coordinator, staff
from tests.supporters.factories import a_supporter
from tests.test_outbox import a_post_office

SECRETS = {
    "SECRET_KEY": "Xk3-qL9_vT2mZr8wPd5sYb7nHc4jFg6a",
    "SECURITY_PASSWORD_SALT": "uB1eRt0yIo9pAs8dFg7hJk6lZx5cVb4n",
}


@pytest.fixture
def environment(monkeypatch, databases, tmp_path):
    """As on a city's server."""
    told = {
        "MUSUBI_ENV": "production",
        "DATABASE_URL": databases.fresh,
        "PUBLIC_URL": "https://musubi.city.example.jp",
        "TRUSTED_PROXIES": "1",
        "MAIL_SENDER": "協働推進課 <kyodo@city.example.jp>",
        "MAIL_BACKEND": "smtp",
        "SMTP_STARTTLS": "0",
        "DESK_TELEPHONE": "083-000-0000",
        **SECRETS,
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with a_post_office() as (server, _letters):
        monkeypatch.setenv("SMTP_HOST", server.host)
        monkeypatch.setenv("SMTP_PORT", str(server.port))
        yield monkeypatch


@pytest.fixture
def city(app, session, environment):
    """A city where all is well."""
    staff(Role.ADMINISTRATOR)
    for code in session.scalars(select(Desk.code)):
        a_coordinator(code)
    a_supporter()
    for name in (jobs.OUTBOX, jobs.JOBS, jobs.BACKUP):
        session.add(JobRun(name=name, started_at=datetime.now(UTC), finished_at=datetime.now(UTC)))
    session.commit()
    return session


def examine(tmp_path, **overrides):
    """(exit code, everything that was said)."""
    if has_app_context():
        db.session.commit()

    def load():
        return create_app(overrides, instance=tmp_path)

    answer = Context().run(CliRunner().invoke, doctor, obj=ScriptInfo(create_app=load))
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def told(tmp_path, mark, words, **overrides):
    code, output = examine(tmp_path, **overrides)
    [line] = [line for line in output.splitlines() if words in line]
    assert line.startswith(mark), output
    assert mark is not Mark.WRONG or code == 1
    after = output[output.index(line) :].splitlines()[1]
    assert after.startswith("  → ") == (mark is not Mark.GOOD), output
    return after


def test_where_all_is_well_it_says_so_and_ends_with_0(city, tmp_path):
    code, output = examine(tmp_path)
    assert code == 0, output
    lines = [line for line in output.splitlines() if line]
    assert lines[-1] == "直すところはありません。" and {line[0] for line in lines[:-1]} == {"✓"}, output
    assert len(lines) >= 15


# -- What the environment says


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECURITY_PASSWORD_SALT", "PUBLIC_URL"])
def test_a_missing_setting_keeps_it_from_starting_and_is_named(city, environment, tmp_path, name):
    environment.delenv(name)
    assert name in examine(tmp_path)[1]
    told(tmp_path, Mark.WRONG, "起動できません")


def test_a_number_that_is_none_is_named(city, environment, tmp_path):
    environment.setenv("SMTP_PORT", "smtp")
    told(tmp_path, Mark.WRONG, "SMTP_PORT")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", ["himitsu", "a" * 64, "secret" * 8])
def test_a_secret_that_can_be_guessed(city, environment, tmp_path, name, value):
    environment.setenv(name, value)
    assert "secrets.token_urlsafe" in told(tmp_path, Mark.WRONG, f"{name} が短いか")


def test_one_secret_for_both(city, environment, tmp_path):
    environment.setenv("SECURITY_PASSWORD_SALT", SECRETS["SECRET_KEY"])
    told(tmp_path, Mark.WRONG, "が同じです")


def test_secrets_are_not_told(city, tmp_path):
    output = examine(tmp_path)[1]
    assert not any(value in output for value in SECRETS.values())


@pytest.mark.parametrize(
    ("name", "value", "mark", "words"),
    [
        ("MUSUBI_ENV", "", Mark.WRONG, "本番の設定になっていません"),
        ("PUBLIC_URL", "http://musubi.city.example.jp", Mark.WRONG, "https ではありません"),
        ("PUBLIC_URL", "https://localhost:8000", Mark.WRONG, "外から開けるアドレスではありません"),
        ("PUBLIC_URL", "musubi", Mark.WRONG, "外から開けるアドレスではありません"),
        ("TRUSTED_PROXIES", "0", Mark.DOUBTFUL, "TRUSTED_PROXIES が 0"),
        ("MAIL_SENDER", "kyodo-musubi@localhost", Mark.WRONG, "差出人"),
        ("MAIL_SENDER", "協働推進課", Mark.WRONG, "差出人"),
        ("MAIL_BACKEND", "file", Mark.WRONG, "外へ送られず"),
        ("DESK_TELEPHONE", "", Mark.DOUBTFUL, "電話番号が設定されていません"),
        ("SMTP_STARTTLS", "1", Mark.WRONG, "送れる状態ではありません"),  # this server cannot
        ("SMTP_USER", "kyodo", Mark.WRONG, "送れる状態ではありません"),  # nor this
        ("SMTP_PORT", "1", Mark.WRONG, "送れる状態ではありません"),
    ],
)
def test_a_setting_that_does_not_do(city, environment, tmp_path, name, value, mark, words):
    environment.setenv(name, value)
    told(tmp_path, mark, words)


def test_mail_that_would_leave_in_the_clear(city, environment, tmp_path, monkeypatch):
    here = (os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]))
    environment.setenv("SMTP_HOST", "mail.city.example.jp")
    reach = smtplib.SMTP
    monkeypatch.setattr(settings.smtplib, "SMTP", lambda host, port, timeout: reach(*here, timeout=timeout))
    told(tmp_path, Mark.DOUBTFUL, "暗号化されません")


def test_debug_and_demo(city, environment, tmp_path):
    told(tmp_path, Mark.WRONG, "デモとして動いています", DEMO=True)
    environment.setenv("FLASK_DEBUG", "1")
    told(tmp_path, Mark.WRONG, "デバッグが有効です")


# -- What the machine gives


@pytest.mark.skipif(os.name == "nt", reason="rights are told in another way there")
def test_files_that_others_on_the_machine_can_read(city, tmp_path):
    (tmp_path / "backups").mkdir()
    for name in ("musubi.sqlite", "backups/musubi-20261124-000000.sqlite"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o644)
        assert "chmod" in told(tmp_path, Mark.DOUBTFUL, Path(name).name)
        (tmp_path / name).chmod(0o640)
    assert "ほかの利用者" not in examine(tmp_path)[1]


def test_a_folder_that_cannot_be_written(city, tmp_path, monkeypatch):
    def refuse(**_how):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    told(tmp_path, Mark.WRONG, "に書けません")


@pytest.mark.parametrize(("free", "mark"), [(100, Mark.WRONG), (machine.GIGABYTE, Mark.DOUBTFUL)])
def test_a_disk_that_fills_up(city, tmp_path, monkeypatch, free, mark):
    usage = namedtuple("usage", "total used free")(0, 0, free)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: usage)
    told(tmp_path, mark, "空き容量")


def test_time_zones_that_are_missing(city, tmp_path, monkeypatch):
    def unknown(name):
        raise machine.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(machine, "ZoneInfo", unknown)
    told(tmp_path, Mark.WRONG, "東京の時刻")


# -- The database


def on_sqlite(databases) -> bool:
    return databases.fresh.startswith("sqlite")


def test_a_database_that_does_not_answer(city, environment, databases, tmp_path):
    nowhere = f"sqlite:///{tmp_path}/nowhere/x.sqlite"
    if not on_sqlite(databases):
        nowhere = make_url(databases.fresh).set(password="himitsu", query={"host": str(tmp_path)})
        nowhere = nowhere.render_as_string(hide_password=False)
    environment.setenv("DATABASE_URL", nowhere)
    told(tmp_path, Mark.WRONG, "答えません")
    assert "himitsu" not in examine(tmp_path)[1]


def test_a_database_that_is_not_set_up(city, environment, databases, tmp_path):
    environment.setenv("DATABASE_URL", databases.empty("unset"))
    assert "setup" in told(tmp_path, Mark.WRONG, "まだ用意されていません")


@pytest.mark.parametrize(("revision", "words"), [("0001", "古いままです"), ("9999", "新しい版です")])
def test_a_database_of_another_version(city, tmp_path, revision, words):
    city.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    told(tmp_path, Mark.WRONG, words)
    assert revision != schema.head()


def test_a_database_in_memory_only(city, environment, tmp_path):
    environment.setenv("DATABASE_URL", "sqlite://")
    told(tmp_path, Mark.WRONG, "メモリーの中だけ")


def sqlite_copy(databases, environment, tmp_path) -> Path:
    if not on_sqlite(databases):
        pytest.skip("about SQLite's files")
    db.session.commit()
    db.engine.dispose()
    copy = tmp_path / "copy" / "x.sqlite"
    copy.parent.mkdir()
    shutil.copy(make_url(databases.fresh).database, copy)
    environment.setenv("DATABASE_URL", f"sqlite:///{copy}")
    return copy


def test_a_sqlite_file_that_is_damaged(city, databases, environment, tmp_path):
    copy = sqlite_copy(databases, environment, tmp_path)
    content = bytearray(copy.read_bytes())
    content[8192 : 8192 + 40_000] = b"x" * 40_000
    copy.write_bytes(content)
    code, output = examine(tmp_path)
    assert code == 1 and ("壊れています" in output or "答えません" in output), output


def test_a_very_large_sqlite_file_is_not_read_from_end_to_end(city, databases, environment, tmp_path, monkeypatch):
    sqlite_copy(databases, environment, tmp_path)
    monkeypatch.setattr(contents, "LONGEST_READ", 1_000)
    _code, output = examine(tmp_path)
    [line] = [line for line in output.splitlines() if "x.sqlite" in line]
    assert line.startswith(Mark.GOOD) and "中までは読みません" in line


def test_a_sqlite_file_that_cannot_be_written(city, databases, environment, tmp_path, monkeypatch):
    copy = sqlite_copy(databases, environment, tmp_path)
    monkeypatch.setattr(contents.os, "access", lambda path, mode: path != copy)  # root may always
    told(tmp_path, Mark.WRONG, "x.sqlite に書けません")


def test_a_disk_where_sqlite_cannot_share(city, databases, environment, tmp_path, monkeypatch):
    sqlite_copy(databases, environment, tmp_path)
    real = contents.Connection.scalar

    def scalar(self, statement, *rest, **more):
        return "delete" if "journal_mode" in str(statement) else real(self, statement, *rest, **more)

    monkeypatch.setattr(contents.Connection, "scalar", scalar)
    told(tmp_path, Mark.WRONG, "WAL になりません")


@pytest.mark.parametrize(
    ("answer", "mark", "words"),
    [
        ((150018, "SQL_ASCII"), Mark.WRONG, "文字コードが SQL_ASCII"),
        ((140000, "UTF8"), Mark.DOUBTFUL, "PostgreSQL 14"),
        ((150018, "UTF8"), Mark.GOOD, "PostgreSQL 15"),
    ],
)
def test_what_a_postgresql_server_says_about_itself(monkeypatch, answer, mark, words):
    class Server:
        dialect = namedtuple("dialect", "name")("postgresql")

        def execute(self, _statement):
            return namedtuple("result", "one")(lambda: answer)

    monkeypatch.setattr(contents, "program", lambda name: name)
    [finding] = contents._server(Server())
    assert finding.mark is mark and words in finding.sentence

    def missing(name):
        raise NotDone(f"{name} が見つかりません。")

    monkeypatch.setattr(contents, "program", missing)
    assert "pg_dump" in list(contents._server(Server()))[-1].todo
    assert postgresql.DEBIAN.name == "postgresql"


# -- What is in it


def test_reference_tables_that_are_not_complete(city, tmp_path):
    city.execute(delete(District).where(District.id == 21, District.id.not_in(select(Desk.district_id))))
    assert "✓ 分野・地域・窓口" in examine(tmp_path)[1]
    city.execute(update(Desk).where(Desk.district_id == 21).values(district_id=None))
    city.execute(delete(District).where(District.id == 21))
    assert "setup" in told(tmp_path, Mark.WRONG, "そろっていません")


def test_nobody_who_administers(city, tmp_path):
    [administrator] = [user for user in city.scalars(select(User)) if user.roles[0].role is Role.ADMINISTRATOR]
    administrator.active = False
    assert "staff add" in told(tmp_path, Mark.WRONG, "管理者がいません")


def test_somebody_who_works_for_a_contractor_and_for_the_city(city, tmp_path):
    user = a_coordinator("saporant")
    other = a_coordinator("saporant")
    for one, role in ((user, Role.ADMINISTRATOR), (other, Role.STAFF)):
        city.add(RoleGrant(user=one, role=role))
    other.active = False
    after = told(tmp_path, Mark.WRONG, f"委託先の窓口とほかの権限を、両方持っている人がいます：{user.email}")
    assert "職員のアカウント" in after and other.email not in examine(tmp_path)[1]


def coordinators_at(session, *codes):
    return [
        user
        for user in session.scalars(select(User))
        if user.roles[0].desk_id in set(session.scalars(select(Desk.id).where(Desk.code.in_(codes))))
    ]


def test_the_citys_desk_without_a_coordinator(city, tmp_path):
    for user in coordinators_at(city, "kyodo"):
        user.active = False
    assert "--desk kyodo" in told(tmp_path, Mark.WRONG, "協働推進課 にコーディネーターがいません")


def test_other_desks_without_a_coordinator(city, tmp_path):
    for user in coordinators_at(city, "saporant", "center:大殿", "center:白石", "center:湯田", "center:阿東"):
        city.delete(user)
    told(tmp_path, Mark.DOUBTFUL, "さぽらんて、大殿地域交流センター、白石地域交流センターほか2か所")


def a_mail(session, **facts):
    message = outbox.enqueue("x", to="a@example.jp", subject="件名", body="本文", now=datetime.now(UTC))
    for name, value in facts.items():
        setattr(message, name, value)
    session.flush()


def test_mail_that_nobody_sends(city, tmp_path):
    a_mail(city, due_at=datetime.now(UTC) - timedelta(minutes=9))
    assert "たまっているメールはありません" in examine(tmp_path)[1]
    a_mail(city, due_at=datetime.now(UTC) - timedelta(minutes=11))
    assert "outbox deliver" in told(tmp_path, Mark.WRONG, "10分以上過ぎたメールが 1 通")


@pytest.mark.parametrize("state", [MessageState.UNCERTAIN, MessageState.FAILED])
def test_mail_that_a_person_must_look_at(city, tmp_path, state):
    a_mail(city, state=state)
    told(tmp_path, Mark.DOUBTFUL, "送れなかったメールが 1 通")


@pytest.mark.parametrize(
    ("name", "words", "longest"),
    [
        (jobs.OUTBOX, "メールの送信", timedelta(minutes=10)),
        (jobs.JOBS, "夜間の処理", timedelta(hours=26)),
        (jobs.BACKUP, "控え（バックアップ）", timedelta(days=2)),
    ],
)
def test_a_job_that_does_not_run(city, tmp_path, name, words, longest):
    run = city.get_one(JobRun, name)
    run.finished_at = datetime.now(UTC) - longest + timedelta(seconds=30)
    told(tmp_path, Mark.GOOD, words)
    run.finished_at = datetime.now(UTC) - longest - timedelta(seconds=30)
    told(tmp_path, Mark.WRONG, "途中で終わっています")
    run.started_at = run.finished_at
    assert "動かしてください" in told(tmp_path, Mark.WRONG, words)
    city.delete(run)
    told(tmp_path, Mark.WRONG, f"{words}は、まだ一度も")


def test_an_index_of_an_older_analyzer(city, tmp_path):
    city.execute(update(Profile).values(analyzer="an-older-one"))
    assert "reindex" in told(tmp_path, Mark.WRONG, "検索の索引が古い登録が 1 件")


def test_what_is_published_while_it_counts_does_not_make_the_index_wrong(city, app):
    def publish():
        with app.app_context():
            a_supporter()
            db.session.commit()
            db.session.remove()

    counting, published = current_thread(), []

    def meanwhile(*_):
        if current_thread() is counting:
            published.append(Thread(target=publish))
            published[-1].start()
            published[-1].join()

    with reading():
        event.listen(db.engine, "after_cursor_execute", meanwhile)
        try:
            index = profiles.as_it_stands()
        finally:
            event.remove(db.engine, "after_cursor_execute", meanwhile)
    assert published and index.counts_are_right
    assert profiles.as_it_stands().profiles == 1 + len(published)


def test_a_name_that_was_changed_past_the_application(city, tmp_path):
    city.execute(text("DELETE FROM name_gram"))
    assert "names reindex" in told(tmp_path, Mark.WRONG, "名前で探しても見つからない")
    write_all_anew()
    told(tmp_path, Mark.GOOD, "名前の一部で見つかります")


def test_without_the_learned_files_searches_compare_words_alone(city, tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "PATH", tmp_path / "none.npz")
    assert "engine/data" in told(tmp_path, Mark.DOUBTFUL, "検索は言葉だけをくらべています")


def test_a_concept_that_the_encoder_has_not_learned(city, tmp_path):
    entry = {**concept_to_json(next(iter(lexicon().concepts.values()))), "aliases": ["新しい呼び名"]}
    city.add(ConceptEntry(concept=entry["id"], entry=entry, changed_at=datetime.now(UTC)))
    city.flush()
    assert "match train" in told(tmp_path, Mark.DOUBTFUL, "辞書の 1 項目")


def test_a_profile_that_was_read_with_another_lexicon(city, tmp_path):
    city.execute(update(Profile).values(knowledge="older"))
    assert "reindex" in told(tmp_path, Mark.DOUBTFUL, "前の辞書で読んだ登録が")


# -- The command


def test_it_answers_from_the_command_line_even_where_nothing_starts(tmp_path):
    told = {name: value for name, value in os.environ.items() if name not in SECRETS and name != "PUBLIC_URL"}
    answer = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"],
        cwd=config.ROOT,
        env={**told, "MUSUBI_ENV": "production"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert answer.returncode == 1 and "起動できません" in answer.stdout and not answer.stderr, answer.stderr


def test_the_timers_commands_note_that_they_went_through(app, session):
    for command in (["outbox", "deliver"], ["jobs", "run"]):
        session.rollback()
        assert app.test_cli_runner().invoke(args=command).exit_code == 0
    noted = {run.name: run for run in session.scalars(select(JobRun))}
    assert set(noted) == {jobs.OUTBOX, jobs.JOBS}
    assert all(run.finished_at >= run.started_at and run.outcome for run in noted.values())


def test_a_job_that_breaks_off_is_not_noted_as_done(app, session, monkeypatch):
    def break_off(**_how):
        raise RuntimeError("half-way")

    monkeypatch.setattr(outbox, "deliver_due", break_off)
    session.rollback()
    assert app.test_cli_runner().invoke(args=["outbox", "deliver"]).exit_code == 1
    run = session.get_one(JobRun, jobs.OUTBOX)
    assert run.finished_at is None and run.outcome == "失敗：RuntimeError"
