"""What every form refuses or mends before a service sees it."""

import pytest
from sqlalchemy import func, select

from matching.help_requests.models import HelpRequest
from matching.registry.forms import Form, reference, references, tidy, week_slots
from matching.registry.models import ContactKind, ContactPoint, Party
from matching.registry.services import Contact, set_contacts
from tests.conftest import browser_of, sign_in
from tests.factories import a_coordinator, a_representative, a_user, an_organization
from tests.help_requests.asking import form_of, walked
from tests.journeys.steps import form_with
from tests.supporters.factories import a_volunteer
from tests.supporters.test_registering import register, step, the_form, walking


def count(session, table):
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table))


# -- A request that is not what our page sends


@pytest.fixture
def editing(app, session):
    """A volunteer who can be reached, their browser, the edit page and its token."""
    user, supporter = a_volunteer()
    set_contacts(supporter.party, [Contact(ContactKind.TELEPHONE, "083-000-0001")])
    session.commit()
    browser, url = sign_in(app, user.email), f"/supporters/{supporter.id}/edit"
    return browser, url, the_form(browser.get(url))["csrf_token"].value


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"x"),
        ("application/json", b'{"name": "x"}'),
        ("application/json", b"[1]"),
        ("application/x-www-form-urlencoded", b""),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--',
        ),
    ],
)
def test_a_submission_without_form_data_is_refused_and_changes_nothing(session, editing, kind, body):
    browser, url, token = editing
    answer = browser.post(url, body, headers={"X-CSRFToken": token, "Content-Type": kind}, status=400)
    assert "読み取れませんでした" in answer
    assert count(session, ContactPoint) == 1


FILE = ("a.txt", b"x")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/lexicon/try", "text"),
        ("/lexicon/new", "label"),
        ("/requests/new", "title"),
        ("/supporters/new", "name"),
        ("/people/new", "name"),
        ("/requests/new", "nobodys"),
    ],
)
def test_a_file_in_place_of_a_text_is_refused(app, session, url, name):
    desk = sign_in(app, a_coordinator().email)
    token = form_with(desk.get("/lexicon/try"), "text")["csrf_token"].value
    answer = desk.post(url, {"csrf_token": token}, upload_files=[(name, *FILE)], status=400)
    assert "読み取れませんでした" in answer


def test_a_stranger_who_signs_in_with_a_file_is_refused(app, session):
    stranger = browser_of(app)
    token = form_with(stranger.get("/login"), "password")["csrf_token"].value
    stranger.post("/login", {"csrf_token": token, "password": "x"}, upload_files=[("email", *FILE)], status=400)


def test_a_submission_without_the_version_counts_as_stale(session, editing):
    browser, url, token = editing
    browser.post(url, {"csrf_token": token, "telephone": ""}, status=409)
    assert count(session, ContactPoint) == 1


# -- Rows


@pytest.mark.parametrize("index", ["²", "１", "9" * 5000, "-1", ""])
def test_rows_are_numbered_as_the_page_does_or_left_alone(app, session, index):
    browser = sign_in(app, a_representative(an_organization()).email)
    form = form_of(walked(browser))
    fields = [*form.submit_fields(), (f"occasions-{index}-on", "2027-01-01")]
    browser.post("/requests/new", [*fields, ("go", "send")], status=303)
    assert len(session.scalars(select(HelpRequest)).one().occasions) == 1


@pytest.mark.parametrize("index", ["²", "9" * 5000])
def test_skills_are_numbered_as_the_page_does_or_left_alone(app, session, index):
    browser = sign_in(app, a_user().email)
    form = step(walking(browser))
    fields = [*form.submit_fields("go", submit_value="send"), (f"skills-{index}-phrase", "草刈り")]
    browser.post("/supporters/new", fields, status=303)


# -- Text that cannot be seen


def test_text_is_kept_without_what_cannot_be_seen():
    assert tidy("山\u200b田\u202e\u2060 花子\u00ad\U000e0001") == "山田 花子"
    assert tidy("葛\U000e0100飾") == "葛\U000e0100飾"  # the writing that the family uses
    assert tidy("一\r\n二\r三\u2028四\x85五\t六") == "一\n二\n三\n四\n五\t六"
    assert tidy(" \u200b ") == ""


@pytest.mark.parametrize("name", ["\u200b", "\u202e\u2060", "・・・", "、。", "\u3164", "\u2800"])
def test_a_name_has_something_to_read(app, session, name):
    page = walking(sign_in(app, a_user().email), name=name)
    assert "氏名を入力してください。" in page or "名前を入力してください。" in page
    assert count(session, Party) == 0


def test_a_new_organization_has_something_to_read(app, session):
    browser = sign_in(app, a_user().email)
    page = browser.get("/organizations/claim", {"q": "ひまわり"})
    form = next(form for form in page.forms.values() if "organization_name" in form.fields)
    for field, value in {"name": "山田 花子", "kana": "やまだ はなこ", "organization_name": "・・・"}.items():
        form[field] = value
    form["organization_kind"] = "neighborhood"
    assert "名前を入力してください。" in form.submit(status=422)
    assert count(session, Party) == 0


def test_a_field_of_one_line_stays_one_line(app, session):
    browser = sign_in(app, a_user().email)
    register(browser, name="山田\r\n花子", kana="やまだ\nはなこ", telephone="083\n000\n0001")
    person = session.scalars(select(Party)).one()
    assert (person.name, person.kana) == ("山田 花子", "やまだ はなこ")
    assert {point.value for point in person.contact_points if point.kind is ContactKind.TELEPHONE} == {"083 000 0001"}


# -- What is sent once


@pytest.mark.parametrize("key", ["\0", "a\0b", "9" * 33])
def test_a_form_key_that_is_none_of_ours_is_refused_in_words(app, session, key):
    form = step(walking(sign_in(app, a_user().email)))
    form["form_key"].force_value(key)
    assert "画面を開き直してください。" in form.submit("go", value="send", status=422)
    page = sign_in(app, a_coordinator().email).get("/groups/enter?new=1")
    form = next(form for form in page.forms.values() if "form_key" in form.fields)
    form["form_key"].force_value(key)
    assert "画面を開き直してください。" in form.submit(status=422)
    assert count(session, Party) == 0


# -- What is chosen


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 10])
def test_a_number_longer_than_any_rows_is_not_on_the_list(app, number):
    class Choosing(Form):
        district, districts, week = reference("地域"), references("地域"), week_slots("週")

    sent = {name: number for name in ("district", "districts", "week")}
    with app.test_request_context(method="POST", data=sent):
        form = Choosing(meta={"csrf": False})
        assert not form.validate()
        assert form.errors == {name: ["一覧から選んでください。"] for name in sent}
