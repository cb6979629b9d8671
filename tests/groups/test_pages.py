"""Groups in the browser: entered after a search, changed, renewed, ended; by the desk and by those who act for them."""

from datetime import date

import pytest
from sqlalchemy import func, select
from time_machine import travel

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.dispatch.states import InquiryState
from matching.groups import services
from matching.groups.models import Group
from matching.groups.states import GroupState
from matching.registry import services as registry
from matching.registry.models import ContactKind, Organization, Purpose, Registry
from matching.registry.services import Contact, SkillWords
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_representative, an_organization

from .factories import NOW, a_group

TELEPHONE = Contact(ContactKind.TELEPHONE, "083-000-0035", True)


@pytest.fixture(autouse=True)
def _today():
    with travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator("saporant").email)


def form_of(page, field="skills"):
    return next(form for form in page.forms.values() if field in form.fields)


def action_of(page, verb):
    return next(form for form in page.forms.values() if form.action.endswith(f"/{verb}"))


def entries(session, what):
    return session.scalars(select(AuditEntry).where(AuditEntry.event == what).order_by(AuditEntry.id)).all()


def how_many(session, model):
    return session.scalar(select(func.count()).select_from(model))


def fill(form, **more):
    form["source"], form["skills"] = "paper", "・竹林の整備\n紙芝居\n紙芝居"
    for name, value in more.items():
        form[name] = value
    return form


def tick(form, name, *values):
    for box in form.fields[name]:
        box.checked = box._value in values


# -- Entering


def test_a_known_organization_is_found_and_registered_once(desk, session):
    a_group(an_organization("ほかの会"), number="さ-041")
    known = an_organization("竹林を守る会")
    registry.set_contacts(known, [TELEPHONE])
    page = desk.get("/groups/enter")
    assert "新しい団体として入れる" not in page
    search = [form for form in page.forms.values() if "q" in form.fields][-1]
    search["q"] = "竹林を護る会"  # one letter is wrong
    page = search.submit().click("竹林を守る会", index=0)
    form = form_of(page)
    assert form["number"].value == "さ-042" and form["telephone"].value == "083-000-0035"
    assert "organization_name" not in form.fields
    fill(form, members="２４", number="さ－０４３")
    tick(form, "consents", "matching", "public_named")
    tick(form, "fields", "7")
    page = form.submit(status=303).follow()
    assert "「竹林を守る会」を登録しました。登録番号は さ-043 です。" in page and "公開しているページ" in page
    group = services.open_registration(known.id)
    assert (group.members, group.registered_on, group.number) == (24, date(2026, 11, 24), "さ-043")
    assert [skill.phrase for skill in registry.skills_of(known.id, Registry.GROUP)] == ["竹林の整備", "紙芝居"]
    assert known.contact(ContactKind.TELEPHONE).value == "083-000-0035"
    assert set(registry.active_consents(known.id)) == {Purpose.MATCHING, Purpose.PUBLIC_NAMED}
    entry = entries(session, "group:register")[-1]
    assert (entry.source, entry.on_behalf_of_id) == ("paper", known.id)
    assert len(entries(session, "organization:read")) == 1
    # Pressed twice, it is the same one; found again, it leads to the registration.
    assert form.submit(status=303).location.endswith(f"/groups/{group.id}")
    assert how_many(session, Group) == 2
    assert f"/groups/{group.id}" in desk.get("/groups/enter", {"q": "竹林"})
    assert "すでにあります" in desk.get("/groups/enter", {"organization": known.id}, status=409)


def test_a_new_organization_is_written_down_with_who_acts_for_it(desk, session):
    page = desk.get("/groups/enter", {"q": "ひなたぼっこ"}).click("新しい団体として入れる")
    form = form_of(page)
    assert form["organization_name"].value == "ひなたぼっこ"
    fill(form, organization_kind="salon", representative="日向 葵", title="会長")
    page = form.submit(status=303).follow()
    assert "日向 葵" in page and "会長" in page and "登録内容を人探しに使う同意がないため" in page
    form.submit(status=303)
    assert how_many(session, Group) == how_many(session, Organization) == 1


def test_an_organization_of_the_same_name_is_looked_at_first(desk, session):
    known = an_organization("ひなたぼっこ")
    form = fill(form_of(desk.get("/groups/enter", {"new": "1", "name": "ひなたぼっこ"})), organization_kind="salon")
    page = form.submit(status=422)
    assert "同じ名前の団体がすでにあります" in page and f"organization={known.id}" in page
    form = form_of(page)
    form["different"] = True
    form.submit(status=303)
    assert how_many(session, Organization) == 2


