"""Numbers that run through a fiscal year."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from sqlalchemy.exc import IntegrityError

from ...database import db
from ...i18n import fiscal_year
from ..models import Counter


def next_number(series: str, day: date) -> int:
    """The next number of a series in the fiscal year of the day; two at once never get the same."""
    year = fiscal_year(day)
    counter = db.session.get(Counter, (series, year), with_for_update=True)
    if counter is None:
        counter = _begin(series, year)
    counter.last += 1
    db.session.flush()
    return counter.last


def _begin(series: str, year: int) -> Counter:
    """The first number of a year: somebody else may begin it at the same moment (PostgreSQL)."""
    db.session.flush()
    with suppress(IntegrityError), db.session.begin_nested():
        db.session.add(Counter(series=series, fiscal_year=year, last=0))
    return db.session.get_one(Counter, (series, year), with_for_update=True)
