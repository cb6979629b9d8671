"""What runs by timer or by hand, and when it last went through: `flask doctor` reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .database import Model, db

JOBS, OUTBOX, BACKUP = "jobs", "outbox", "backup"


class JobRun(Model):
    """The last run of one job. ``finished_at`` is the last time that it went through, so it may be before the start."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(200))


@dataclass
class Running:
    """What the job says about itself when it is through: figures, nobody's data."""

    outcome: str = ""


@contextmanager
def noted(name: str) -> Iterator[Running]:
    """For commands: commits that a job began, and how it ended."""
    db.session.merge(JobRun(name=name, started_at=datetime.now(UTC)))
    db.session.commit()
    running = Running()
    try:
        yield running
    except Exception as error:
        db.session.rollback()
        db.session.merge(JobRun(name=name, outcome=f"失敗：{type(error).__name__}"))
        db.session.commit()
        raise
    db.session.merge(JobRun(name=name, finished_at=datetime.now(UTC), outcome=running.outcome[:200]))
    db.session.commit()
