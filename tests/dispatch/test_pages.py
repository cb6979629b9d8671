"""The desk's pages: stale ones change nothing, bad input stays, other people's records stay closed."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select

from matching.accounts.actor import SYSTEM, Source
from matching.audit import AuditEntry
from matching.database import db
from matching.dispatch.models import Agreement, Candidate, Decision, Dispatch, Inquiry
from matching.dispatch.services import inquiring
from matching.dispatch.states import DispatchState, InquiryState
from matching.help_requests.models import HelpRequest, RequestKind
from matching.help_requests.states import RequestState
from matching.outbox import Message, MessageState
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import Purpose
from matching.registry.services import SkillWords
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.factories import a_coordinator, a_representative, an_organization
from tests.journeys.steps import fill, form_with

from .factories import (
    NOW,
    a_case,
    a_conjurer,
    agreed,
    asked,
    candidate_of,
    consulted,
    decided,
    promised,
)


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def the(session, model):
    session.expire_all()
    return session.scalars(select(model)).one()


def counts(session) -> dict[str, int]:
    session.rollback()
    models = (HelpRequest, Inquiry, Agreement, Decision, Dispatch, Message)
    return {model.__name__: session.scalar(select(func.count()).select_from(model)) for model in models}


# -- Stale pages: (how far the case has come, the form's page, what is typed)


def an_accepted():
    a_conjurer()
    return a_case()


def inquire_page(request):
    return f"/candidates/{candidate_of(request).id}/inquire"


def prepared(step: str) -> tuple[str, object, dict[str, str]]:
    """The page, the record whose version it carries, and what is typed there."""
    request = an_accepted()
    if step == "inquire":
        return inquire_page(request), request, {"channel": "telephone"}
    if step == "record answer":
        inquiry = asked(request)
        return f"/inquiries/{inquiry.id}/record", inquiry, {"answer": "promise", "heard_by": "telephone"}
    if step == "reply":
        inquiry = asked(request)
        inquiring.ask(inquiry, question="駐車場は", by=SYSTEM, now=NOW)
        return f"/requests/{request.id}", inquiry, {"reply": "あります"}
    if step == "consult":
        promised(request)
        return f"/requests/{request.id}/consult", request, {"channel": "telephone"}
    if step == "record agreement":
        agreement = consulted(request)
        return f"/agreements/{agreement.id}/record", agreement, {"answer": "agree", "heard_by": "telephone"}
    if step == "decide":
        agreed(request)
        return f"/requests/{request.id}/decide", request, {"decided_by": "協働推進課長"}
    if step == "give up":
        return f"/requests/{request.id}/give-up", request, {"decided_by": "課長", "reason": "合う方がいないため"}
    decision = decided(request)
    if step == "cancel":
        return f"/requests/{request.id}/cancel", request, {"reason": "台風のため"}
    dispatch = decision.dispatches[0]
    return f"/dispatches/{dispatch.id}/report", dispatch, {"done": "not_done", "heard_by": "telephone", "text": "大雨"}


STEPS = ("inquire", "record answer", "reply", "consult", "record agreement", "decide", "give up", "cancel", "report")


def opened(desk, step):
    path, record, typed = prepared(step)
    return fill(form_with(desk.get(path), next(iter(typed))), **typed), record


@pytest.mark.parametrize("step", STEPS)
def test_a_stale_page_changes_nothing(desk, session, step):
    form, record = opened(desk, step)
    record.updated_at = NOW.replace(hour=5)  # somebody else saved it
    session.commit()
    before, state = counts(session), record.state
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    assert counts(session) == before
    session.expire_all()
    assert record.state is state


@pytest.mark.parametrize("step", STEPS)
def test_a_double_click_does_it_once(desk, session, step):
    form, _record = opened(desk, step)
    form.submit(status=303)
    done = counts(session)
    entries = session.scalar(select(func.count()).select_from(AuditEntry))
    form.submit(status=409)
    assert counts(session) == done
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries


@pytest.mark.parametrize("step", STEPS)
def test_a_page_without_its_version_is_refused(desk, session, step):
    form, _record = opened(desk, step)
    before = counts(session)
    form["version"] = ""
    form.submit(status=409)
    assert counts(session) == before


def test_a_case_is_closed_once_and_not_from_a_stale_page(desk, session):
    dispatch = decided(an_accepted()).dispatches[0]
    dispatch.on = dispatch.on.replace(year=2025)
    page = desk.get(f"/dispatches/{dispatch.id}/report")
    fill(form_with(page, "done"), done="done", heard_by="paper", text="よかった。", attended="３０").submit(status=303)
    case = desk.get(f"/requests/{dispatch.request.id}")
    close = next(form for form in case.forms.values() if form.action.endswith("/close"))
    close.submit(status=303)
    close.submit(status=409)
    assert the(session, HelpRequest).state is RequestState.CLOSED
    assert the(session, Dispatch).attended == 30


# -- Bad input


@pytest.mark.parametrize(
    ("step", "typed", "message"),
    [
        ("inquire", {"answer_by": "あした"}, "2026-04-01 のように"),
        ("inquire", {"answer_by": "2020-01-01"}, "今日かそれよりあと"),
        ("inquire", {"channel": "mail"}, "メールアドレスが登録されていません"),
        ("reply", {"reply": "   "}, "答えを入力してください"),
        ("consult", {"outline": "  "}, "どんな人が行くか"),
        ("consult", {"outline": "電話は083-000-0011です"}, "電話番号のようなもの"),
        ("record agreement", {"answer": "refuse"}, "了承しない理由"),
        ("decide", {"decided_by": "  "}, "決裁した人"),
        ("decide", {"decided_on": "2027-01-01"}, "依頼を受けた日から今日まで"),
        ("give up", {"reason": "  "}, "派遣できない理由"),
        ("cancel", {"reason": "  "}, "理由を入力してください"),
        ("report", {"text": "  "}, "ひとこと入力"),
        ("report", {"attended": "-1"}, "0から100000まで"),
    ],
)
def test_a_form_that_cannot_be_taken_says_what_to_mend(desk, session, step, typed, message):
    form, record = opened(desk, step)
    before, state = counts(session), record.state
    page = fill(form, **typed).submit(status=422)
    assert message in page, page.html.select_one(".summary")
    assert page.html.title.text.startswith("入力エラー：")
    assert counts(session) == before
    session.expire_all()
    assert record.state is state
    # What was typed is still there, and mended it goes through.
    field = next(iter(typed))
    again = form_with(page, field)
    assert (again[field].value or "").strip() == typed[field].strip()


def test_a_decision_without_any_day_is_refused(desk, session):
    form, request = opened(desk, "decide")
    form[f"on_{request.occasions[0].id}"] = ""
    assert "実施日か日時のメモ" in form.submit(status=422)
    assert counts(session)["Decision"] == 0


def test_a_report_before_the_day_is_refused(desk, session):
    form, _dispatch = opened(desk, "report")
    form["done"] = "done"
    assert "まだ実施日になっていません" in form.submit(status=422)
    assert the(session, Dispatch).state is DispatchState.PLANNED


def test_a_warning_asks_for_a_reason_and_keeps_it(desk, session):
    request = an_accepted()
    inquiring.decline(asked(request), reason="体調や家庭の事情", by=SYSTEM, now=NOW)
    page = desk.get(inquire_page(request))
    assert "一度辞退したか" in page
    form = fill(form_with(page, "channel"), channel="telephone")
    assert "それでも打診する理由を入力してください" in form.submit(status=422)
    fill(form, override_reason="体調が戻ったと聞いた").submit(status=303)
    session.expire_all()
    inquiry = session.scalars(select(Inquiry).where(Inquiry.state == InquiryState.OPEN)).one()
    assert inquiry.overridden == ["conflict.declined_this"]
    assert "体調が戻ったと聞いた" in desk.get(f"/requests/{request.id}")


# -- Undo on the page


def test_the_case_offers_undo_while_the_mail_waits_and_then_the_next_step(desk, session):
    a_conjurer(mail="emiko@example.jp")
    request = a_case()
    form = form_with(desk.get(inquire_page(request)), "channel")
    case = fill(form, channel="mail").submit(status=303).follow()
    undo = next(form for form in case.forms.values() if form.action.endswith("/undo"))
    page = undo.submit(status=303).follow()
    assert "メールは送られません" in page
    assert the(session, Inquiry).state is InquiryState.RETRACTED
    assert the(session, Message).state is MessageState.CANCELLED
    undo.submit(status=409)


def test_undo_after_delivery_says_that_it_is_too_late(desk, session):
    a_conjurer(mail="emiko@example.jp")
    inquiry = asked(a_case(), channel=Source.MAIL)
    case = desk.get(f"/requests/{inquiry.request_id}")
    undo = next(form for form in case.forms.values() if form.action.endswith("/undo"))
    inquiry.message.state, inquiry.message.sent_at = MessageState.SENT, NOW
    session.commit()
    assert "すでに送られたか" in undo.submit(status=409)
    assert the(session, Inquiry).state is InquiryState.OPEN


# -- Somebody added by hand


def test_somebody_is_found_by_kana_and_added_with_the_reason(desk, session):
    request = an_accepted()
    supporter = a_conjurer("庭野 松男", kana="にわの まつお", skills=("庭木の剪定",))
    page = desk.get(f"/requests/{request.id}/candidates/add", {"q": "ニワノ"})
    form = form_with(page.click("庭野 松男"), "missed_because")
    assert "なぜ候補に出てこなかった" in form.submit(status=422)
    fill(form, missed_because="手品もすると聞いた").submit(status=303)
    session.expire_all()
    added = session.scalars(select(Candidate).where(Candidate.by_hand)).one()
    assert (added.party_id, added.missed_because) == (supporter.party_id, "手品もすると聞いた")
    form.submit(status=409)
    assert session.scalar(select(func.count()).select_from(Candidate)) == 2


def typed_for(desk, supporter, request):
    profile = profiles.find(registry="supporter", registration_id=supporter.id)
    page = desk.get(f"/requests/{request.id}/candidates/add?profile={profile.id}")
    return fill(form_with(page, "missed_because"), missed_because="手品もすると聞いた")


def says_that_they_cannot(page):
    form = form_with(page, "missed_because")
    told = page.html.find(id="error-summary").text
    return "この人は、この依頼の候補にできません" in told and form["missed_because"].value == "手品もすると聞いた"


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "abc", ""])
def test_a_made_up_number_adds_nobody_and_keeps_what_was_typed(desk, session, number):
    request = an_accepted()
    form = typed_for(desk, a_conjurer("庭野 松男"), request)
    form["profile"].force_value(number)
    assert says_that_they_cannot(form.submit(status=422))
    assert not session.scalars(select(Candidate).where(Candidate.by_hand)).all()


def test_who_left_after_the_page_was_opened_is_not_added_and_what_was_typed_is_kept(desk, session):
    request = an_accepted()
    leaving = a_conjurer("庭野 松男")
    form = typed_for(desk, leaving, request)
    registry.withdraw_consent(registry.active_consents(leaving.party_id)[Purpose.MATCHING], by=SYSTEM, now=NOW)
    page = form.submit(status=422)
    assert says_that_they_cannot(page) and "庭野 松男" not in page


def test_a_made_up_number_shows_nobody_who_may_not_be_a_candidate(app, session):
    person = a_candidate(name="審議 委員")
    a_member(a_council(), person, skills=[SkillWords("手品")])
    profile = profiles.find(registry="council", registration_id=person.id)
    request = a_case(desk="saporant", kind=RequestKind.INTRODUCTION)
    contractor = sign_in(app, a_coordinator("saporant").email)
    page = contractor.get(f"/requests/{request.id}/candidates/add", {"q": "手品", "profile": profile.id})
    assert "審議 委員" not in page


# -- Whose case it is


def test_another_desk_reads_and_does_not_touch(app, session):
    other = sign_in(app, a_coordinator("saporant").email)
    request = an_accepted()
    inquiry = asked(request)
    page = other.get(f"/requests/{request.id}", status=200)
    assert "見ることだけ" in page and not page.html.select("main form")
    for path in (
        f"/requests/{request.id}/candidates",
        f"/requests/{request.id}/decide",
        f"/requests/{request.id}/give-up",
        f"/inquiries/{inquiry.id}/record",
        inquire_page(request),
    ):
        other.get(path, status=403)


def test_a_contractor_reads_a_citys_case_without_its_council_members(app, session):
    person = a_candidate(name="審議 委員")
    a_member(a_council(), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    asked(request, person)
    contractor, city = (sign_in(app, a_coordinator(desk).email) for desk in ("saporant", "kyodo"))
    for path in (f"/requests/{request.id}", "/desk?desk=all"):
        assert "審議 委員" in city.get(path, status=200)
        assert "審議 委員" not in contractor.get(path, status=200)


def test_a_case_whose_council_member_was_decided_stays_readable_for_a_contractor(app, session):
    person = a_candidate(name="審議 委員")
    a_member(a_council(), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    promised(request, person)
    decided(request)
    contractor = sign_in(app, a_coordinator("saporant").email)
    assert "審議 委員" not in contractor.get(f"/requests/{request.id}", status=200)


def test_an_organization_sees_its_own_case_without_scores_or_candidates(app, session):
    mine, other = an_organization(), an_organization("ひばり町内会")
    owner, stranger = a_representative(mine), a_representative(other)
    a_conjurer("石川 笑子")
    request = a_case(requester=mine)
    page = sign_in(app, owner.email).get(f"/my/requests/{request.id}", status=200)
    assert "石川 笑子" not in page and "点" not in page.html.select_one("main").text
    asked(request)
    outsider = sign_in(app, stranger.email)
    for path in (f"/my/requests/{request.id}", f"/requests/{request.id}", f"/requests/{request.id}/decide"):
        outsider.get(path, status=404)


# -- How much is asked of the database


def queries_of(act) -> int:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_the_queue_asks_as_much_for_twelve_cases_as_for_two(desk, session):
    for number in range(2):
        a_case(title=f"依頼{number}")
    session.commit()
    desk.get("/desk")
    few = queries_of(lambda: desk.get("/desk"))
    for number in range(10):
        a_case(title=f"ほかの依頼{number}", requester=an_organization(f"自治会{number}"))
    assert queries_of(lambda: desk.get("/desk")) <= few + 1  # the commit of the new ones aside


def test_a_case_asks_as_much_for_twelve_candidates_as_for_two(desk, session):
    for number in range(2):
        a_conjurer(f"手品 {number}子")
    small = a_case()
    for number in range(10):
        a_conjurer(f"奇術 {number}郎")
    large = a_case(requester=an_organization("ひばり町内会"))
    session.commit()
    few = queries_of(lambda: desk.get(f"/requests/{small.id}/candidates"))
    assert queries_of(lambda: desk.get(f"/requests/{large.id}/candidates")) <= few
