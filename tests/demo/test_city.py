"""The demo city is large, whole and valid; its history happened in order, and never ahead of its time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, String, func, select

from matching.accounts.models import RoleGrant
from matching.audit import AuditEntry
from matching.councils.models import Appointment, Council
from matching.database import UtcDateTime, db
from matching.demo import commands as demo
from matching.demo.city import City, read
from matching.demo.people import begins, know_everybody, listed
from matching.demo.stories import Story
from matching.dispatch.models import Candidate, Dispatch, Inquiry
from matching.dispatch.services import relaxing
from matching.dispatch.states import DispatchState
from matching.engine.text import fold
from matching.groups.models import Group
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import RequestState
from matching.i18n import TOKYO, fiscal_year, today
from matching.outbox import Message, MessageState
from matching.registry.models import Consent, ContactKind, ContactPoint, Organization, Party
from matching.registry.services import value_key
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState
from tests.demo.building import close
from tests.demo.conftest import NOW

TODAY = today(NOW)
WRITTEN = datetime(2026, 11, 22, 12, tzinfo=TOKYO)  # when the stories were written: their days are counted from here


@pytest.fixture
def rows(city):
    """The database of the loaded city."""
    with city.app_context():
        yield db.session
        db.session.rollback()


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


# -- Its size


def test_the_city_is_as_large_as_a_city(rows):
    assert count(Supporter) >= 150
    assert count(Organization) >= 70
    assert count(Group) >= 60
    assert count(Council) >= 30
    assert rows.scalar(select(func.count(func.distinct(Council.department_id)))) >= 15
    assert count(Appointment) >= 300
    assert count(HelpRequest) >= 60


def test_about_a_third_of_the_supporters_have_no_mail(rows):
    with_mail = select(ContactPoint.party_id).where(ContactPoint.kind == ContactKind.MAIL)
    without = count(Supporter, Supporter.party_id.not_in(with_mail))
    assert 1 / 4 <= without / count(Supporter) <= 1 / 2


def test_there_is_a_request_and_a_supporter_in_every_state(rows):
    assert set(rows.scalars(select(HelpRequest.state))) == set(RequestState)
    assert set(rows.scalars(select(Supporter.state))) == set(SupporterState)


def test_everybody_written_down_is_there(rows):
    assert count(Supporter) == len(read("supporters"))
    assert count(Group) == len(read("groups"))
    assert count(Council) == len(read("councils"))
    assert count(HelpRequest) == len(read("requests"))
    terms = [1 + len(member["earlier"] or ()) for council in read("councils") for member in council["members"]]
    assert count(Appointment) == sum(terms)


def test_a_substitute_sits_for_the_rest_of_the_term(rows):
    substitutes = rows.scalars(select(Appointment).where(Appointment.substitute_for_id.is_not(None))).all()
    assert substitutes
    for one in substitutes:
        assert one.substitute_for.left_because and one.substitute_for.left_on < one.starts
        assert one.ends == one.substitute_for.ends


def test_registrations_stand_as_they_were_written(rows):
    states = Counter(row["state"] for row in read("supporters"))
    assert Counter(state.value for state in rows.scalars(select(Supporter.state))) == states
    paper = [row for row in read("supporters") if "matching" not in (row["consents"] or ())]
    unasked = select(Consent.party_id).where(Consent.purpose == "matching", Consent.withdrawn_at.is_(None))
    assert count(Supporter, Supporter.party_id.not_in(unasked)) == len(paper)
    assert all(row["how"] == "paper" for row in paper)


# -- Its years


def test_requests_are_numbered_through_three_fiscal_years(rows):
    taken_in = rows.scalars(
        select(HelpRequest).where(HelpRequest.number.is_not(None)).order_by(HelpRequest.accepted_at, HelpRequest.id)
    ).all()
    numbers: dict[int, list[str]] = {}
    for request in taken_in:
        numbers.setdefault(fiscal_year(today(request.accepted_at)), []).append(request.number)
    assert sorted(numbers) == [2024, 2025, 2026]
    for year, given in numbers.items():
        assert given == [f"R{year - 2018}-{number:03d}" for number in range(1, len(given) + 1)]


def test_registrations_were_renewed_each_april_since_they_began(rows):
    renewals = Counter(rows.scalars(select(AuditEntry.subject_id).where(AuditEntry.event == "supporter:renew")))
    for supporter in rows.scalars(select(Supporter).where(Supporter.state == SupporterState.ACTIVE)):
        assert renewals[supporter.id] == fiscal_year(TODAY) - fiscal_year(supporter.registered_on)
        assert supporter.runs_until == date(2027, 3, 31)
    assert max(renewals.values()) == 3


def test_what_happened_is_in_the_log_in_its_order(rows):
    moments = rows.scalars(select(AuditEntry.at).order_by(AuditEntry.id)).all()
    assert moments == sorted(moments)
    assert moments[-1] <= NOW


def test_staff_work_when_desks_are_open(rows):
    staff = select(RoleGrant.user_id)
    for entry in rows.scalars(select(AuditEntry).where(AuditEntry.actor_user_id.in_(staff))):
        local = entry.at.astimezone(TOKYO)
        assert local.weekday() < 5 and time(8, 30) <= local.time() <= time(17, 15), (entry.event, local)


def test_no_moment_is_in_the_future(rows):
    stamps = {"created_at", "updated_at"}  # when the row was made: just now
    for table in db.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, (UtcDateTime, DateTime)) and column.name not in stamps:
                assert (rows.scalar(select(func.max(column))) or NOW) <= NOW, column


def test_no_story_is_ahead_of_its_time(rows):
    for day in (Consent.given_on, Supporter.registered_on, Supporter.ended_on, Group.registered_on, Group.ended_on):
        assert rows.scalar(select(func.max(day))) <= TODAY
    held = select(func.max(Dispatch.on)).where(Dispatch.state == DispatchState.DONE)
    assert rows.scalar(held) < TODAY
    paused = rows.scalars(select(Supporter.paused_until).where(Supporter.state == SupporterState.PAUSED)).all()
    assert None in paused and all(until is None or until >= TODAY for until in paused)


def test_mails_left_when_they_were_due(rows):
    assert set(rows.scalars(select(Message.state))) == {MessageState.SENT}
    assert count(Message, Message.sent_at != Message.due_at) == 0


def test_nobody_was_asked_who_was_not_registered_then(rows):
    asked = select(Inquiry.asked_at, Supporter.confirmed_at).join(Candidate, Candidate.id == Inquiry.candidate_id)
    registered = asked.join(Supporter, Supporter.id == Candidate.registration_id)
    found = rows.execute(registered.where(Candidate.of_registry == "supporter")).all()
    assert len(found) >= 40
    assert all(confirmed < at for at, confirmed in found)


# -- Its facts


def test_every_text_fits_its_column(rows):
    for table in db.metadata.sorted_tables:
        for column in table.c:
            if type(column.type) is String and column.type.length:
                longest = rows.scalar(select(func.max(func.length(column)))) or 0
                assert longest <= column.type.length, column


def test_no_telephone_number_and_no_mail_address_belongs_to_two(city):
    """But whoever acts for an organization may be reached at its own."""
    owners: dict[tuple[str, str], set[str]] = {}
    for entry, body in _entries_with_contacts():
        for told in entry["contacts"] or ():
            if told["kind"] != "address":
                value = value_key(ContactKind(told["kind"]), told["value"])
                owners.setdefault((told["kind"], value), set()).add(body["same_as"] or body["key"])
    assert {value: keys for value, keys in owners.items() if len(keys) > 1} == {}


def _entries_with_contacts() -> list[tuple[Any, Any]]:
    """Each with the one that it belongs to."""
    bodies = [*read("organizations"), *read("groups")]
    acting = [(one, body) for body in bodies for one in body["representatives"] or ()]
    return [(entry, entry) for entry in (*bodies, *read("supporters"))] + acting


def test_only_numbers_and_addresses_that_nobody_has(rows):
    for point in rows.scalars(select(ContactPoint).where(ContactPoint.kind != ContactKind.ADDRESS)):
        if point.kind is ContactKind.TELEPHONE:
            assert point.value_key[:6] in ("083000", "090000"), point.value
        else:
            assert point.value_key.split("@")[1].endswith(("example.jp", "example.com", "example.org")), point.value


def test_two_entries_of_one_person_are_meant(rows):
    """Nobody bears the name of another: whoever stands in two files is one party, and known as such."""
    names = Counter(rows.scalars(select(Party.name_key)))
    assert {name: times for name, times in names.items() if times > 1} == {}


def test_no_two_entries_say_the_same(rows):
    told = [row["intro"] for kind in ("supporters", "groups") for row in read(kind)]
    told += [row["trouble"] for row in read("requests")] + [
        row["outline"] for row in read("requests") if row["outline"]
    ]
    assert [text for text, times in Counter(fold(text) for text in told).items() if times > 1] == []


# -- At whatever time it is loaded


def test_the_same_moment_makes_the_same_city(city, tmp_path, monkeypatch):
    """But for the counts of relaxed conditions, which take long; they rest on the same search."""
    monkeypatch.setattr(relaxing, "count_without", lambda *_args, **_kw: [])
    again = demo.demo_app(tmp_path)
    assert demo.load(again, now=NOW)
    first, second = _facts(city), _facts(again)
    close(again)
    for table in first:
        assert first[table] == second[table], table


BY_CHANCE = {"password", "fs_uniquifier", "link_key", "public_key", "message_id", "body", "created_at", "updated_at"}
NOT_COUNTED = {"relaxed"}


def _facts(app: Any) -> dict[str, list[str]]:
    """Everything that can be read in the city."""
    with app.app_context():
        facts = {}
        for table in db.metadata.sorted_tables:
            columns = [column for column in table.c if column.name not in BY_CHANCE | NOT_COUNTED]
            rows = db.session.execute(select(*columns))
            facts[table.name] = sorted(json.dumps(list(row), default=str) for row in rows)
        db.session.rollback()
        return facts


ENDINGS = ("cancelled_typhoon", "not_possible", "nobody_found", "withdrawn")


@pytest.fixture(params=[*range(7), -150, 39, 160, 463])
def stories(request):
    """The stories, were the city loaded so many days later: on each day of the week, and at other times of the year."""
    city = City(now=WRITTEN + timedelta(days=request.param))
    know_everybody(city)
    return [Story(city, row) for row in read("requests")]


def test_a_story_keeps_its_days_whenever_the_city_is_loaded(stories):
    for story in stories:
        days = [wish.on for wish in story.wishes() if wish.on]
        assert all(day > today(story.clock) for day in days), story.row["key"]
        if story.has_taken_place:
            assert days and max(days) < story.city.today, story.row["key"]
        elif story.row["story"] not in ENDINGS and not (story.row["words"] or {}).get("not_possible_reason"):
            assert all(day > story.city.today for day in days), story.row["key"]


def test_nobody_has_to_register_earlier_than_written_for_a_story():
    city = City(now=WRITTEN)
    know_everybody(city)
    for row in read("requests"):
        asked_on = city.days_ago(row["submitted_days_ago"], row["key"])
        for key in filter(None, (row["candidate"], row["then"], *listed(row["declines"]))):
            assert begins(City(now=WRITTEN), city.rows[key]) < asked_on, (row["key"], key)
