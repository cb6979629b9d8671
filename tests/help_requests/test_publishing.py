"""What everybody may read of a request: the outline that was released, while somebody is looked for; never a name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.help_requests import publishing, services
from matching.help_requests.models import Occasion
from matching.help_requests.publishing import public_face, public_request, public_requests
from matching.help_requests.states import RequestState
from matching.registry.vocabulary import Money
from tests.factories import a_person, an_organization

from .factories import a_request

DAY = date(2026, 11, 24)
OUTLINE = "敬老会の出し物\n老人クラブで40分ほど、見て分かる演目をお願いします。"

pytestmark = pytest.mark.usefixtures("session")


def released(now, **facts):
    facts = {"state": RequestState.ACCEPTED, "outline": OUTLINE} | facts
    request = a_request(now=now, **facts)
    services.release(request, by=SYSTEM, now=now)
    return request


def shown(**how):
    return [one.title for one in public_requests(day=DAY, **how).page.items]


def test_the_outline_is_shown_and_not_who_asks_nor_their_words_nor_the_place(now):
    request = released(
        now,
        title="さくら台自治会の敬老会",
        trouble="毎年カラオケばかりで困っています。",
        place="中央集会所",
        field_number=1,
        district_id=3,
        head_count=2,
        money=Money.EXPENSES,
    )
    [one] = public_requests(day=DAY).page.items
    assert (one.title, one.outline) == ("敬老会の出し物", "老人クラブで40分ほど、見て分かる演目をお願いします。")
    assert (one.field.number, one.district.name, one.head_count, one.money) == (1, "湯田", 2, Money.EXPENSES)
    assert one.days == ("2026年12月5日（土） 午後",)
    told = repr(one)
    for inside in ("さくら台", "カラオケ", "中央集会所", str(request.number)):
        assert inside not in told


@pytest.mark.parametrize(
    "told",
    [
        "さくら台自治会の敬老会です。",
        "さくら台　自治会の敬老会です。",
        "さくら臺自治会",
        "担当は大庭忠夫です",
        "中央集会所で行います",
    ],
)
def test_a_name_that_slipped_into_the_outline_is_not_shown_and_not_found(now, told):
    person = a_person("大庭 忠夫")
    released(now, outline=f"出し物\n{told}", contact_person=person, caller="大庭 忠夫", place="中央集会所")
    [one] = public_requests(day=DAY).page.items
    for name in ("さくら台", "さくら臺", "大庭", "中央集会所"):
        assert name not in one.outline
    assert "です" in one.outline or "依頼した団体" in one.outline or "会場" in one.outline
    assert shown(words="さくら台自治会") == []


@pytest.mark.parametrize(
    ("outline", "title", "rest"),
    [
        ("出し物\n手品など", "出し物", "手品など"),
        ("踊りをお願いします。楽器は何でも。" + "あ" * 50, "踊りをお願いします", "楽器は何でも。" + "あ" * 50),
        ("あ" * 60 + "。", "あ" * 50 + "…", "あ" * 60 + "。"),
        ("短い一行", "短い一行", ""),
    ],
)
def test_a_long_outline_gets_a_short_title_and_loses_nothing(now, outline, title, rest):
    released(now, outline=outline)
    [one] = public_requests(day=DAY).page.items
    assert (one.title, one.outline) == (title, rest)


@pytest.mark.parametrize("state", [s for s in RequestState if s not in (RequestState.ACCEPTED, RequestState.INQUIRING)])
def test_only_while_somebody_is_looked_for(now, state):
    request = released(now)
    request.state, request.ended_at, request.ending = state, now, "終わり"
    db.session.flush()
    assert shown() == []
    assert public_request(request.public_key, day=DAY) is None


def test_nothing_is_shown_that_was_not_released_and_taking_it_back_works_at_once(now):
    a_request(now=now, state=RequestState.ACCEPTED)
    assert shown() == []
    request = released(now)
    assert shown() == ["敬老会の出し物"]
    services.conceal(request, by=SYSTEM, now=now)
    assert shown() == []


def test_the_key_is_stable_random_and_no_row_number(now):
    first, second = released(now), released(now)
    assert first.public_key != second.public_key and len(first.public_key) == 16
    assert public_request(first.public_key, day=DAY).title == "敬老会の出し物"
    services.conceal(first, by=SYSTEM, now=now)
    key = first.public_key
    services.release(first, by=SYSTEM, now=now)
    assert first.public_key == key
    assert public_request("x" * 40, day=DAY) is None


def test_it_is_found_by_words_more_or_less_by_field_and_by_district(now):
    released(now, field_number=1, district_id=3)
    released(now, outline="プログラミング教室の手伝い\n小学生に教えます。", field_number=14, district_id=5)
    assert shown(words="敬老会　演目") == ["敬老会の出し物"]
    assert shown(words="プログラミンク") == shown(field=14) == shown(district=5) == ["プログラミング教室の手伝い"]
    assert shown(words="演目 小学生", as_written=True) == shown(field=1, district=5) == []


MEAL = "ひとり暮らしの男性が昼ごはんを自分で作れるように\n包丁の持ち方から、いっしょに教えてください。"


def test_it_is_found_by_what_it_means_behind_those_that_say_the_words(now):
    released(now, outline="敬老会で料理をはこぶ人\n会場は集会所です。")
    released(now, outline=MEAL)
    released(now, outline="大きな紙に書く書道の手ほどき")
    assert shown(words="料理") == ["敬老会で料理をはこぶ人", "ひとり暮らしの男性が昼ごはんを自分で作れるように"]
    assert shown(words="料理", as_written=True) == ["敬老会で料理をはこぶ人"]
    assert shown(words="調理", as_written=True) == []
    assert "ひとり暮らしの男性が昼ごはんを自分で作れるように" in shown(words="調理")
    assert shown(words="ぬるぽぺ") == []


def test_what_stays_inside_is_not_found_by_what_it_means(now):
    """Neither the requester's own words nor who asks nor the place; nor what was not released or is over."""
    request = released(now, title="料理教室", trouble="昼ごはんを作れなくて困っています", place="調理室")
    request.requester.name = "男の料理の会"
    a_request(now=now, state=RequestState.ACCEPTED, outline=MEAL)
    over = released(now, outline=MEAL)
    over.occasions[0].on = DAY - timedelta(days=1)
    named = released(now, outline="男の料理の会に来てください", requester=an_organization("男の料理の会"))
    db.session.flush()
    assert publishing.public_face(named).title == "依頼した団体に来てください"
    assert shown(words="料理") == shown(words="昼ごはんを作る") == []


