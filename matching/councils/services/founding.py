"""A council as a whole: written down, corrected, abolished."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import Invalid
from ...i18n import today
from ...registry.vocabulary import Department
from ..models import Appointment, Council
from ..states import COUNCIL, CouncilAction, TermState
from .appointing import end_term, resume_term
from .publishing import refresh_member
from .reading import terms_of_council
from .turn import take_turn


def found_council(
    name: str,
    *,
    department: Department,
    founded_on: str | None = None,
    seats: int | None = None,
    topics: str | None = None,
    by: Actor,
    now: datetime,
) -> Council:
    """Write a council down. ``founded_on`` is the ordinance or rule that it stands on."""
    _refuse_taken_name(name)
    council = Council(name=name.strip(), department=department, founded_on=founded_on, seats=seats, topics=topics)
    db.session.add(council)
    audit.record("council:create", council, by=by, at=now)
    return council


def edit_council(
    council: Council,
    *,
    name: str,
    department: Department,
    founded_on: str | None,
    seats: int | None,
    topics: str | None,
    by: Actor,
    now: datetime,
) -> set[str]:
    """Correct what is written; answers the names of what changed."""
    take_turn(council, council)
    _refuse_taken_name(name, but_for=council)
    told = {
        "name": name.strip(),
        "department": department,
        "founded_on": founded_on or None,
        "seats": seats,
        "topics": topics or None,
    }
    changed = {field for field, value in told.items() if getattr(council, field) != value}
    for field in changed:
        setattr(council, field, told[field])
    if changed:
        audit.record("council:edit", council, by=by, at=now, fields=changed)
        db.session.flush()
    if "name" in changed:  # their cards name it
        for term in terms_of_council(council):
            if not term.is_over(today(now)):
                refresh_member(term.person, now)
    return changed


def _refuse_taken_name(name: str, *, but_for: Council | None = None) -> None:
    bearer = db.session.scalar(select(Council.id).where(Council.name == name.strip()))
    if bearer is not None and (but_for is None or bearer != but_for.id):
        raise Invalid(_("同じ名前の審議会等が、すでにあります。"), field="name")


def open_terms(council: Council, on: date) -> list[Appointment]:
    """Terms that go on after this day, or only begin then."""
    return [term for term in terms_of_council(council) if term.last_day is None or term.last_day > on]


def end_council(council: Council, *, on: date, members_leave: bool, by: Actor, now: datetime) -> None:
    """Abolish a council; ``on`` is its last day. Whoever sits on it then leaves with it, if so said."""
    take_turn(council, council)
    ended = COUNCIL.after(council.state, CouncilAction.END)
    staying = open_terms(council, on)
    if any(term.starts > on for term in staying):
        raise Invalid(_("廃止の日よりあとに始まる任期があります。先に、その任期を取り消してください。"), field="on")
    if any(term.state is TermState.LEFT for term in staying):
        raise Invalid(_("廃止の日よりあとに退任する方がいます。先に、その退任を取り消してください。"), field="on")
    if staying and not members_leave:
        raise Invalid(
            _(
                "この日に任期の残る委員が%(n)s人います。いっしょに退任とするときは、印を付けてください。",
                n=len(staying),
            ),
            field="members_leave",
        )
    for term in staying:
        end_term(term, on=on, with_the_council=True, by=by, now=now)
    council.ended_on = on
    assert council.state is ended
    audit.record("council:end", council, by=by, at=now)
    db.session.flush()


def reopen_council(council: Council, *, by: Actor, now: datetime) -> None:
    """It was abolished by mistake: whoever left with it sits on it again."""
    take_turn(council, council)
    standing = COUNCIL.after(council.state, CouncilAction.REOPEN)
    council.ended_on = None
    assert council.state is standing
    audit.record("council:reopen", council, by=by, at=now)
    db.session.flush()
    for term in terms_of_council(council):
        if term.left_with_the_council:
            resume_term(term, by=by, now=now)
