"""Which state of the tables a database is in, by the names of our migrations."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from .config import ROOT


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))


def head() -> str:
    """The state that this version of the software works with."""
    return _scripts().get_current_head() or ""


def is_known(revision: str) -> bool:
    """Not so for what a newer version has written."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """None where nothing has been set up yet."""
    return MigrationContext.configure(connection).get_current_revision()