def test_what_cannot_be_registered_is_said_beside_the_field(desk, session):
    a_group(number="さ-007")
    form = form_of(desk.get("/groups/enter?new=1"))
    page = form.submit(status=422)
    for message in (
        "受け付けた方法を選んでください。",
        "団体名を入力してください。",
        "団体の種類を選んでください。",
        "できることを1つ以上書いてください。",
    ):
        assert message in page
    assert page.html.title.text.startswith("入力エラー：")
    fill(form, organization_name="新しい会", organization_kind="salon", number="さ-007")
    page = form.submit(status=422)
    assert "いま空いている番号は さ-008 です。" in page and form_of(page)["skills"].value.startswith("・竹林")
    fill(form, number="さ-008", registered_on="2026-12-01")
    assert "登録した日は、今日までの日付にしてください。" in form.submit(status=422)
    fill(form, registered_on="2026-11-01", skills="\n".join(f"できること{n}" for n in range(13)))
    assert "できることは12件までです。" in form.submit(status=422)
    fill(form, skills="あ" * 101, members="0", intro="い" * 2001)
    page = form.submit(status=422)
    assert "1行は100文字まで" in page and "1から100000まで" in page and "2000文字まで" in page
    fill(form, skills="。。。", members="1", intro="")
    assert "できることを1つ以上書いてください。" in form.submit(status=422)
    fill(form, intro="電話は083-000-0035です。")
    tick(form, "consents", "public_named")
    assert "公開する文章に、電話番号が書かれています。" in form.submit(status=422)
    assert how_many(session, Group) == 1 and how_many(session, Organization) == 1
    for nobody in ("999", "x", "99999999999999999999"):
        desk.get("/groups/enter", {"organization": nobody}, status=404)


def test_the_next_number_follows_the_highest_that_counts(session):
    assert services.next_free_number() == "さ-001"
    for number in ("さ-012", "A-900", "さ-本部", "さ-99999999999999999"):
        a_group(an_organization(number), number=number)
    assert services.next_free_number() == "さ-013"


# -- Changing


def test_the_desk_changes_what_a_group_says_and_only_names_of_facts_are_logged(desk, session):
    group = a_group(None, "合唱", contacts=[TELEPHONE], members=11)
    registry.set_skills(
        group.organization_id, Registry.GROUP, [SkillWords("合唱", 4, "指揮者", True), SkillWords("劇")]
    )
    form = form_of(desk.get(f"/groups/{group.id}").click("登録を直す"))
    assert form["skills"].value == "合唱\n劇" and form["telephone"].value == "083-000-0035"
    fill(form, source="telephone", skills="合唱\n朗読", members="12", telephone="083-000-0099", number="さ-900")
    tick(form, "consents", "contact_after_decision")
    page = form.submit(status=303).follow()
    assert "登録を直しました。" in page and "083-000-0099" in page and "朗読" in page
    session.expire_all()
    [choir, reading] = registry.skills_of(group.organization_id, Registry.GROUP)
    assert (choir.level, choir.qualification, choir.confirmed, reading.level) == (4, "指揮者", True, None)
    assert group.number == "さ-900" and set(registry.active_consents(group.party_id)) == {Purpose.CONTACT}
    [entry] = entries(session, "group:edit")
    assert entry.fields == ["consents", "contacts", "members", "number", "skills"] and entry.source == "telephone"
    assert "登録番号・できること・会員の数・連絡先・同意を直しました。" in page and "窓口 花子（電話・窓口）" in page
    assert "登録内容を人探しに使う同意がないため" in page


def test_other_consents_of_the_organization_stay(desk, session):
    both = [Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS]  # the second was given to the supporters' registry
    group = a_group(consents=both)
    form = form_of(desk.get(f"/groups/{group.id}/edit"))
    fill(form).submit(status=303)
    assert set(registry.active_consents(group.party_id)) == set(both)


def test_a_page_that_is_no_longer_true_changes_nothing(desk, session):
    group = a_group(contacts=[TELEPHONE])
    first, second = (form_of(desk.get(f"/groups/{group.id}/edit")) for _time in range(2))
    renewal = action_of(desk.get(f"/groups/{group.id}"), "end")
    fill(first, intro="はじめに直しました。").submit(status=303)
    fill(second, intro="あとから直しました。").submit(status=409)
    renewal["source"] = "paper"
    renewal.submit(status=409)
    third = form_of(desk.get(f"/groups/{group.id}/edit"))
    group.organization.kana = "さざなみ"  # somebody corrected the organization on its own page
    session.commit()
    fill(third, intro="連絡先は古いままです。").submit(status=409)
    session.expire_all()
    assert group.intro == "はじめに直しました。" and group.state is GroupState.ACTIVE


def test_a_bad_change_keeps_what_was_typed(desk, session):
    group, other = a_group(), a_group(an_organization("ほかの会"))
    form = fill(form_of(desk.get(f"/groups/{group.id}/edit")), number=other.number, intro="書きかけ")
    page = form.submit(status=422)
    assert "ほかの団体で使われています" in page and form_of(page)["intro"].value == "書きかけ"
    session.expire_all()
    assert group.intro == ""


# -- Renewing and ending


