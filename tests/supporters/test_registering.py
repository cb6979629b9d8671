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
    Person,
    Purpose,
    Registry,
    Representation,
    RepresentationState,
)
from matching.registry.services import Contact, skills_of
from matching.registry.vocabulary import OrganizationKind
from matching.supporters import services
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, acting, an_organization
from tests.journeys.steps import form_with, send, walk

from .factories import NOW, a_supporter, a_volunteer


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


ANSWERS = {
    "name": "山田 花子",
    "kana": "やまだ はなこ",
    "skills-0-phrase": "庭木の剪定",
    "telephone": "083-000-0001",
    "pledge": True,
}
AS_ORGANIZATION = "/supporters/new?as=organization"


def walking(browser, path="/supporters/new", *, consents=("matching",), ticks=None, **more):
    """The page to check, or the step that has a mistake."""
    return walk(browser.get(path), {**ANSWERS, **more}, {"consents": consents, **(ticks or {})})


def register(browser, path="/supporters/new", **more):
    return send(walking(browser, path, **more), status=303)


def step(page):
    return form_with(page, "step")


def go(page, where, **kw):
    return step(page).submit("go", value=where, **kw)


def title_of(page):
    return page.html.title.text.strip()


def test_a_volunteer_registers_and_waits_for_confirmation(browser, session):
    page = walking(
        browser,
        consents=("matching", "contact_after_decision"),
        ticks={"fields": ("7",), "availability": ("15", "16")},
        **{
            "skills-1-phrase": "草刈り",
            "skills-1-level": "4",
            "skills-1-qualification": "刈払機取扱作業者",
            "intro": "庭師を30年しました。",
            "anywhere": True,
            "money": "expenses",
            "share_telephone": True,
        },
    )
    assert session.scalar(select(func.count()).select_from(Party)) == 0  # nothing is kept before it is sent
    for told in (
        "山田 花子",
        "草刈り、どのくらいできますか：人に教えられる",
        "土 午前、土 午後",
        "083-000-0001",
        "hana@example.jp",
    ):
        assert told in page, told
    answer = send(page, status=303).follow()
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
    page = browser.get("/supporters/new")
    for _number in range(3):
        form = step(page)
        for name in ("name", "kana", "skills-0-phrase"):
            if name in form.fields:
                form[name] = "やまだ"
        page = go(page, "next", status=200)
    form = step(page)
    assert not any(box.checked for box in form.fields["consents"])
    assert not form["pledge"].checked and form["mail"].value == "hana@example.jp"


def test_each_step_says_its_own_mistakes_and_keeps_what_was_typed(browser, session):
    page = browser.get("/supporters/new")
    step(page)["name"] = ""
    step(page)["district"] = "3"
    page = go(page, "next", status=422)
    assert title_of(page).startswith("入力エラー：") and "2件の誤り" in page
    assert "氏名を入力してください。" in page and "ふりがなを入力してください。" in page
    assert "できることを1つ以上" not in page and "この約束が必要" not in page
    assert step(page)["district"].value == "3"
    step(page)["name"], step(page)["kana"] = "山田 花子", "やまだ はなこ"
    page = go(page, "next", status=200)
    assert "誤り" not in page
    step(page)["intro"] = "図書館で読んでいます。"
    page = go(page, "next", status=422)
    assert "できることを1つ以上書いてください。" in page
    assert step(page)["intro"].value == "図書館で読んでいます。"
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_nothing_typed_is_lost_going_back_and_forth(browser, session):
    page = walking(browser, ticks={"districts": ("3", "4")}, conditions="車がありません。")
    page = go(page, "3", status=200)  # 変更する
    assert [box._value for box in step(page).fields["districts"] if box.checked] == ["3", "4"]
    step(page)["conditions"] = "送り迎えがあると助かります。"
    page = go(page, "back", status=200)
    assert step(page)["skills-0-phrase"].value == "庭木の剪定"
    page = go(page, "back", status=200)
    step(page)["name"] = ""  # going back is never refused; the mistake is told when it is sent
    page = go(page, "5", status=200)
    page = send(page, status=422)
    assert "氏名を入力してください。" in page
    step(page)["name"] = "山田 花枝"
    page = go(page, "5", status=200)
    assert "送り迎えがあると助かります。" in page and "山田 花枝" in page
    send(page, status=303)
    supporter = session.scalar(select(Supporter))
    assert supporter.conditions == "送り迎えがあると助かります。" and len(supporter.districts) == 2
    assert supporter.party.name == "山田 花枝" and supporter.pledged_on


