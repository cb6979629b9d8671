"""What lists of registrations are narrowed by, whatever is registered: their fields, and where they help."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select

from .sifting import Sieve, any_of


def in_field(registration: Any, fields: Table, number: int) -> Sieve:
    """``fields``: which registration, in its first column, works in which field."""
    return _linked(registration, fields, fields.c.field_number == number)


def in_district(registration: Any, districts: Table, number: int) -> Sieve:
    """Whoever helps there, or anywhere. ``districts``: which registration, in its first column, helps in which."""
    anywhere = Sieve(select(registration.id).where(registration.anywhere), registration.anywhere.is_(True))
    return any_of([anywhere, _linked(registration, districts, districts.c.district_id == number)])


def _linked(registration: Any, links: Table, to: Any) -> Sieve:
    (own, *_other) = links.columns
    rows: Any = select(own).where(to)
    return Sieve(rows, rows.where(own == registration.id).exists())
