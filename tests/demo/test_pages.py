"""Every page of the demo city opens, and what stands on its forms is accepted by them."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select

from matching.accounts.models import Role, RoleGrant, User
from matching.councils.models import Council
from matching.database import db
from matching.demo import commands as demo
from matching.groups.models import Group
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import OPEN_TO_CHANGE
from matching.registry.vocabulary import Desk
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState
from tests.conftest import browser_of
from tests.demo.conftest import NOW
from tests.journeys.steps import fill, form_with


@pytest.fixture(autouse=True)
def _at_that_time():
    with time_machine.travel(NOW, tick=True):
        yield


def _desk(city, code: str):
    with city.app_context():
        desk = select(User.email).join(RoleGrant).where(RoleGrant.role == Role.COORDINATOR)
        of_desk = desk.join(Desk, Desk.id == RoleGrant.desk_id)
        email = db.session.scalars(of_desk.where(Desk.code == code).order_by(User.id)).first()
    browser = browser_of(city)
    fill(form_with(browser.get("/login"), "password"), email=email, password=demo.PASSWORD).submit(status=[302, 303])
    return browser


def _saved(page, field: str, **said: str):
    """True, or what the page says instead."""
    form = fill(form_with(page, field), **said)
    answer = form.submit("action", value="save", status="*") if "action" in form.fields else form.submit(status="*")
    return answer.status_int == 303 or answer.html.main.get_text(" ", strip=True)[:300]


def test_every_registration_can_be_saved_as_it_is(city):
    browser = _desk(city, "kyodo")
    with city.app_context():
        open_ = select(Supporter.id).where(Supporter.state != SupporterState.ENDED)
        ids = list(db.session.scalars(open_.order_by(Supporter.id)))
    refused = {
        number: _saved(browser.get(f"/supporters/{number}/edit"), "skills-0-phrase", source="telephone")
        for number in ids
    }
    assert {number: why for number, why in refused.items() if why is not True} == {}


def test_every_open_request_can_be_saved_as_it_is(city):
    with city.app_context():
        open_ = select(HelpRequest).where(HelpRequest.state.in_(OPEN_TO_CHANGE)).order_by(HelpRequest.id)
        found = {request.id: request.desk.code for request in db.session.scalars(open_)}
    assert len(found) >= 5
    desks = {code: _desk(city, code) for code in set(found.values())}
    refused = {
        number: _saved(desks[code].get(f"/requests/{number}/complete"), "outline") for number, code in found.items()
    }
    assert {number: why for number, why in refused.items() if why is not True} == {}


def test_every_page_of_staff_opens(city):
    browser = _desk(city, "kyodo")
    paths = ["/demo", "/demo/mail", "/desk?desk=all", "/supporters", "/groups", "/councils", "/outbox"]
    with city.app_context():
        paths += [f"/requests/{number}" for number in db.session.scalars(select(HelpRequest.id))]
        paths += [f"/groups/{number}" for number in db.session.scalars(select(Group.id).limit(5))]
        paths += [f"/councils/{number}" for number in db.session.scalars(select(Council.id))]
    for path in paths:
        browser.get(path, status=200)
