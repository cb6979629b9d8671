"""The smallest valid council and appointment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role, RoleGrant, User
from matching.councils import services
from matching.councils.models import Appointment, Council
from matching.database import db
from matching.registry import services as registry
from matching.registry.models import Person, Purpose
from matching.registry.vocabulary import Department
from tests.factories import a_person, a_user

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def a_department(name: str = "協働推進課") -> Department:
    department = db.session.scalar(select(Department).where(Department.name == name))
    if department is None:
        department = Department(name=name)
        db.session.add(department)
        db.session.flush()
    return department


def a_clerk(department: Department | None = None) -> User:
    """A clerk of this department; without one, the grant names none."""
    user = a_user(name="審議 担当")
    grant = RoleGrant(user=user, role=Role.CLERK, department_id=department.id if department else None)
    db.session.add(grant)
    db.session.flush()
    return user


def a_council(name: str = "まちづくり審議会", *, department: Department | None = None, **facts: Any) -> Council:
    department = department or a_department()
    return services.found_council(name, department=department, by=SYSTEM, now=NOW, **facts)


def a_member(council: Council, person: Person | None = None, **facts: Any) -> Appointment:
    facts = {"starts": date(2025, 6, 1), "ends": date(2027, 5, 31)} | facts
    return services.appoint(council, person or a_person(), by=SYSTEM, now=NOW, **facts)


def a_candidate(**facts: Any) -> Person:
    """Somebody who agreed to be considered for councils."""
    person = a_person(**facts)
    purposes = [Purpose.COUNCIL]
    registry.set_consents(person, purposes, among=purposes, by=SYSTEM, now=NOW, on=NOW.date())
    return person
