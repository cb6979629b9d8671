"""Councils, their members, and which members searches may find."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.councils import services
from matching.councils.models import CouncilRole
from matching.errors import Invalid
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import Purpose
from matching.registry.services import SkillWords
from matching.workflow import NotAllowed
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_user, staff

from .factories import NOW, a_candidate, a_council, a_member


def card(person):
    profile = profiles.find(registry="council", registration_id=person.id)
    return profile and profile.content.card


def test_a_member_who_agreed_is_found_with_their_seats(session):
    person = a_candidate(affiliation="みどり大学 名誉教授")
    a_member(a_council(), person, category="学識経験者", skills=[SkillWords("地方自治")])
    a_member(a_council("福祉審議会"), person)
    found = card(person)
    assert found["phrases"][0][0] == "地方自治"
    assert found["intro"] == "まちづくり審議会 学識経験者。福祉審議会。みどり大学 名誉教授"


def test_a_member_who_did_not_agree_is_not_found_and_one_who_takes_it_back_no_longer(session):
    person = a_person()
    a_member(a_council(), person)
    assert card(person) is None
    purposes = [Purpose.COUNCIL]
    registry.set_consents(person, purposes, among=purposes, by=SYSTEM, now=NOW, on=NOW.date())
    assert card(person)
    registry.withdraw_consent(registry.active_consents(person.id)[Purpose.COUNCIL], by=SYSTEM, now=NOW)
    assert card(person) is None


def test_a_member_whose_term_is_over_or_who_left_is_not_found(session):
    person = a_candidate()
    appointment = a_member(a_council(), person)
    services.refresh_member(person, NOW + timedelta(days=400))
    assert card(person) is None
    services.refresh_member(person, NOW)
    assert card(person)
    services.leave(appointment, on=date(2026, 11, 1), by=SYSTEM, now=NOW)
    assert card(person) is None
    with pytest.raises(NotAllowed):
        services.leave(appointment, on=date(2026, 11, 1), by=SYSTEM, now=NOW)
    assert session.scalar(select(AuditEntry.event).where(AuditEntry.event == "appointment:leave"))


def test_a_member_who_will_leave_sits_until_that_day(session):
    person, council = a_candidate(), a_council(seats=3)
    services.leave(a_member(council, person), on=date(2027, 3, 31), by=SYSTEM, now=NOW)
    assert card(person)
    for day, sits in ((date(2026, 11, 24), True), (date(2027, 3, 31), True), (date(2027, 4, 1), False)):
        assert [term.person_id for term in services.members_on(council, day)] == [person.id] * sits
        assert list(session.scalars(services.sitting_on(day))) == [person.id] * sits
        assert services.seats_taken(day) == ({council.id: 1} if sits else {})
    services.refresh_member(person, NOW + timedelta(days=130))
    assert card(person) is None


def test_a_member_whose_term_is_yet_to_begin_is_searched_for_from_that_day_on(session):
    council, person = a_council(), a_candidate()
    a_member(council, person, starts=date(2026, 12, 1), ends=date(2028, 11, 30))
    assert card(person) and list(session.scalars(services.sitting_on(date(2026, 11, 30)))) == []
    assert list(session.scalars(services.sitting_on(date(2026, 12, 1)))) == [person.id]


def test_terms_of_one_person_on_one_council_do_not_overlap(session):
    council, person = a_council(), a_person()
    a_member(council, person)
    with pytest.raises(Invalid):
        a_member(council, person, starts=date(2027, 5, 31), ends=None)
    a_member(council, person, starts=date(2027, 6, 1), ends=None)
    with pytest.raises(Invalid):
        a_member(council, a_person("別の 人"), starts=date(2026, 1, 2), ends=date(2026, 1, 1))
    with pytest.raises(Invalid):
        a_council()


def test_the_pages_show_seats_members_and_the_day(app, session):
    council = a_council(seats=12, founded_on="まちづくり条例第18条")
    a_member(council, a_person("安部 憲昭"), role=CouncilRole.CHAIR, category="学識経験者", ex_officio=True)
    a_member(council, a_person("香川 明子"), starts=date(2020, 1, 1), ends=date(2021, 12, 31))
    browser = sign_in(app, staff(Role.PERSONNEL).email)
    page = browser.get("/councils")
    assert "まちづくり審議会" in page and "12人" in page and "11人" in page and "現在" in page
    page = browser.get(f"/councils/{council.id}")
    for words in ("安部 憲昭", "会長", "学識経験者", "充て職", "まちづくり条例第18条", "現在", "終わった任期"):
        assert words in page
    assert page.text.index("安部 憲昭") < page.text.index("香川 明子")
    browser.get("/councils/999", status=404)


def test_an_empty_list_says_what_to_do(app, session):
    assert "審議会等はまだありません" in sign_in(app, staff(Role.CLERK).email).get("/councils")


def test_a_contractors_coordinator_sees_no_councils_and_the_citys_does(app, session):
    council = a_council()
    contractor = sign_in(app, a_coordinator("saporant").email)
    contractor.get("/councils", status=403)
    contractor.get(f"/councils/{council.id}", status=403)
    sign_in(app, a_coordinator().email).get(f"/councils/{council.id}", status=200)
    sign_in(app, a_user().email).get("/councils", status=404)
