"""The requester takes a request back, or tells the desk to."""

from __future__ import annotations

import pytest

from matching import audit
from matching.accounts.models import Role
from matching.help_requests.states import WORKFLOW, RequestAction, RequestState
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, an_organization, staff

from .factories import a_request


@pytest.fixture
def request_(session, now):
    return a_request(now=now)


def form_of(browser, request, reason="雨で中止のため"):
    page = browser.get(f"/requests/{request.id}/withdraw", status=200)
    form = next(form for form in page.forms.values() if "reason" in form.fields)
    form["reason"] = reason
    return form


def test_the_requester_takes_a_request_back(session, app, request_):
    user = a_representative(request_.requester)
    answer = form_of(sign_in(app, user.email), request_).submit(status=303)
    assert answer.headers["Location"] == f"/my/requests/{request_.id}"
    session.refresh(request_)
    assert (request_.state, request_.ending) == (RequestState.WITHDRAWN, "雨で中止のため")
    assert request_.ended_at is not None
    [entry] = audit.history(case=request_.id)
    assert (entry.event, entry.source, entry.actor_user_id) == ("request:withdraw", "web", user.id)


def test_whoever_sent_it_in_may_take_it_back_before_the_claim_is_approved(session, app, request_):
    user = a_user(party=a_person())
    request_.submitted_by_id = user.id
    form_of(sign_in(app, user.email), request_).submit(status=303)


def test_the_desk_writes_down_a_withdrawal_by_telephone(session, app, request_):
    browser = sign_in(app, a_coordinator().email)
    form = form_of(browser, request_)
    assert "連絡を受けた方法" in form.submit(status=422)
    form["came_by"] = "telephone"
    assert form.submit(status=303).headers["Location"] == f"/requests/{request_.id}"
    [entry] = audit.history(case=request_.id)
    assert (entry.source, entry.on_behalf_of_id) == ("telephone", request_.requester_id)


def test_a_withdrawal_without_a_reason_is_refused(session, app, request_):
    browser = sign_in(app, a_representative(request_.requester).email)
    page = form_of(browser, request_, reason=" ").submit(status=422)
    assert "取り下げの理由を書いてください" in page
    assert page.html.title.string.startswith("入力エラー：")
    session.refresh(request_)
    assert request_.state is RequestState.SUBMITTED


@pytest.mark.parametrize("state", [s for s in RequestState if not WORKFLOW.allows(s, RequestAction.WITHDRAW)])
def test_what_is_decided_or_over_cannot_be_withdrawn(session, app, now, state):
    request = a_request(now=now, state=state)
    browser = sign_in(app, a_representative(request.requester).email)
    assert "「取り下げる」はできません" in browser.get(f"/requests/{request.id}/withdraw", status=409)


def test_pressing_the_button_twice_withdraws_once(session, app, request_):
    form = form_of(sign_in(app, a_representative(request_.requester).email), request_)
    form.submit(status=303)
    form.submit(status=409)
    assert len(audit.history(case=request_.id)) == 1


def test_a_stale_page_withdraws_nothing(session, app, request_):
    form = form_of(sign_in(app, a_representative(request_.requester).email), request_)
    request_.title = "窓口が直した題名"
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    session.refresh(request_)
    assert request_.state is RequestState.SUBMITTED


def test_nobody_else_withdraws_a_request(session, app, request_):
    page = f"/requests/{request_.id}/withdraw"
    sign_in(app, a_representative(an_organization("ひばり町内会")).email).get(page, status=404)
    sign_in(app, a_coordinator("saporant").email).get(page, status=403)
    sign_in(app, staff(Role.STAFF).email).get(page, status=403)
