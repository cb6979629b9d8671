"""A representative asks for help through the form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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

PAGE = "/requests/new"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def form_of(page):
    return next(form for form in page.forms.values() if "trouble" in form.fields)


@pytest.fixture
def representative(session):
    return a_representative(an_organization())


@pytest.fixture
def browser(app, representative):
    return sign_in(app, representative.email)


def filled(browser, **values):
    form = form_of(browser.get(PAGE))
    usual = {
        "title": "敬老会の出し物をお願いしたい",
        "trouble": "毎年カラオケばかりで困っています。",
        "needs": "手品\n・30分くらい",
        "occasions-0-on": in_days(30),
        "occasions-0-part": "pm",
        "telephone": "083-000-0001",
    }
    for name, value in {**usual, **values}.items():
        form[name] = value
    return form


def count(session):
    return session.scalar(select(func.count()).select_from(HelpRequest))


def test_a_representative_sends_a_request(session, browser, representative):
    form = filled(
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
    answer = form.submit("action", value="send")
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
    filled(browser, share_telephone=True, mail="").submit().follow(expect_errors=True)
    person = session.get(Person, representative.party_id)
    point = person.contact(ContactKind.TELEPHONE)
    assert (point.value, point.may_share) == ("083-000-0001", True)
    assert "083-000-0001" in browser.get(PAGE)
    assert "telephone" not in form_of(browser.get(PAGE)).fields


def test_a_request_without_any_contact_is_refused(session, browser):
    page = filled(browser, telephone="", mail="").submit(status=422)
    assert "電話番号かメールアドレスを入れてください" in page
    assert count(session) == 0


def test_the_requester_gets_a_mail_at_the_account_address(session, browser, representative):
    filled(browser, mail="").submit(status=303)
    mail = session.scalars(select(Message).where(Message.event == "request:submitted")).one()
    assert mail.recipient == representative.email
    assert mail.subject == "【協働むすび】依頼を受け取りました"
    assert "敬老会の出し物をお願いしたい" in mail.body
    assert f"/my/requests/{mail.case}" in mail.body


def test_pressing_the_button_twice_makes_one_request(session, browser):
    form = filled(browser)
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.headers["Location"] == second.headers["Location"]
    assert count(session) == 1
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_two_opened_forms_make_two_requests(session, browser):
    filled(browser).submit(status=303)
    form = form_of(browser.get(PAGE))
    form["title"], form["trouble"], form["occasions-0-note"] = "もう1件", "困っています。", "来週のどこか"
    form.submit(status=303)
    assert count(session) == 2


def test_one_more_row_keeps_what_was_typed(session, browser):
    form = filled(browser, head_count="たくさん")
    assert "occasions-2-on" not in form.fields
    page = form.submit("action", value="add_occasion", status=200)
    form = form_of(page)
    assert form["occasions-2-on"].value == ""
    assert (form["title"].value, form["head_count"].value) == ("敬老会の出し物をお願いしたい", "たくさん")
    assert form["occasions-0-part"].value == "pm"
    assert "error-summary" not in page
    assert count(session) == 0


def test_there_are_at_most_six_rows(browser):
    form = form_of(browser.get(PAGE))
    for _ in range(4):
        form = form_of(form.submit("action", value="add_occasion"))
    assert "occasions-5-on" in form.fields
    assert "日時をもう1回分追加する" not in form.text
    pressed = [*form.submit_fields(), ("action", "add_occasion"), ("occasions-6-on", in_days(30))]
    assert "occasions-6-on" not in form_of(browser.post(PAGE, pressed, status=200)).fields


def test_a_row_may_hold_only_a_note(session, browser):
    filled(browser, **{"occasions-0-on": "", "occasions-0-part": "", "occasions-1-note": "来週のどこか"}).submit(
        status=303
    )
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
        ({"money": "free", "budget_yen": "500"}, "金額を入れないで"),
        ({"telephone": "市役所"}, "電話番号は"),
        ({"form_key": "x' OR 1=1"}, "画面を開き直して"),
    ],
)
def test_a_slip_is_told_and_nothing_typed_is_lost(session, browser, values, message):
    page = filled(browser, **values).submit(status=422)
    assert message in page
    assert page.html.title.string.startswith("入力エラー：")
    form = form_of(page)
    for name, value in values.items():
        assert form[name].value.split() == value.split() if name not in ("title", "trouble") else True
    assert form["place"].value == ""
    assert count(session) == 0


@pytest.mark.parametrize(("name", "value"), [("field", "99"), ("district", "99"), ("organization", "99999")])
def test_a_choice_that_is_not_offered_is_refused(session, app, name, value):
    user = a_representative(an_organization())
    person = session.get(Person, user.party_id)
    session.add(
        Representation(person=person, organization=an_organization("ひばり町内会"), state=RepresentationState.CLAIMED)
    )
    form = filled(sign_in(app, user.email), organization=str(_first_organization(session, user)))
    form[name].force_value(value)
    assert "一覧から選んでください" in form.submit(status=422)
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
    assert "どの団体の依頼か" in filled(browser).submit(status=422)
    filled(browser, organization=str(other.id)).submit(status=303)
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
    filled(browser).submit(status=303)
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
    assert "敬老会の出し物をお願いしたい" in filled(browser).submit().follow(status=200)


@pytest.mark.parametrize("name", ["field", "district", "occasions-0-part", "money", "head_count", "occasions-0-starts"])
@pytest.mark.parametrize("value", ["²", "١", "9" * 30, "\x00", "<b>", "null"])
def test_odd_characters_never_break_the_form(browser, name, value):
    form = filled(browser)
    form[name].force_value(value)
    assert form.submit(expect_errors=True).status_int in (303, 422)
