"""Every migration, up and down, on a database that people have already worked with."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, exc, select, text, types
from sqlalchemy.dialects import postgresql

from matching import create_app, schema
from matching.config import ROOT
from matching.database import db

REVISIONS = [script for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()][::-1]
BELOW = {script.revision: script.down_revision or "base" for script in REVISIONS}
# Columns whose values a migration changes on purpose: {"0003": {("table", "column")}}.
REWRITTEN: dict[str, set[tuple[str, str]]] = {
    "0004": {("profile", "card"), ("profile", "words"), ("profile", "meaning"), ("posting", "weight")},
    "0005": {("party", "kana_key")},
}
ONE_ROW = {"word_index"}  # its migration brings the only row it can have
# What a migration refuses to take down is taken out before.
REFUSED = {"0002": "UPDATE decision SET revoked_at = NULL"}


@pytest.fixture
def app(databases, tmp_path):
    """The software over a database without tables."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": databases.empty("migrated")}, instance=tmp_path)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def move_to(revision: str) -> None:
    db.engine.dispose()
    (downgrade if revision == "base" or revision < (schema_now() or "") else upgrade)(revision=revision)


def schema_now() -> str | None:
    with db.engine.connect() as connection:
        return schema.revision_of(connection)


def tables_there() -> list[Table]:
    """In the order in which rows can be put in."""
    found = MetaData()
    found.reflect(db.engine)
    return [table for table in found.sorted_tables if table.name not in {"alembic_version"} | ONE_ROW]


def test_keys_that_are_searched_by_their_beginning_are_compared_letter_by_letter(app):
    upgrade()
    meant = {
        (table.name, column.name)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if getattr(column.type.dialect_impl(postgresql.dialect()), "collation", None) == "C"
    }
    assert meant == {("party", "name_key"), ("party", "kana_key"), ("term", "text")}
    if db.engine.dialect.name == "postgresql":
        query = "SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'"
        found = db.session.execute(text(f"{query} AND table_schema = 'public'"))
        assert {tuple(row) for row in found} == meant


# -- Rows as the tables ask for them


def a_value(column: Any, number: int) -> Any:
    kind = column.type
    if isinstance(kind, types.Boolean):
        return number % 2 == 0
    if isinstance(kind, types.Integer):
        return number
    if isinstance(kind, (types.Numeric, types.Float)):
        return number + 0.5
    if isinstance(kind, types.DateTime):
        return datetime(2026, 11, number, 1, tzinfo=UTC)
    if isinstance(kind, types.Date):
        return date(2026, 11, number + (column.name == "ends"))
    if isinstance(kind, types.Time):
        return time(9 + (column.name == "ends"), number)
    if isinstance(kind, types.JSON):
        return {"番号": number}
    if isinstance(kind, types.LargeBinary):
        return bytes([number])
    assert isinstance(kind, types.String), (column, kind)
    words = f"{number}{column.name}の言葉"
    return words[: kind.length] if kind.length else words


def a_row(table: Table, number: int, made: dict[str, list[dict[str, Any]]], *, sparse: bool) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column
            parents = made.get(parent.table.name, [])
            row[column.name] = parents[-1][parent.name] if parents else None
        if not column.foreign_keys or (row[column.name] is None and not column.nullable):
            row[column.name] = None if sparse and column.nullable else a_value(column, number)
    return row


def fill(tables: list[Table], numbers: range, *, sparse: bool = True) -> None:
    """For each number a row with everything that can be said; and one with only what must be, where that is allowed."""
    made: dict[str, list[dict[str, Any]]] = {}
    with db.engine.begin() as connection:
        for number in numbers:
            for table in tables:
                row = a_row(table, number, made, sparse=False)
                connection.execute(table.insert().values(row))
                made.setdefault(table.name, []).append(row)
        for table in tables if sparse else ():
            row = a_row(table, numbers.stop, made, sparse=True)
            # A rule may ask for one of the columns that may be empty.
            with suppress(exc.IntegrityError), connection.begin_nested():
                connection.execute(table.insert().values(row))
                made[table.name].append(row)


def rows(tables: list[Table], leave: set[tuple[str, str]]) -> dict[str, set[str]]:
    """What these columns of these tables hold."""
    with db.engine.connect() as connection:
        return {
            table.name: {
                repr([(column.name, row[column.name]) for column in columns])
                for row in connection.execute(select(*columns)).mappings()
            }
            for table in tables
            if (columns := [column for column in table.columns if (table.name, column.name) not in leave])
        }


def kept(before: dict[str, set[str]], tables: list[Table], leave: set[tuple[str, str]]) -> None:
    after = rows(tables, leave)
    lost = {name: sorted(there - after[name]) for name, there in before.items() if there - after[name]}
    assert not lost


def take_out_what_is_refused(*, down_to: str) -> None:
    """By the migrations on the way down from here."""
    here = schema_now() or ""
    with db.engine.begin() as connection:
        for revision, statement in REFUSED.items():
            if revision <= here and (down_to == "base" or revision > down_to):
                connection.execute(text(statement))


# -- The facts


@pytest.mark.parametrize("revision", BELOW)
def test_a_migration_keeps_every_row_up_and_down_and_up_again(app, revision):
    below, leave = BELOW[revision], REWRITTEN.get(revision, set())
    if below != "base":
        move_to(below)
    lower = tables_there()
    fill(lower, range(1, 3))
    before = rows(lower, leave)
    assert all(len(there) >= 2 for there in before.values())

    move_to(revision)
    kept(before, lower, leave)
    fill(tables_there(), range(4, 6), sparse=False)

    take_out_what_is_refused(down_to=below)
    before = rows(lower, leave)
    move_to(below)
    assert {table.name for table in tables_there()} == {table.name for table in lower}
    kept(before, lower, leave)

    move_to(revision)
    kept(before, lower, leave)


