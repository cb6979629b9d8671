"""How a request moves: every cell of state × action, acceptance, withdrawal."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import func, select

from matching import audit
from matching.audit import AuditEntry
from matching.database import db
from matching.errors import Invalid
from matching.help_requests import services
from matching.help_requests.models import RequestKind
from matching.help_requests.states import ENDED, WORKFLOW, RequestAction, RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from matching.workflow import NotAllowed
from tests.factories import a_coordinator, a_person, acting

from .factories import a_request

OUTLINE = "敬老会で40分ほど楽しめる演目をお願いします。"


@pytest.mark.parametrize(("state", "action"), list(itertools.product(RequestState, RequestAction)))
def test_every_step_leads_where_the_table_says_or_changes_nothing(session, now, state, action):
    request = a_request(now=now, state=state)
    by = acting(a_coordinator())
    goal = WORKFLOW.table.get((state, action))
    if goal is None:
        before = request.version
        with pytest.raises(NotAllowed):
            services.advance(request, action, by=by, now=now)
        session.flush()
        assert (request.state, request.version) == (state, before)
        assert audit.history(case=request.id) == []
        return
    request.ending = request.ending or ("都合がつかないため" if goal in ENDED else None)
    services.advance(request, action, by=by, now=now)
    session.expire(request)
    assert request.state is goal
    assert (request.ended_at == now) is (goal in ENDED)
    assert [entry.event for entry in audit.history(case=request.id)] == [f"request:{action.value}"]


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.SUBMITTED])
def test_only_a_waiting_request_can_be_accepted(session, now, state):
    request = a_request(now=now, state=state)
    number = request.number
    with pytest.raises(NotAllowed):
        services.accept(request, kind=RequestKind.DISPATCH, outline="x", by=acting(a_coordinator()), now=now)
    assert (request.state, request.number) == (state, number)


def test_an_accepted_request_gets_the_next_number_of_the_fiscal_year(session, now):
    by = acting(a_coordinator())
    first, second = a_request(now=now), a_request(now=now)
    for request in (first, second):
        services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=by, now=now)
    assert (first.number, second.number) == ("R8-001", "R8-002")
    assert (first.accepted_at, first.accepted_by_id) == (now, by.user_id)


def test_a_request_of_january_is_numbered_in_the_fiscal_year_before(session, now):
    request = a_request(now=now)
    by = acting(a_coordinator())
    services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=by, now=now.replace(year=2027, month=1))
    assert request.number == "R8-001"


@pytest.mark.parametrize(
    ("kind", "outline", "field"),
    [
        (None, OUTLINE, "kind"),
        (RequestKind.DISPATCH, "  ", "outline"),
        (RequestKind.DISPATCH, None, "outline"),
        (RequestKind.DISPATCH, "連絡は０８３−９２２−００００まで", "outline"),
        (RequestKind.DISPATCH, "連絡は (083) 922-0000 まで", "outline"),
        (RequestKind.DISPATCH, "連絡は09012345678まで", "outline"),
        (RequestKind.DISPATCH, "連絡は hanako@example.jp まで", "outline"),
    ],
)
def test_acceptance_needs_a_kind_and_an_outline_without_contact_data(session, now, kind, outline, field):
    request = a_request(now=now)
    with pytest.raises(Invalid) as refused:
        services.accept(request, kind=kind, outline=outline, by=acting(a_coordinator()), now=now)
    assert refused.value.field == field
    assert (request.state, request.number) == (RequestState.SUBMITTED, None)


@pytest.mark.parametrize("outline", ["2026-12-05 100人", "500-1000円", "〒753-0001の集会所", "12月5日 10:00から11:30"])
def test_days_prices_and_postal_codes_may_stand_in_an_outline(app, outline):
    with app.app_context():
        services.refuse_contact_data(outline)


def test_a_request_is_accepted_at_its_own_desk(session, now):
    request = a_request(now=now, desk="saporant")
    with pytest.raises(Invalid):
        services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=acting(a_coordinator()), now=now)


def test_rooms_above_hear_of_acceptance_and_withdrawal_in_the_same_transaction(session, now):
    heard = []

    def on_acceptance(request, *, by, now):
        heard.append(("accepted", request.state))

    def on_withdrawal(request, *, by, now):
        heard.append(("withdrawn", request.state))

    by = acting(a_coordinator())
    request = a_request(now=now)
    with (
        services.request_accepted.connected_to(on_acceptance),
        services.request_withdrawn.connected_to(on_withdrawal),
    ):
        services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=by, now=now)
        services.withdraw(request, "雨で中止のため", by=by, now=now)
    assert heard == [("accepted", RequestState.ACCEPTED), ("withdrawn", RequestState.WITHDRAWN)]
    assert request.ending == "雨で中止のため"


def test_a_withdrawal_says_why(session, now):
    request = a_request(now=now)
    with pytest.raises(Invalid) as refused:
        services.withdraw(request, "  ", by=acting(a_coordinator()), now=now)
    assert refused.value.field == "reason"
    assert request.state is RequestState.SUBMITTED


def test_the_requester_hears_of_acceptance_once_by_mail(session, now):
    person = a_person()
    set_contacts(person, [Contact(ContactKind.MAIL, "hanako@example.jp")])
    request = a_request(now=now, contact_person=person)
    services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=acting(a_coordinator()), now=now)
    mail = session.scalars(select(Message).where(Message.case == request.id)).one()
    assert (mail.recipient, mail.event) == ("hanako@example.jp", "request:accepted")
    assert "R8-001" in mail.subject
    assert request.title in mail.body
    assert "/my/requests/" not in mail.body  # no account: the link would lead nowhere


def test_a_requester_without_mail_gets_none(session, now):
    request = a_request(now=now, contact_person=a_person())
    services.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=acting(a_coordinator()), now=now)
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_the_audit_log_holds_field_names_and_no_values(session, now):
    request = a_request(now=now)
    terms = services.Terms(venue_contact="集会所 田中 083-000-0000", payer="さくら台自治会")
    services.complete(request, asked=None, terms=terms, by=acting(a_coordinator()), now=now)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.case == request.id)).one()
    assert entry.event == "request:complete"
    assert entry.fields == ["payer", "venue_contact"]
    assert db.session.get(type(request), request.id).version == 2
