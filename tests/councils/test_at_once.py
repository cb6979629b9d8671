"""Two clerks write in one council: what the second has read is no longer so when their turn comes."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, update

from matching.councils import services
from matching.councils.models import Appointment, Council, CouncilRole
from matching.errors import Invalid, Stale
from tests.factories import a_person

from .factories import NOW, SYSTEM, a_council, a_member


@pytest.fixture
def meanwhile(session):
    """What another clerk commits: the rows change, and what this session has read stays as it was read."""

    def write(statement):
        session.flush()
        session.execute(statement, execution_options={"synchronize_session": False})

    return write


def abolished(council, on=date(2026, 3, 31)):
    return update(Council).where(Council.id == council.id).values(ended_on=on, version=Council.version + 1)


def changed(term, **values):
    return update(Appointment).where(Appointment.id == term.id).values(version=Appointment.version + 1, **values)


def test_nobody_is_appointed_to_a_council_that_was_abolished_meanwhile(session, meanwhile):
    council = a_council()
    meanwhile(abolished(council))
    with pytest.raises(Invalid, match="廃止"):
        services.appoint(council, a_person(), starts=date(2026, 4, 1), by=SYSTEM, now=NOW)


def test_nobody_sits_out_the_term_of_somebody_who_came_back_meanwhile(session, meanwhile):
    council = a_council()
    gone = a_member(council)
    services.leave(gone, on=date(2026, 3, 31), by=SYSTEM, now=NOW)
    meanwhile(changed(gone, left_on=None))
    with pytest.raises(Stale):
        services.appoint(council, a_person(), starts=date(2026, 4, 1), substitute_for=gone, by=SYSTEM, now=NOW)


def renew(term):
    facts = {"ends": date(2029, 5, 31), "category": "", "role": CouncilRole.MEMBER}
    services.renew(term, **facts, by=SYSTEM, now=NOW)


def correct(term):
    facts = {"starts": date(2025, 6, 1), "ends": None, "category": "", "role": CouncilRole.MEMBER, "ex_officio": False}
    services.correct(term, **facts, by=SYSTEM, now=NOW)


def leave(term):
    services.leave(term, on=date(2026, 3, 31), by=SYSTEM, now=NOW)


def strike(term):
    services.strike(term, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("write", [renew, correct, leave, strike])
def test_a_term_that_changed_meanwhile_is_left_alone(session, meanwhile, write):
    term = a_member(a_council())
    meanwhile(changed(term, category="公募"))
    with pytest.raises(Stale):
        write(term)


@pytest.mark.parametrize("write", [renew, correct, leave, strike])
def test_a_term_that_was_struck_meanwhile_is_gone(session, meanwhile, write):
    term = a_member(a_council())
    meanwhile(delete(Appointment).where(Appointment.id == term.id))
    with pytest.raises(Stale):
        write(term)


def test_a_leave_that_was_taken_back_meanwhile_is_not_taken_back_again(session, meanwhile):
    term = a_member(a_council())
    leave(term)
    meanwhile(changed(term, left_on=None))
    with pytest.raises(Stale):
        services.take_back_leave(term, by=SYSTEM, now=NOW)


def test_a_council_that_was_abolished_meanwhile_is_neither_changed_nor_abolished_again(session, meanwhile):
    council = a_council()
    meanwhile(abolished(council))
    with pytest.raises(Stale):
        services.end_council(council, on=date(2026, 6, 30), members_leave=False, by=SYSTEM, now=NOW)
    other = a_council("別の審議会")
    meanwhile(abolished(other))
    facts = {"founded_on": None, "seats": None, "topics": None}
    with pytest.raises(Stale):
        services.edit_council(other, name="別の会", department=other.department, **facts, by=SYSTEM, now=NOW)


def test_a_council_that_was_opened_again_meanwhile_is_left_alone(session, meanwhile):
    council = a_council()
    services.end_council(council, on=date(2026, 3, 31), members_leave=False, by=SYSTEM, now=NOW)
    meanwhile(abolished(council, on=None))
    with pytest.raises(Stale):
        services.reopen_council(council, by=SYSTEM, now=NOW)
