"""The people of the councils: all seats of one person, and the consent to be considered."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import Source
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.councils import services
from matching.i18n import today
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import Person, Purpose, Registry
from matching.registry.services import SkillWords
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, rename, staff

from .factories import NOW, SYSTEM, a_candidate, a_clerk, a_council, a_department, a_member
from .pages import fill, main_form, posting_to

TODAY = today(datetime.now(UTC))


def test_all_seats_of_a_person_are_seen_across_departments(other_clerk, session):
    person = a_person("安部 憲昭", birth_year=1956)
    council = a_council()
    a_member(council, person, starts=date(2021, 6, 1), ends=date(2023, 5, 31), category="公募")
    a_member(council, person, starts=date(2023, 6, 1), ends=date(2025, 5, 31), category="公募")
    a_member(a_council("福祉審議会", department=a_department("高齢福祉課")), person, starts=date(2024, 4, 1), ends=None)
    a_member(a_council("環境審議会"), person, starts=date(2025, 4, 1), ends=None)
    page = other_clerk.get(f"/councils/members/{person.id}")
    for words in ("いま2つの審議会等の委員", "まちづくり審議会", "福祉審議会", "高齢福祉課", "通算 4年", "1956年"):
        assert words in page
    assert page.text.index("福祉審議会") < page.text.index("まちづくり審議会")  # where one sits now stands first
    assert "1956年" not in sign_in(other_clerk.app_of, staff(Role.STAFF).email).get(f"/councils/members/{person.id}")
    assert "ほかに1つ" in other_clerk.get(f"/councils/{services.terms_of_person(person)[-1].council_id}")


def test_reading_a_members_page_is_written_down(clerk, session):
    person = a_candidate()
    clerk.get(f"/councils/members/{person.id}", status=200)
    [read] = session.scalars(select(AuditEntry).where(AuditEntry.event == "person:read"))
    assert read.subject_id == person.id and read.actor_user_id


@pytest.mark.parametrize(
    ("terms", "months"),
    [
        ([("2025-06-01", "2027-05-31")], 24),
        ([("2025-06-01", "2027-05-31"), ("2027-06-01", None)], 36),  # until the day asked for
        ([("2025-01-31", "2025-02-27")], 0),
        ([("2020-01-01", "2020-12-31"), ("2025-01-01", "2025-12-31")], 24),
        ([("2030-01-01", None)], 0),
    ],
)
def test_full_months_are_counted_to_the_day(session, terms, months):
    council, person = a_council(), a_person()
    for starts, ends in terms:
        a_member(council, person, starts=date.fromisoformat(starts), ends=ends and date.fromisoformat(ends))
    until = date(2028, 5, 31)
    assert services.months_served(services.terms_of_person(person), until) == months


def test_a_merged_person_has_all_their_seats(clerk, session):
    person, double = a_person("安部 憲昭"), a_person("安部 憲明")
    a_member(a_council(), person, ends=None)
    a_member(a_council("福祉審議会"), double, ends=None)
    double.canonical_id = person.id
    session.commit()
    for one in (person, double):
        page = clerk.get(f"/councils/members/{one.id}")
        assert "安部 憲昭" in page and "いま2つの審議会等の委員" in page
    page = clerk.get("/councils/members", {"q": "安部"})
    assert "いま2つの審議会等" in page and "安部 憲明" not in page


def test_only_people_of_the_councils_have_a_page_here(clerk, session):
    clerk.get(f"/councils/members/{a_person().id}", status=404)
    clerk.get(f"/councils/members/{a_candidate().id}", status=200)
    clerk.get("/councils/members/999999", status=404)


def test_contractors_meet_nobody_of_the_councils(app, session):
    person = a_candidate()
    a_member(a_council(), person)
    contractor, citys = sign_in(app, a_coordinator("saporant").email), sign_in(app, a_coordinator().email)
    for path in ("/councils/members", f"/councils/members/{person.id}"):
        contractor.get(path, status=403)
        citys.get(path, status=200)
    token = {"csrf_token": posting_to(contractor.get("/groups"), "/logout")["csrf_token"].value}
    for browser in (contractor, citys):
        browser.get("/councils/members/new", status=403)
    contractor.post(f"/councils/members/{person.id}/candidacy", token, status=403)


def test_the_people_of_the_councils_are_found_and_narrowed(clerk, session):
    a_member(a_council(), a_person("安部 憲昭", kana="あべ のりあき"), ends=None)
    a_candidate(name="安部 花子")
    a_person("安部 三郎")
    page = clerk.get("/councils/members", {"q": "あべ"})
    assert "安部 憲昭" in page and "安部 花子" not in page
    page = clerk.get("/councils/members", {"q": "安部"})
    assert "安部 憲昭" in page and "安部 花子" in page and "安部 三郎" not in page
    page = clerk.get("/councils/members", {"seating": "sitting"})
    assert "安部 憲昭" in page and "安部 花子" not in page
    assert "当てはまる人はいません" in clerk.get("/councils/members", {"q": "ぬぬぬ"})


# -- Consent


def candidacy(page, **told):
    return fill(posting_to(page, "/candidacy"), **told)


def test_a_consent_on_paper_is_recorded_and_taken_back(clerk, session):
    person = a_person("安部 憲昭")
    a_member(a_council(), person, ends=None)
    path = f"/councils/members/{person.id}"
    page = (
        candidacy(clerk.get(path), agreed=True, agreed_on="2026-03-01", expertise="地方自治")
        .submit(status=303)
        .follow()
    )
    assert "同意（書面）" in page and "地方自治" in page and "候補になる同意を記録しました" in page
    consent = registry.active_consents(person.id)[Purpose.COUNCIL]
    assert (consent.given_by, consent.given_on) == (Source.PAPER, date(2026, 3, 1)) and consent.recorded_by_id
    assert profiles.find(registry="council", registration_id=person.id).content.card["phrases"][0][0] == "地方自治"
    assert "agreed_on" not in posting_to(page, "/candidacy").fields  # the day of a consent that stands, stands
    page = candidacy(page, agreed=False).submit(status=303).follow()
    session.expire_all()
    assert "同意が取り消されました" in page and not registry.active_consents(person.id)
    assert profiles.find(registry="council", registration_id=person.id) is None


def test_a_consent_of_tomorrow_is_refused_and_the_page_stays_as_filled_in(clerk, session):
    person = a_person("安部 憲昭")
    a_member(a_council(), person)
    form = candidacy(
        clerk.get(f"/councils/members/{person.id}"), agreed=True, agreed_on="2199-01-01", expertise="地方自治"
    )
    page = form.submit(status=422)
    assert "今日までの日付" in page and posting_to(page, "/candidacy")["expertise"].value.strip() == "地方自治"
    assert not registry.active_consents(person.id) and not registry.skills_of(person.id, Registry.COUNCIL)


def test_the_consent_of_a_person_who_was_changed_meanwhile_is_not_recorded(clerk, session):
    person = a_candidate()
    form = candidacy(clerk.get(f"/councils/members/{person.id}"), agreed=False)
    rename(person, name="改名 花子", kana=None)
    session.commit()
    form.submit(status=409)
    assert registry.active_consents(person.id)


def test_expertise_that_stays_keeps_its_qualification(session):
    person = a_candidate()
    registry.set_skills(person.id, Registry.COUNCIL, [SkillWords("防災", 4, "防災士", True), SkillWords("経理")])
    services.set_expertise(person, ["財政", "防災"], by=SYSTEM, now=NOW)
    kept = registry.skills_of(person.id, Registry.COUNCIL)
    assert [(one.phrase, one.level, one.qualification, one.confirmed) for one in kept] == [
        ("財政", None, None, False), ("防災", 4, "防災士", True),
    ]  # fmt: skip


def test_somebody_who_agreed_and_sits_nowhere_is_written_down_once(clerk, session):
    form = main_form(clerk.get("/councils/members").click("候補になる人を書きとめる"))
    fill(form, name="渡辺 さやか", birth_year="1988", agreed=False)
    assert "同意した人だけを書きとめます" in form.submit(status=422)
    fill(form, agreed=True, expertise="子育て")
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location and session.scalar(select(func.count()).select_from(Person)) == 1
    page = first.follow()
    assert "候補の同意あり" in page and "委員の記録はありません" in page and "子育て" in page
    again = fill(main_form(clerk.get("/councils/members/new")), name="渡辺 さやか", birth_year="1988")
    assert "同じ名前の人がすでにいます" in again.submit(status=422)


def test_a_clerk_without_a_department_records_no_consent(app, session):
    browser = sign_in(app, a_clerk().email)
    person = a_candidate()
    session.commit()
    assert "同意と専門の記録を直す" not in browser.get(f"/councils/members/{person.id}")
    browser.get("/councils/members/new", status=403)
