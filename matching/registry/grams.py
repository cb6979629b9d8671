"""Where each pair of letters stands in the names and readings of parties: a name is found among a million without
looking through them.

Of two letters, because most of what is searched for has two: a trigram index (FTS5, pg_trgm) cannot look up 山本.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, ForeignKey, String, delete, event, func, insert, inspect, select, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model, db
from .keys import pairs
from .models import Party


class NameGram(Model):
    """A pair of letters that stands in a party's ``name_key`` or ``kana_key``.

    Written by the events below in the flush that writes the name. Names that were written past the application, as
    SQL or in bulk, are cut by ``write_all_anew``: the doctor sees where they were not, `flask names reindex` does it.
    The key begins with what a search reads by; SQLite keeps the rows in this order, without another copy.
    """

    __tablename__ = "name_gram"
    __table_args__ = {"sqlite_with_rowid": False}

    gram: Mapped[str] = mapped_column(String(2), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id", ondelete="CASCADE"), primary_key=True)


_KEYS = ("name_key", "kana_key")
SAMPLE = 2_000


def _from_names(some: str = "TRUE") -> str:
    """SQL of both databases: (gram, party_id) as it follows from the names of some parties, for all of them at once."""
    return f"""
WITH RECURSIVE named AS (SELECT id, name_key, kana_key FROM party WHERE {some}),
longest (letters) AS (
    SELECT MAX(letters) FROM (
        SELECT MAX(LENGTH(name_key)) AS letters FROM named UNION ALL SELECT MAX(LENGTH(kana_key)) FROM named
    ) AS each
),
place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place, longest WHERE at + 1 < letters)
SELECT SUBSTR(name_key, at, 2) AS gram, id AS party_id FROM named JOIN place ON at < LENGTH(name_key)
UNION SELECT SUBSTR(kana_key, at, 2), id FROM named JOIN place ON at < LENGTH(kana_key)
"""


# In the order of the key: a million names take about a minute.
WRITE_ALL = f"INSERT INTO name_gram (gram, party_id) {_from_names()} ORDER BY 1, 2"


def how_many_cannot_be_found() -> int:
    """So many of ``SAMPLE`` parties, taken evenly from all, lack a pair of letters of their name. Quick."""
    last = db.session.scalar(select(func.max(Party.id))) or 0
    ids = ", ".join(str(id_) for id_ in range(last, 0, -(last // SAMPLE + 1))) or "0"
    lacking = (
        f"SELECT COUNT(DISTINCT party_id) FROM ({_from_names(f'id IN ({ids})')}) AS told WHERE NOT EXISTS"
        " (SELECT 1 FROM name_gram WHERE name_gram.gram = told.gram AND name_gram.party_id = told.party_id)"
    )
    return db.session.scalar(text(lacking)) or 0


def how_many_differ() -> int:
    """So many parties have a pair too few or too many. Reads everything: of a million, some minutes."""
    kept, made = "SELECT gram, party_id FROM name_gram", _from_names()
    odd = "SELECT COUNT(DISTINCT party_id) FROM (SELECT * FROM ({}) AS one EXCEPT SELECT * FROM ({}) AS other) AS odd"
    counts = (odd.format(made, kept), odd.format(kept, made))
    return max(db.session.scalar(text(count)) or 0 for count in counts)


def write_all_anew() -> None:
    """What the names say, after somebody changed them past the application."""
    db.session.execute(delete(NameGram))
    db.session.execute(text(WRITE_ALL))


@event.listens_for(Party, "after_insert", propagate=True)
def _write(_mapper: Any, connection: Connection, party: Party) -> None:
    _add(connection, party.id, pairs(party.name_key, party.kana_key))


@event.listens_for(Party, "after_update", propagate=True)
def _rewrite(_mapper: Any, connection: Connection, party: Party) -> None:
    attributes = inspect(party).attrs
    if not any(attributes[key].history.has_changes() for key in _KEYS):
        return
    before = pairs(*((attributes[key].history.deleted or [getattr(party, key)])[0] for key in _KEYS))
    after = pairs(party.name_key, party.kana_key)
    if gone := sorted(before - after):
        connection.execute(delete(NameGram).where(NameGram.party_id == party.id, NameGram.gram.in_(gone)))
    _add(connection, party.id, after - before)


def _add(connection: Connection, party_id: int, grams: set[str]) -> None:
    if grams:
        connection.execute(insert(NameGram), [{"gram": gram, "party_id": party_id} for gram in sorted(grams)])
