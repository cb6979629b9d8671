"""Users and the staff roles they hold. What a volunteer or representative may do follows from their links instead."""

from __future__ import annotations

from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import Model, Stamped
from ..workflow import N_, Labelled


class Role(Labelled):
    """What a member of staff is here for. A coordinator belongs to a desk, a clerk to a department."""

    COORDINATOR = "coordinator", N_("コーディネーター")
    CLERK = "clerk", N_("審議会担当")
    PERSONNEL = "personnel", N_("職員課")
    STAFF = "staff", N_("閲覧職員")
    ADMINISTRATOR = "administrator", N_("管理者")


class User(Stamped, UserMixin, Model):
    """Somebody who can sign in. The party they are is known when they have registered."""

    __tablename__ = "user"
    __table_args__ = (Index("uq_user_email_whatever_its_case", text("lower(email)"), unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(String(80), default="")
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), unique=True)

    roles: Mapped[list[RoleGrant]] = relationship(  # type: ignore[assignment]  # Flask-Security types it as its own mixin
        back_populates="user", lazy="selectin", order_by="RoleGrant.id", cascade="all, delete-orphan"
    )

    @property
    def shown_name(self) -> str:
        return self.name or self.email


def _once(name: str, *place: str, empty: str) -> Index:
    where = text(empty)
    return Index(name, "user_id", "role", *place, unique=True, sqlite_where=where, postgresql_where=where)


class RoleGrant(Stamped, RoleMixin, Model):
    """One role of one user, at one desk or department where the role has a place."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "desk_id", "department_id"),
        # Where a place is empty, that says nothing: NULL is unlike any other NULL.
        _once("uq_role_grant_at_a_desk", "desk_id", empty="department_id IS NULL"),
        _once("uq_role_grant_for_a_department", "department_id", empty="desk_id IS NULL"),
        _once("uq_role_grant_without_a_place", empty="desk_id IS NULL AND department_id IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[Role]
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desk.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))

    user: Mapped[User] = relationship(back_populates="roles")

    @property
    def name(self) -> str:  # type: ignore[override]  # Flask-Security asks a role for its name
        return self.role.value
