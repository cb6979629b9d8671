"""Several people press at the same moment, each in a thread and a connection of their own."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import time_machine
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.dispatch.models import Decision, Dispatch, Inquiry, Notice, Shortlist
from matching.dispatch.services import inquiring, links
from matching.help_requests.models import HelpRequest, Occasion
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry.vocabulary import Part
from tests.conftest import browser_of, sign_in
from tests.factories import a_coordinator
from tests.journeys.steps import fill, form_with

from .factories import NOW, a_case, a_conjurer, agreed, asked, candidate_of, decided

EIGHT = 8


@pytest.fixture
def clock():
    """The clock of threads: one for all, without the ticking that the other tests do without."""
    with time_machine.travel(NOW, tick=True) as coordinates:
        yield coordinates


def all_at_once(forms) -> Counter[int]:
    """Send every form from a thread of its own at the same moment; how many answers had which status."""
    gate = threading.Barrier(len(forms))

    def send(form):
        gate.wait()
        return form.submit(expect_errors=True).status_int

    with ThreadPoolExecutor(len(forms)) as pool:
        return Counter(pool.map(send, forms))


def eight_desks(app):
    return [sign_in(app, a_coordinator().email) for _ in range(EIGHT)]


def count(session, model) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model))


def test_searching_again_eight_times_at_once_makes_one_list(app, session, clock):
    a_conjurer()
    request = a_case()
    desks = eight_desks(app)
    session.commit()
    before = count(session, Shortlist)
    forms = [form_with(desk.get(f"/requests/{request.id}/candidates"), "shown") for desk in desks]
    assert all_at_once(forms) == {303: 1, 409: EIGHT - 1}
    assert count(session, Shortlist) == before + 1
    assert form_with(desks[0].get(f"/requests/{request.id}/candidates"), "shown").submit(status=303)


def test_eight_desks_ask_eight_people_and_one_is_asked(app, session):
    supporters = [a_conjurer(f"手品 {number}子", mail=f"{number}@example.jp") for number in range(EIGHT)]
    request = a_case()
    pages = [f"/candidates/{candidate_of(request, supporter.party).id}/inquire" for supporter in supporters]
    forms = [
        fill(form_with(desk.get(page), "channel"), channel="mail")
        for desk, page in zip(eight_desks(app), pages, strict=True)
    ]
    session.commit()
    assert all_at_once(forms) == {303: 1, 409: 7}
    assert (count(session, Inquiry), count(session, Message)) == (1, 1)


def test_eight_desks_decide_and_there_is_one_decision(app, session):
    a_conjurer()
    request = a_case()
    agreed(request)
    path = f"/requests/{request.id}/decide"
    forms = [fill(form_with(desk.get(path), "decided_by"), decided_by="協働推進課長") for desk in eight_desks(app)]
    session.commit()
    assert all_at_once(forms) == {303: 1, 409: 7}
    assert (count(session, Decision), count(session, Dispatch), count(session, Notice)) == (1, 1, 2)


def test_eight_decisions_at_once_get_eight_numbers(app, session):
    forms = []
    for number, desk in enumerate(eight_desks(app)):
        supporter = a_conjurer(f"手品 {number}子")
        request = a_case(title=f"依頼{number}")
        asked_one = asked(request, supporter.party)
        inquiring.promise(asked_one, by=SYSTEM, now=NOW)
        agreed(request)
        page = desk.get(f"/requests/{request.id}/decide")
        forms.append(fill(form_with(page, "decided_by"), decided_by="協働推進課長"))
    session.commit()
    assert all_at_once(forms) == {303: EIGHT}
    session.rollback()
    numbers = set(session.scalars(select(Decision.number)))
    assert numbers == {f"令和8年度第{number}号" for number in range(1, EIGHT + 1)}


def test_one_answer_sent_eight_times_at_once_counts_once(app, session):
    a_conjurer()
    inquiry = asked(a_case())
    path = links.address_of(inquiry).removeprefix("http://localhost")
    forms = [fill(form_with(browser_of(app).get(path), "answer"), answer="promise") for _ in range(EIGHT)]
    session.commit()
    assert all_at_once(forms) == {303: 1, 409: 7}


def test_readers_do_not_stop_a_writer(app, session):
    """Twenty readings of a case, each written into the log, and a decision among them."""
    a_conjurer()
    request = a_case()
    agreed(request)
    desks = eight_desks(app)
    path = f"/requests/{request.id}"
    form = fill(form_with(desks[0].get(f"{path}/decide"), "decided_by"), decided_by="協働推進課長")
    session.commit()

    def read(desk):
        return {desk.get(path, expect_errors=True).status_int for _ in range(3)}

    with ThreadPoolExecutor(EIGHT) as pool:
        reading = [pool.submit(read, desk) for desk in desks[1:]]
        assert form.submit(expect_errors=True).status_int == 303
        assert all(seen.result() == {200} for seen in reading)
    session.rollback()
    assert db.session.get(HelpRequest, request.id).state.value == "decided"


def test_two_reports_at_once_close_the_case(app, session):
    a_conjurer()
    request = a_case()
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    session.flush()
    decision = decided(request)
    for dispatch in decision.dispatches:
        dispatch.on = NOW.date()
    forms = [
        fill(
            form_with(desk.get(f"/dispatches/{dispatch.id}/report"), "heard_by"),
            heard_by="telephone",
            done="done",
            text="楽しかった。",
        )
        for desk, dispatch in zip(eight_desks(app), decision.dispatches, strict=False)
    ]
    session.commit()
    assert all_at_once(forms) == {303: 2}
    session.expire_all()
    assert session.get(HelpRequest, request.id).state is RequestState.REPORTED
