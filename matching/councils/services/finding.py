"""Finding councils by what somebody remembers of them: words of the name, of the topics, of the department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Select, case, func, or_, select

from ...database import db
from ...registry import services as registry
from ...registry.vocabulary import Department
from ...workflow import N_, Labelled
from ..models import Appointment, Council
from .reading import SOON, holds_on

LOOKED_AT = 2_000  # councils that are read at most
LONGEST = 60  # what is read of the words
ALIKE = 75.0  # RapidFuzz partial ratio, 0–100: of four letters one may be wrong
SHORTEST_ALIKE = 4  # shorter words are held by the text or they are not


class Narrowing(Labelled):
    """What a clerk asks of the list. Without one, councils that are abolished are left out."""

    EXPIRING = "expiring", N_("任期満了が近い（90日以内）")
    VACANT = "vacant", N_("欠員あり")
    ENDED = "ended", N_("廃止したもの")


@dataclass(frozen=True)
class Asked:
    """What the list is narrowed by."""

    words: str = ""
    department_id: int | None = None
    narrowing: Narrowing | None = None


def find_councils(asked: Asked, day: date) -> Select[Council]:
    """Councils that answer, the best first; without words by department and name. Words cost one query."""
    query = select(Council).join(Council.department)
    query = query.where(_narrowed(asked.narrowing, day))
    if asked.department_id is not None:
        query = query.where(Council.department_id == asked.department_id)
    order = (Department.id, Council.name, Council.id)
    words = [key for word in asked.words[:LONGEST].split() if (key := registry.kana_key(word))]
    if not words:
        return query.order_by(*order)
    ids = _like(words, query.order_by(*order))
    query = query.where(Council.id.in_(ids))
    return query.order_by(case({id_: place for place, id_ in enumerate(ids)}, value=Council.id)) if ids else query


def _like(words: list[str], query: Select[Council]) -> list[int]:
    columns = query.with_only_columns(Council.id, Council.name, Council.topics, Department.name)
    scored = [
        (
            -_likeness(words, registry.kana_key(name), registry.kana_key(f"{name} {department} {topics or ''}")),
            place,
            id_,
        )
        for place, (id_, name, topics, department) in enumerate(db.session.execute(columns.limit(LOOKED_AT)))
    ]
    return [id_ for score, _place, id_ in sorted(scored) if score < 0]


def _narrowed(narrowing: Narrowing | None, day: date) -> ColumnElement[bool]:
    if narrowing is Narrowing.ENDED:
        return Council.ended_on < day
    standing = or_(Council.ended_on.is_(None), Council.ended_on >= day)
    if narrowing is Narrowing.EXPIRING:
        running_out = select(Appointment.council_id).where(holds_on(day), Appointment.ends <= day + SOON)
        return standing & Council.id.in_(running_out)
    if narrowing is Narrowing.VACANT:
        taken = select(func.count()).where(Appointment.council_id == Council.id, holds_on(day)).scalar_subquery()
        return standing & (Council.seats > taken)
    return standing


def _likeness(words: list[str], name: str, text: str) -> float:
    """0–300; 0 where one of the words is not in the text, not even alike. Words of the name count most."""
    if all(word in name for word in words):
        return 300.0
    if all(word in text for word in words):
        return 200.0
    likeness = [
        100.0 if word in text else fuzz.partial_ratio(word, text) if len(word) >= SHORTEST_ALIKE else 0.0
        for word in words
    ]
    return min(likeness) if min(likeness) >= ALIKE else 0.0
