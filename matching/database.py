"""The database: naming convention, column types, the Stamped mixin, how SQLite is opened and how long one writes."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, Enum, Integer, MetaData, String, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


LARGEST_ID = 2**31 - 1  # what an INTEGER of PostgreSQL holds; a larger number in a URL names nothing


def row_id(number: int) -> int:
    """A number that somebody sent as a row's; 0, which is none's, where no row can have it."""
    return number if 0 < number <= LARGEST_ID else 0


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC. A naive one is refused: nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def letter_by_letter(length: int) -> Any:
    """A text that is compared by the numbers of its letters on every database: what begins with some letters stands
    together. PostgreSQL would compare as the language of its server does."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class SlotMask(TypeDecorator[frozenset[int]]):
    """A set of week slots (weekday × 3 + part of the day, 0…20) in one integer; NULL is "not known"."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Iterable[int] | None, dialect: Any) -> int | None:
        return None if value is None else sum(1 << slot for slot in set(value))

    def process_result_value(self, value: int | None, dialect: Any) -> frozenset[int] | None:
        return None if value is None else frozenset(slot for slot in range(21) if value >> slot & 1)


class EnumSet(TypeDecorator[frozenset[Any]]):
    """A small set of enum members as a JSON list of values, in a stable order; NULL is "not known"."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Iterable[enum.StrEnum] | None, dialect: Any) -> list[str] | None:
        return None if value is None else sorted(member.value for member in set(value))

    def process_result_value(self, value: list[str] | None, dialect: Any) -> frozenset[Any] | None:
        return None if value is None else frozenset(self.members(item) for item in value)


class Base(DeclarativeBase):
    # The map sits on the registry: on the class, Flask-SQLAlchemy 3.1 overlooks it.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            # By value and without a CHECK: Alembic does not see a CHECK change when a member is added.
            enum.Enum: Enum(
                enum.Enum, native_enum=False, length=40, values_callable=lambda e: [member.value for member in e]
            ),
            dict[str, Any]: JSON(none_as_null=True),
            list[Any]: JSON(none_as_null=True),
        },
    )


db = SQLAlchemy(model_class=Base)


class _Hinted(SQLiteCompiler):
    """SQLite's statements with the hints that a query gives for it: by which index a table is read, or by none."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


SQLiteDialect_pysqlite.statement_compiler = _Hinted

if TYPE_CHECKING:

    class Model(Base):
        """What every table inherits; the type checker cannot see through Flask-SQLAlchemy's dynamic class."""

        __abstract__ = True
        __tablename__: str

else:
    Model = db.Model


class Stamped:
    """When a row came and when it last changed."""

    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    updated_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), onupdate=lambda: datetime.now(UTC))


# A transaction that will write says so when it begins. SQLite then waits its turn at BEGIN IMMEDIATE; a plain
# BEGIN that writes later fails at once with "database is locked" when another writer came between.
_will_write: ContextVar[bool] = ContextVar("will_write", default=True)


def begin_as(*, writer: bool) -> None:
    """Say, before the first query of a web request, whether its transaction may write."""
    _will_write.set(writer)


@event.listens_for(Engine, "connect")
def _open_sqlite(connection: Any, _record: Any) -> None:
    if type(connection).__module__.split(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    # Whoever waits looks ten times a second at most, and who comes later may be first: of twenty, one waits long.
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _will_write.get() else "BEGIN")


T = TypeVar("T")
_MOST_APART = 3  # readings in one request; the work between them is done again each time
# What a request has read apart so far; None where nothing can be begun again.
_read_apart: ContextVar[dict[Hashable, Any] | None] = ContextVar("read_apart", default=None)


class _ReadFirst(Exception):
    def __init__(self, key: Hashable, read: Callable[[], Any]) -> None:
        super().__init__(key)
        self.key = key
        self.read = read


def apart(key: Hashable, read: Callable[[], T]) -> T:
    """What ``read`` answers. For what takes long to read and is needed for writing: on SQLite one writes at a time.

    A view that writes is broken off here and undone; it is read in a transaction that nobody waits for, and the view
    begins again, with the answer at hand. So ``read`` holds no row, the key says all that the answer rests on, and who
    writes checks again what must still be true. Outside of a view, and after a commit, it is read on the spot.
    """
    answers = _read_apart.get()
    if answers is None or not _will_write.get():
        return read()
    if key in answers:
        answer: T = answers[key]
        return answer
    if len(answers) >= _MOST_APART:
        return read()
    raise _ReadFirst(key, read)


def with_reading_apart(view: Callable[[], T], *, before_again: Callable[[], None]) -> T:
    """Run the view of a web request; see ``apart``. ``before_again`` forgets what was remembered of the database."""
    if not _will_write.get():
        return view()
    answers: dict[Hashable, Any] = {}
    token = _read_apart.set(answers)
    try:
        while True:
            try:
                return view()
            except _ReadFirst as wanted:
                with reading():
                    answers[wanted.key] = wanted.read()
                before_again()
    finally:
        _read_apart.reset(token)


@contextmanager
def reading() -> Iterator[None]:
    """Amid writing, a transaction of its own in which nothing is changed; what was not committed before is undone."""
    db.session.rollback()
    begin_as(writer=False)
    try:
        yield
    finally:
        db.session.rollback()
        begin_as(writer=True)


@event.listens_for(db.session, "after_commit")
def _cannot_be_undone(session: Any) -> None:
    if not session.in_nested_transaction():
        _read_apart.set(None)
