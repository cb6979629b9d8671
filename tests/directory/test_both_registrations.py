"""An organization that is a supporter and a group: one consent shows both registrations, and both are looked at."""

from __future__ import annotations

from datetime import date

import pytest

from matching.accounts.actor import SYSTEM
from matching.errors import Invalid
from matching.groups import publishing as groups
from matching.groups import services as group_services
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact, SkillWords
from matching.supporters import publishing as supporters
from matching.supporters import services as supporter_services
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_representative, an_organization
from tests.groups.factories import a_group
from tests.journeys.steps import form_with, tick, walk
from tests.supporters.factories import NOW, a_supporter

DAY = date(2026, 11, 24)
NAMED = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
TELLING = "お問い合わせは 922-1234 へ"
BOTH = "登録しています。名前を出す公開に同意すると、そちらの内容も公開します"


@pytest.fixture
def club(session):
    return an_organization("さざなみ会")


def change(group, *, consents=NAMED, contacts=()):
    told = group_services.Told(skills=[SkillWords("合唱")])
    group_services.edit(group, told, consents=consents, contacts=contacts, by=SYSTEM, now=NOW)


def test_a_consent_told_to_the_group_shows_no_telling_text_of_the_supporter(club):
    a_supporter(club, "手品", intro=TELLING)
    group = a_group(club)
    with pytest.raises(Invalid) as refused:
        change(group)
    assert refused.value.field == "consents"
    assert "協働サポーター" in refused.value.message and "電話番号" in refused.value.message
    with pytest.raises(Invalid):
        other = an_organization("ひばり会")
        a_supporter(other, "手品", intro=TELLING)
        a_group(other, consents=NAMED)


def test_a_consent_told_to_the_supporter_shows_no_telling_text_of_the_group(club):
    a_group(club, "合唱（山口市湯田1-2-3で毎週）")
    address = [Contact(ContactKind.ADDRESS, "山口市湯田1-2-3")]
    registry.set_contacts(club, address)
    told = supporter_services.Told(skills=[SkillWords("手品")])
    with pytest.raises(Invalid) as refused:
        supporter_services.register(club, told, consents=NAMED, contacts=address, pledged=True, by=SYSTEM, now=NOW)
    assert refused.value.field == "consents"
    assert "登録団体" in refused.value.message and "住所" in refused.value.message


def test_one_consent_shows_both_and_withdrawing_it_hides_both(club):
    a_supporter(club, "手品")
    group = a_group(club, "合唱")
    change(group)
    assert len(supporters.public_entries(day=DAY).items) == len(groups.public_entries(day=DAY).items) == 1
    change(group, consents=[Purpose.MATCHING])
    assert supporters.public_entries(day=DAY).items == groups.public_entries(day=DAY).items == []


def test_an_ended_registration_is_not_shown_and_does_not_matter(club):
    supporter = a_supporter(club, "手品", intro=TELLING)
    supporter_services.end(supporter, by=SYSTEM, now=NOW)
    change(a_group(club))


def test_the_forms_say_that_both_are_shown(app, session, club):
    desk = sign_in(app, a_coordinator("saporant").email)
    supporter = a_supporter(club, "手品")
    assert f"協働サポーターとしても{BOTH}" in desk.get(f"/groups/enter?organization={club.id}")
    edit_supporter = f"/supporters/{supporter.id}/edit"
    assert BOTH not in desk.get(edit_supporter)
    group = a_group(club)
    session.commit()
    assert f"登録団体としても{BOTH}" in desk.get(edit_supporter)
    assert f"登録団体としても{BOTH}" in desk.get(f"/supporters/{supporter.id}")  # 同意を取り消す
    assert f"協働サポーターとしても{BOTH}" in desk.get(f"/groups/{group.id}/edit")
    supporter_services.end(supporter, by=SYSTEM, now=NOW)
    session.commit()
    assert BOTH not in desk.get(f"/groups/{group.id}/edit")
    assert f"登録団体としても{BOTH}" in desk.get(f"/supporters/enter?party={club.id}")


def test_whoever_registers_their_group_as_a_supporter_is_told_and_refused_in_the_browser(app, session, club):
    a_group(club, f"合唱。{TELLING}")
    browser = sign_in(app, a_representative(club).email)
    answers = {"organization": str(club.id), "name": "代表 一郎", "kana": "だいひょう いちろう"}
    answers |= {"skills-0-phrase": "手品", "telephone": "083-922-1234"}
    page = walk(browser.get("/supporters/new?as=organization"), answers, {"consents": ("matching", "public_named")})
    assert f"登録団体としても{BOTH}" in page
    form = form_with(page, "step")
    form["pledge"] = True
    tick(form, "consents", "matching")
    page = form.submit("go", value="next", status=200)
    page = form_with(page, "step").submit("go", value="send", status=422)
    assert "登録団体の登録に、電話番号が書かれています" in page
