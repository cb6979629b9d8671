"""What the engine reads and what it answers: plain frozen values, no database, no web.

Kinds of support, strengths and criteria are short strings here; the layers above give them their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# A week is 21 slots: weekday (Monday 0 … Sunday 6) × 3 + part of the day (0 morning, 1 afternoon, 2 evening).
Slot = int


@dataclass(frozen=True)
class Phrase:
    """One skill in the registrant's own words."""

    text: str
    level: int | None = None  # 1 beginner … 5 master; None is unknown
    qualification: str | None = None
    confirmed: bool = False
    concept: str | None = None  # of the lexicon, picked by the registrant


@dataclass(frozen=True)
class Card:
    """What a registrant says about themselves; None always means "not known"."""

    key: str  # stable; breaks ties
    kind: str  # individual | group | business | school
    phrases: tuple[Phrase, ...]
    intro: str = ""
    fields: frozenset[int] = frozenset()  # numbers of the NPO law's twenty fields
    districts: frozenset[int] | None = None
    availability: frozenset[Slot] | None = None
    supports: frozenset[str] | None = None
    money: str | None = None  # free | expenses | fee: the least they ask for
    heads: int | None = None  # how many people can come at once


@dataclass(frozen=True)
class When:
    """One wished date, as a slot of the week and, when known, the day itself."""

    slots: frozenset[Slot]
    on: date | None = None


@dataclass(frozen=True)
class Ask:
    """What is asked for."""

    title: str
    detail: str = ""
    needs: tuple[str, ...] = ()
    field: int | None = None
    district: int | None = None
    when: tuple[When, ...] = ()
    supports: frozenset[str] = frozenset()  # empty: not said
    money: str | None = None  # free | expenses | fee: the most they can pay
    people: int | None = None
    concepts: tuple[str, ...] = ()  # of the lexicon, picked by the asker


@dataclass(frozen=True)
class Standing:
    """What happened with one party so far, told by the caller; the engine never looks it up."""

    last_asked: date | None = None
    asked_this_month: int = 0
    monthly_cap: int | None = None
    done: int = 0  # dispatches carried out
    busy_on: frozenset[date] = frozenset()
    open_inquiries: int = 0
    of_the_requester: bool = False  # is, or acts for, the asking organization
    registration_ends: date | None = None


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for, against, or is not known about a candidate.

    ``criterion`` names the bar it belongs to, ``code`` picks the sentence, ``params`` fill it (JSON values only).
    ``kind`` is matched | missing | unknown | warning.
    """

    kind: str
    criterion: str
    code: str
    params: Mapping[str, str | int | float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Bar:
    """How much of one criterion's weight a candidate earned; ``got`` is None when nothing is known."""

    criterion: str
    got: float | None
    of: float


@dataclass(frozen=True)
class Ranked:
    """One card's place: score in 0…1, an absolute strength, and why."""

    key: str
    score: float
    strength: str  # strong | possible | weak
    bars: tuple[Bar, ...]
    reasons: tuple[Reason, ...]
