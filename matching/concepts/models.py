"""What the city changed in the lexicon: concepts of its own, others in place of the program's, others out of use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model, Stamped


class ConceptEntry(Stamped, Model):
    """What the city did to one concept; never deleted, so that its history and its stale pages stay apart from others'.

    Without an ``entry`` the concept is as the program has it; ``retired`` takes it out of use.
    """

    __tablename__ = "concept_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    concept: Mapped[str] = mapped_column(String(60), unique=True)  # the concept's id
    entry: Mapped[dict[str, Any] | None]  # engine.lexicon.concept_to_json
    retired: Mapped[bool] = mapped_column(default=False)
    form_key: Mapped[str | None] = mapped_column(String(32), unique=True)  # of the opened form that brought a new one
    version: Mapped[int] = mapped_column()
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    __mapper_args__ = {"version_id_col": version}
