"""My page: what waits first, then what is planned, then where everything stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from matching.accounts.actor import SYSTEM, Source
from matching.database import db
from matching.dispatch.services import inquiring
from matching.help_requests.states import RequestState
from matching.outbox import MessageState
from matching.registry import services as registry
from matching.supporters import services as supporters
from tests.conftest import sign_in
from tests.dispatch.factories import NOW, a_case, a_conjurer, asked, consulted, decided, link_of, promised
from tests.factories import a_person, a_representative, a_user, acting, an_organization
from tests.groups.factories import a_group
from tests.supporters.factories import a_registration, a_volunteer

LONG_AHEAD = date(2099, 12, 5)


@pytest.fixture
def conjurer(session):
    supporter = a_conjurer(mail="warako@example.jp")
    return supporter, a_user(email="warako@example.jp", party=supporter.party)


def waiting_on(page) -> list[str]:
    return [one.text.strip() for one in page.html.select(".waiting .title")]


def part(page, heading: str) -> str:
    """What stands under this heading."""
    found = next((one for one in page.html.select("main h2") if one.text == heading), None)
    if found is None:
        return ""
    texts = []
    for one in found.find_next_siblings():
        if one.name == "h2":
            break
        texts.append(one.get_text(" "))
    return " ".join(texts)


def test_what_waits_for_an_answer_comes_first(app, conjurer):
    supporter, user = conjurer
    asked(a_case(), supporter.party)
    page = sign_in(app, user.email).get("/me", status=200)
    assert page.html.select("main h2")[0].text == "いま返事をお待ちしていること"
    assert waiting_on(page) == ["敬老会の出し物をお願いしたい"]
    assert "相談を読んで返事をする" in page.html.select_one(".waiting a[href^='/my/inquiries/']").text


def test_without_anything_to_answer_it_says_so(session, app):
    assert "いまは、ありません。" in sign_in(app, a_user(party=a_person()).email).get("/me")


def test_the_requester_is_asked_to_agree_and_later_to_report(session, app, conjurer):
    organization = an_organization()
    user = a_representative(organization)
    consulted(a_case(requester=organization))
    browser = sign_in(app, user.email)
    assert browser.get("/me").html.select_one(".waiting a[href^='/my/agreements/']")
    other = an_organization("ひばり町内会")
    decision = decided(a_case(requester=other))
    reporter = sign_in(app, a_representative(other).email)
    decision.dispatches[0].on = datetime.now(UTC).date() - timedelta(days=2)
    page = reporter.get("/me")
    assert page.html.select_one(".waiting a[href$='/report']") and part(page, "これからの予定") == ""
    decision.dispatches[0].on = LONG_AHEAD
    page = reporter.get("/me")
    assert not waiting_on(page) and "2099年" in part(page, "これからの予定")


def test_a_registration_to_be_mended_waits_with_the_words_of_the_desk(session, app):
    user, supporter = a_volunteer(active=False)
    supporters.return_(supporter, note="電話番号を教えてください", by=acting(user), now=NOW)
    page = sign_in(app, user.email).get("/me")
    assert waiting_on(page) == ["山田 花子 の登録"] and "電話番号を教えてください" in page


def test_a_visit_to_come_shows_its_day_and_place_and_leads_to_the_notice(session, app, conjurer):
    _supporter, user = conjurer
    decision = decided(a_case(place="仁保公会堂"))
    decision.dispatches[0].on = LONG_AHEAD
    page = sign_in(app, user.email).get("/me")
    coming = part(page, "これからの予定")
    assert "2099年" in coming and "仁保公会堂" in coming and "行く" in coming
    assert page.html.select_one("main a[href^='/my/results/']")
    assert part(page, "これまでに決まったもの") == ""
    decision.request.state = RequestState.CANCELLED
    decision.request.ending, decision.request.ended_at = "雨", NOW
    page = sign_in(app, user.email).get("/me")
    assert part(page, "これからの予定") == "" and "中止" in part(page, "これまでに決まったもの")


def test_past_answers_stay_with_what_was_said(session, app, conjurer):
    supporter, user = conjurer
    promised(a_case(title="敬老会"), supporter.party)
    inquiring.decline(
        asked(a_case(title="夏祭り"), supporter.party, override_reason="確認済み"),
        reason="都合が合わない",
        by=link_of(supporter.party_id),
        now=NOW,
    )
    answers = part(sign_in(app, user.email).get("/me"), "これまでのお返事")
    assert "敬老会" in answers and "「引き受けます」とお返事" in answers
    assert "夏祭り" in answers and "「今回は辞退します」とお返事" in answers


def test_what_was_taken_back_before_it_left_was_never_told(session, app, conjurer):
    supporter, user = conjurer
    inquiry = asked(a_case(title="まだ内緒"), supporter.party, channel=Source.MAIL)
    browser = sign_in(app, user.email)
    assert "まだ内緒" not in browser.get("/me")
    inquiring.undo(inquiry, by=acting(user), now=NOW)
    assert inquiry.message.state is MessageState.CANCELLED
    page = browser.get("/me")
    assert "まだ内緒" not in page and "取り消" not in part(page, "これまでのこと")


def test_each_registration_says_what_comes_next(session, app):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    assert "合う依頼があるとき" in part(browser.get("/me"), "協働サポーターの登録")
    supporters.pause(supporter, until=date(2027, 1, 10), by=acting(user), now=NOW)
    assert "2027年1月10日（日）までお休みです" in browser.get("/me")


def test_an_organization_shows_its_group_and_whether_the_claim_is_checked(session, app, now):
    organization = an_organization("さざなみ会")
    group = a_group(organization)
    user = a_representative(organization)
    person = registry.person_of(user)
    registry.claim(person, an_organization("ひばり町内会"), title="会計", by=acting(user), now=now)
    page = sign_in(app, user.email).get("/me")
    assert page.html.select_one(f'a[href="/groups/{group.id}"]')
    assert "窓口が、担当者かどうかを確かめています" in page


def test_the_history_names_nobody_of_the_desk(session, app):
    desk = a_user(name="窓口 花子")
    user, supporter = a_volunteer()
    supporters.pause(supporter, until=None, by=acting(desk), now=NOW)
    page = sign_in(app, user.email).get("/me")
    assert "登録をお休みにしました。" in part(page, "これまでのこと") and "窓口 花子" not in page


def test_nobody_sees_the_page_of_somebody_else(session, app, conjurer):
    supporter, _user = conjurer
    asked(a_case(title="石川さんへの相談"), supporter.party)
    stranger = a_user(party=a_person("別の 人"))
    page = sign_in(app, stranger.email).get("/me")
    assert "石川" not in page and not waiting_on(page)


def test_more_of_everything_needs_no_more_queries(session, app):
    organizations = [an_organization(f"第{n}自治会") for n in range(30)]
    user = a_representative(organizations[0])
    person = registry.person_of(user)
    browser = sign_in(app, user.email)

    def fill(some):
        for one in some:
            claimed = registry.claim(person, one, title="会長", by=acting(user), now=NOW)
            if claimed.state.value == "claimed":
                registry.decide_representation(claimed, approve=True, by=SYSTEM, now=NOW)
            a_group(one)
            a_registration(one)
            decided(a_case(requester=one)).dispatches[0].on = LONG_AHEAD
            consulted(a_case(requester=one))

    def queries() -> int:
        counted = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
        browser.get("/me", status=200)
        return len(counted)

    a_conjurer()
    fill(organizations[:3])
    few = queries()
    fill(organizations[3:12])
    assert queries() == few
