"""The requester lets everybody read the outline, and takes it back; a desk writes it down for a caller."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from matching import audit
from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.help_requests import services
from matching.help_requests.models import RequestKind
from matching.help_requests.publishing import public_requests
from matching.help_requests.states import ENDED, RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_representative, acting, an_organization, staff

from .factories import a_request

DAY = date(2026, 11, 24)


@pytest.fixture
def request_(session, now):
    return a_request(
        now=now,
        state=RequestState.ACCEPTED,
        outline="敬老会の出し物\nさくら台自治会の皆さんの前で。",
        place="中央集会所",
    )


def page_of(request) -> str:
    return f"/requests/{request.id}/release"


def button(page, label):
    return next(form for form in page.forms.values() if label in form.text)


def shown() -> list[str]:
    return [one.title for one in public_requests(day=DAY).page.items]


def test_the_requester_sees_what_would_be_shown_and_lets_it_be_shown(session, app, request_):
    user = a_representative(request_.requester)
    browser = sign_in(app, user.email)
    page = browser.get(f"/my/requests/{request_.id}").click("公開される内容を見て決める")
    shown_there = page.html.select_one("dl.facts").text
    assert "敬老会の出し物" in shown_there and "依頼した団体の皆さんの前で" in shown_there
    assert "さくら台" not in shown_there and "集会所" not in shown_there
    assert shown() == []
    answer = button(page, "公開する").submit(status=303)
    assert answer.headers["Location"] == f"/my/requests/{request_.id}"
    assert shown() == ["敬老会の出し物"]
    [entry] = audit.history(case=request_.id)
    assert (entry.event, entry.source, entry.actor_user_id, entry.fields) == (
        "request:publish",
        "web",
        user.id,
        ["released_at"],
    )


def test_the_requester_takes_it_back_at_once_also_from_an_old_page(session, app, request_):
    browser = sign_in(app, a_representative(request_.requester).email)
    button(browser.get(page_of(request_)), "公開する").submit(status=303)
    old = browser.get(f"/my/requests/{request_.id}")
    request_.title = "窓口が直した題名"
    session.commit()
    assert "公開をやめました" in button(old, "公開をやめる").submit(status=303).follow()
    button(old, "公開をやめる").submit(status=303)
    assert shown() == []
    events = [entry.event for entry in audit.history(case=request_.id)]
    assert events == ["request:publish", "request:conceal"]


def test_a_stale_page_lets_nothing_be_shown(session, app, request_):
    browser = sign_in(app, a_representative(request_.requester).email)
    form = button(browser.get(page_of(request_)), "公開する")
    request_.outline = "会長の田中さんが困っています"
    session.commit()
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    assert shown() == []


def test_pressing_twice_releases_once(session, app, request_):
    form = button(sign_in(app, a_representative(request_.requester).email).get(page_of(request_)), "公開する")
    form.submit(status=303)
    form.submit(status=409)
    assert len(audit.history(case=request_.id)) == 1


def test_the_desk_writes_down_what_a_caller_said(session, app, request_):
    browser = sign_in(app, a_coordinator().email)
    form = button(browser.get(page_of(request_)), "公開する")
    page = form.submit(status=422)
    assert "聞いた方法を選んで" in page and page.html.title.string.startswith("入力エラー：")
    form["came_by"] = "telephone"
    assert form.submit(status=303).headers["Location"] == f"/requests/{request_.id}"
    assert "要約を公開中" in browser.get(f"/requests/{request_.id}")
    [entry] = [e for e in audit.history(case=request_.id) if e.event == "request:publish"]
    assert (entry.source, entry.on_behalf_of_id) == ("telephone", request_.requester_id)


def test_nobody_else_releases_or_conceals(session, app, request_):
    for user, status in (
        (a_representative(an_organization("ひばり町内会")), 404),
        (a_coordinator("saporant"), 403),
        (staff(Role.STAFF), 403),
    ):
        browser = sign_in(app, user.email)
        browser.get(page_of(request_), status=status)
        token = browser.get("/organizations/claim").html.select_one("[name=csrf_token]")["value"]
        browser.post(f"/requests/{request_.id}/conceal", {"csrf_token": token}, status=status)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_is_over_is_not_released(session, app, now, state):
    request = a_request(now=now, state=state)
    browser = sign_in(app, a_representative(request.requester).email)
    assert "公開できません" in browser.get(page_of(request), status=409)


def test_before_a_desk_wrote_the_outline_the_page_says_so(session, app, now):
    request = a_request(now=now)
    browser = sign_in(app, a_representative(request.requester).email)
    page = browser.get(page_of(request), status=200)
    assert "これから窓口が書きます" in page
    button(page, "公開する").submit(status=303)
    assert shown() == []


def test_the_letter_of_acceptance_shows_the_outline_since_when_and_how_to_stop(session, app, now):
    request = a_request(now=now)
    user = a_representative(request.requester, email="jichikai@example.jp")
    request.submitted_by_id, request.contact_person_id = user.id, user.party_id
    services.release(request, by=acting(user), now=now)
    services.accept(request, kind=RequestKind.DISPATCH, outline="出し物\n見て分かる演目を。", by=SYSTEM, now=now)
    letter = session.scalars(select(Message).where(Message.event == "request:accepted")).one()
    for told in ("見て分かる演目を。", "11月24日", "だれでも読め", "公開をやめ", f"/my/requests/{request.id}"):
        assert told in letter.body, told
    assert shown() == ["出し物"]


def test_without_publication_the_letter_says_nothing_of_it(session, app, now):
    request = a_request(now=now)
    set_contacts(request.requester, [Contact(ContactKind.MAIL, "jichikai@example.jp")])
    services.accept(request, kind=RequestKind.DISPATCH, outline="出し物", by=SYSTEM, now=now)
    assert "公開" not in session.scalars(select(Message).where(Message.event == "request:accepted")).one().body


def test_another_outline_than_was_released_is_not_shown_and_the_desk_is_told(session, app, now, request_):
    services.release(request_, by=SYSTEM, now=now)
    browser = sign_in(app, a_coordinator().email)
    form = next(f for f in browser.get(f"/requests/{request_.id}/complete").forms.values() if "outline" in f.fields)
    form["payer"] = "自治会"
    form.submit("action", value="save", status=303)
    assert shown() == ["敬老会の出し物"]  # the same words still
    form = next(f for f in browser.get(f"/requests/{request_.id}/complete").forms.values() if "outline" in f.fields)
    form["outline"] = "会長がお困りです。"
    page = form.submit("action", value="save", status=303).follow()
    assert "要約を変えたので公開を止めました" in page
    session.expire_all()
    assert shown() == [] and request_.released_at is None
    assert "request:conceal" in [entry.event for entry in audit.history(case=request_.id)]


def test_before_the_request_is_taken_in_the_desk_words_the_outline_freely(session, app, now):
    request = a_request(now=now, outline="はじめの下書き")
    services.release(request, by=SYSTEM, now=now)
    browser = sign_in(app, a_coordinator().email)
    form = next(f for f in browser.get(f"/requests/{request.id}/complete").forms.values() if "outline" in f.fields)
    form["outline"], form["kind"] = "出し物をお願いします", "dispatch"
    page = form.submit("action", value="accept", status=303).follow()
    assert "公開を止めました" not in page
    session.expire_all()
    assert shown() == ["出し物をお願いします"]
