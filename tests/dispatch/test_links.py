"""Signed links: they show on GET, act on POST once, and say in plain words when they are of no use any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from matching.accounts.actor import SYSTEM, Source, link_of
from matching.audit import AuditEntry
from matching.dispatch.models import Agreement, Inquiry
from matching.dispatch.services import agreeing, inquiring, links, reporting
from matching.dispatch.states import AgreementState, InquiryState
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from tests.factories import an_organization
from tests.journeys.steps import fill, form_with

from .factories import NOW, a_case, a_conjurer, asked, consulted, decide, decided, promised


@pytest.fixture
def inquiry(session) -> Inquiry:
    a_conjurer(mail="emiko@example.jp", telephone="083-000-0011")
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0022", may_share=True)])
    return asked(a_case(requester=organization), channel=Source.MAIL)


def path_of(row) -> str:
    return links.address_of(row).removeprefix("http://localhost")


def answer_form(web, inquiry):
    return form_with(web.get(path_of(inquiry)), "answer")


def everything(session) -> dict[str, list]:
    """All rows of all tables but the log and the count of attempts."""
    tables = [
        table
        for table in Inquiry.metadata.sorted_tables
        if table.name not in ("audit_entry", "attempt", "posting", "term_synonym")
    ]
    session.commit()
    return {table.name: session.execute(table.select()).all() for table in tables}


# -- Of no use


def spoiled(path: str) -> dict[str, str]:
    head, token = path.rsplit("/", 1)
    value, stamp, signature = token.split(".")
    return {
        "truncated": f"{head}/{token[:-4]}",
        "forged": f"{head}/{value}.{stamp}.{signature[::-1]}",
        "another key": f"{head}/{value[:-3]}abc.{stamp}.{signature}",
        "unsigned": f"{head}/1",
        "very long": f"{head}/{'a' * 5000}",
    }


@pytest.mark.parametrize("how", ["truncated", "forged", "another key", "unsigned", "very long"])
def test_a_spoiled_link_says_so(web, inquiry, how):
    page = web.get(spoiled(path_of(inquiry))[how], status=410)
    assert "このリンクは使えません" in page and "窓口へご連絡ください" in page


def test_a_link_of_one_kind_opens_no_page_of_another(web, inquiry):
    token = links.token_of(inquiry)
    web.get(f"/consent/{token}", status=410)
    web.get(f"/result/{token}", status=410)


def test_a_link_whose_row_is_gone_says_so(web, session, inquiry):
    path = path_of(inquiry)
    inquiry.link_key = links.new_key()
    assert "もう使われていません" in web.get(path, status=410)


def test_a_link_expires(web, app, inquiry, clock):
    path = path_of(inquiry)
    days = timedelta(days=app.config["LINK_DAYS"])
    clock.move_to(NOW + days - timedelta(minutes=1))
    web.get(path, status=200)
    clock.move_to(NOW + days + timedelta(minutes=1))
    assert "期限が切れています" in web.get(path, status=410)


def test_a_retracted_inquiry_tells_so_and_takes_no_answer(web, session, inquiry):
    form = fill(answer_form(web, inquiry), answer="promise")
    inquiring.retract(inquiry, by=SYSTEM, now=NOW)
    assert "この相談は取り消されました" in form.submit(status=409)
    page = web.get(path_of(inquiry), status=200)
    assert "この相談は取り消されました" in page and "お返事はいりません" in page
    session.expire_all()
    assert session.get(Inquiry, inquiry.id).state is InquiryState.RETRACTED


def test_a_retracted_agreement_tells_so_and_takes_no_answer(web, session, inquiry):
    inquiring.promise(inquiry, by=SYSTEM, now=NOW)
    agreement = consulted(inquiry.request)
    form = fill(form_with(web.get(path_of(agreement)), "answer"), answer="agree")
    inquiring.decline(inquiry, reason="都合が変わった", by=SYSTEM, now=NOW)
    assert "取り消されました" in form.submit(status=409)
    session.expire_all()
    assert session.get(Agreement, agreement.id).state is AgreementState.RETRACTED


# -- Looking changes nothing


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_changes_nothing(web, session, inquiry, method):
    agreement, notice = an_agreement_and_a_notice()
    before = everything(session)
    for row in (inquiry, agreement, notice):
        web.request(path_of(row), method=method, status=200)
    assert everything(session) == before


def an_agreement_and_a_notice():
    other = a_conjurer("村田 次郎")
    request = a_case(title="2つめの依頼")
    promised(request, other.party)
    agreement = consulted(request)
    agreeing.agree(agreement, by=SYSTEM, now=NOW)
    return agreement, decide(request).notices[0]


# -- Answering


def test_a_promise_by_link_is_the_candidates_own_word(web, session, inquiry):
    answer_form_ = fill(answer_form(web, inquiry), answer="promise", heads="２", remark="車で行きます。")
    assert "引き受けるとのお返事" in answer_form_.submit(status=303).follow()
    session.expire_all()
    assert (inquiry.state, inquiry.heads, inquiry.answered_by) == (InquiryState.PROMISED, 2, Source.MAIL)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "inquiry:promise")).one()
    assert (entry.actor_kind, entry.actor_user_id, entry.on_behalf_of_id) == ("link", None, inquiry.party_id)


def test_the_same_answer_sent_twice_counts_once(web, session, inquiry):
    form = fill(answer_form(web, inquiry), answer="promise")
    form.submit(status=303)
    assert "引き受けるとのお返事をいただいています" in form.submit(status=409)
    answers = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "inquiry:promise")
    assert session.scalar(answers) == 1


def test_a_page_that_was_opened_before_the_desk_answered_is_refused(web, session, inquiry):
    form = fill(answer_form(web, inquiry), answer="promise")
    inquiring.ask(inquiry, question="駐車場はありますか", by=link_of(inquiry.party_id), now=NOW)
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    session.expire_all()
    assert inquiry.state is InquiryState.ASKED


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "お返事を選んでください"),
        ({"answer": "decline"}, "辞退の理由を選ぶか"),
        ({"answer": "ask"}, "聞きたいことを入力"),
        ({"answer": "ask", "question": "あ" * 501}, "500文字まで"),
        ({"answer": "promise", "heads": "0"}, "1から200まで"),
        ({"answer": "promise", "heads": "たくさん"}, "1から200まで"),
        ({"answer": "promise", "remark": "あ" * 301}, "300文字まで"),
    ],
)
def test_an_answer_that_cannot_be_taken_says_what_to_mend_and_keeps_what_was_typed(
    web, session, inquiry, values, message
):
    page = fill(answer_form(web, inquiry), **values).submit(status=422)
    assert message in page and page.html.title.text.startswith("入力エラー：")
    if values.get("remark"):
        assert form_with(page, "answer")["remark"].value == values["remark"]
    session.expire_all()
    assert inquiry.state is InquiryState.OPEN


def test_an_answer_without_the_token_of_the_page_is_refused(web, session, inquiry):
    web.post(path_of(inquiry), {"answer": "promise", "version": "1"}, status=400)
    session.expire_all()
    assert inquiry.state is InquiryState.OPEN


def test_a_decline_by_link_reopens_the_request(web, session, inquiry):
    form = fill(answer_form(web, inquiry), answer="decline", decline_choice="遠い・移動の手段がない")
    assert "辞退のお返事をいただいています" in form.submit(status=303).follow()
    session.expire_all()
    assert inquiry.decline_reason == "遠い・移動の手段がない"
    assert inquiry.request.state is RequestState.ACCEPTED


def test_the_requester_agrees_by_link_once(web, session, inquiry):
    inquiring.promise(inquiry, by=SYSTEM, now=NOW)
    agreement = consulted(inquiry.request)
    page = web.get(path_of(agreement))
    assert inquiry.party.name not in page and "083-000-0011" not in page
    form = fill(form_with(page, "answer"), answer="agree")
    assert "了承のお返事をいただいています" in form.submit(status=303).follow()
    assert "了承のお返事をいただいています" in form.submit(status=409)
    session.expire_all()
    assert agreement.request.state is RequestState.AGREED


def test_a_refusal_by_link_says_why(web, session, inquiry):
    inquiring.promise(inquiry, by=SYSTEM, now=NOW)
    agreement = consulted(inquiry.request)
    form = fill(form_with(web.get(path_of(agreement)), "answer"), answer="refuse")
    assert "了承しない理由" in form.submit(status=422)
    fill(form, reason="前にも来てもらったため").submit(status=303)
    session.expire_all()
    assert agreement.request.state is RequestState.ACCEPTED


# -- The result


def test_the_result_shows_the_other_sides_items_until_the_report_and_writes_each_reading_down(web, session, inquiry):
    inquiring.promise(inquiry, by=SYSTEM, now=NOW)
    decision = decided(inquiry.request)
    to_supporter = next(notice for notice in decision.notices if not notice.to_requester)
    to_requester = next(notice for notice in decision.notices if notice.to_requester)
    page = web.get(path_of(to_supporter))
    assert "083-000-0022" in page and "083-000-0011" not in page
    page = web.get(path_of(to_requester))
    assert "083-000-0011" in page and "仁保1-2-3" not in page and "emiko@example.jp" not in page
    shown = session.execute(
        text("SELECT actor_kind, on_behalf_of_id, subject_id FROM audit_entry WHERE event = 'contact:show' ORDER BY id")
    ).all()
    requester = inquiry.request.requester_id
    assert [tuple(row) for row in shown] == [
        ("link", inquiry.party_id, requester),
        ("link", requester, inquiry.party_id),
    ]
    reporting.report(decision.dispatches[0], done=False, text="大雨", by=SYSTEM, now=NOW)
    assert "083-000-0022" not in web.get(path_of(to_supporter))
    assert "083-000-0011" not in web.get(path_of(to_requester))


def test_the_result_can_be_opened_until_the_report_however_far_the_day(web, session, inquiry, clock):
    inquiring.promise(inquiry, by=SYSTEM, now=NOW)
    decision = decided(inquiry.request)
    path = path_of(next(notice for notice in decision.notices if not notice.to_requester))
    clock.move_to(NOW + timedelta(days=80))
    assert "083-000-0022" in web.get(path, status=200)
    reporting.report(decision.dispatches[0], done=True, text="よかった。", by=SYSTEM, now=NOW + timedelta(days=80))
    assert "期限が切れています" in web.get(path, status=410)


def test_every_mail_with_a_link_leads_to_a_page(web, session, inquiry):
    bodies = session.scalars(select(Message.body)).all()
    (path,) = [line.removeprefix("http://localhost") for body in bodies for line in body.split() if "/answer/" in line]
    assert inquiry.told["title"] in web.get(path, status=200)
