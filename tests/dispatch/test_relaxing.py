"""One condition less: counted by searching, frozen with the list, and tried on a list of its own."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.dispatch.models import Shortlist
from matching.dispatch.services import relaxing, searching, shortlisting
from matching.engine.types import Ask, When
from matching.errors import MatchingError
from matching.help_requests import services as help_requests
from matching.help_requests.models import Need
from matching.profiles.services import SearchResult
from matching.registry.vocabulary import FIELDS, Money
from tests.conftest import sign_in
from tests.dispatch.factories import NOW, a_case, a_conjurer, shortlist_of
from tests.factories import a_coordinator

FULL = Ask(
    title="敬老会",
    needs=("手品", "落語", "太鼓", "書道"),
    field=6,
    district=3,
    when=(When(frozenset({1}), date(2026, 12, 5)),),
    supports=frozenset({"perform"}),
    money="free",
    people=3,
)


def found(*strengths: str) -> SearchResult:
    """An answer of the search in which only the strengths matter."""

    @dataclasses.dataclass
    class Ranked:
        strength: str

    @dataclasses.dataclass
    class Hit:
        ranked: Ranked

    return SearchResult(tuple(Hit(Ranked(one)) for one in strengths), asked=0, analyzer="", weights="", knowledge="")


# -- Which conditions there are, and the ask without them


def test_every_condition_that_was_asked_can_be_left_out_and_no_other():
    assert set(relaxing.conditions_of(FULL)) == {
        "district", "when", "field", "money", "people", "supports", "need:手品", "need:落語", "need:太鼓", "need:書道",
    }  # fmt: skip
    assert relaxing.conditions_of(Ask(title="敬老会", needs=("手品",), people=1)) == ()


@pytest.mark.parametrize("condition", relaxing.conditions_of(FULL))
def test_what_is_left_out_is_gone_and_nothing_else_is(condition):
    without = relaxing.leave_out(FULL, [condition])
    assert condition not in relaxing.conditions_of(without)
    assert set(relaxing.conditions_of(without)) == set(relaxing.conditions_of(FULL)) - {condition}


def test_the_last_need_stays():
    two = dataclasses.replace(FULL, needs=("手品", "落語"))
    one = relaxing.leave_out(two, ["need:手品"])
    assert one.needs == ("落語",)
    with pytest.raises(MatchingError):
        relaxing.leave_out(one, ["need:落語"])


def test_a_concept_goes_with_the_need_for_which_it_was_picked():
    needs = [Need(phrase="手品", concept="magic"), Need(phrase="落語", concept="rakugo")]
    ask = dataclasses.replace(FULL, needs=("手品", "落語"), concepts=("magic", "rakugo"))
    assert relaxing.leave_out(ask, ["need:手品"], needs).concepts == ("rakugo",)


# -- Counting


def test_only_conditions_that_bring_somebody_are_told():
    def search(ask: Ask) -> SearchResult:
        return found("strong", "possible") if ask.district is None else found("strong", "weak")

    assert relaxing.count_without(FULL, search, now=1) == [{"condition": "district", "candidates": 2}]


def test_however_much_is_asked_no_more_than_eight_searches_are_made():
    asked = []

    def search(ask: Ask) -> SearchResult:
        asked.append(ask)
        return found("strong", "strong")

    counted = relaxing.count_without(FULL, search, now=0)
    assert len(asked) == relaxing.MOST_SEARCHES == 8
    assert len(counted) == 7


def test_where_nothing_around_the_matter_keeps_anybody_away_these_are_not_tried_one_by_one():
    asked = []

    def search(ask: Ask) -> SearchResult:
        asked.append(ask)
        return found("strong")

    relaxing.count_without(dataclasses.replace(FULL, needs=("手品",), field=None, supports=frozenset()), search, now=1)
    assert len(asked) == 1


# -- On the list


def an_expensive_pair(**facts):
    """Two who fit but for their fee; the request can pay nothing."""
    for name in ("石川 笑子", "村田 次郎"):
        a_conjurer(name, money=Money.FEE)
    return a_case(money=Money.FREE, **facts)


def only(condition):
    """A search that finds two more without this condition, whatever the weights of today are."""

    def count(ask, _search, *, now, needs=()):
        return [{"condition": condition, "candidates": now + 2}] if condition in relaxing.conditions_of(ask) else []

    return count


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def test_the_count_is_what_a_search_without_it_finds(session):
    request = an_expensive_pair()
    shortlist = shortlist_of(request)
    now = relaxing.fitting(c.strength for c in shortlist.candidates)
    for one in shortlist.relaxed:
        new = shortlisting.make_shortlist(request, by=SYSTEM, now=NOW, left_out=[one["condition"]])
        assert relaxing.fitting(c.strength for c in new.candidates) == one["candidates"] > now


def test_one_search_walked_for_all_conditions_counts_what_a_fresh_one_for_each_finds(session):
    a_conjurer("石川 笑子", money=Money.FEE)
    a_conjurer("村田 次郎", skills=("落語",))
    a_conjurer("庭野 松男", skills=("手品", "落語"))
    request = a_case(money=Money.FREE, field_number=6, district_id=3, head_count=2)
    request.needs.append(Need(position=2, phrase="落語"))
    ask = help_requests.ask_of(request)
    walked = searching.searcher(request, now=NOW)
    walked(ask)  # as a list does before it counts

    def counted(searching) -> tuple[Any, ...]:
        answers = []

        def search(one: Ask) -> SearchResult:
            result = searching()(one, explain=False)
            answers.append([(hit.party_id, hit.ranked.strength, hit.ranked.score) for hit in result.hits])
            return result

        return relaxing.count_without(ask, search, now=-1, needs=request.needs), answers

    conditions, answers = counted(lambda: walked)
    assert {"field", "need:手品", "need:落語"} <= {one["condition"] for one in conditions}
    assert (conditions, answers) == counted(lambda: searching.searcher(request, now=NOW))
    assert len({str(answer) for answer in answers}) > 3


def test_a_list_says_what_one_condition_less_would_bring_and_makes_it_for_itself_only(desk, session, monkeypatch):
    monkeypatch.setattr(relaxing, "count_without", only("money"))
    request = an_expensive_pair()
    page = desk.get(f"/requests/{request.id}/candidates")
    assert "費用の条件を外すと" in page and "（いまは" in page
    form = next(form for form in page.forms.values() if form.action.endswith("/relax"))
    page = form.submit(status=303).follow()
    assert "この一覧だけ、費用の条件を外して探しました" in page
    assert "費用の条件を外すと" not in page
    session.expire_all()
    shortlist = shortlist_of(request)
    assert (shortlist.left_out, shortlist.ask["money"], request.money) == (["money"], None, Money.FREE)
    assert not [r for c in shortlist.candidates for r in c.reasons if r["criterion"] == "money"]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.event, entry.fields) == ("shortlist:make", ["money"])
    # Searching again asks for everything again.
    again = next(f for f in page.forms.values() if f.action.endswith(f"/requests/{request.id}/candidates"))
    assert "この一覧だけ、" not in again.submit(status=303).follow()


def test_conditions_add_up_from_list_to_list(session):
    request = an_expensive_pair(field_number=next(iter(FIELDS)))
    first = shortlisting.relax(shortlist_of(request), "money", by=SYSTEM, now=NOW)
    second = shortlisting.relax(first, "when", by=SYSTEM, now=NOW)
    assert second.left_out == ["money", "when"] and second.ask["when"] == []


def test_the_phrase_of_a_need_does_not_go_into_the_log(session):
    a_conjurer()
    request = a_case()
    request.needs.append(Need(position=2, phrase="落語"))
    shortlisting.make_shortlist(request, by=SYSTEM, now=NOW, left_out=["need:落語"])
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.fields == ["need"] and shortlist_of(request).ask["needs"] == ["手品"]


def test_a_double_click_and_a_stale_page_make_no_second_list(desk, session, monkeypatch):
    monkeypatch.setattr(relaxing, "count_without", only("money"))
    request = an_expensive_pair()
    page = desk.get(f"/requests/{request.id}/candidates")
    form = next(form for form in page.forms.values() if form.action.endswith("/relax"))
    form.submit(status=303)
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    assert len(session.scalars(select(Shortlist)).all()) == 2


@pytest.mark.parametrize("condition", ["", "field", "need:手品", "title", "needs", "need:" + "あ" * 500, "<script>"])
def test_a_condition_that_the_request_does_not_have_is_refused(desk, session, monkeypatch, condition):
    monkeypatch.setattr(relaxing, "count_without", only("money"))
    request = an_expensive_pair()
    page = desk.get(f"/requests/{request.id}/candidates")
    form = next(form for form in page.forms.values() if form.action.endswith("/relax"))
    form["without"].force_value(condition)
    assert "この条件は、いまの依頼にはありません" in form.submit(status=409)
    assert len(session.scalars(select(Shortlist)).all()) == 1


def test_somebody_added_by_hand_is_judged_by_what_the_list_asked_for(session):
    request = an_expensive_pair()
    shortlisting.relax(shortlist_of(request), "money", by=SYSTEM, now=NOW)
    late = a_conjurer("庭野 松男", money=Money.FEE)
    profile = next(p for p in searching.find_registrants(request, "庭野", now=NOW) if p.party_id == late.party_id)
    added = shortlisting.add_by_hand(request, profile, missed_because="登録が遅れた", by=SYSTEM, now=NOW)
    assert "money" not in {bar["criterion"] for bar in added.bars}