def test_all_the_way_down_leaves_nothing_behind(app):
    move_to(schema.head())
    fill(tables_there(), range(1, 3), sparse=False)
    take_out_what_is_refused(down_to="base")
    move_to("base")
    assert tables_there() == []
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            functions = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            assert connection.scalars(text(functions)).all() == []
    move_to(schema.head())


def test_what_a_registration_says_moves_and_comes_back_whole(app):
    move_to("0003")
    fill(tables_there(), range(1, 3))

    def held(statement: str) -> list[tuple[Any, ...]]:
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    profiles = held("SELECT id, CAST(card AS TEXT), words, meaning FROM profile ORDER BY id")
    postings = held("SELECT term_id, profile_id, weight FROM posting ORDER BY 1, 2")
    move_to("0004")
    content = "SELECT profile_id, CAST(card AS TEXT), words, meaning FROM profile_content ORDER BY profile_id"
    assert held(content) == profiles
    assert held("SELECT profiles, length FROM word_index") == held("SELECT COUNT(*), SUM(length) FROM profile")
    assert [row[:2] for row in postings] == held("SELECT term_id, profile_id FROM posting ORDER BY 1, 2")
    assert held("SELECT term_id FROM posting WHERE impact NOT BETWEEN 1 AND 60") == []
    move_to("0003")
    assert held("SELECT id, CAST(card AS TEXT), words, meaning FROM profile ORDER BY id") == profiles
    assert held("SELECT term_id, profile_id, weight FROM posting ORDER BY 1, 2") == postings


def test_what_the_version_below_cannot_hold_is_said_before_anything_is_lost(app, caplog):
    """A case that was reopened, and decided again."""
    move_to("0002")
    tables = tables_there()
    fill(tables, range(1, 2), sparse=False)
    made = next(table for table in tables if table.name == "decision")
    with db.engine.begin() as connection:
        row = dict(connection.execute(select(made)).mappings().one())
        assert row["revoked_at"]
        connection.execute(made.insert().values(row | {"id": 2, "number": "2", "revoked_at": None}))
    before = rows(tables, set())
    with pytest.raises(SystemExit):
        move_to("0001")
    assert "控え" in caplog.text
    assert schema_now() == "0002" and rows(tables_there(), set()) == before


def test_for_whom_people_were_written_down_is_read_from_the_log_once(app):
    move_to("0001")
    fill(tables_there(), range(1, 5), sparse=False)
    roles = {1: "clerk", 2: "coordinator", 3: "coordinator", 4: "staff"}
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE desk SET is_contractor = (id = 3)"))
        connection.execute(text('UPDATE "user" SET party_id = NULL'))
        for number, role in roles.items():
            told = {"number": number, "role": role}
            connection.execute(text("UPDATE role_grant SET role = :role, user_id = :number WHERE id = :number"), told)
            connection.execute(
                text(
                    "INSERT INTO audit_entry (id, at, event, subject_type, subject_id, actor_kind, actor_user_id, source)"
                    " SELECT 100 + :number, at, 'person:create', 'person', :number, 'user', :number, 'web'"
                    " FROM audit_entry WHERE id = 1"
                ),
                told,
            )
    move_to("0002")
    with db.engine.connect() as connection:
        written = connection.execute(text("SELECT id, written_for FROM party WHERE id < 5 ORDER BY id")).all()
    assert written == [(1, "councils"), (2, "city"), (3, "desks"), (4, None)]


@pytest.mark.parametrize("both_confirmed", [False, True])
def test_an_address_that_was_kept_twice_is_kept_once(app, caplog, both_confirmed):
    move_to("0001")
    fill(tables_there(), range(1, 4), sparse=False)
    with db.engine.begin() as connection:
        change = 'UPDATE "user" SET active = true, email = :email WHERE id = :id'
        for number, email in ((1, "New.Boss@example.jp"), (2, "new.boss@example.jp"), (3, "Other@example.jp")):
            connection.execute(text(change), {"id": number, "email": email})
        if not both_confirmed:
            connection.execute(text('UPDATE "user" SET confirmed_at = NULL WHERE id = 1'))
    before = rows(tables_there(), set())
    if both_confirmed:
        with pytest.raises(SystemExit):
            move_to("0002")
        assert "new.boss@example.jp" in caplog.text
        assert schema_now() == "0001" and rows(tables_there(), set()) == before
        return
    move_to("0002")
    with db.engine.connect() as connection:
        kept_ = connection.execute(text('SELECT email, active FROM "user" ORDER BY id')).all()
    assert [tuple(row) for row in kept_] == [
        ("user-1@unconfirmed.invalid", False),
        ("new.boss@example.jp", True),
        ("other@example.jp", True),
    ]


@pytest.mark.parametrize("revision", BELOW)
@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET event = 'x'", "DELETE FROM audit_entry"])
def test_the_audit_log_stays_append_only(app, revision, statement):
    move_to(revision)
    fill(tables_there(), range(1, 2))
    with db.engine.connect() as connection, pytest.raises(exc.DBAPIError, match="append-only"):
        connection.execute(text(statement))


def test_the_migrations_say_what_the_models_say(app):
    move_to(schema.head())
    command.check(app.extensions["migrate"].migrate.get_config())


def test_there_is_one_head_and_it_is_written_down():
    assert (ROOT / "migrations/.current-alembic-head").read_text().strip() == schema.head()
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1
