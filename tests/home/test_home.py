"""The first page, my page, the navigation, and the mails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from matching import outbox
from matching.accounts.actor import Source
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.database import db
from matching.dispatch.models import Candidate, Shortlist
from matching.help_requests.states import RequestState
from matching.outbox import Message, MessageState
from matching.registry.models import Registry, Representation
from matching.supporters.models import Supporter
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, acting, an_organization, staff
from tests.help_requests.factories import a_request


def nav_of(page) -> list[str]:
    return [" ".join(link.text.split()) for link in page.html.select(".site-nav a")]


def a_mail(now, state=MessageState.UNCERTAIN, subject="お知らせ", desk="kyodo", **facts):
    """About a case at this desk."""
    facts.setdefault("case", a_request(now=now, desk=desk).id)
    mail = outbox.enqueue(
        "request:submitted", to="hanako@example.jp", subject=subject, body="秘密の本文", now=now, **facts
    )
    mail.state, mail.sent_at = state, now if state is MessageState.SENT else None
    return mail


def test_the_first_page_has_two_doors_and_says_how_it_works(web):
    page = web.get("/", status=200)
    assert "手伝ってほしい" in page.html.select_one(".doors").text
    assert "決まるまでの流れ" in page
    assert "電話や窓口で終わりまで" in page
    assert nav_of(page) == ["登録団体", "協働サポーター", "公開中の依頼"]


def test_somebody_signed_in_sees_their_own_pages(session, app):
    page = sign_in(app, a_user().email).get("/", status=200)
    assert nav_of(page)[:3] == ["マイページ", "手伝いたい", "手伝ってほしい"]
    assert "メール" not in nav_of(page)


def test_a_coordinator_sees_the_pages_of_the_desk(session, app):
    page = sign_in(app, a_coordinator().email).get("/outbox", status=200)
    assert {"依頼を入れる", "メール"} <= set(nav_of(page))
    assert "手伝ってほしい" not in nav_of(page)
    assert page.html.select_one(".site-nav [aria-current]").text == "メール"


def test_a_contractors_coordinator_and_council_staff_see_different_pages(session, app):
    contractor = nav_of(sign_in(app, a_coordinator("saporant").email).get("/"))
    assert "審議会等" not in contractor
    assert "依頼を入れる" not in nav_of(sign_in(app, staff(Role.CLERK).email).get("/"))


def test_my_page_shows_my_requests_and_organizations_and_nobody_elses(session, app, now):
    user = a_representative(an_organization("さくら台自治会"))
    organization_id = session.scalars(
        select(Representation.organization_id).where(Representation.person_id == user.party_id)
    ).one()
    a_request(now=now, title="わたしの依頼").requester_id = organization_id
    a_request(now=now, requester=an_organization("ひばり町内会"), title="よその依頼")
    page = sign_in(app, user.email).get("/me", status=200)
    assert "さくら台自治会" in page
    assert "わたしの依頼" in page
    assert "窓口が内容を確かめています" in page
    assert "よその依頼" not in page


def test_my_page_leads_to_my_registration(session, app, now):
    user = a_user(party=a_person())
    supporter = Supporter(party_id=user.party_id, came_by=Source.WEB, registered_on=now.date())
    session.add(supporter)
    session.flush()
    page = sign_in(app, user.email).get("/me", status=200)
    assert "確認待ち" in page
    assert page.html.select_one(f'a[href="/supporters/{supporter.id}"]')


@pytest.mark.parametrize("state", list(RequestState))
def test_every_state_has_words_for_the_requester(session, app, now, state):
    organization = an_organization()
    a_request(now=now, requester=organization, state=state)
    row = (
        sign_in(app, a_representative(organization).email)
        .get("/requests/mine", status=200)
        .html.select_one(".queue-row")
    )
    assert row.select_one(".chip-state").text.strip() and row.select(".meta span")[-1].text.endswith("。")


@pytest.mark.parametrize("page", ["/me", "/requests/mine"])
def test_more_requests_need_no_more_queries(session, app, now, page):
    organization = an_organization()
    browser = sign_in(app, a_representative(organization).email)

    def queries() -> int:
        asked = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        browser.get(page, status=200)
        return len(asked)

    a_request(now=now, requester=organization)
    few = queries()
    for _ in range(8):
        a_request(now=now, requester=organization)
    assert 2 < queries() <= few + 1


def test_a_stranger_signs_in_before_the_own_page(web):
    assert "/login" in web.get("/me", status=303).headers["Location"]


def test_somebody_without_anything_still_has_a_page(session, app):
    page = sign_in(app, a_user(party=a_person()).email).get("/me", status=200)
    assert page.html.select("main a[href='/requests/new']") and "手伝ってほしい" in page.html.select_one("main").text


def test_a_member_of_staff_goes_straight_to_work(session, app):
    answer = sign_in(app, a_coordinator().email).get("/me", status=303)
    assert answer.headers["Location"] in ("/desk", "/requests/enter")


def test_the_mails_that_need_somebody_come_first_and_bodies_stay_hidden(session, app, now):
    for state in (MessageState.UNCERTAIN, MessageState.SENT, MessageState.FAILED, MessageState.HELD):
        a_mail(now, state, subject=f"件名{state.value}")
    page = sign_in(app, a_coordinator().email).get("/outbox", status=200)
    subjects = [cell.text for cell in page.html.select(".queue .title")]
    assert subjects == ["件名failed", "件名uncertain", "件名held", "件名sent"]
    assert "hanako@example.jp" in page
    assert "秘密の本文" not in page


def test_many_mails_come_on_several_pages(session, app, now):
    for number in range(51):
        a_mail(now, MessageState.SENT, subject=f"件名{number}")
    browser = sign_in(app, staff(Role.ADMINISTRATOR).email)
    assert len(browser.get("/outbox").html.select(".queue-row")) == 50
    assert "件名0" in browser.get("/outbox?page=2")
    assert len(browser.get("/outbox?page=99", status=200).html.select(".queue-row")) == 1
    assert len(browser.get("/outbox?per_page=1000").html.select(".queue-row")) == 50


@pytest.mark.parametrize(
    ("button", "state", "told"),
    [
        ("届いたことを確認した", MessageState.SENT, "message:confirm"),
        ("もう一度送る", MessageState.HELD, "message:resend"),
    ],
)
def test_somebody_settles_a_mail_that_may_or_may_not_have_arrived(session, app, now, button, state, told):
    mail = a_mail(now)
    page = sign_in(app, a_coordinator().email).get("/outbox")
    form = next(form for form in page.forms.values() if button in form.text)
    form.submit(status=303)
    session.refresh(mail)
    assert mail.state is state
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == told)).one()
    assert (entry.case, entry.subject_id) == (mail.case, mail.id)
    form.submit(status=409)


@pytest.mark.parametrize("state", [state for state in MessageState if state is not MessageState.UNCERTAIN])
def test_only_an_uncertain_mail_can_be_settled(session, now, state):
    mail = a_mail(now, state)
    with pytest.raises(outbox.TooLate):
        outbox.settle(mail, arrived=True, by=acting(a_coordinator()), now=now + timedelta(days=1))
    session.refresh(mail)
    assert mail.state is state


def test_a_mail_that_failed_is_sent_again_with_all_its_attempts(session, app, now):
    mail = a_mail(now, MessageState.FAILED)
    mail.attempts, mail.error = 5, "550"
    page = sign_in(app, a_coordinator().email).get("/outbox")
    assert "届いたことを確認した" not in page
    next(form for form in page.forms.values() if "もう一度送る" in form.text).submit(status=303)
    session.refresh(mail)
    assert (mail.state, mail.attempts, mail.error) == (MessageState.HELD, 0, None)


def settle(browser, mail, **how):
    forms = browser.get("/organizations/claim").forms.values()
    token = next(form["csrf_token"].value for form in forms if "csrf_token" in form.fields)
    return browser.post(f"/outbox/{mail.id}/settle", {"csrf_token": token, "answer": "again"}, **how)


def test_a_coordinator_reads_and_settles_the_mails_of_their_own_desk(session, app, now):
    a_mail(now, subject="小郡の件", desk="center:小郡")
    elsewhere = a_mail(now, subject="本庁の件")
    browser = sign_in(app, a_coordinator("center:小郡").email)
    page = browser.get("/outbox")
    assert "本庁の件" in page and page.text.count("hanako@example.jp") == 1 and "ほかの窓口のメール" in page
    assert page.text.count("もう一度送る") == 1
    settle(browser, elsewhere, status=404)
    account = a_mail(now, subject="パスワード", case=None)
    assert sign_in(app, a_coordinator().email).get("/outbox").text.count("hanako@example.jp") == 1
    administrator = sign_in(app, staff(Role.ADMINISTRATOR).email)
    assert administrator.get("/outbox").text.count("hanako@example.jp") == 3
    settle(administrator, account, status=303)
    settle(sign_in(app, staff(Role.STAFF).email), elsewhere, status=403)


def test_a_contractor_does_not_learn_of_other_desks_mails_nor_of_council_members(session, app, now):
    a_mail(now, subject="本庁の件")
    a_mail(now, subject="さぽらんての件", desk="saporant")
    a_mail(now, subject="登録の件", case=None).event = "supporter:confirmed"
    handed_over, member = a_request(now=now, desk="saporant"), a_person()
    shortlist = Shortlist(request=handed_over, made_at=now, versions={}, ask={}, searched=1)
    shortlist.candidates = [Candidate(party=member, of_registry=Registry.COUNCIL, registration_id=member.id, rank=1)]
    session.add(shortlist)
    to_member = a_mail(now, subject="委員への打診", case=handed_over.id, party_id=member.id)
    browser = sign_in(app, a_coordinator("saporant").email)
    subjects = [cell.text for cell in browser.get("/outbox").html.select(".queue .title")]
    assert sorted(subjects) == ["さぽらんての件", "登録の件"]
    settle(browser, to_member, status=404)


def test_an_unknown_answer_about_a_mail_is_refused(session, app, now):
    mail = a_mail(now)
    page = sign_in(app, a_coordinator().email).get("/outbox")
    form = next(form for form in page.forms.values() if "もう一度送る" in form.text)
    form["answer"] = "maybe"
    form.submit(status=400)
    assert session.get(Message, mail.id).state is MessageState.UNCERTAIN


def test_the_public_does_not_learn_of_the_mails(session, app):
    sign_in(app, a_user().email).get("/outbox", status=404)
    sign_in(app, staff(Role.CLERK).email).get("/outbox", status=403)


KEPT_OF_MEMBERS = (
    "名前", "ふりがな", "生まれた年", "性別", "所属", "専門", "地域", "連絡先", "役職", "選ばれた区分", "任期", "理由",
    "候補",
)  # fmt: skip


def test_the_page_on_personal_data_names_everything_that_is_kept(web):
    kept = {one.dt.text: one.dd.text for one in web.get("/privacy").html.select("dl.facts div")}
    assert [word for word in KEPT_OF_MEMBERS if word not in kept["審議会などの委員"]] == []
    assert "所属" in kept["協働サポーター"] and "メモ" in kept["協働サポーター"]
    assert "30日で消えます" in kept["remember_token"]
