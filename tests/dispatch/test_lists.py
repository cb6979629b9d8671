"""The desk's two lists: what they are narrowed by, their order, their pages, the file, and how much they ask."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.dispatch.services.queue import queue
from matching.help_requests import services as help_requests
from matching.help_requests.states import RequestState
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_desk, an_organization, staff
from tests.help_requests.factories import a_request

from .factories import NOW, a_case, a_conjurer, asked, decided
from .test_pages import queries_of

S = RequestState


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def titles(page) -> list[str]:
    return [link.text for link in page.html.select(".queue-row .title a")]


def an_open_one(title, *, days=30, **facts):
    request = a_request(now=NOW, title=title, state=facts.pop("state", S.ACCEPTED), **facts)
    request.occasions[0].on = NOW.date() + timedelta(days=days)
    return request


# -- Open ones


def test_what_is_urgent_stands_first(desk, session):
    an_open_one("まだ先", days=90)
    an_open_one("新しい", days=60, state=S.SUBMITTED)
    an_open_one("あさって", days=2)
    a_conjurer()
    late = a_case(title="返事が遅い", requester=an_organization("ひばり町内会"))
    late.occasions[0].on = NOW.date() + timedelta(days=80)
    asked(late).answer_by = NOW.date() - timedelta(days=1)
    session.commit()
    assert titles(desk.get("/desk")) == ["あさって", "返事が遅い", "新しい", "まだ先"]


def test_a_case_leads_straight_on_to_the_next_of_the_own_queue(desk, session):
    last = an_open_one("まだ先", days=90)
    first = an_open_one("あさって", days=2)
    an_open_one("よその窓口の依頼", days=3, desk="saporant")
    gone = an_open_one("終わった依頼", state=S.CLOSED)
    session.commit()
    page = desk.get(f"/requests/{gone.id}").click("次の依頼へ進む").follow()
    assert page.html.h1.text == first.title
    page = page.click("次の依頼へ進む").follow()
    assert page.html.h1.text == last.title
    page = page.click("次の依頼へ進む").follow()
    assert page.request.path == "/desk" and "これで最後です" in page


def test_the_queue_is_narrowed_by_desk_state_and_words(desk, session):
    an_open_one("自分の敬老会")
    an_open_one("自分の運動会", state=S.SUBMITTED)
    an_open_one("小郡の敬老会", desk="center:小郡", requester=an_organization("小郡自治会"))
    assert set(titles(desk.get("/desk"))) == {"自分の敬老会", "自分の運動会"}
    assert len(titles(desk.get("/desk?desk=all"))) == 3
    assert titles(desk.get(f"/desk?desk={a_desk('center:小郡').id}")) == ["小郡の敬老会"]
    assert titles(desk.get("/desk?state=submitted")) == ["自分の運動会"]
    assert set(titles(desk.get("/desk", {"desk": "all", "q": "敬老会"}))) == {"自分の敬老会", "小郡の敬老会"}
    assert titles(desk.get("/desk", {"desk": "all", "q": "小郡自治会"})) == ["小郡の敬老会"]
    empty = desk.get("/desk?state=agreed")
    assert "この条件に合う依頼はありません" in empty


def test_a_request_is_found_by_the_letters_that_everybody_can_read(desk, session):
    request = an_open_one("公開したもの")
    an_open_one("ほかのもの")
    help_requests.release(request, by=SYSTEM, now=NOW)
    session.commit()
    assert titles(desk.get(f"/desk?q={request.public_key[:6].upper()}")) == ["公開したもの"]


@pytest.mark.parametrize(
    "address", ["desk=x", "desk=999999", "state=closed", "state=%C2%B2", "page=99999999999999", "q=%00"]
)
def test_a_filter_that_cannot_be_counts_as_not_asked(desk, session, address):
    an_open_one("一つだけ")
    session.commit()
    page = desk.get(f"/desk?{address}", status=200)
    assert titles(page) == ["一つだけ"] or address.startswith("q")


def test_staff_without_a_desk_see_all_desks(app, session):
    an_open_one("どこかの")
    session.commit()
    assert titles(sign_in(app, staff(Role.STAFF).email).get("/desk")) == ["どこかの"]


def test_more_than_one_page_of_open_cases_keeps_the_order_over_the_pages(session):
    requester = an_organization()
    for number in range(210):
        an_open_one(f"依頼{number}", days=300 - number, requester=requester)
    first, last = (queue(now=NOW, sees_councils=True, page=page) for page in (1, 99))
    assert (first.total, first.pages, len(first.items), len(last.items)) == (210, 5, 50, 10)
    assert first.items[0].request.title == "依頼209" and last.items[-1].request.title == "依頼0"


def test_sixty_open_cases_ask_as_much_as_three(desk, session):
    def fill_in(count: int, name: str) -> None:
        for number in range(count):
            request = an_open_one(f"{name}{number}", requester=an_organization(f"{name}自治会{number}"))
            request.district_id = number % 21 + 1
            help_requests.hand_over(request, to_desk=a_desk("center:小郡"), note="n", by=SYSTEM, now=NOW)
            help_requests.hand_over(request, to_desk=a_desk(), note="n", by=SYSTEM, now=NOW)
        session.commit()

    fill_in(3, "朝")
    desk.get("/desk", {"q": "自治会"})
    few = queries_of(lambda: desk.get("/desk", {"q": "自治会"}))
    fill_in(57, "夕")
    assert queries_of(lambda: desk.get("/desk", {"q": "自治会"})) <= few  # one search of names may be enough


# -- Ended ones


def an_ended_one(title, *, state=S.CLOSED, at=NOW, **facts):
    request = a_request(now=at, title=title, state=state, **facts)
    request.ended_at = at
    return request


def test_ended_requests_are_found_by_number_title_or_requester_more_or_less(desk, session):
    one = an_ended_one("プログラミング教室の講師", requester=an_organization("さざなみ小学校"))
    an_ended_one("草刈りの手伝い", requester=an_organization("ひばり町内会"))
    session.commit()
    for words in (
        "プログラミング",
        "ぷろぐらみんぐ",
        "プログラミンク",
        "講師　教室",
        "さざなみ",
        "さざなみ小学",
        one.number,
    ):
        assert titles(desk.get("/desk/ended", {"q": words})) == ["プログラミング教室の講師"], words
    nothing = desk.get("/desk/ended", {"q": "ゼリー"})
    assert "この条件に合う依頼はありません" in nothing


def test_ended_requests_are_narrowed_by_year_desk_result_field_and_district(desk, session):
    last_year = NOW.replace(year=2025)
    an_ended_one("去年", at=last_year)
    an_ended_one("三月", at=NOW.replace(year=2026, month=3))
    an_ended_one("小郡", desk="center:小郡")
    an_ended_one("できない", state=S.NOT_POSSIBLE)
    an_ended_one("福祉", field_number=1)
    an_ended_one("湯田", district_id=3)
    session.commit()
    assert set(titles(desk.get("/desk/ended?year=2025"))) == {"去年", "三月"}
    assert titles(desk.get(f"/desk/ended?desk={a_desk('center:小郡').id}")) == ["小郡"]
    assert titles(desk.get("/desk/ended?ending=not_possible")) == ["できない"]
    assert titles(desk.get("/desk/ended?field=1")) == ["福祉"]
    assert titles(desk.get("/desk/ended?district=3")) == ["湯田"]
    assert titles(desk.get("/desk/ended?field=1&district=3")) == []
    for odd in ("year=x", "year=99999999999999999999", "desk=0", "ending=open", "field=99", "page=0"):
        assert len(titles(desk.get(f"/desk/ended?{odd}", status=200))) == 6, odd


def test_the_list_of_ended_ones_has_pages_that_keep_the_filters(desk, session):
    requester = an_organization()
    for number in range(55):
        an_ended_one(f"終わり{number}", requester=requester, field_number=1)
    an_ended_one("別の分野", requester=requester, field_number=2)
    session.commit()
    first = desk.get("/desk/ended?field=1")
    assert len(titles(first)) == 50
    second = first.click("次へ")
    assert len(titles(second)) == 5 and "field=1" in second.request.url
    assert len(titles(desk.get("/desk/ended?page=99999"))) in (0, 6)


def test_thirty_ended_ones_ask_as_much_as_three(desk, session):
    for number in range(3):
        an_ended_one(f"終わり{number}", requester=an_organization(f"自治会{number}"))
    session.commit()
    desk.get("/desk/ended", {"q": "終わり"})
    few = queries_of(lambda: desk.get("/desk/ended", {"q": "終わり"}))
    for number in range(27):
        an_ended_one(f"終わり{number}", requester=an_organization(f"町内会{number}"))
    session.commit()
    assert queries_of(lambda: desk.get("/desk/ended", {"q": "終わり"})) == few


# -- The file


def rows_of(answer) -> list[list[str]]:
    assert answer.content_type == "text/csv"
    return list(csv.reader(StringIO(answer.body.decode("utf-8-sig"))))


def test_the_file_of_a_year_holds_figures_and_nobodys_words_or_names(desk, session):
    a_conjurer()
    request = a_case(
        title="秘密の題名",
        trouble="秘密の困りごと",
        field_number=1,
        district_id=3,
        caller="秘密 太郎",
        place="秘密の場所",
    )
    decided(request)
    an_open_one("まだ", state=S.SUBMITTED)
    an_ended_one("去年", at=NOW.replace(year=2025))
    session.commit()
    answer = desk.get("/desk/requests.csv?year=2026")
    head, first, second = rows_of(answer)
    assert head == ["受付番号", "受けた日", "窓口", "種類", "分野", "地域", "状態", "決定までの日数"]
    assert first == [request.number, "2026-11-24", "協働推進課", "派遣", "保健・医療・福祉", "湯田", "決定", "0"]
    assert second[0] == "" and second[6] == "受付待ち"
    for inside in ("秘密", "さくら台", "石川", "カラオケ"):
        assert inside not in answer.text
    assert "2026" in answer.headers["Content-Disposition"]
    assert len(rows_of(desk.get("/desk/requests.csv?year=2025"))) == 2
    for odd in ("x", "1800", "99999999999999999999"):
        assert len(rows_of(desk.get(f"/desk/requests.csv?year={odd}"))) == 3


def test_no_cell_of_the_file_can_become_a_formula(desk, session):
    request = an_ended_one("終わり")
    request.number = '=HYPERLINK("x")'
    session.commit()
    assert rows_of(desk.get("/desk/requests.csv"))[1][0] == '\'=HYPERLINK("x")'


def test_whoever_takes_the_file_stands_in_the_log(app, session):
    user = a_coordinator()
    browser = sign_in(app, user.email)
    browser.get("/desk/requests.csv", status=200)
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.event == "request:export"))
    assert (entry.actor_user_id, entry.fields) == (user.id, ["year"])


def test_the_file_asks_the_same_for_thirty_as_for_three(desk, session):
    for number in range(3):
        an_open_one(f"依頼{number}", requester=an_organization(f"自治会{number}"))
    session.commit()
    desk.get("/desk/requests.csv")
    few = queries_of(lambda: desk.get("/desk/requests.csv"))
    for number in range(27):
        an_open_one(f"依頼{number}", requester=an_organization(f"町内会{number}"))
    session.commit()
    assert queries_of(lambda: desk.get("/desk/requests.csv")) == few
