"""A small city with one of every thing, and a browser for each role."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestApp

from matching.accounts.models import Role
from matching.dispatch.models import Notice
from matching.dispatch.services import links
from matching.help_requests.states import RequestState
from matching.registry import services as registry
from matching.registry.models import Purpose
from tests.conftest import browser_of, sign_in
from tests.councils.factories import a_council, a_member
from tests.dispatch.factories import NOW, a_case, a_conjurer, agreed, candidate_of, decide, promised, shortlist_of
from tests.factories import a_coordinator, a_person, a_representative, a_user, an_organization, staff
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.supporters.factories import a_supporter


class Browsers(dict[str, TestApp]):
    """A browser for each role; who is asked for the first time signs in."""

    def __init__(self, app: Flask, emails: dict[str, str]) -> None:
        super().__init__(S=browser_of(app))
        self._app, self._emails = app, emails

    def __missing__(self, role: str) -> TestApp:
        self[role] = sign_in(self._app, self._emails[role])
        return self[role]


@pytest.fixture
def city(app, session):
    """A decided case, an accepted one, and one of every other thing; with a browser for each role."""
    requester, other = an_organization(), an_organization("ひばり町内会")
    supporter = a_conjurer()
    goer = a_user(party=supporter.party)
    users = {
        "R": a_representative(requester),
        "V": goer,
        "O": a_representative(other),
        "D": a_coordinator("kyodo"),
        "E": a_coordinator("center:小郡"),
        "C": a_coordinator("saporant"),
        "K": staff(Role.CLERK),
        "P": staff(Role.PERSONNEL),
        "L": staff(Role.STAFF),
        "A": staff(Role.ADMINISTRATOR),
    }
    case = a_case(requester=requester)
    inquiry = promised(case, supporter.party)
    agreement = agreed(case)
    decision = decide(case)
    notice = session.scalars(select(Notice).where(Notice.party_id == supporter.party_id)).one()
    open_ = a_case(requester=requester, title="これから")
    shown = {"consents": [Purpose.MATCHING, Purpose.PUBLIC_NAMED]}
    released = a_request(now=NOW, requester=requester, state=RequestState.ACCEPTED, title="公開", released_at=NOW)
    released.occasions[0].on, released.occasions[0].note = None, "いつでも"
    term = a_member(a_council())
    values = {
        "case": case.id,
        "open": open_.id,
        "candidate": candidate_of(open_).id,
        "shortlist": shortlist_of(open_).id,
        "inquiry": inquiry.id,
        "agreement": agreement.id,
        "dispatch": decision.dispatches[0].id,
        "notice": notice.id,
        "supporter": supporter.id,
        "organization": requester.id,
        "representation": registry.representatives_of(requester.id)[0].id,
        "person": supporter.party_id,
        "group": a_group(an_organization("さざなみ")).id,
        "council": term.council_id,
        "concept": "health-promotion",
        "term": term.id,
        "member": term.person_id,
        "public_group": a_group(an_organization("こだま"), **shown).public_key,
        "public_supporter": a_supporter(a_person("公開 花子"), **shown).public_key,
        "public_request": released.public_key,
        "answer": links.token_of(inquiry),
        "consent": links.token_of(agreement),
        "result": links.token_of(notice),
    }
    session.commit()
    return values, Browsers(app, {key: user.email for key, user in users.items()})
