"""Registering by oneself in a browser."""

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.database import db
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import (
    ContactKind,
    Organization,
    Party,
    Purpose,
    Registry,
    Representation,
    RepresentationState,
)
from matching.registry.services import Contact, skills_of
from matching.supporters import services
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState
from tests.conftest import sign_in
from tests.factories import a_representative, a_user, an_organization

from .factories import a_volunteer


@pytest.fixture
def browser(app, session):
    user = a_user(email="hana@example.jp")
    session.commit()
    return sign_in(app, user.email)


def the_form(page):
    return next(form for form in page.forms.values() if "skills-0-phrase" in form.fields)


def tick(form, name, *values):
    """WebTest keeps check boxes of one name as a list."""
    for box in form.fields[name]:
        if box._value in values:
            box.checked = True


def fill(form, **more):
    values = {
        "name": "山田 花子",
        "kana": "やまだ はなこ",
        "skills-0-phrase": "庭木の剪定",
        "telephone": "083-000-0001",
        **more,
    }
    for name, value in values.items():
        form[name] = value
    tick(form, "consents", "matching")
    form["pledge"] = True
    return form


def test_a_volunteer_registers_and_waits_for_confirmation(browser, session):
    form = fill(the_form(browser.get("/supporters/new")))
    form["skills-1-phrase"], form["skills-1-level"], form["skills-1-qualification"] = "草刈り", "4", "刈払機取扱作業者"
    form["intro"], form["anywhere"], form["money"] = "庭師を30年しました。", True, "expenses"
    tick(form, "fields", "7")
    tick(form, "availability", "15", "16")
    tick(form, "consents", "contact_after_decision")
    form["share_telephone"] = True
    answer = form.submit(status=303).follow()
    assert "登録を受け付けました" in answer
    supporter = session.scalar(select(Supporter))
    assert supporter.state is SupporterState.SUBMITTED
    assert supporter.availability == {15, 16} and supporter.anywhere and supporter.pledged_on
    assert [field.number for field in supporter.fields] == [7]
    skills = skills_of(supporter.party_id, Registry.SUPPORTER)
    assert [(skill.phrase, skill.level, skill.qualification) for skill in skills] == [
        ("庭木の剪定", None, None),
        ("草刈り", 4, "刈払機取扱作業者"),
    ]
    assert {consent.purpose for consent in supporter.party.consents} == {Purpose.MATCHING, Purpose.CONTACT}
    assert {point.value for point in supporter.party.contact_points} == {"083-000-0001", "hana@example.jp"}
    assert session.scalar(select(AuditEntry.event).where(AuditEntry.event == "supporter:submit"))
    assert profiles.find(registry="supporter", registration_id=supporter.id) is None


def test_no_consent_is_ticked_beforehand(browser):
    form = the_form(browser.get("/supporters/new"))
    assert not any(box.checked for box in form.fields["consents"])
    assert not form["pledge"].checked


def test_what_was_typed_stays_when_something_is_missing(browser, session):
    form = the_form(browser.get("/supporters/new"))
    form["name"], form["skills-0-phrase"], form["intro"] = "", "紙芝居", "図書館で読んでいます。"
    tick(form, "districts", "3")
    page = form.submit(status=422)
    assert page.html.title.text.startswith("入力エラー：")
    for message in ("氏名を入力してください。", "ふりがなを入力してください。", "登録には、この約束が必要です。"):
        assert message in page
    again = the_form(page)
    assert again["skills-0-phrase"].value == "紙芝居" and again["intro"].value == "図書館で読んでいます。"
    assert [box._value for box in again.fields["districts"] if box.checked] == ["3"]
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_without_consent_to_matching_the_page_says_why_it_cannot_register(browser, session):
    form = fill(the_form(browser.get("/supporters/new")))
    for box in form.fields["consents"]:
        box.checked = False
    page = form.submit(status=422)
    assert "に同意がないと、ご紹介ができません" in page
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_without_a_skill_nothing_is_registered(browser):
    page = fill(the_form(browser.get("/supporters/new")), **{"skills-0-phrase": "  "}).submit(status=422)
    assert "できることを1つ以上書いてください。" in page


def test_a_qualification_needs_its_skill(browser):
    form = fill(the_form(browser.get("/supporters/new")), **{"skills-2-qualification": "防災士"})
    assert "できることも書いてください。" in form.submit(status=422)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("skills-0-phrase", "あ" * 101, "100文字まで"),
        ("birth_year", "昭和35年", "数字で入力してください"),
        ("birth_year", "2099", "今年までの西暦"),
        ("monthly_cap", "40", "1から31まで"),
        ("telephone", "夜だけ", "電話番号は"),
        ("mail", "hana", "メールアドレスは"),
        ("name", "あ" * 81, "80文字まで"),
    ],
)
def test_a_value_out_of_bounds_is_told_at_its_field(browser, field, value, message):
    assert message in fill(the_form(browser.get("/supporters/new")), **{field: value}).submit(status=422)


