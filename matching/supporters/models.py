"""The supporter's registration and where they would help."""

from __future__ import annotations

from datetime import date, datetime
from secrets import token_hex

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.actor import Source
from ..database import EnumSet, Model, SlotMask, Stamped, db
from ..registry.models import Party
from ..registry.vocabulary import District, Field, Money, Support
from .states import EndReason, SupporterState

supporter_field = Table(
    "supporter_field",
    db.metadata,
    Column("supporter_id", ForeignKey("supporter.id"), primary_key=True),
    Column("field_number", ForeignKey("field.number"), primary_key=True),
    Index("ix_supporter_field_field_number", "field_number", "supporter_id"),
)
supporter_district = Table(
    "supporter_district",
    db.metadata,
    Column("supporter_id", ForeignKey("supporter.id"), primary_key=True),
    Column("district_id", ForeignKey("district.id"), primary_key=True),
    Index("ix_supporter_district_district_id", "district_id", "supporter_id"),
)


class Supporter(Stamped, Model):
    """One registration of one party; it runs to the end of the fiscal year and goes on unless ended."""

    __tablename__ = "supporter"
    __table_args__ = (
        Index(
            "uq_supporter_one_open",
            "party_id",
            unique=True,
            sqlite_where=text("state != 'ended'"),
            postgresql_where=text("state != 'ended'"),
        ),
        UniqueConstraint("public_key"),
        Index("ix_supporter_party_id", "party_id", "state"),
        Index(
            "ix_supporter_of_the_directory",
            "public_key",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        CheckConstraint("state != 'ended' OR ended_on IS NOT NULL", name="ended_has_a_day"),
        CheckConstraint("monthly_cap IS NULL OR monthly_cap BETWEEN 1 AND 31", name="monthly_cap_from_1_to_31"),
        CheckConstraint("yearly_cap IS NULL OR yearly_cap BETWEEN 1 AND 366", name="yearly_cap_from_1_to_366"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    public_key: Mapped[str] = mapped_column(String(16), default=lambda: token_hex(8))  # names it in the directory
    form_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of the opened form: sent twice, one
    intro: Mapped[str] = mapped_column(Text, default="")
    supports: Mapped[frozenset[Support] | None] = mapped_column(EnumSet(Support))
    availability: Mapped[frozenset[int] | None] = mapped_column(SlotMask)
    anywhere: Mapped[bool] = mapped_column(default=False, index=True)
    money: Mapped[Money | None]
    heads: Mapped[int | None]  # how many people can come at once
    monthly_cap: Mapped[int | None]
    yearly_cap: Mapped[int | None]
    conditions: Mapped[str | None] = mapped_column(String(300))  # 車がない, 土の上の作業は不可 …
    came_by: Mapped[Source]
    pledged_on: Mapped[date | None]
    interviewed_on: Mapped[date | None]
    guardian_name: Mapped[str | None] = mapped_column(String(80))
    guardian_agreed_on: Mapped[date | None]
    note_for_desk: Mapped[str | None] = mapped_column(Text)

    state: Mapped[SupporterState] = mapped_column(default=SupporterState.SUBMITTED, index=True)
    returned_note: Mapped[str | None] = mapped_column(String(300))
    registered_on: Mapped[date]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    runs_until: Mapped[date | None]
    paused_until: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[EndReason | None]
    ended_because: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column()

    party: Mapped[Party] = relationship()
    fields: Mapped[list[Field]] = relationship(secondary=supporter_field, order_by=Field.number)
    districts: Mapped[list[District]] = relationship(secondary=supporter_district, order_by=District.id)

    __mapper_args__ = {"version_id_col": version}
