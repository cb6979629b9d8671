"""The list of councils: found, narrowed, counted; and both rosters as files."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.councils import services
from matching.councils.services import Asked, Narrowing
from matching.database import db
from matching.i18n import today
from matching.registry.models import Gender
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, staff

from .factories import NOW, SYSTEM, a_council, a_department, a_member

TODAY = today(datetime.now(UTC))


def names(session, **asked):
    found = session.scalars(services.find_councils(Asked(**asked), NOW.date()))
    return [council.name for council in found]


@pytest.fixture
def councils(session):
    """Four councils; on 2026-11-24 the first is about to run out, the third has a vacancy, the last is abolished."""
    health = a_department("健康増進課")
    soon = a_council("環境審議会", seats=1, topics="ごみの減量")
    a_member(soon, starts=date(2025, 1, 1), ends=date(2026, 12, 31))
    full = a_council("まちづくり審議会", seats=1)
    a_member(full)
    a_council("健康づくり推進協議会", department=health, seats=2, topics="食育とけんしん")
    old = a_council("合併協議会")
    services.end_council(old, on=date(2026, 3, 31), members_leave=False, by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("まちずくり", ["まちづくり審議会"]),  # one letter is wrong
        ("ごみ", ["環境審議会"]),
        ("ゴミ", ["環境審議会"]),
        ("健康増進", ["健康づくり推進協議会"]),
        ("健康 食育", ["健康づくり推進協議会"]),
        ("健康 ごみ", []),
        ("%", []),
        ("審議会", ["まちづくり審議会", "環境審議会"]),
    ],
)
def test_councils_are_found_by_name_topics_and_department_more_or_less(session, councils, words, found):
    assert names(session, words=words) == found


def test_the_list_is_narrowed(session, councils):
    assert names(session, narrowing=Narrowing.EXPIRING) == ["環境審議会"]
    assert names(session, narrowing=Narrowing.VACANT) == ["健康づくり推進協議会"]
    assert names(session, narrowing=Narrowing.ENDED) == ["合併協議会"]
    assert "合併協議会" not in names(session)
    assert names(session, department_id=a_department("健康増進課").id) == ["健康づくり推進協議会"]


def test_a_council_stands_on_its_last_day(session):
    council = a_council()
    services.end_council(council, on=date(2026, 11, 24), members_leave=False, by=SYSTEM, now=NOW)
    assert names(session) == [council.name] and names(session, narrowing=Narrowing.ENDED) == []


def test_the_filters_stand_in_the_address_and_what_is_not_offered_counts_as_not_asked(clerk, councils):
    page = clerk.get("/councils", {"q": "協議会", "narrowing": "ended"})
    assert "合併協議会" in page and "健康づくり" not in page and page.html.find(id="filter-q")["value"] == "協議会"
    assert "環境審議会" in clerk.get("/councils", {"narrowing": "x", "department": "999", "page": "0"})
    assert "当てはまる審議会等はありません" in clerk.get("/councils", {"q": "ぬぬぬぬ"})
    page = clerk.get("/councils")
    assert {"環境審議会", "まちづくり審議会"} <= {cell.text for cell in page.html.select("tbody th a")}


@contextmanager
def counted():
    queries = []

    def count(*_args):
        queries.append(1)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield queries
    finally:
        event.remove(engine, "before_cursor_execute", count)


def many(number, first=0):
    for n in range(first, number):
        council = a_council(f"第{n:02}審議会", seats=12)
        for place in range(2):
            a_member(council, a_person(f"委員 {n:02}{place}", birth_year=1960 + place, gender=Gender.FEMALE))


@pytest.mark.parametrize(
    "path", ["/councils", "/councils?q=%E5%AF%A9%E8%AD%B0%E4%BC%9A", "/councils/export", "/councils/members"]
)
def test_a_long_list_costs_no_more_queries_than_a_short_one(clerk, session, path):
    many(3)
    clerk.get(path)
    with counted() as few:
        clerk.get(path)
    many(30, first=3)
    session.commit()
    clerk.get(path)
    with counted() as much:
        clerk.get(path)
    assert len(few) == len(much) < 25


def test_a_large_council_costs_no_more_queries_than_a_small_one(clerk, session):
    council = a_council()
    a_member(council)
    clerk.get(f"/councils/{council.id}")
    with counted() as few:
        clerk.get(f"/councils/{council.id}")
    for n in range(30):
        a_member(council, a_person(f"委員 {n:02}"))
    session.commit()
    clerk.get(f"/councils/{council.id}")
    with counted() as much:
        page = clerk.get(f"/councils/{council.id}")
    assert "委員 29" in page and len(few) == len(much)


def test_the_pages_of_a_long_list_are_numbered(clerk, session, monkeypatch):
    monkeypatch.setattr("matching.councils.views.lists.PER_PAGE", 2)
    for n in range(3):
        a_council(f"第{n}審議会")
    page = clerk.get("/councils", {"q": "審議会"})
    assert "第2審議会" not in page and "第2審議会" in page.click("次へ")


def test_the_list_of_councils_is_taken_home_with_its_figures(clerk, session):
    council = a_council("=環境審議会", seats=4, founded_on="条例第1条")
    day = TODAY - timedelta(days=30)
    for name, year, gender in (("A", 1960, Gender.FEMALE), ("B", 1980, Gender.MALE), ("C", None, None)):
        a_member(council, a_person(f"委員 {name}", birth_year=year, gender=gender), starts=day, ends=None)
    a_council("別の審議会")
    file = clerk.get("/councils/export", {"q": "環境"})
    assert file.content_type == "text/csv" and "attachment" in file.headers["Content-Disposition"]
    rows = file.text.splitlines()
    age = TODAY.year - 1970
    assert rows[1] == f"'=環境審議会,協働推進課,条例第1条,4,3,1,1,50,{age:.1f},0,,"
    assert "別の審議会" not in file
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "council:export")).one()
    assert entry.subject_type == "user" and entry.fields == ["q"]


def test_the_roster_of_a_day_is_taken_home_without_contact_data(clerk, session):
    council = a_council()
    person = a_person("安部 憲昭", kana="あべ のりあき", birth_year=1956, gender=Gender.MALE, affiliation="+大学")
    a_member(council, person, category="学識経験者", starts=date(2024, 6, 1), ends=date(2026, 5, 31))
    a_member(a_council("福祉審議会"), a_person("別の 人"), starts=date(2024, 6, 1), ends=date(2026, 5, 31))
    file = clerk.get("/councils/members/export", {"on": "2025-01-01"})
    assert (
        "安部 憲昭,あべ のりあき,'+大学,まちづくり審議会,協働推進課,学識経験者,委員,,2024-06-01,2026-05-31,,1956,男性"
        in file
    )
    assert "別の 人" in file
    one = clerk.get("/councils/members/export", {"on": "2025-01-01", "council": str(council.id)})
    assert "安部 憲昭" in one and "別の 人" not in one
    assert "安部 憲昭" not in clerk.get("/councils/members/export", {"on": "2026-06-01"})
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event == "appointment:export")).all()
    assert [entry.fields for entry in entries] == [["on"], ["council", "on"], ["on"]]


@pytest.mark.parametrize("council", ["99999999999999999999", "999999999", "x", "-1", "１"])
def test_the_members_of_a_council_that_is_not_there_are_nobody(clerk, session, council):
    clerk.get("/councils/members/export", {"council": council}, status=404)
    assert not session.scalars(select(AuditEntry).where(AuditEntry.event == "appointment:export")).all()


def test_birth_year_and_gender_leave_the_house_with_those_who_keep_the_rosters_only(app, session):
    a_member(a_council(), a_person("安部 憲昭", birth_year=1956), starts=date(2024, 6, 1), ends=None)
    for role, sees in ((Role.PERSONNEL, True), (Role.CLERK, True), (Role.ADMINISTRATOR, False)):
        file = sign_in(app, staff(role).email).get("/councils/members/export")
        assert "安部 憲昭" in file and ("1956" in file) is sees
    sign_in(app, staff(Role.STAFF).email).get("/councils/members/export", status=403)
    sign_in(app, a_coordinator().email).get("/councils/export", status=403)
