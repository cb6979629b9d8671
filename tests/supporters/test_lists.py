"""The list of registrations: narrowed, found by name and by skill, counted, and taken home as a file."""

import csv
from io import StringIO
from urllib.parse import quote

import pytest
from sqlalchemy import event, select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.database import db
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact
from matching.supporters import services
from tests.conftest import sign_in
from tests.factories import a_person, an_organization, staff

from .factories import NOW, a_registration, a_supporter
from .test_desk import at_the_desk


def names(page):
    return [one.text.strip() for one in page.html.select(".queue-row .title")]


@pytest.fixture
def desk(app, session):
    a_supporter(a_person("山田 花子", kana="やまだ はなこ"), "手品", fields=[14], districts=[3])
    a_supporter(a_person("佐藤 次郎", kana="さとう じろう"), "庭木の剪定", fields=[7], anywhere=True)
    a_registration(a_person("鈴木 待子", kana="すずき まちこ"), "草刈り", fields=[7], districts=[4])
    a_supporter(an_organization("竹灯りの会"), "竹灯り", "竹細工", fields=[6], districts=[3])
    return at_the_desk(app, session)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("ヤマダ", "山田 花子"),
        ("山田花枝", "山田 花子"),  # one letter is wrong
        ("マジックを教えて", "山田 花子"),  # another word for it
        ("剪定", "佐藤 次郎"),
        ("草刈り", "鈴木 待子"),  # not confirmed: searches do not see it, the list does
        ("竹細工", "竹灯りの会"),
    ],
)
def test_the_list_finds_by_name_and_by_skill(desk, words, first):
    assert names(desk.get("/supporters", {"q": words}))[0] == first


@pytest.mark.parametrize("words", ["ゆきこ", "あいう", "を教えて"])
def test_letters_that_only_look_alike_find_nothing(app, session, words):
    a_supporter(a_person("山田 花子"), "ひきこもりの子をもつ親の話を聞く", "あいさつのしかた")
    assert names(at_the_desk(app, session).get("/supporters", {"q": words})) == []


def test_the_skill_that_was_searched_for_is_among_those_shown(app, session):
    a_supporter(a_person("山田 花子"), "手話", "点字", "朗読", "紙芝居", "草刈り")
    assert "草刈り、手話、点字" in at_the_desk(app, session).get("/supporters", {"q": "草刈りを教えて"})


def test_names_stand_before_skills(app, session):
    a_supporter(a_person("花田 竹"), "手品")
    a_supporter(a_person("阿部 一"), "竹細工")
    assert names(at_the_desk(app, session).get("/supporters", {"q": "竹"})) == ["花田 竹", "阿部 一"]


def test_filters_narrow_the_list_and_its_counts_and_stay_in_the_address(desk):
    assert names(desk.get("/supporters?field=7")) == ["鈴木 待子", "佐藤 次郎"]
    assert set(names(desk.get("/supporters?district=3"))) == {"山田 花子", "佐藤 次郎", "竹灯りの会"}
    assert names(desk.get("/supporters?kind=organization")) == ["竹灯りの会"]
    page = desk.get("/supporters?field=7&state=active")
    assert names(page) == ["佐藤 次郎"]
    assert "登録中（1）" in page and "確認待ち（1）" in page
    assert page.html.select_one(".tabs a[href*='field=7'][href*='state=submitted']")
    assert desk.get("/supporters?field=99&district=x&kind=?", status=200).html.select(".queue-row")
    assert "当てはまる登録はありません" in desk.get("/supporters?field=1")


def test_the_list_with_words_and_filters_asks_a_fixed_number_of_times(app, session):
    browser = at_the_desk(app, session)

    def queries(path):
        seen = []

        def count(*_args):
            seen.append(1)

        event.listen(db.engine, "before_cursor_execute", count)
        browser.get(path)
        event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    paths = ("/supporters", f"/supporters?q={quote('手話')}&district=3", "/supporters/export")
    for number in range(3):
        a_supporter(a_person(f"人{number}"), "手話", districts=[3], fields=[1])
    queries(paths[1])  # the first search after a change reads what changed
    few = [queries(path) for path in paths]
    for number in range(3, 30):
        a_supporter(a_person(f"人{number}"), "手話", districts=[3], fields=[1])
    queries(paths[1])
    assert [queries(path) for path in paths] == few


def table(answer):
    return list(csv.reader(StringIO(answer.body.decode("utf-8-sig"))))


def test_the_file_holds_what_the_list_shows_and_no_contact_data(app, session, desk):
    evil = a_supporter(a_person("=HYPERLINK(1)"), "+危ない", consents=[Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS])
    registry.set_contacts(evil.party, [Contact(ContactKind.TELEPHONE, "083-922-0001")])
    answer = desk.get("/supporters?state=active").click("この一覧をCSVで保存する")
    assert answer.content_type == "text/csv" and "no-store" in answer.headers["Cache-Control"]
    head, *rows = table(answer)
    assert len(rows) == 4 and head[:3] == ["番号", "名前", "ふりがな"]
    by_name = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    assert by_name["'=HYPERLINK(1)"]["できること"] == "'+危ない"
    assert by_name["'=HYPERLINK(1)"]["公開"] == "名前を出さない"
    assert by_name["佐藤 次郎"]["行ける地域"] == "市内どこでも" and by_name["竹灯りの会"]["分野"]
    assert "922-0001" not in answer.text and "鈴木" not in answer.text
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "supporter:export")).one()
    assert entry.fields == ["state"] and entry.actor_user_id


def test_the_file_keeps_to_the_filters(desk):
    _head, *rows = table(desk.get("/supporters/export", {"q": "剪定", "field": "7"}))
    assert [row[1] for row in rows] == ["佐藤 次郎"]


def test_reading_staff_take_no_file_home(app, session, desk):
    browser = sign_in(app, staff(Role.STAFF).email)
    assert "CSV" not in browser.get("/supporters")
    browser.get("/supporters/export", status=403)


def test_ended_registrations_are_listed_only_when_asked_for(app, session, desk):
    gone = a_supporter(a_person("元 会員"), "手品")
    services.end(gone, by=SYSTEM, now=NOW)
    assert "元 会員" not in desk.get("/supporters") and "元 会員" not in desk.get("/supporters", {"q": "手品"})
    assert names(desk.get("/supporters", {"q": "手品", "state": "ended"})) == ["元 会員"]


def test_the_number_of_a_directory_page_finds_its_registration(desk):
    one = a_supporter(a_person("山田 花子"))
    a_supporter(a_person("石川 笑子"))
    assert names(desk.get("/supporters", {"q": one.public_key[:6].upper()})) == ["山田 花子"]
