"""Terms as pages read them: who sits on a council on a day, where else, for how long, and whose term can be renewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ...database import db
from ...exports import MOST
from ...registry.models import Party, Person
from ...registry.vocabulary import Department
from ..models import Appointment, Council, CouncilRole
from ..states import TermState

SOON = timedelta(days=90)  # a term that ends within these days is about to run out
RENEWED_WITHIN = timedelta(days=366)  # a term may be renewed a year before its end, and written down a year late


def holds_on(day: date) -> ColumnElement[bool]:
    """``Appointment.holds_on``, asked of the database."""
    return and_(
        Appointment.starts <= day,
        or_(Appointment.ends.is_(None), Appointment.ends >= day),
        or_(Appointment.left_on.is_(None), Appointment.left_on >= day),
    )


def sitting_on(day: date) -> Select[int]:
    """A select of the people who hold a seat on this day."""
    return select(Appointment.person_id).where(holds_on(day))


def terms_of_council(council: Council) -> list[Appointment]:
    """Every term of a council, the earliest first."""
    query = (
        select(Appointment)
        .where(Appointment.council_id == council.id)
        .options(selectinload(Appointment.person), joinedload(Appointment.council))
        .order_by(Appointment.starts, Appointment.id)
    )
    return list(db.session.scalars(query))


def members_on(council: Council, day: date) -> list[Appointment]:
    """Who sits on the council on this day: the chair first, then by kana."""
    return sorted((term for term in terms_of_council(council) if term.holds_on(day)), key=_by_rank)


def _by_rank(term: Appointment) -> tuple[int, str, int]:
    return list(CouncilRole).index(term.role), term.person.kana_key if term.person.kana else "", term.id


def other_terms(council: Council, day: date) -> list[Appointment]:
    """Terms that are over or have not begun, the latest first."""
    return [term for term in terms_of_council(council) if not term.holds_on(day)][::-1]


def terms_held_on(day: date, *, council: Council | None = None) -> list[Appointment]:
    """Every seat that is taken on this day, council by council."""
    query = (
        select(Appointment)
        .join(Appointment.council)
        .join(Council.department)
        .join(Appointment.person)
        .where(holds_on(day), *([Appointment.council_id == council.id] if council else []))
        .options(selectinload(Appointment.person), joinedload(Appointment.council).joinedload(Council.department))
        .order_by(Department.id, Council.name, Council.id, Person.kana_key, Appointment.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))


# -- One person


def terms_of_person(person: Person) -> list[Appointment]:
    """Every term of a person, under whichever of their merged records it was written down; the earliest first."""
    same = select(Party.id).where(or_(Party.id == person.canonical, Party.canonical_id == person.canonical))
    query = (
        select(Appointment)
        .where(Appointment.person_id.in_(same))
        .options(
            joinedload(Appointment.council).joinedload(Council.department),
            joinedload(Appointment.substitute_for).selectinload(Appointment.person),
        )
        .order_by(Appointment.starts, Appointment.id)
    )
    return list(db.session.scalars(query))


@dataclass(frozen=True)
class Service:
    """One person's years on one council: the terms, the latest first."""

    council: Council
    terms: list[Appointment]
    sits: bool
    years: int
    months: int  # besides the full years


def services_of(terms: Sequence[Appointment], day: date) -> list[Service]:
    """The councils of one person: where they sit on this day first, then the latest."""
    by_council: dict[Council, list[Appointment]] = {}
    for term in terms:
        by_council.setdefault(term.council, []).append(term)
    services = []
    for council, own in by_council.items():
        served = months_served(own, day)
        services.append(Service(council, own[::-1], any(t.holds_on(day) for t in own), served // 12, served % 12))
    return sorted(services, key=lambda one: (not one.sits, -one.terms[0].starts.toordinal(), one.council.id))


def months_served(terms: Iterable[Appointment], until: date) -> int:
    """Full months on the seat up to this day, that day too. Terms that follow each other count as one stretch."""
    stretches: list[tuple[date, date]] = []  # the first day, and the one after the last
    for term in sorted(terms, key=lambda one: one.starts):
        if term.starts > until:
            continue
        after = min(term.last_day or until, until) + timedelta(days=1)
        if stretches and term.starts <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(after, stretches[-1][1]))
        else:
            stretches.append((term.starts, after))
    return sum(
        (after.year - first.year) * 12 + after.month - first.month - (after.day < first.day)
        for first, after in stretches
    )


# -- What a clerk is about to write


def substitutable(council: Council) -> list[Appointment]:
    """Terms that somebody left early and that nobody sits out yet, the latest first."""
    terms = terms_of_council(council)
    filled = {term.substitute_for_id for term in terms}
    return [term for term in terms if term.state is TermState.LEFT and term.id not in filled][::-1]


def usual_term(council: Council, day: date) -> tuple[date, date | None] | None:
    """From when to when most of its members sit; None where nobody does."""
    terms = Counter((term.starts, term.ends) for term in members_on(council, day))
    return terms.most_common(1)[0][0] if terms else None


def renewable(council: Council, day: date) -> list[Appointment]:
    """The last term of each member, where it ended lately or ends soon and nothing follows it yet."""
    last: dict[int, Appointment] = {}
    for term in terms_of_council(council):
        last[term.person.canonical] = term
    found = [
        term
        for term in last.values()
        if term.state is TermState.RUNNING
        and term.ends is not None
        and term.starts <= day
        and abs(term.ends - day) <= RENEWED_WITHIN
    ]
    return sorted(found, key=_by_rank)


def next_end(terms: Sequence[Appointment]) -> date | None:
    """Until when the next terms run, as long as most of the present ones: in full years."""
    whole = Counter((term.starts, term.ends) for term in terms if term.ends and not term.substitute_for_id)
    if not whole:
        return None
    (starts, ends), _count = whole.most_common(1)[0]
    assert ends is not None
    years = max(round((ends - starts).days / 365.25), 1)
    begins = ends + timedelta(days=1)
    day = 28 if (begins.month, begins.day) == (2, 29) else begins.day
    return begins.replace(year=begins.year + years, day=day) - timedelta(days=1)
