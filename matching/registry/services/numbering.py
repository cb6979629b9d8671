"""Numbers that run through a fiscal year."""

from __future__ import annotations

from datetime import date

from ...database import db
from ...i18n import fiscal_year
from ..models import Counter


def next_number(series: str, day: date) -> int:
    """The next number of a series in the fiscal year of the day; two at once never get the same."""
    year = fiscal_year(day)
    counter = db.session.get(Counter, (series, year), with_for_update=True)
    if counter is None:
        counter = Counter(series=series, fiscal_year=year, last=0)
        db.session.add(counter)
    counter.last += 1
    db.session.flush()
    return counter.last