def test_more_rows_are_added_on_their_step(browser, session):
    page = go(walking(browser), "2", status=200)
    for rows in (6, 9, 12):
        assert f"skills-{rows - 3}-phrase" not in step(page).fields
        page = go(page, "more", status=200)
        assert f"skills-{rows - 1}-phrase" in step(page).fields and step(page)["skills-0-phrase"].value == "庭木の剪定"
    assert "できることの欄を増やす" not in page
    step(page)["skills-11-phrase"] = "門松づくり"
    send(go(page, "5", status=200), status=303)
    supporter = session.scalar(select(Supporter))
    assert [skill.phrase for skill in skills_of(supporter.party_id, Registry.SUPPORTER)] == ["庭木の剪定", "門松づくり"]


def test_the_page_to_check_cannot_be_skipped(browser, session):
    page = browser.get("/supporters/new")
    for where in ("send", "5", "4", "99", "x"):
        page = go_by_hand(browser, page, where)
        assert "お名前" in page
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0


def go_by_hand(browser, page, where):
    sent = {name: field[0].value for name, field in step(page).fields.items() if name and name != "go"}
    return browser.post("/supporters/new", {**sent, "go": where}, status="*")


def test_without_consent_to_matching_the_page_says_why_it_cannot_register(browser, session):
    page = walking(browser, consents=())
    assert "に同意がないと、ご紹介ができません" in page and page.status_int == 422
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_without_a_skill_nothing_is_registered(browser):
    page = walking(browser, **{"skills-0-phrase": "  "})
    assert "できることを1つ以上書いてください。" in page and page.status_int == 422


def test_a_qualification_needs_its_skill(browser):
    assert "できることも書いてください。" in walking(browser, **{"skills-2-qualification": "防災士"})


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
    page = walking(browser, **{field: value})
    assert message in page and page.status_int == 422


def test_somebody_must_be_reachable(browser):
    page = walking(browser, telephone="", mail="")
    assert "電話番号かメールアドレスの、どちらかを入力してください。" in page


def test_a_minor_needs_a_guardian_who_agrees(browser, session):
    page = walking(browser, birth_year="2012")
    assert "保護者の氏名を入力してください" in page and page.status_int == 422  # on the step that asks
    page = walking(browser, birth_year="2012", guardian_name="山田 一郎")
    assert "保護者の同意が必要です" in page
    register(browser, birth_year="2012", guardian_name="山田 一郎", guardian_agreed=True)
    supporter = session.scalar(select(Supporter))
    assert supporter.guardian_name == "山田 一郎" and supporter.guardian_agreed_on


def test_an_introduction_that_tells_who_it_is_goes_back_to_its_step(browser, session):
    page = walking(browser, consents=("matching", "public_anonymous"), intro="山田です。庭師を30年しました。")
    page = send(page, status=422)
    assert "氏名が書かれています" in page and step(page)["intro"].value == "山田です。庭師を30年しました。"
    assert session.scalar(select(func.count()).select_from(Party)) == 0
    step(page)["intro"] = "庭師を30年しました。"
    send(go(page, "5", status=200), status=303)


