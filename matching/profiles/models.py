"""Tables of the word index: what can be searched, and where each word stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model


class Profile(Model):
    """What one registration says, ready to be searched; written only by ``services.publish``."""

    __tablename__ = "profile"
    __table_args__ = (UniqueConstraint("registry", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # A declarative class has a ``registry`` already.
    registry_name: Mapped[str] = mapped_column("registry", String(20))  # supporter | group | council
    registration_id: Mapped[int]
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)  # engine.types.Card, see encoding.py
    words: Mapped[str] = mapped_column(Text)  # the same cut into words, so that a search need not cut again
    length: Mapped[float]  # sum of the posting weights
    meaning: Mapped[bytes | None] = mapped_column(LargeBinary)  # the encoder's rows, see engine.cards
    analyzer: Mapped[str] = mapped_column(String(60))
    knowledge: Mapped[str | None] = mapped_column(String(80))  # the lexicon and encoder it was read with
    published_at: Mapped[datetime]


class Term(Model):
    """A word that at least one profile holds. Gone with the last of them: a word can be somebody's name."""

    __tablename__ = "term"
    # Ids are never used again: caches of the vocabulary are told apart by the highest one.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(80), unique=True)
    reading: Mapped[str] = mapped_column(String(80), index=True)  # katakana; empty when not comparable
    df: Mapped[int]  # how many profiles hold it


class TermSynonym(Model):
    """A word's place in one of Sudachi's synonym groups."""

    __tablename__ = "term_synonym"

    synonym_group: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"), primary_key=True, index=True)


class Posting(Model):
    """One word in one profile, and how much of it."""

    __tablename__ = "posting"

    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), primary_key=True, index=True)
    weight: Mapped[float]
