"""Whose turn it is to write in a council: one clerk at a time, and on what the page showed."""

from __future__ import annotations

from sqlalchemy import select

from ...database import db
from ...errors import Stale
from ..models import Appointment, Council


def take_turn(council: Council, *shown: Council | Appointment) -> None:
    """Wait until nobody else writes in this council, then read everything anew (PostgreSQL; on SQLite writers queue).

    Of ``shown``, which is about to be changed, somebody else may have written a newer version while we waited, or
    struck it: then it is ``Stale``.
    """
    db.session.flush()
    versions = [(type(one), one.id, one.version) for one in shown]
    db.session.execute(select(Council.id).where(Council.id == council.id).with_for_update())
    db.session.expire_all()
    for table, id_, version in versions:
        if db.session.scalar(select(table.version).where(table.id == id_)) != version:
            raise Stale
