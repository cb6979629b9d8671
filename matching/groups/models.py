"""A group's registration at the support centre."""

from __future__ import annotations

from datetime import date
from secrets import token_hex

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import EnumSet, Model, SlotMask, Stamped, db
from ..registry.models import Organization
from ..registry.vocabulary import District, Field, Money, Support
from .states import GroupState

group_field = Table(
    "group_field",
    db.metadata,
    Column("group_id", ForeignKey("group.id"), primary_key=True),
    Column("field_number", ForeignKey("field.number"), primary_key=True),
    Index("ix_group_field_field_number", "field_number", "group_id"),
)
group_district = Table(
    "group_district",
    db.metadata,
    Column("group_id", ForeignKey("group.id"), primary_key=True),
    Column("district_id", ForeignKey("district.id"), primary_key=True),
    Index("ix_group_district_district_id", "district_id", "group_id"),
)


class Group(Stamped, Model):
    """One registration of one organization."""

    __tablename__ = "group"
    __table_args__ = (
        Index(
            "uq_group_one_open",
            "organization_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        UniqueConstraint("public_key"),
        Index("ix_group_organization_id", "organization_id", "state"),
        CheckConstraint("state != 'ended' OR ended_on IS NOT NULL", name="ended_has_a_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    public_key: Mapped[str] = mapped_column(String(16), default=lambda: token_hex(8))  # names it in the directory
    form_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of the opened form: sent twice, one
    number: Mapped[str] = mapped_column(String(20), unique=True)
    intro: Mapped[str] = mapped_column(Text, default="")
    supports: Mapped[frozenset[Support] | None] = mapped_column(EnumSet(Support))
    availability: Mapped[frozenset[int] | None] = mapped_column(SlotMask)
    money: Mapped[Money | None]
    anywhere: Mapped[bool] = mapped_column(default=False, index=True)
    members: Mapped[int | None]
    state: Mapped[GroupState] = mapped_column(default=GroupState.ACTIVE, index=True)
    registered_on: Mapped[date]
    renewed_on: Mapped[date | None]  # when the group last said that what stands here is still so
    ended_on: Mapped[date | None]
    ended_because: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column()

    organization: Mapped[Organization] = relationship()
    fields: Mapped[list[Field]] = relationship(secondary=group_field, order_by=Field.number)
    districts: Mapped[list[District]] = relationship(secondary=group_district, order_by=District.id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def party_id(self) -> int:
        return self.organization_id
