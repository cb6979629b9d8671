"""What coordinators do: entering, confirming, returning, reading."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from matching.accounts.actor import SYSTEM, Source
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.database import db
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import (
    BasisKind,
    ContactKind,
    Organization,
    Person,
    Purpose,
    Registry,
    Representation,
    RepresentationState,
)
from matching.registry.services import Contact, SkillWords, skills_of
from matching.supporters import services
from matching.supporters.models import Supporter
from matching.supporters.states import SupporterState
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, an_organization, staff

from ..journeys.steps import form_with
from .factories import NOW, a_registration, a_supporter, a_volunteer
from .test_registering import the_form, tick


def at_the_desk(app, session):
    user = a_coordinator()
    session.commit()
    return sign_in(app, user.email)


def posting_to(page, end):
    return next(form for form in page.forms.values() if form.action.endswith(end))


def is_findable(supporter):
    return profiles.find(registry="supporter", registration_id=supporter.id) is not None


def test_somebody_without_mail_is_entered_from_paper_and_confirmed(app, session):
    form = the_form(at_the_desk(app, session).get("/supporters/enter"))
    form["source"], form["given_on"] = "paper", "2026-04-10"
    form["name"], form["skills-0-phrase"] = "中司 義人", "しめなわ作り"
    form["note_for_desk"], form["pledge"], form["confirmed"] = "耳が少し遠い。", True, True
    tick(form, "consents", "matching")
    page = form.submit(status=303).follow()
    assert "登録中" in page and "耳が少し遠い。" in page and "連絡先がありません" in page
    supporter = session.scalar(select(Supporter))
    assert supporter.state is SupporterState.ACTIVE and supporter.came_by is Source.PAPER
    assert supporter.registered_on == date(2026, 4, 10) and supporter.runs_until.month == 3
    consent = supporter.party.consents[0]
    assert consent.given_by is Source.PAPER and consent.given_on == date(2026, 4, 10)
    entry = session.scalar(select(AuditEntry).where(AuditEntry.event == "supporter:submit"))
    assert entry.source == "paper" and entry.on_behalf_of_id == supporter.party_id and entry.actor_user_id
    assert is_findable(supporter)


def enter(browser, path="/supporters/enter", **values):
    form = the_form(browser.get(path))
    values = {"source": "paper", "name": "中司 義人", "skills-0-phrase": "しめなわ作り", **values}
    for name, value in values.items():
        form[name] = value
    return form


def test_a_paper_registration_sent_twice_makes_one_person(app, session):
    form = enter(at_the_desk(app, session))
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    assert session.scalar(select(func.count()).select_from(Supporter)) == 1
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_forms_key_that_is_not_ours_is_refused(app, session):
    enter(at_the_desk(app, session), form_key="x' OR 1=1").submit(status=422)


@pytest.mark.parametrize(
    "told",
    [{"kana": "ナカツカサ ヨシト"}, {"name": "中司義人"}, {"name": "別名", "telephone": "(083)922 0000"}],
)
def test_somebody_of_a_known_name_or_telephone_is_offered_before_a_new_person_is_made(app, session, told):
    known = a_person("中司 義人", kana="なかつかさ よしと", birth_year=1955)
    registry.set_contacts(known, [Contact(ContactKind.TELEPHONE, "083-922-0000")])
    browser = at_the_desk(app, session)
    page = enter(browser, **told).submit(status=422)
    assert "同じ名前の人がすでにいます" in page and "1955年生まれ" in page
    assert the_form(page)["skills-0-phrase"].value == "しめなわ作り"
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0
    form = the_form(page.click(href=f"party={known.id}"))
    read = session.scalars(select(AuditEntry).where(AuditEntry.event == "person:read")).one()
    assert read.subject_id == known.id and read.actor_user_id  # contact data were shown
    assert form["name"].value == "中司 義人"
    form["source"], form["skills-0-phrase"] = "paper", "しめなわ作り"
    form.submit(status=303)
    assert session.scalar(select(Supporter.party_id)) == known.id
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_page_about_somebody_who_changed_meanwhile_overwrites_nothing(app, session):
    known = a_person("中司 義人", kana="なかつかさ よしと")
    browser = at_the_desk(app, session)
    form = enter(browser, f"/supporters/enter?party={known.id}")
    registry.edit_contacts(known, [Contact(ContactKind.TELEPHONE, "083-922-0000")], by=SYSTEM, now=NOW)
    assert "先に更新しました" in form.submit(status=409)
    session.expire_all()
    assert known.contact(ContactKind.TELEPHONE).value == "083-922-0000"
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0
    supporter = a_registration(known)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    form["source"] = "paper"
    registry.edit_contacts(known, [Contact(ContactKind.TELEPHONE, "083-922-1111")], by=SYSTEM, now=NOW)
    form.submit(status=409)
    session.expire_all()
    assert known.contact(ContactKind.TELEPHONE).value == "083-922-1111"


def test_a_merged_person_is_registered_as_the_one_they_are(app, session):
    merged = a_person("中司 義人")
    merged.canonical_id = a_person("中司 義人", kana="なかつかさ よしと").id
    form = enter(at_the_desk(app, session), f"/supporters/enter?party={merged.id}")
    form.submit(status=303)
    assert session.scalar(select(Supporter.party_id)) == merged.canonical_id


def test_a_coordinator_says_that_it_is_somebody_else_of_the_same_name(app, session):
    a_person("中司 義人")
    a_person("中司 義人", kana="ちゅうじ よしひと")
    form = the_form(enter(at_the_desk(app, session), kana="なかつかさ よしと").submit(status=422))
    form["different"] = True
    form.submit(status=303)
    assert session.scalar(select(func.count()).select_from(Person)) == 3


def test_somebody_of_another_kana_is_not_offered(app, session):
    a_person("中司 義人", kana="ちゅうじ よしひと")
    enter(at_the_desk(app, session), kana="なかつかさ よしと").submit(status=303)


def test_without_consent_an_entered_registration_is_kept_but_not_found(app, session):
    form = the_form(at_the_desk(app, session).get("/supporters/enter"))
    form["source"], form["name"], form["skills-0-phrase"] = "telephone", "中司 義人", "しめなわ作り"
    form["confirmed"] = True
    page = form.submit(status=303).follow()
    assert "依頼があってもご紹介していません" in page
    assert not is_findable(session.scalar(select(Supporter)))


def test_a_day_to_come_is_refused(app, session):
    form = the_form(at_the_desk(app, session).get("/supporters/enter"))
    form["source"], form["name"], form["skills-0-phrase"] = "paper", "中司 義人", "しめなわ作り"
    form["given_on"] = (date.today() + timedelta(days=3)).isoformat()
    assert "今日までの日付" in form.submit(status=422)
    assert session.scalar(select(func.count()).select_from(Supporter)) == 0


def test_an_organization_is_entered_with_its_contact_person(app, session):
    form = the_form(at_the_desk(app, session).get("/supporters/enter?as=organization"))
    form["source"], form["organization_name"], form["organization_kind"] = "telephone", "さくら会", "salon"
    form["name"], form["skills-0-phrase"] = "佐藤 春子", "合唱"
    form.submit(status=303)
    representation = session.scalar(select(Representation))
    assert representation.state is RepresentationState.APPROVED
    assert session.scalar(select(Supporter.party_id)) == representation.organization_id


def test_an_organization_of_a_known_name_is_offered_unless_it_is_of_another_district(app, session):
    known = an_organization("さくら会")
    known.district_id = 3
    browser = at_the_desk(app, session)
    told = {"organization_name": "さくら　会", "organization_kind": "salon", "name": ""}
    page = enter(browser, "/supporters/enter?as=organization", **told).submit(status=422)
    assert "同じ名前の団体がすでにあります" in page
    assert page.html.select_one(f"a[href='/supporters/enter?party={known.id}']")
    enter(browser, "/supporters/enter?as=organization", district="4", **told).submit(status=303)
    form = the_form(enter(browser, "/supporters/enter?as=organization", **told).submit(status=422))
    form["different"] = True
    form.submit(status=303)
    assert session.scalar(select(func.count()).select_from(Organization)) == 3


def test_the_known_representative_of_an_organization_is_not_written_down_again(app, session):
    organization = an_organization("さくら会")
    user = a_representative(organization)
    form = enter(at_the_desk(app, session), f"/supporters/enter?party={organization.id}", name="代表　一郎")
    form["kana"] = "だいひょう いちろう"
    form.submit(status=303)
    assert session.scalars(select(Representation.person_id)).all() == [user.party_id]
    assert session.get(Person, user.party_id).kana == "だいひょう いちろう"


def test_a_known_organization_is_entered_once(app, session):
    organization = an_organization("さくら会")
    browser = at_the_desk(app, session)
    form = the_form(browser.get(f"/supporters/enter?party={organization.id}"))
    assert form["organization_name"].value == "さくら会"
    form["source"], form["skills-0-phrase"] = "paper", "合唱"
    form.submit(status=303)
    assert session.scalar(select(Supporter.party_id)) == organization.id
    assert "登録が、すでにあります" in browser.get(f"/supporters/enter?party={organization.id}", status=409)
    form.submit(status=409)


def test_a_confirmed_registration_is_found_and_its_certificate_marked(app, session):
    supporter = a_registration(None, SkillWords("剪定", qualification="造園技能士2級"), "草刈り")
    page = at_the_desk(app, session).get(f"/supporters/{supporter.id}")
    form = posting_to(page, "/confirm")
    form["skills"] = True
    page = form.submit(status=303).follow()
    assert "造園技能士2級（確認済み）" in page
    session.expire_all()
    assert [skill.confirmed for skill in skills_of(supporter.party_id, Registry.SUPPORTER)] == [True, False]
    assert supporter.state is SupporterState.ACTIVE and supporter.confirmed_by_id
    assert is_findable(supporter)


def test_confirming_twice_is_refused(app, session):
    supporter = a_registration()
    form = posting_to(at_the_desk(app, session).get(f"/supporters/{supporter.id}"), "/confirm")
    form.submit(status=303)
    form.submit(status=409)
    assert (
        session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "supporter:confirm")) == 1
    )


def test_a_stale_page_confirms_nothing(app, session):
    supporter = a_registration()
    form = posting_to(at_the_desk(app, session).get(f"/supporters/{supporter.id}"), "/confirm")
    supporter.intro = "あとから書き足した。"
    page = form.submit(status=409)
    assert "ほかの人が先に更新しました" in page
    session.expire_all()
    assert supporter.state is SupporterState.SUBMITTED


def test_a_returned_registration_shows_the_note_and_is_resubmitted_by_its_owner(app, session):
    user, supporter = a_volunteer(active=False)
    form = posting_to(at_the_desk(app, session).get(f"/supporters/{supporter.id}"), "/return")
    assert "直していただきたいところを書いてください。" in form.submit(status=422)
    form["note"] = "曜日を教えてください。"
    form.submit(status=303)
    owner = sign_in(app, user.email)
    assert "曜日を教えてください。" in owner.get(f"/supporters/{supporter.id}")
    form = the_form(owner.get(f"/supporters/{supporter.id}/edit"))
    tick(form, "availability", "15")
    form.submit(status=303)
    session.expire_all()
    assert supporter.state is SupporterState.SUBMITTED and supporter.returned_note is None


def test_reading_a_registration_is_written_down_for_staff_but_not_for_its_owner(app, session):
    user, supporter = a_volunteer()
    read = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "supporter:read")
    session.commit()
    sign_in(app, user.email).get(f"/supporters/{supporter.id}")
    assert session.scalar(read) == 0
    at_the_desk(app, session).get(f"/supporters/{supporter.id}")
    session.expire_all()
    assert session.scalar(read) == 1


def test_a_coordinator_says_how_a_change_was_told(app, session):
    supporter = a_supporter()
    browser = at_the_desk(app, session)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    tick(form, "consents", "public_named")
    page = form.submit(status=422)
    assert "聞いた方法を選んでください。" in page
    form = the_form(page)
    form["source"] = "telephone"
    form.submit(status=303)
    session.expire_all()
    given = {consent.purpose: consent.given_by for consent in supporter.party.consents}
    assert given[Purpose.PUBLIC_NAMED] is Source.TELEPHONE
    entry = session.scalar(select(AuditEntry).where(AuditEntry.event == "supporter:edit"))
    assert entry.fields == ["consents"] and entry.source == "telephone"


def test_the_list_is_searched_by_kana_in_either_script_and_filtered_by_state(app, session):
    a_supporter(a_person("山田 花子", kana="やまだ はなこ"), "手話")
    a_registration(a_person("佐藤 次郎", kana="サトウ ジロウ"))
    browser = at_the_desk(app, session)
    page = browser.get("/supporters")
    assert "山田 花子" in page and "佐藤 次郎" in page and "手話" in page and "確認待ち（1）" in page
    assert "佐藤 次郎" not in browser.get("/supporters", {"q": "ヤマダ"})
    assert "佐藤 次郎" in browser.get("/supporters", {"q": "さとう"})
    assert "山田 花子" not in browser.get("/supporters?state=submitted")
    assert "当てはまる登録はありません" in browser.get("/supporters?q=%25")
    assert "山田 花子" in browser.get("/supporters?page=99", status=200)  # the last there is
    browser.get("/supporters?page=x&state=nothing", status=200)


def test_an_empty_list_says_what_to_do(app, session):
    assert "登録はまだありません" in at_the_desk(app, session).get("/supporters")


def test_reading_staff_see_the_list_but_nobodys_contact_data(app, session):
    supporter = a_supporter()
    browser = sign_in(app, staff(Role.STAFF).email)
    page = browser.get("/supporters")
    assert "山田 花子" in page and f"/supporters/{supporter.id}" not in page
    browser.get(f"/supporters/{supporter.id}", status=403)
    browser.get("/supporters/enter", status=403)


def test_numbers_that_no_registration_has_are_not_found(app, session):
    browser = at_the_desk(app, session)
    for number in ("0", "999999", "99999999999999999999"):
        browser.get(f"/supporters/{number}", status=404)
    browser.get("/supporters/enter?party=99999999999999999999", status=200)


def test_the_list_asks_the_database_a_fixed_number_of_times(app, session):
    browser = at_the_desk(app, session)

    def queries():
        seen = []

        def count(*_args):
            seen.append(1)

        event.listen(db.engine, "before_cursor_execute", count)
        browser.get("/supporters")
        event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    a_supporter(a_person("一人目"))
    few = queries()
    for number in range(20):
        a_supporter(a_person(f"人{number}"))
    assert queries() == few


def test_somebody_from_a_talent_bank_who_objects_is_not_found_any_longer(app, session):
    supporter = a_supporter(consents=[])
    basis = registry.give_basis(supporter.party, BasisKind.PUBLIC_INFORMATION, by=SYSTEM, now=NOW)
    services.refresh(supporter, now=NOW)
    assert is_findable(supporter)
    _user, other = a_volunteer("別の 人")
    page = at_the_desk(app, session).get(f"/supporters/{supporter.id}")
    form = posting_to(page, f"/bases/{basis.id}/end")
    page = form.submit(status=303).follow()
    assert "に終了" in page and "同意のほかの理由では、登録内容を使わないことにしました。" in page
    assert not any("/bases/" in form.action for form in page.forms.values())
    session.expire_all()
    assert basis.ended_at and not is_findable(supporter) and supporter.state is SupporterState.ACTIVE
    form.submit(status=409)
    form.action = f"/supporters/{other.id}/bases/{basis.id}/end"
    form.submit(status=404)
    events = session.scalars(select(AuditEntry.event).where(AuditEntry.subject_type == "basis"))
    assert list(events) == ["basis:give", "basis:end"]


def test_the_owner_of_a_registration_ends_no_basis(app, session):
    user, supporter = a_volunteer()
    basis = registry.give_basis(supporter.party, BasisKind.LAW_69, by=SYSTEM, now=NOW)
    browser = sign_in(app, user.email)
    page = browser.get(f"/supporters/{supporter.id}")
    token = page.forms[0]["csrf_token"].value
    browser.post(f"/supporters/{supporter.id}/bases/{basis.id}/end", {"csrf_token": token}, status=404)


def test_a_coordinator_says_by_which_way_they_heard_of_a_pause_or_an_end(app, session):
    supporter = a_supporter()
    browser = at_the_desk(app, session)
    page = browser.get(f"/supporters/{supporter.id}")
    for act in ("pause", "resume", "end"):
        form = posting_to(page, f"/{act}")
        assert "聞いた方法を選んでください。" in form.submit(status=422)
        form["source"] = "telephone"
        page = form.submit(status=303).follow()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == f"supporter:{act}")).one()
        assert (entry.source, entry.on_behalf_of_id) == ("telephone", supporter.party_id) and entry.actor_user_id
    assert "登録終了" in page


def test_an_owner_is_not_asked_by_which_way_they_speak(app, session):
    user, supporter = a_volunteer()
    form = posting_to(sign_in(app, user.email).get(f"/supporters/{supporter.id}"), "/end")
    assert "source" not in form.fields
    form.submit(status=303)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "supporter:end")).one()
    assert (entry.source, entry.on_behalf_of_id) == ("web", None)


def test_a_contractor_does_not_learn_of_people_who_only_sit_on_councils(app, session):
    member = a_person("審議 委員", kana="しんぎ いいん")
    known = session.get(Person, a_representative(an_organization()).party_id)
    desk, city = sign_in(app, a_coordinator("saporant").email), sign_in(app, a_coordinator().email)
    desk.get(f"/supporters/enter?party={member.id}", status=404)
    city.get(f"/supporters/enter?party={member.id}", status=200)
    desk.get(f"/supporters/enter?party={known.id}", status=200).mustcontain(known.name)


# -- One's own


def test_a_coordinator_does_not_confirm_their_own_registration(app, session):
    person, organization = a_person("窓口 花子"), an_organization("わたしの会")
    user = a_coordinator()
    user.party_id = person.id
    registry.claim(person, organization, title="", by=SYSTEM, now=NOW)  # says to act for it, and nobody has checked
    submitted = [a_registration(party) for party in (person, organization)]
    session.commit()
    own, another = sign_in(app, user.email), sign_in(app, a_coordinator().email)
    for supporter in submitted:
        page = own.get(f"/supporters/{supporter.id}")
        confirming = [form for form in page.forms.values() if form.action.endswith("/confirm")]
        assert not confirming and "ほかの担当者が確認します" in page
        token = {"csrf_token": form_with(page, "csrf_token")["csrf_token"].value, "version": supporter.version}
        own.post(f"/supporters/{supporter.id}/confirm", token, status=403)
        page = another.get(f"/supporters/{supporter.id}")
        next(form for form in page.forms.values() if form.action.endswith("/confirm")).submit(status=303)


def test_a_coordinator_who_enters_their_own_registration_leaves_the_confirming_to_another(app, session):
    person = a_person("窓口 花子")
    user = a_coordinator()
    user.party_id = person.id
    session.commit()
    form = the_form(sign_in(app, user.email).get(f"/supporters/enter?party={person.id}"))
    form["source"], form["skills-0-phrase"], form["telephone"], form["confirmed"] = (
        "paper",
        "剪定",
        "083-000-0002",
        True,
    )
    page = form.submit(status=422)
    assert "ほかの担当者に頼んでください" in page
    form["confirmed"] = False
    form.submit(status=303)
