"""How Alembic meets our database: one transaction for each run, on SQLite too, and types that do not import the app."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import types

from matching.database import EnumSet, SlotMask, UtcDateTime

database = current_app.extensions["migrate"].db
configure = dict(current_app.extensions["migrate"].configure_args)


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types down as what they are in the database: a migration must outlive the code that made it."""
    if kind == "type":
        if isinstance(item, UtcDateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(item, SlotMask):
            return "sa.Integer()"
        if isinstance(item, (EnumSet, types.JSON)):
            return "sa.JSON(none_as_null=True)"
        if isinstance(item, types.Enum):
            return f"sa.String(length={item.length})"
    return False


def skip_empty(ctx: Any, revision: Any, directives: list[Any]) -> None:
    """`flask db migrate` without a change writes no file."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run() -> None:
    with database.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A table that is rebuilt must not take its children along; checked again before the commit.
            connection.connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transactional_ddl=True,
            render_item=render_item,
            process_revision_directives=skip_empty,
            **configure,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"rows point at nothing after the migration: {broken[:5]}")
        connection.commit()
        if sqlite:
            connection.connection.execute("PRAGMA foreign_keys=ON")


run()
