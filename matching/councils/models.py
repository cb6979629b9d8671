"""Councils and appointments."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import Model, Stamped
from ..registry.models import Person
from ..registry.vocabulary import Department
from ..workflow import N_, Labelled
from .states import CouncilState, TermState


class Council(Stamped, Model):
    """A council or committee that a department looks after."""

    __tablename__ = "council"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True)
    founded_on: Mapped[str | None] = mapped_column(String(200))  # 設置根拠
    seats: Mapped[int | None]
    topics: Mapped[str | None] = mapped_column(String(300))
    ended_on: Mapped[date | None]  # its last day
    version: Mapped[int] = mapped_column()

    department: Mapped[Department] = relationship()
    appointments: Mapped[list[Appointment]] = relationship(back_populates="council", order_by="Appointment.id")

    __mapper_args__ = {"version_id_col": version}

    @property
    def state(self) -> CouncilState:
        return CouncilState.STANDING if self.ended_on is None else CouncilState.ENDED

    def is_over(self, day: date) -> bool:
        return self.ended_on is not None and self.ended_on < day


class CouncilRole(Labelled):
    CHAIR = "chair", N_("会長")
    VICE_CHAIR = "vice_chair", N_("副会長")
    DEPUTY = "deputy", N_("職務代理者")
    MEMBER = "member", N_("委員")


class Appointment(Stamped, Model):
    """One person on one council for one term."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends >= starts", name="ends_after_it_starts"),
        Index(
            "uq_appointment_one_open",
            "council_id",
            "person_id",
            "starts",
            unique=True,
            sqlite_where=text("left_on IS NULL"),
            postgresql_where=text("left_on IS NULL"),
        ),
        {"sqlite_autoincrement": True},  # the log speaks of a struck term by a number that no other may get
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("council.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    category: Mapped[str] = mapped_column(String(60), default="")  # 選出区分, as the ordinance names it
    role: Mapped[CouncilRole] = mapped_column(default=CouncilRole.MEMBER)
    ex_officio: Mapped[bool] = mapped_column(default=False)
    starts: Mapped[date]
    ends: Mapped[date | None]
    left_on: Mapped[date | None]  # the last day of somebody who leaves early
    left_because: Mapped[str | None] = mapped_column(String(200))
    left_with_the_council: Mapped[bool] = mapped_column(default=False)  # it was abolished: back if it is opened again
    substitute_for_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))  # 補欠: for the rest of a term
    form_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of the opened form: sent twice, one
    version: Mapped[int] = mapped_column()

    council: Mapped[Council] = relationship(back_populates="appointments")
    person: Mapped[Person] = relationship()
    substitute_for: Mapped[Appointment | None] = relationship(remote_side=id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def state(self) -> TermState:
        return TermState.RUNNING if self.left_on is None else TermState.LEFT

    @property
    def department_id(self) -> int:
        return self.council.department_id

    @property
    def last_day(self) -> date | None:
        """The last day on this seat; None where nobody knows it yet."""
        return min((day for day in (self.ends, self.left_on) if day is not None), default=None)

    def holds_on(self, day: date) -> bool:
        return self.starts <= day and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        last = self.last_day
        return last is not None and last < day
