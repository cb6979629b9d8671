"""Councils in figures: seats, women, ages and terms that run out, each counted by the database in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from ...database import db
from ...registry.models import Gender, Party, Person
from ..models import Appointment
from .reading import SOON, holds_on


@dataclass(frozen=True)
class Figures:
    """Who sits on a council on a day. What is not known of somebody is left out of shares and means."""

    taken: int = 0
    women: int = 0
    genders_known: int = 0
    mean_age: float | None = None
    ages_known: int = 0
    expiring: int = 0

    @property
    def womens_share(self) -> int | None:
        """In percent."""
        return round(100 * self.women / self.genders_known) if self.genders_known else None

    def vacant(self, seats: int | None) -> int | None:
        return None if seats is None else max(seats - self.taken, 0)

    def beyond(self, seats: int | None) -> int:
        return 0 if seats is None else max(self.taken - seats, 0)


NOBODY = Figures()


def figures_on(day: date, council_ids: Collection[int] | None = None) -> dict[int, Figures]:
    """Council id → its figures on this day; councils on which nobody sits are left out."""
    query = (
        select(
            Appointment.council_id,
            func.count(),
            func.sum(case((Person.gender == Gender.FEMALE, 1), else_=0)),
            func.count(Person.gender),
            func.avg(day.year - Person.birth_year),
            func.count(Person.birth_year),
            func.sum(case((Appointment.ends <= day + SOON, 1), else_=0)),
        )
        .join(Appointment.person)
        .where(holds_on(day), *([Appointment.council_id.in_(council_ids)] if council_ids is not None else []))
        .group_by(Appointment.council_id)
    )
    return {
        council_id: Figures(taken, women, genders, None if age is None else float(age), ages, expiring)
        for council_id, taken, women, genders, age, ages, expiring in db.session.execute(query)
    }


def seats_taken(day: date) -> dict[int, int]:
    """Council id → how many sit on it on this day."""
    query = select(Appointment.council_id, func.count()).where(holds_on(day)).group_by(Appointment.council_id)
    return {council_id: taken for council_id, taken in db.session.execute(query)}


def seats_held(person_ids: Collection[int], day: date) -> dict[int, int]:
    """Canonical person id → on how many councils they sit on this day (兼職)."""
    canonical = func.coalesce(Party.canonical_id, Party.id)
    query = (
        select(canonical, func.count(Appointment.council_id.distinct()))
        .join(Party, Party.id == Appointment.person_id)
        .where(holds_on(day), canonical.in_(person_ids))
        .group_by(canonical)
    )
    return {person_id: count for person_id, count in db.session.execute(query)}
