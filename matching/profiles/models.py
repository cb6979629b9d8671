"""Tables of the word index: what can be searched, and where each word stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import Model, letter_by_letter


class Profile(Model):
    """One registration in the index; written only by ``services.publish``. Narrow: what a search reads of thousands."""

    __tablename__ = "profile"
    __table_args__ = (UniqueConstraint("registry", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # A declarative class has a ``registry`` already.
    registry_name: Mapped[str] = mapped_column("registry", String(20))  # supporter | group | council
    registration_id: Mapped[int]
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    length: Mapped[float]  # how much it says, see engine.cards.length
    analyzer: Mapped[str] = mapped_column(String(60))
    knowledge: Mapped[str | None] = mapped_column(String(80))  # the lexicon and encoder it was read with
    published_at: Mapped[datetime]
    # What a process keeps in memory, see sketches.py; ``revision`` rises with every change.
    revision: Mapped[int] = mapped_column(index=True)
    sketch: Mapped[str] = mapped_column(String(84))
    content: Mapped[ProfileContent] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class ProfileContent(Model):
    """What one registration says, ready to be compared; read of those few alone that are."""

    __tablename__ = "profile_content"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)  # engine.types.Card, see encoding.py
    words: Mapped[str] = mapped_column(Text)  # the same cut into words, so that a search need not cut again
    meaning: Mapped[bytes | None] = mapped_column(LargeBinary)  # the encoder's rows, see engine.cards


class WordIndex(Model):
    """The one row of sums, so that no search counts a million profiles; who writes to the index holds it meanwhile."""

    __tablename__ = "word_index"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    profiles: Mapped[int]
    revision: Mapped[int]  # the highest of a profile
    length: Mapped[float]  # of all profiles together; halves add up exactly
    # Words above this id, and no others, have their neighbours: a reindex stopped here. None: all of them have.
    neighbours_to: Mapped[int | None]


class Term(Model):
    """A word that at least one profile holds. Gone with the last of them: a word can be somebody's name."""

    __tablename__ = "term"
    # Ids are never used again: what was remembered of the vocabulary is brought up to date from the highest one.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(letter_by_letter(80), unique=True)
    reading: Mapped[str] = mapped_column(String(80), index=True)  # katakana; empty when not comparable
    df: Mapped[int]  # how many profiles hold it


class TermSynonym(Model):
    """A word's place in one of Sudachi's synonym groups."""

    __tablename__ = "term_synonym"

    synonym_group: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True, index=True)


class TermNeighbour(Model):
    """Two words written almost alike, found when the second was first seen; each pair stands both ways."""

    __tablename__ = "term_neighbour"
    __table_args__ = {"sqlite_with_rowid": False}

    term_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True, index=True)
    ratio: Mapped[int] = mapped_column(SmallInteger)  # RapidFuzz's, 80…99


class Posting(Model):
    """One word in one profile, and how much it stands out there (1…60, see ``engine.cards.impacts``).

    The key begins with what a search reads by: of a word that everybody has, the part where it says most. SQLite
    keeps the rows in this order, without another copy.
    """

    __tablename__ = "posting"
    __table_args__ = (
        # What a few profiles say is read from it alone; on SQLite every index ends with the key anyway.
        Index("ix_posting_profile_id", "profile_id", "term_id", "impact"),
        {"sqlite_with_rowid": False},
    )

    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), primary_key=True)
    impact: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True)