def test_the_desk_renews_a_group_with_the_day_on_which_it_was_asked(desk, session):
    group = a_group(registered_on=date(2025, 5, 1))
    page = desk.get(f"/groups/{group.id}")
    form = action_of(page, "renew")
    assert "今年度の更新がまだです" in page and form["on"].value == "2026-11-24"
    form["source"], form["on"] = "paper", "2026-11-25"
    assert "今日までの日付にしてください" in form.submit(status=422)
    form["on"] = "2026-11-20"
    page = form.submit(status=303).follow()
    assert "今年度の更新済み" in page and "2026年（令和8年）11月20日" in page
    session.expire_all()
    assert group.renewed_on == date(2026, 11, 20)


def test_an_ended_group_tells_why_and_is_changed_no_more(desk, session):
    group = a_group(registered_on=date(2026, 5, 1))
    form = action_of(desk.get(f"/groups/{group.id}"), "end")
    assert "聞いた方法を選んでください。" in form.submit(status=422)
    form["source"], form["on"], form["reason"] = "telephone", "2026-04-30", "会員が減ったため"
    assert "登録した日から今日まで" in form.submit(status=422)
    form["on"] = "2026-11-01"
    page = form.submit(status=303).follow()
    assert "会員が減ったため" in page and "2026年（令和8年）11月1日" in page and "登録を直す" not in page
    assert "登録を終えました。" in page
    session.expire_all()
    assert group.state is GroupState.ENDED and group.ended_on == date(2026, 11, 1)
    desk.get(f"/groups/{group.id}/edit", status=409)
    # The organization may be registered again, under another number.
    fill(form_of(desk.get("/groups/enter", {"organization": group.organization_id}))).submit(status=303)
    assert how_many(session, Group) == 2


def test_a_group_that_ends_while_it_is_asked_is_asked_no_more(session):
    from tests.dispatch.factories import a_case, asked  # the room above hears of it

    group = a_group(None, "手品の実演と指導")
    inquiry = asked(a_case(), group.organization)
    services.end_group(group, by=SYSTEM, now=NOW)
    session.expire_all()
    assert inquiry.state is InquiryState.RETRACTED


# -- Those who act for the group


@pytest.fixture
def mine(app, session):
    group = a_group(contacts=[TELEPHONE], registered_on=date(2025, 5, 1))
    return group, sign_in(app, a_representative(group.organization).email)


def test_a_representative_sees_and_renews_their_group(mine, session):
    group, browser = mine
    page = browser.get(f"/groups/{group.id}")
    assert "083-000-0035" in page and "これまでのこと" not in page
    assert entries(session, "group:read") == []
    form = action_of(page, "renew")
    assert "内容はいまのとおりです" in page and {"source", "on"}.isdisjoint(form.fields)
    page = form.submit(status=303).follow()
    session.expire_all()
    assert group.renewed_on == date(2026, 11, 24) and "今年度の更新済み" in page
    assert [(one.source, one.actor_kind) for one in entries(session, "group:renew")] == [("web", "user")]


def test_a_representative_changes_everything_but_the_number_and_the_days(mine, session):
    group, browser = mine
    number = group.number
    form = form_of(browser.get(f"/groups/{group.id}/edit"))
    assert {"source", "number", "renewed_on", "registered_on"}.isdisjoint(form.fields)
    form["skills"], form["intro"] = "手話コーラス", "11人の会です。"
    tick(form, "consents", "matching", "public_named")
    fields = [*form.submit_fields(), ("number", "さ-999"), ("renewed_on", "2026-11-01")]
    browser.post(form.action or f"/groups/{group.id}/edit", fields, status=303)
    session.expire_all()
    assert (group.intro, group.number, group.renewed_on) == ("11人の会です。", number, None)
    assert Purpose.PUBLIC_NAMED in registry.active_consents(group.party_id)


def test_a_representative_may_end_the_registration(mine, session):
    group, browser = mine
    form = action_of(browser.get(f"/groups/{group.id}"), "end")
    assert {"source", "on"}.isdisjoint(form.fields)
    form["reason"] = "解散"
    form.submit(status=303)
    session.expire_all()
    assert (group.state, group.ended_on, group.ended_because) == (GroupState.ENDED, date(2026, 11, 24), "解散")


def test_others_neither_see_nor_change_it(app, mine, session):
    group, _browser = mine
    other = sign_in(app, a_representative(an_organization("ほかの会")).email)
    token = form_of(other.get("/organizations/claim"), "csrf_token")["csrf_token"].value
    for path in ("", "/edit"):
        other.get(f"/groups/{group.id}{path}", status=404)
    for path in ("/edit", "/renew", "/end"):
        other.post(f"/groups/{group.id}{path}", {"csrf_token": token, "version": group.version}, status=404)
    other.get("/groups/enter", status=404)
    session.expire_all()
    assert group.state is GroupState.ACTIVE and group.renewed_on is None