def test_somebody_must_be_reachable(browser):
    page = fill(the_form(browser.get("/supporters/new")), telephone="", mail="").submit(status=422)
    assert "電話番号かメールアドレスの、どちらかを入力してください。" in page


def test_a_minor_needs_a_guardian_who_agrees(browser, session):
    page = fill(the_form(browser.get("/supporters/new")), birth_year="2012").submit(status=422)
    assert "保護者の氏名を入力してください" in page
    form = the_form(page)
    form["guardian_name"] = "山田 一郎"
    page = form.submit(status=422)
    assert "保護者の同意が必要です" in page
    form = the_form(page)
    form["guardian_agreed"] = True
    form.submit(status=303)
    supporter = session.scalar(select(Supporter))
    assert supporter.guardian_name == "山田 一郎" and supporter.guardian_agreed_on


def test_a_second_registration_is_refused_while_one_is_open(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    page = browser.get("/supporters/new", status=409)
    assert "登録が、すでにあります" in page and f"/supporters/{supporter.id}" in page


def test_sending_the_form_twice_registers_once(browser, session):
    form = fill(the_form(browser.get("/supporters/new")))
    form.submit(status=303)
    assert "登録が、すでにあります" in form.submit(status=409)
    assert session.scalar(select(func.count()).select_from(Supporter)) == 1
    assert session.scalar(select(func.count()).select_from(Party)) == 1


def test_after_an_end_somebody_may_register_again(app, session, now):
    user, supporter = a_volunteer()
    services.end(supporter, by=SYSTEM, now=now)
    browser = sign_in(app, user.email)
    fill(the_form(browser.get("/supporters/new"))).submit(status=303)
    assert session.scalar(select(func.count()).select_from(Supporter)) == 2


def test_an_organization_registers_through_the_person_who_acts_for_it(browser, session):
    form = the_form(browser.get("/supporters/new?as=organization"))
    fill(form, organization_name="ハーモニカ さざなみ", organization_kind="salon", title="会長")
    form.submit(status=303)
    supporter = session.scalar(select(Supporter))
    assert isinstance(supporter.party, Organization) and supporter.party.name == "ハーモニカ さざなみ"
    representation = session.scalar(select(Representation))
    assert representation.state is RepresentationState.CLAIMED and representation.title == "会長"
    assert representation.person.name == "山田 花子"
    form.submit(status=409)
    assert session.scalar(select(func.count()).select_from(Organization)) == 1


def test_an_organization_needs_a_name_and_a_kind_and_sits_on_no_council(browser):
    form = fill(the_form(browser.get("/supporters/new?as=organization")))
    page = form.submit(status=422)
    assert "団体名を入力してください。" in page and "団体の種類を選んでください。" in page
    form = the_form(page)
    form["organization_name"], form["organization_kind"] = "さくら会", "salon"
    tick(form, "consents", "council_candidacy")
    assert "団体の登録では" in form.submit(status=422)


def test_an_approved_representative_chooses_their_organization(app, session):
    organization = an_organization()
    user = a_representative(organization)
    form = the_form(sign_in(app, user.email).get("/supporters/new?as=organization"))
    form["organization"] = str(organization.id)
    fill(form).submit(status=303)
    assert session.scalar(select(Supporter.party_id)) == organization.id
    assert session.scalar(select(func.count()).select_from(Organization)) == 1


def test_an_organization_that_was_not_offered_is_not_taken(app, session):
    mine, other = an_organization(), an_organization("よその会")
    user = a_representative(mine)
    form = the_form(sign_in(app, user.email).get("/supporters/new?as=organization"))
    form["organization"].force_value(str(other.id))
    assert "団体名を入力してください。" in fill(form).submit(status=422)
    db.session.expire_all()
    assert session.scalar(select(Supporter)) is None


def test_strangers_are_asked_to_sign_in(web):
    assert "/login" in web.get("/supporters/new", status=303).location


def test_an_organization_that_is_known_is_not_written_down_twice_nor_touched_before_a_desk_approved(app, session):
    known = an_organization("花の会")
    registry.set_contacts(known, [Contact(ContactKind.TELEPHONE, "083-922-0000")])
    user = a_user()
    browser = sign_in(app, user.email)
    form = fill(the_form(browser.get("/supporters/new?as=organization")), organization_name="花 の会")
    form["organization_kind"] = "salon"
    page = form.submit(status=422)
    assert "担当者の申し出をして" in page and page.html.select_one("a[href^='/organizations/claim']")
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Organization)) == 1
    assert [point.value for point in known.contact_points] == ["083-922-0000"]
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0


def test_everything_that_is_missing_is_said_at_once(app, session):
    """Nobody mends a page only to be told of the next mistake."""
    user = a_user()
    session.commit()
    page = the_form(sign_in(app, user.email).get("/supporters/new")).submit(status=422)
    for message in (
        "ふりがなを入力してください。",
        "できることを1つ以上書いてください。",
        "同意がないと、ご紹介ができません",
    ):
        assert message in page
