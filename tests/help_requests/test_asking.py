"""How a request looks to the engine, to people, and in lists."""

from __future__ import annotations

from datetime import date, time

import pytest

from matching.accounts.actor import PUBLIC
from matching.errors import Invalid
from matching.help_requests import services
from matching.help_requests.models import Occasion
from matching.help_requests.services import Matter, Wish
from matching.registry.vocabulary import Money, Part
from tests.factories import a_representative, acting, an_organization

from .factories import a_request

SATURDAY, SUNDAY = date(2026, 12, 5), date(2026, 12, 6)


def test_the_engine_sees_words_place_money_people_and_both_wishes(session, now):
    request = a_request(
        now=now, field_number=1, district_id=3, money=Money.EXPENSES, head_count=2, title="敬老会", trouble="困った"
    )
    request.occasions = [
        Occasion(position=1, on=SATURDAY, part=Part.AFTERNOON, second_on=SUNDAY, second_part=Part.MORNING)
    ]
    ask = services.ask_of(request)
    assert (ask.title, ask.detail, ask.needs) == ("敬老会", "困った", ("手品",))
    assert (ask.field, ask.district, ask.money, ask.people) == (1, 3, "expenses", 2)
    assert [(when.slots, when.on) for when in ask.when] == [
        (frozenset({5 * 3 + 1}), SATURDAY),
        (frozenset({6 * 3}), SUNDAY),
    ]


@pytest.mark.parametrize(
    ("starts", "slot"), [(time(9), 15), (time(11, 59), 15), (time(12), 16), (time(16, 59), 16), (time(17), 17)]
)
def test_a_time_alone_tells_the_part_of_the_day(session, now, starts, slot):
    request = a_request(now=now)
    request.occasions = [Occasion(position=1, on=SATURDAY, starts=starts)]
    assert services.ask_of(request).when[0].slots == frozenset({slot})


def test_a_day_alone_is_its_whole_day_and_a_note_alone_is_nothing_to_compare(session, now):
    request = a_request(now=now)
    request.occasions = [
        Occasion(position=1, on=SATURDAY),
        Occasion(position=2, note="来週のどこか", part=Part.MORNING),
    ]
    assert [when.slots for when in services.ask_of(request).when] == [frozenset({15, 16, 17})]


def test_the_draft_is_made_of_facts_and_not_of_the_requesters_own_words(session, now):
    request = a_request(now=now, district_id=3, attendance=42)
    draft = services.draft_outline(services.matter_of(request))
    assert "敬老会の出し物をお願いしたい" in draft
    assert "手品" in draft
    assert "2026年12月5日（土） 午後" in draft
    assert "湯田地域" in draft
    assert "42人" in draft
    assert "カラオケ" not in draft
    services.refuse_contact_data(draft)


def test_the_longest_draft_still_fits(session):
    wish = Wish(on=SATURDAY, second_on=SUNDAY, note="あ" * 120)
    assert len(services.draft_outline(Matter("題" * 80, ("あ" * 60,) * 6, wishes=(wish,) * 6))) <= 1000


def test_a_representative_sees_own_requests(session, now):
    ours, theirs = an_organization(), an_organization("ひばり町内会")
    user = a_representative(ours)
    own, _foreign = a_request(now=now, requester=ours), a_request(now=now, requester=theirs)
    sent = a_request(now=now, requester=theirs, submitted_by_id=user.id)

    def seen(actor):
        return set(session.scalars(services.requests_of(actor)))

    assert seen(acting(user)) == {own, sent}
    assert seen(PUBLIC) == set()


@pytest.mark.parametrize(
    "told",
    ["090.1234.5678", "090・1234・5678", "〇九〇-1234-5678", "taro @ example.jp", "ＴＥＬ　０８３（９２２）００００"],
)
def test_contact_data_is_seen_however_it_is_written(told):
    with pytest.raises(Invalid):
        services.refuse_contact_data(f"くわしくは {told} まで")


@pytest.mark.parametrize(
    "told",
    [
        "12.05 10.00-12.00 の予定",
        "2026/12/05 10:00〜12:00",
        "〒753-0000 の集会所",
        "三十人、参加費500円",
        "第1回・第2回・第3回",
    ],
)
def test_days_hours_and_numbers_are_not_contact_data(told):
    services.refuse_contact_data(told)
