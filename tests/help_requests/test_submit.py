"""A representative asks for help through the form."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from matching import audit
from matching.accounts.actor import Source
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind, Person, Representation, RepresentationState
from matching.registry.vocabulary import Money, Part
from tests.conftest import sign_in
from tests.factories import a_person, a_representative, a_user, an_organization

from .asking import PAGE, filled, form_of, go, in_days, sent, usual, walked


@pytest.fixture
def representative(session):
    return a_representative(an_organization())


@pytest.fixture
def browser(app, representative):
    return sign_in(app, representative.email)


def count(session):
    return session.scalar(select(func.count()).select_from(HelpRequest))


def test_a_representative_sends_a_request(session, browser, representative):
    answer = sent(
        browser,
        field="1",
        district="3",
        place="集会所",
        head_count="２",
        attendance="42",
        money="expenses",
        budget_yen="5,000",
        share_telephone=True,
        **{"occasions-0-starts": "13:30", "occasions-0-ends": "15:00", "occasions-0-second_on": in_days(37)},
    )
    request = session.scalars(select(HelpRequest)).one()
    assert (answer.status_int, answer.headers["Location"]) == (303, f"/my/requests/{request.id}")
    assert (request.state, request.came_by, request.desk.code) == (RequestState.SUBMITTED, Source.WEB, "kyodo")
    assert request.submitted_by_id == representative.id
    assert request.contact_person_id == representative.party_id
    assert [need.phrase for need in request.needs] == ["手品", "30分くらい"]
    assert (request.field_number, request.district_id, request.head_count, request.attendance) == (1, 3, 2, 42)
    assert (request.money, request.budget_yen) == (Money.EXPENSES, 5000)
    [occasion] = request.occasions
    assert (occasion.on.isoformat(), occasion.part, occasion.second_on.isoformat()) == (
        in_days(30),
        Part.AFTERNOON,
        in_days(37),
    )
    assert [entry.event for entry in audit.history(case=request.id)] == ["request:submit"]


def test_the_contact_that_was_given_is_kept_with_the_person(session, browser, representative):
    sent(browser, share_telephone=True, mail="").follow(expect_errors=True)
    person = session.get(Person, representative.party_id)
    point = person.contact(ContactKind.TELEPHONE)
    assert (point.value, point.may_share) == ("083-000-0001", True)
    page = go(form_of(walked(browser)), 3)
    assert "083-000-0001" in page
    assert "telephone" not in form_of(page).fields


def test_a_request_without_any_contact_is_refused(session, browser):
    page = sent(browser, telephone="", mail="")
    assert page.status_int == 422 and "telephone" in form_of(page).fields
    assert "電話番号かメールアドレスを入れてください" in page
    assert count(session) == 0


def test_the_requester_gets_a_mail_at_the_account_address(session, browser, representative):
    sent(browser, mail="")
    mail = session.scalars(select(Message).where(Message.event == "request:submitted")).one()
    assert mail.recipient == representative.email
    assert mail.subject == "【協働むすび】依頼を受け取りました"
    assert "敬老会の出し物をお願いしたい" in mail.body
    assert f"/my/requests/{mail.case}" in mail.body


def test_pressing_the_button_twice_makes_one_request(session, browser):
    form = form_of(walked(browser))
    first, second = go(form, "send", status=303), go(form, "send", status=303)
    assert first.headers["Location"] == second.headers["Location"]
    assert count(session) == 1
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_two_opened_forms_make_two_requests(session, browser):
    sent(browser)
    sent(browser, title="もう1件", trouble="困っています。")
    assert count(session) == 2


def test_one_more_row_stays_on_its_step_and_keeps_what_was_typed(session, browser):
    form = filled(form_of(go(filled(form_of(browser.get(PAGE)), 1, usual()), "next")), 2, usual())
    assert "occasions-2-on" not in form.fields
    form["place"] = "中央集会所"
    page = go(form, "add_occasion", status=200)
    form = form_of(page)
    assert form["occasions-2-on"].value == ""
    assert (form["title"].value, form["place"].value) == ("敬老会の出し物をお願いしたい", "中央集会所")
    assert form["occasions-0-part"].value == "pm"
    assert "error-summary" not in page
    form["occasions-2-note"] = "来週のどこか"
    page = form_of(go(filled(form_of(go(form, "next")), 3, usual()), "next"))
    go(page, "send", status=303)
    assert len(session.scalars(select(HelpRequest)).one().occasions) == 2


def test_each_step_has_only_its_own_fields_and_the_last_shows_all_that_was_said(browser):
    first = form_of(browser.get(PAGE))
    assert "occasions-0-on" not in first.fields and "head_count" not in first.fields
    page = walked(browser, place="中央集会所", released=True)
    assert page.html.select_one("h1").text == "手伝ってほしいことを依頼する"
    for said in (
        "敬老会の出し物",
        "カラオケ",
        "手品",
        "中央集会所",
        "083-000-0001",
        "さくら台自治会",
        "要約を公開してよい",
    ):
        assert said in page.html.select_one("main").text, said
    assert "まだ送られていません" in page


def test_going_back_and_changing_something_loses_nothing(session, browser):
    page = go(form_of(walked(browser, place="中央集会所", money="expenses")), 1)
    form = form_of(page)
    assert form["title"].value == "敬老会の出し物をお願いしたい"
    form["title"] = "別の題名"
    for _step in range(3):
        form = form_of(go(form, "next", status=200))
    go(form, "send", status=303)
    request = session.scalars(select(HelpRequest)).one()
    assert (request.title, request.place, request.money) == ("別の題名", "中央集会所", Money.EXPENSES)


def test_nothing_is_sent_before_it_was_checked(session, browser):
    form = filled(form_of(browser.get(PAGE)), 1, usual())
    go(form, "send", expect_errors=True)
    assert count(session) == 0


def test_who_lets_the_outline_be_shown_says_so_in_the_form(session, browser):
    sent(browser, title="公開してよい", released=True)
    sent(browser, title="公開しない")
    released = {one.title: one.released_at for one in session.scalars(select(HelpRequest))}
    assert released["公開してよい"] and released["公開しない"] is None
    [shown] = session.scalars(select(HelpRequest).where(HelpRequest.title == "公開してよい"))
    assert [entry.event for entry in audit.history(case=shown.id)] == ["request:submit", "request:publish"]


def test_there_are_at_most_six_rows(browser):
    form = form_of(go(filled(form_of(browser.get(PAGE)), 1, usual()), "next"))
    for _ in range(4):
        form = form_of(go(form, "add_occasion"))
    assert "occasions-5-on" in form.fields
    assert "日時をもう1回分追加する" not in form.text
    pressed = [*form.submit_fields(), ("go", "add_occasion"), ("occasions-6-on", in_days(30))]
    assert "occasions-6-on" not in form_of(browser.post(PAGE, pressed, status=200)).fields


def test_a_row_may_hold_only_a_note(session, browser):
    sent(browser, **{"occasions-0-on": "", "occasions-0-part": "", "occasions-1-note": "来週のどこか"})
    [occasion] = session.scalars(select(HelpRequest)).one().occasions
    assert (occasion.on, occasion.note, occasion.position) == (None, "来週のどこか", 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": " "}, "題名を入れてください"),
        ({"title": "あ" * 81}, "80文字までで"),
        ({"trouble": ""}, "困っていることや"),
        ({"trouble": "あ" * 2001}, "2000文字までで"),
        ({"needs": "\n".join("一二三四五六七")}, "6行までで"),
        ({"needs": "あ" * 61}, "60文字まで"),
        ({"occasions-0-on": "", "occasions-0-part": ""}, "日にちを入れてください"),
        ({"occasions-0-on": ""}, "日にちを入れてください"),
        ({"occasions-0-on": in_days(-2)}, "過ぎた日は選べません"),
        ({"occasions-0-on": in_days(800)}, "2年より先の日"),
        ({"occasions-0-on": "来週"}, "日付は 2026-04-01"),
        ({"occasions-0-starts": "25:00"}, "時刻は 13:30"),
        ({"occasions-0-starts": "15:00", "occasions-0-ends": "15:00"}, "始まりの時刻よりあと"),
        ({"occasions-0-ends": "15:00"}, "始まりの時刻も"),
        ({"occasions-1-part": "am"}, "日にちを入れてください"),
        ({"occasions-1-note": "来週", "occasions-1-second_on": in_days(30)}, "日にちを入れてください"),
        ({"occasions-0-second_part": "am"}, "第2希望の日も"),
        ({"occasions-0-second_on": in_days(-2)}, "過ぎた日は選べません"),
        ({"head_count": "0"}, "1から200まで"),
        ({"head_count": "201"}, "1から200まで"),
        ({"head_count": ""}, "来てほしい人数"),
        ({"attendance": "100001"}, "1から100000まで"),
        ({"telephone": "市役所"}, "電話番号は"),
    ],
)
def test_a_slip_is_told_and_nothing_typed_is_lost(session, browser, values, message):
    page = walked(browser, **values)
    assert page.status_int == 422 and message in page
    assert "{&#39;" not in page and "[&#39;" not in page  # a slip in a row is said in words, beside its field
    assert page.html.title.string.startswith("入力エラー：")
    form = form_of(page)
    for name, value in values.items():
        assert form[name].value.split() == value.split() if name not in ("title", "trouble") else True
    assert form["title"].value is not None and form["form_key"].value
    assert count(session) == 0


def test_what_only_the_whole_shows_to_be_wrong_leads_back_to_its_step(session, browser):
    page = sent(browser, money="free", budget_yen="500")
    assert page.status_int == 422 and "金額を入れないで" in page
    assert form_of(page)["budget_yen"].value == "500"
    form = form_of(walked(browser))
    form["form_key"] = "x' OR 1=1"
    assert "画面を開き直して" in go(form, "send", status=422)
    assert count(session) == 0


@pytest.mark.parametrize(("name", "value"), [("field", "99"), ("district", "99"), ("organization", "99999")])
def test_a_choice_that_is_not_offered_is_refused(session, app, name, value):
    user = a_representative(an_organization())
    person = session.get(Person, user.party_id)
    session.add(
        Representation(person=person, organization=an_organization("ひばり町内会"), state=RepresentationState.CLAIMED)
    )
    page = walked(sign_in(app, user.email), organization=str(_first_organization(session, user)))
    form = form_of(page)
    form[name].force_value(value)
    assert "一覧から選んでください" in go(form, "send", status=422)
    assert count(session) == 0


def _first_organization(session, user) -> int:
    query = select(Representation.organization_id).where(Representation.person_id == user.party_id)
    return session.scalars(query.order_by(Representation.id)).first()


def test_a_representative_of_several_organizations_chooses_one(session, app):
    user = a_representative(an_organization())
    other = an_organization("ひばり町内会")
    person = session.get(Person, user.party_id)
    session.add(Representation(person=person, organization=other, state=RepresentationState.CLAIMED))
    browser = sign_in(app, user.email)
    assert "どの団体の依頼か" in walked(browser)
    sent(browser, organization=str(other.id))
    assert session.scalars(select(HelpRequest)).one().requester_id == other.id


@pytest.mark.parametrize("party", [None, "person"])
def test_somebody_without_an_organization_names_one_first(session, app, party):
    user = a_user(party=a_person() if party else None)
    answer = sign_in(app, user.email).get(PAGE, status=303)
    assert answer.headers["Location"].endswith("/organizations/claim?next=/requests/new")


def test_a_refused_claim_gives_no_right_to_ask(session, app):
    user = a_user(party=a_person())
    person = session.get(Person, user.party_id)
    session.add(Representation(person=person, organization=an_organization(), state=RepresentationState.REFUSED))
    assert "/organizations/claim" in sign_in(app, user.email).get(PAGE, status=303).headers["Location"]


def test_a_stranger_signs_in_first(web):
    assert "/login" in web.get(PAGE, status=303).headers["Location"]


def test_my_list_shows_my_requests_with_the_next_step_and_nobody_elses(session, browser, app):
    sent(browser)
    page = browser.get("/requests/mine", status=200)
    assert "敬老会の出し物をお願いしたい" in page
    assert "窓口が内容を確かめています" in page
    other = a_representative(an_organization("ひばり町内会"))
    assert "敬老会の出し物" not in sign_in(app, other.email).get("/requests/mine", status=200)


@pytest.mark.parametrize("page", ["99999999999999999999", "0", "-1", "x"])
def test_a_page_of_my_list_that_cannot_be_is_not_an_error_of_ours(browser, page):
    assert browser.get(f"/requests/mine?page={page}", expect_errors=True).status_int in (200, 404)


@pytest.mark.parametrize("request_id", ["999", "99999999999999999999"])
def test_a_request_that_does_not_exist_is_not_found(browser, request_id):
    browser.get(f"/requests/{request_id}/withdraw", status=404)


def test_what_was_sent_leads_to_its_page(session, browser):
    assert "敬老会の出し物をお願いしたい" in sent(browser).follow(status=200)


@pytest.mark.parametrize("name", ["field", "district", "occasions-0-part", "money", "head_count", "occasions-0-starts"])
@pytest.mark.parametrize("value", ["²", "١", "9" * 30, "\x00", "<b>", "null"])
def test_odd_characters_never_break_the_form(browser, name, value):
    form = form_of(walked(browser))
    form[name].force_value(value)
    assert go(form, "send", expect_errors=True).status_int in (303, 422)


# -- The same once more


def test_an_earlier_request_begins_a_new_one_without_its_days(session, browser, representative):
    sent(browser, place="中央集会所", field="1", district="3", money="expenses", head_count="2", released=True)
    first = session.scalars(select(HelpRequest)).one()
    page = browser.get(f"/my/requests/{first.id}").click("もう一度同じような依頼をする")
    form = form_of(page)
    assert (form["title"].value, form["needs"].value) == ("敬老会の出し物をお願いしたい", "手品\n30分くらい")
    form = form_of(go(form, "next"))
    assert (form["place"].value, form["district"].value, form["occasions-0-on"].value) == ("中央集会所", "3", "")
    form["occasions-0-on"] = in_days(400)
    form = form_of(go(form, "next"))
    assert (form["head_count"].value, form["money"].value, form["released"].checked) == ("2", "expenses", False)
    go(form_of(go(form, "next")), "send", status=303)
    second = session.scalars(select(HelpRequest).order_by(HelpRequest.id.desc())).first()
    assert (second.id != first.id, second.title, second.field_number) == (True, first.title, 1)
    assert second.number is None and second.released_at is None and second.public_key != first.public_key


def test_nobody_begins_with_somebody_elses_request(session, app, browser):
    sent(browser)
    request = session.scalars(select(HelpRequest)).one()
    other = a_representative(an_organization("ひばり町内会"))
    stranger = sign_in(app, other.email)
    stranger.get(f"{PAGE}?like={request.id}", status=404)
    for odd in ("99999999999999999999", "-99999999999999999999", "-1", "999"):
        stranger.get(f"{PAGE}?like={odd}", status=404)
    stranger.get(f"{PAGE}?like=x", status=200)
