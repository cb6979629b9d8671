"""The city's own entries of the lexicon: new concepts, and those that stand in place of the program's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model, Stamped


class ConceptEntry(Stamped, Model):
    """One concept as the city has it; ``retired`` takes the program's concept of the same id out of use."""

    __tablename__ = "concept_entry"
    __table_args__ = (Index("ix_concept_entry_changed_at", "changed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    concept: Mapped[str] = mapped_column(String(60), unique=True)  # the concept's id
    entry: Mapped[dict[str, Any]]  # engine.lexicon.concept_to_json
    retired: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __mapper_args__ = {"version_id_col": version}
