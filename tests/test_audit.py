"""The log is only ever added to, whoever tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from matching import audit
from matching.accounts.actor import SYSTEM, Source
from matching.audit import AuditEntry
from matching.registry.models import Person
from tests.factories import a_coordinator, a_person, acting


@pytest.fixture
def entry(session, now) -> AuditEntry:
    entry = audit.record("person:create", a_person(), by=SYSTEM, at=now, fields=["name", "kana"])
    session.commit()
    return entry


def test_an_entry_is_not_changed_through_the_orm(session, entry):
    entry.event = "person:edit"
    with pytest.raises(RuntimeError, match="append-only"):
        session.flush()
    session.rollback()
    assert entry.event == "person:create"


def test_an_entry_is_not_deleted_through_the_orm(session, entry):
    session.delete(entry)
    with pytest.raises(RuntimeError, match="append-only"):
        session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).values(event="person:edit"),
        delete(AuditEntry),
        text("UPDATE audit_entry SET at = at"),
        text("UPDATE audit_entry SET actor_user_id = NULL WHERE id = 1"),
        text("DELETE FROM audit_entry"),
    ],
)
def test_the_database_itself_refuses(session, entry, statement):
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(statement)
    session.rollback()
    assert session.get(AuditEntry, entry.id).event == "person:create"


def test_reading_entries_is_no_change(session, entry):
    assert [row.event for row in audit.history(about=[session.get(Person, entry.subject_id)])] == ["person:create"]
    session.commit()


def test_an_entry_says_who_for_whom_and_by_which_way(session, now):
    user, person = a_coordinator(), a_person()
    by = acting(user).told_by(Source.TELEPHONE, on_behalf_of=person.id)
    entry = audit.record("person:edit", person, by=by, at=now, case=7, fields={"kana", "address"})
    session.commit()
    assert (entry.actor_kind, entry.actor_user_id, entry.on_behalf_of_id) == ("user", user.id, person.id)
    assert (entry.source, entry.case, entry.fields, entry.at) == ("telephone", 7, ["address", "kana"], now)


def test_an_entry_goes_when_its_change_goes(session, now):
    audit.record("person:create", a_person(), by=SYSTEM, at=now)
    session.rollback()
    assert session.query(AuditEntry).count() == 0


def test_a_history_is_in_the_order_of_time(session, now):
    person = a_person()
    for hour in (5, 3, 4):
        audit.record(f"person:{hour}", person, by=SYSTEM, at=now.replace(hour=hour), case=9)
    session.flush()
    assert [row.event for row in audit.history(case=9)] == ["person:3", "person:4", "person:5"]


def test_much_reading_does_not_push_out_what_happened(session, now):
    person = a_person()
    audit.record("person:create", person, by=SYSTEM, at=now)
    audit.record("person:edit", person, by=SYSTEM, at=now + timedelta(minutes=1), case=9)
    for minute in range(2, 600):
        audit.record("person:read", person, by=SYSTEM, at=now + timedelta(minutes=minute), case=9)
    audit.record("person:rename", person, by=SYSTEM, at=now + timedelta(days=1), case=9)
    events = ["person:create", "person:edit", "person:rename"]
    assert [row.event for row in audit.history(about=[person], events=events)] == events
    assert [row.event for row in audit.history(case=9, events=events)] == events[1:]