def test_only_so_many_of_the_latest_are_compared_by_meaning(now, monkeypatch):
    released(now, outline=MEAL)
    released(now - timedelta(days=1), outline=f"{MEAL} 前の日")
    monkeypatch.setattr("matching.profiles.texts.MOST_TEXTS", 1)
    assert len(shown(words="調理")) == 1


def test_a_note_for_the_day_stays_inside_and_days_that_are_over_end_it(now):
    request = released(now)
    [occasion] = request.occasions
    occasion.on, occasion.note = None, "会長の田中に聞いて"
    request.occasions.append(Occasion(position=2, note="来週"))
    assert public_face(request).days == ("日は相談して決めます",)
    db.session.flush()
    assert shown() != []
    for row in request.occasions:
        row.on = DAY - timedelta(days=1)
    db.session.flush()
    assert shown() == []


def test_pages_hold_as_many_as_asked_and_a_page_too_far_is_the_last(now):
    for number in range(5):
        released(now, outline=f"依頼{number}")
    pages = public_requests(day=DAY, page=2, per_page=2).page
    assert (pages.total, pages.pages, len(pages.items)) == (5, 3, 2)
    assert len(public_requests(day=DAY, page=99, per_page=2).page.items) == 1


def test_without_words_only_the_page_is_put_together_and_all_are_counted(now, monkeypatch):
    for number in range(8):
        over = released(now, outline=f"過ぎた依頼{number}")
        over.occasions[0].on = DAY - timedelta(days=1)
    for number in range(5):
        released(now, outline=f"依頼{number}")
    faces = []
    face_of = publishing.public_face
    monkeypatch.setattr(publishing, "public_face", lambda request: faces.append(request) or face_of(request))
    monkeypatch.setattr(publishing, "LOOKED_AT", 3)
    page = public_requests(day=DAY, page=1, per_page=2).page
    assert (page.total, len(faces)) == (5, 2) and publishing.how_many(day=DAY) == 5
    assert len(shown(words="依頼")) == 3  # of the latest that are not over


@pytest.mark.parametrize(
    ("days", "is_shown"),
    [
        ([(DAY, None)], True),
        ([(DAY - timedelta(days=1), None)], False),
        ([(DAY - timedelta(days=1), DAY)], True),
        ([(DAY - timedelta(days=1), DAY - timedelta(days=1))], False),
        ([(DAY - timedelta(days=1), None), (DAY, None)], True),
        ([(DAY - timedelta(days=1), None), (None, None)], True),
        ([], True),
    ],
)
def test_a_request_is_over_when_every_day_that_was_wished_for_is(now, days, is_shown):
    request = released(now)
    request.occasions = [
        Occasion(position=number, on=on, second_on=second, note=None if on else "いつでも")
        for number, (on, second) in enumerate(days, 2)
    ]
    db.session.flush()
    assert (public_request(request.public_key, day=DAY) is not None) is is_shown
    assert (shown() != []) is is_shown and publishing.how_many(day=DAY) == int(is_shown)


def test_thirty_ask_as_much_of_the_database_as_three(session, now):
    def queries() -> int:
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            seen.append(statement)

        session.commit()
        session.expire_all()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert public_requests(day=DAY, words="敬老会", per_page=50).page.total
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    for number in range(3):
        of = {"requester": an_organization(f"自治会{number}"), "contact_person": a_person(f"山田 {number}子")}
        released(now, outline=f"敬老会の出し物 その{number}", **of)
    few = queries()
    for number in range(3, 30):
        of = {"requester": an_organization(f"自治会{number}"), "contact_person": a_person(f"山田 {number}子")}
        released(now, outline=f"敬老会の出し物 その{number}", **of)
    assert queries() == few


@pytest.mark.parametrize(
    ("outline", "title", "rest"),
    [
        ("草刈り\n川べりです。", "草刈り", "川べりです。"),
        ("川べりの草を刈ります。機械は用意します。お茶も。", "川べりの草を刈ります", "機械は用意します。お茶も。"),
        ("川べりの草を刈ります。", "川べりの草を刈ります。", ""),
        ("川べりの草を刈る", "川べりの草を刈る", ""),
    ],
)
def test_the_first_line_or_the_first_sentence_is_the_title(now, outline, title, rest):
    face = public_face(released(now, outline=outline))
    assert (face.title, face.outline) == (title, rest)
