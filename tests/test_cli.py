"""The commands that a city's administrator types."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role, RoleGrant, User
from matching.audit import AuditEntry
from matching.database import db
from matching.outbox import Message, MessageState
from matching.profiles import services as profiles
from matching.registry.vocabulary import Department, Desk, District, Field
from matching.supporters import services
from matching.supporters.states import SupporterState
from tests.conftest import browser_of
from tests.factories import a_person
from tests.journeys.steps import fill, form_with
from tests.supporters.factories import a_supporter
from tests.test_outbox import a_mail

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def run(app, *words: str):
    return app.test_cli_runner().invoke(args=list(words))


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


# -- flask setup


def test_setup_may_be_run_again_and_changes_nothing(app, session):
    def tables():
        found = [count(model) for model in (Field, District, Desk, Department)]
        session.rollback()  # the command is another writer
        return found

    before = tables()
    for _ in range(2):
        answer = run(app, "setup")
        assert answer.exit_code == 0, answer.output
    assert tables() == before
    assert before[:2] == [20, 21]


# -- flask staff add


@pytest.mark.parametrize(
    ("words", "role", "placed"),
    [
        (["--role", "coordinator", "--desk", "kyodo"], Role.COORDINATOR, "desk"),
        (["--role", "coordinator", "--desk", "center:小郡"], Role.COORDINATOR, "desk"),
        (["--role", "clerk", "--department", "環境政策課"], Role.CLERK, "department"),
        (["--role", "personnel"], Role.PERSONNEL, None),
        (["--role", "staff"], Role.STAFF, None),
        (["--role", "administrator"], Role.ADMINISTRATOR, None),
    ],
)
def test_somebody_gets_a_role_once(app, session, words, role, placed):
    for _ in range(2):
        answer = run(app, "staff", "add", "Hanako@Example.jp", "--name", "窓口 花子", *words)
        assert answer.exit_code == 0, answer.output
    assert role.label in answer.output
    user, grant = session.scalars(select(User)).one(), session.scalars(select(RoleGrant)).one()
    assert (user.email, user.name, user.confirmed_at is not None, grant.role) == (
        "hanako@example.jp",
        "窓口 花子",
        True,
        role,
    )
    assert (grant.desk_id is not None, grant.department_id is not None) == (placed == "desk", placed == "department")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hanako@example.jp", "--name", "花子", "--role", "coordinator"], "kyodo, saporant"),
        (["hanako@example.jp", "--name", "花子", "--role", "coordinator", "--desk", "nowhere"], "kyodo, saporant"),
        (["hanako@example.jp", "--name", "花子", "--role", "clerk"], "--department"),
        (["hanako@example.jp", "--name", "花子", "--role", "emperor"], "emperor"),
        (["hanako@example.jp", "--role", "staff"], "--name"),
        (["hanako", "--name", "花子", "--role", "staff"], "hanako"),
    ],
)
def test_a_bad_command_says_what_is_missing_and_makes_nobody(app, session, words, message):
    answer = run(app, "staff", "add", *words)
    assert answer.exit_code == 2 and message in answer.output, answer.output
    assert count(User) == 0


def test_new_staff_choose_their_password_by_mail(app, session):
    run(app, "staff", "add", "hanako@example.jp", "--name", "花子", "--role", "staff")
    web = browser_of(app)
    fill(form_with(web.get("/reset"), "email"), email="hanako@example.jp").submit()
    assert session.scalars(select(Message.recipient)).all() == ["hanako@example.jp"]


def test_a_role_that_is_given_is_written_down_once(app, session):
    for _ in range(2):
        run(app, "staff", "add", "hanako@example.jp", "--name", "花子", "--role", "coordinator", "--desk", "kyodo")
    entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    user = session.scalars(select(User)).one()
    assert [(entry.event, entry.subject_id, entry.fields) for entry in entries] == [
        ("user:create", user.id, None),
        ("role:grant", user.id, ["coordinator", f"desk:{user.roles[0].desk_id}"]),
    ]
    assert {entry.actor_kind for entry in entries} == {"system"}


def test_a_contractors_coordinator_gets_no_other_role(app, session):
    told = ("staff", "add", "hanako@example.jp", "--name", "花子", "--role")
    run(app, *told, "coordinator", "--desk", "saporant")
    session.rollback()
    answer = app.test_cli_runner().invoke(args=[*told, "administrator"])
    assert answer.exit_code == 1 and "委託先の窓口の人には、ほかの権限を加えられません" in answer.output


# -- flask outbox deliver


def test_the_outbox_is_delivered_by_a_command(app, session):
    mail = a_mail(session)
    for moment, state in ((mail.due_at - timedelta(minutes=1), MessageState.HELD), (mail.due_at, MessageState.SENT)):
        session.rollback()  # the command is another writer
        with time_machine.travel(moment, tick=False):
            answer = run(app, "outbox", "deliver", "--limit", "5")
        assert answer.exit_code == 0, answer.output
        session.refresh(mail)
        assert mail.state is state
    assert "sent=1" in answer.output


# -- flask jobs run


def test_a_pause_ends_by_itself_when_its_day_has_passed(app, session):
    resting, open_end = a_supporter(), a_supporter(a_person("休み 長子"))
    last_day = date(2026, 12, 31)
    services.pause(resting, until=last_day, by=SYSTEM, now=NOW)
    services.pause(open_end, by=SYSTEM, now=NOW)
    session.commit()
    for moment, state in (
        (datetime(2026, 12, 31, 14, 59, tzinfo=UTC), SupporterState.PAUSED),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), SupporterState.ACTIVE),
        (datetime(2027, 1, 2, tzinfo=UTC), SupporterState.ACTIVE),
    ):
        session.rollback()
        with time_machine.travel(moment, tick=False):
            answer = run(app, "jobs", "run")
        assert answer.exit_code == 0, answer.output
        session.refresh(resting)
        assert resting.state is state
    assert resting.paused_until is None
    assert profiles.find(registry="supporter", registration_id=resting.id)
    session.refresh(open_end)
    assert open_end.state is SupporterState.PAUSED
    entries = list(session.scalars(select(AuditEntry).where(AuditEntry.event == "supporter:resume")))
    assert [(entry.subject_id, entry.actor_kind) for entry in entries] == [(resting.id, "system")]
