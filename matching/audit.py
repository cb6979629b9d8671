"""The audit log: who did what to which record, by which way. Append-only; it holds ids and field names, never values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, event, false, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from .database import Model, db

if TYPE_CHECKING:
    from .accounts.actor import Actor


class AuditEntry(Model):
    """One thing that happened. ``case`` ties everything about one help request together."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    case: Mapped[int | None] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))  # user | link | system | public
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    source: Mapped[str] = mapped_column(String(20))  # web | paper | telephone | mail | import | system
    fields: Mapped[list[Any] | None]


def record(
    what: str,
    subject: Any,
    *,
    by: Actor,
    at: datetime,
    case: int | None = None,
    fields: Iterable[str] | None = None,
) -> AuditEntry:
    """Write one entry in the caller's transaction. ``what`` is ``subject:verb``; ``fields`` are names, not values."""
    if subject.id is None:
        db.session.flush()
    entry = AuditEntry(
        at=at,
        event=what,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        case=case,
        actor_kind=by.kind,
        actor_user_id=by.user_id,
        on_behalf_of_id=by.on_behalf_of,
        source=by.source.value,
        fields=sorted(fields) if fields else None,
    )
    db.session.add(entry)
    return entry


def history(
    *, case: int | None = None, about: Iterable[Any] = (), events: Collection[str] | None = None, most: int = 500
) -> list[AuditEntry]:
    """The latest entries of a case, or about some records, oldest first; in one query.

    ``events`` are those that the reader is told of: asked of the database, so that much reading, which is written down
    too, does not push out what happened.
    """
    about_what = AuditEntry.case == case if case is not None else _about(about)
    query = select(AuditEntry).where(about_what).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    if events is not None:
        query = query.where(AuditEntry.event.in_(sorted(events)))
    return list(db.session.scalars(query.limit(most)))[::-1]


def _about(subjects: Iterable[Any]) -> ColumnElement[bool]:
    ids: dict[str, list[int]] = {}
    for subject in subjects:
        ids.setdefault(subject.__tablename__, []).append(subject.id)
    same = (and_(AuditEntry.subject_type == kind, AuditEntry.subject_id.in_(some)) for kind, some in ids.items())
    return or_(false(), *same)


@event.listens_for(Session, "before_flush")
def _append_only(session: Session, _context: Any, _instances: Any) -> None:
    changed = [row for row in session.dirty if isinstance(row, AuditEntry) and session.is_modified(row)]
    if changed or any(isinstance(row, AuditEntry) for row in session.deleted):
        raise RuntimeError("The audit log is append-only.")


# The database refuses it too, whoever connects: triggers in the first migration.