def test_a_second_registration_is_refused_while_one_is_open(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    page = browser.get("/supporters/new", status=409)
    assert "登録が、すでにあります" in page and f"/supporters/{supporter.id}" in page


@pytest.mark.parametrize("path", ["/supporters/new", AS_ORGANIZATION])
def test_sending_the_form_twice_registers_once(browser, session, path):
    page = walking(
        browser, path, **({"organization_name": "さくら会", "organization_kind": "salon"} if "as=" in path else {})
    )
    assert send(page, status=303).location == send(page, status=303).location
    assert session.scalar(select(func.count()).select_from(Supporter)) == 1
    assert session.scalar(select(func.count()).select_from(Organization)) == ("as=" in path)


def test_after_an_end_somebody_may_register_again(app, session, now):
    user, supporter = a_volunteer()
    services.end(supporter, by=SYSTEM, now=now)
    register(sign_in(app, user.email))
    assert session.scalar(select(func.count()).select_from(Supporter)) == 2


def test_registering_again_begins_with_what_was_told_before(app, session, now):
    user, supporter = a_volunteer()
    supporter.intro, supporter.conditions = "庭師を30年しました。", "車がありません。"
    services.end(supporter, by=SYSTEM, now=now)
    browser = sign_in(app, user.email)
    page = browser.get(f"/supporters/{supporter.id}").click("もう一度登録する")
    assert step(page)["name"].value == "山田 花子"
    page = go(page, "next", status=200)
    assert step(page)["skills-0-phrase"].value == "庭木の剪定"
    assert step(page)["intro"].value == "庭師を30年しました。"
    page = go(go(page, "next", status=200), "back", status=200)
    page = go(page, "next", status=200)
    assert step(page)["conditions"].value == "車がありません。"
    page = go(page, "next", status=200)
    step(page)["telephone"], step(page)["pledge"] = "083-000-0001", True
    send(go(page, "next", status=200), status=303)
    again = session.scalars(select(Supporter).order_by(Supporter.id.desc())).first()
    assert again.id != supporter.id and again.party_id == supporter.party_id
    assert (again.intro, again.conditions) == ("庭師を30年しました。", "車がありません。")


def test_a_coordinator_registers_somebody_again_from_the_ended_registration(app, session, now):
    supporter = a_supporter(a_person("中司 義人"), "しめなわ作り")
    browser = sign_in(app, a_coordinator().email)
    browser.get(f"/supporters/enter?again={supporter.id}", status=404)  # not ended
    services.end(supporter, by=SYSTEM, now=now)
    form = the_form(browser.get(f"/supporters/{supporter.id}").click("もう一度登録する"))
    assert form["name"].value == "中司 義人" and form["skills-0-phrase"].value == "しめなわ作り"
    form["source"] = "telephone"
    form.submit(status=303)
    assert session.scalar(select(func.count()).select_from(Supporter)) == 2


def test_nobody_registers_again_from_somebody_elses_registration(app, session, now):
    _user, supporter = a_volunteer()
    services.end(supporter, by=SYSTEM, now=now)
    browser = sign_in(app, a_user().email)
    for number in (supporter.id, 0, 999999, "x", "9" * 30):
        browser.get(f"/supporters/new?again={number}", status=404)


def test_an_organization_registers_through_the_person_who_acts_for_it(browser, session):
    register(browser, AS_ORGANIZATION, organization_name="ハーモニカ さざなみ", organization_kind="salon", title="会長")
    supporter = session.scalar(select(Supporter))
    assert isinstance(supporter.party, Organization) and supporter.party.name == "ハーモニカ さざなみ"
    representation = session.scalar(select(Representation))
    assert representation.state is RepresentationState.CLAIMED and representation.title == "会長"
    assert representation.person.name == "山田 花子"


def test_an_organization_needs_a_name_and_a_kind_and_sits_on_no_council(browser):
    page = walking(browser, AS_ORGANIZATION)
    assert "団体名を入力してください。" in page and "団体の種類を選んでください。" in page
    page = walking(browser, AS_ORGANIZATION, organization_name="さくら会", organization_kind="salon")
    offered = [box._value for box in step(go(page, "4")).fields["consents"]]
    assert "matching" in offered and "council_candidacy" not in offered


def test_an_approved_representative_chooses_their_organization(app, session):
    organization = an_organization()
    user = a_representative(organization)
    register(sign_in(app, user.email), AS_ORGANIZATION, organization=str(organization.id))
    assert session.scalar(select(Supporter.party_id)) == organization.id
    assert session.scalar(select(func.count()).select_from(Organization)) == 1


def a_known_organization(name="さざなみ会"):
    """Its own telephone and address, published and findable."""
    organization = an_organization(name)
    contacts = [
        Contact(ContactKind.TELEPHONE, "083-922-0000", True, "夕方"),
        Contact(ContactKind.ADDRESS, "山口市湯田1"),
    ]
    registry.set_contacts(organization, contacts)
    given = [Purpose.PUBLIC_NAMED, Purpose.CONTACT]
    registry.set_consents(organization, given, among=given, by=SYSTEM, now=NOW, on=NOW.date())
    return organization


def reached(organization):
    return {(point.kind.value, point.value) for point in organization.contact_points}


REACHED = {("telephone", "083-922-0000"), ("address", "山口市湯田1")}


def test_what_a_chosen_organization_told_before_stands_on_the_form_and_stays(app, session):
    organization = a_known_organization()
    user = a_representative(organization)
    page = walk(sign_in(app, user.email).get(AS_ORGANIZATION), {
        **ANSWERS, "organization": str(organization.id), "telephone": "083-922-0000",
    }, {"consents": ("matching",)})  # fmt: skip
    assert "山口市湯田1" in page and user.email not in page.html.select_one("main").text
    send(page, status=303)
    session.expire_all()
    assert reached(organization) == REACHED and organization.contact_points[0].may_share
    standing = {Purpose.MATCHING, Purpose.PUBLIC_NAMED, Purpose.CONTACT}
    assert set(registry.active_consents(organization.id)) == standing
    assert not [consent for consent in organization.consents if consent.withdrawn_at]


def test_another_choice_of_organization_brings_its_own_contacts_and_consents(app, session):
    one, other = a_known_organization(), an_organization("ひばり会")
    user = a_representative(one)
    person = session.get(Person, user.party_id)
    session.add(Representation(person=person, organization=other, state=RepresentationState.APPROVED))
    browser = sign_in(app, user.email)
    page = walk(browser.get(AS_ORGANIZATION), {**ANSWERS, "organization": str(other.id)}, {"consents": ("matching",)})
    page = go(page, "1")
    step(page)["organization"] = str(one.id)
    page = go(page, "5", status=200)  # straight to the page to check
    assert step(page)["telephone"].value == "083-922-0000" and step(page)["address"].value == "山口市湯田1"
    assert "確かめてください" in page
    page = walk_on(page, pledge=True, consents=("matching",))
    send(page, status=303)
    session.expire_all()
    assert reached(one) == REACHED and reached(other) == set()
    assert set(registry.active_consents(one.id)) == {Purpose.MATCHING, Purpose.PUBLIC_NAMED, Purpose.CONTACT}


def test_contacts_that_changed_meanwhile_are_shown_before_they_are_overwritten(app, session):
    organization = a_known_organization()
    user = a_representative(organization)
    browser = sign_in(app, user.email)
    answers = {**ANSWERS, "organization": str(organization.id)}
    page = walk(browser.get(AS_ORGANIZATION), answers, {"consents": ("matching",)})
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-922-9999")])
    session.commit()
    page = send(page, status=200)
    assert step(page)["telephone"].value == "083-922-9999" and "確かめてください" in page
    session.expire_all()
    assert session.scalar(select(Supporter)) is None


def test_it_is_said_once_that_contacts_are_shown_anew_when_a_word_was_pressed(app, session):
    organization = a_known_organization()
    browser = sign_in(app, a_representative(organization).email)
    answers = {**ANSWERS, "organization": str(organization.id)}
    page = walk(browser.get(AS_ORGANIZATION), answers, {"consents": ("matching",)})
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-922-9999")])
    session.commit()
    page = browser.post(AS_ORGANIZATION, [*step(page).submit_fields(), ("add", "何かほかのもの")], status=200)
    assert page.text.count("いま登録されている連絡先と同意を入れました") == 1


def walk_on(page, *, consents, **values):
    form = step(page)
    for name, value in values.items():
        form[name] = value
    tick(form, "consents", *consents)
    return form.submit("go", value="next", status=200)


def test_an_organization_that_one_acts_for_is_chosen_and_not_typed(app, session):
    organization = a_known_organization()
    browser = sign_in(app, a_representative(organization).email)
    page = walking(browser, AS_ORGANIZATION, organization_name="さざなみ会", organization_kind="salon")
    page = send(page, status=422)
    assert "から選んでください" in page
    session.expire_all()
    assert reached(organization) == REACHED


def test_an_organization_that_was_not_offered_is_not_taken(app, session):
    mine, other = an_organization(), an_organization("よその会")
    user = a_representative(mine)
    page = sign_in(app, user.email).get(AS_ORGANIZATION)
    step(page)["organization"].force_value(str(other.id))
    assert "団体名を入力してください。" in go(page, "next", status=422)
    db.session.expire_all()
    assert session.scalar(select(Supporter)) is None


def test_strangers_are_asked_to_sign_in(web):
    assert "/login" in web.get("/supporters/new", status=303).location


def test_an_organization_that_is_known_is_not_written_down_twice_nor_touched_before_a_desk_approved(app, session):
    known = an_organization("花の会")
    registry.set_contacts(known, [Contact(ContactKind.TELEPHONE, "083-922-0000")])
    browser = sign_in(app, a_user().email)
    page = walking(browser, AS_ORGANIZATION, organization_name="花 の会", organization_kind="salon")
    page = send(page, status=422)
    assert "担当者の申し出をして" in page and page.html.select_one("a[href^='/organizations/claim']")
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Organization)) == 1
    assert [point.value for point in known.contact_points] == ["083-922-0000"]
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0


@pytest.mark.parametrize("approve", [True, False])
def test_who_wrote_an_organization_down_loses_it_when_a_desk_decides_who_acts_for_it(app, session, approve):
    user = a_user(party=a_person("前任 花子"))
    writer = {"kind": OrganizationKind.SALON, "title": "会長", "by": acting(user), "now": NOW}
    claimed = registry.claim_new(session.get(Person, user.party_id), name="虹の森クラブ", **writer)
    registry.decide_representation(claimed, approve=approve, by=SYSTEM, now=NOW)
    if approve:
        registry.end_representation(claimed, by=SYSTEM, now=NOW)
    registry.set_contacts(claimed.organization, [Contact(ContactKind.TELEPHONE, "083-922-0000")])
    page = walking(
        sign_in(app, user.email), AS_ORGANIZATION, organization_name="虹の森クラブ", organization_kind="salon"
    )
    assert "担当者の申し出をして" in send(page, status=422)
    session.expire_all()
    assert reached(claimed.organization) == {("telephone", "083-922-0000")}
    assert session.scalar(select(Supporter)) is None and registry.active_consents(claimed.organization_id) == {}
