"""Why this order: reasons in groups, points that add up, old lists that stay as they were, and who reads it."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from matching.accounts.actor import SYSTEM
from matching.concepts.models import ConceptEntry
from matching.concepts.services import knowledge
from matching.database import db
from matching.dispatch.models import Candidate, Shortlist
from matching.dispatch.services import explaining, shortlisting
from matching.engine import ranking
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import Lexicon, concept_to_json
from matching.engine.types import Reason
from matching.help_requests.models import RequestKind
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import Purpose
from matching.registry.services import SkillWords
from matching.registry.vocabulary import Money
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.factories import a_coordinator

from .factories import NOW, a_case, a_conjurer, shortlist_of
from .test_pages import queries_of


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def reason(kind, code, **params):
    return Reason(kind, {"limit": "limits"}.get(code.split(".")[0], code.split(".")[0]), code, params)


MANY = [
    *(reason("matched", "words.exact", asked=word, theirs=word) for word in ("手品", "奇術", "余興", "演芸")),
    reason("missing", "field.other", field=6),
    reason("matched", "support.offered", support="perform"),
    reason("unknown", "district.unknown"),
    reason("missing", "limit.content", theirs="相談は受けません", asked="相談"),
    reason("warning", "conflict.own"),
    reason("warning", "limit.stated", theirs="夜は不可"),
]


# -- Reasons


def test_every_warning_is_read_first_with_three_others_of_which_one_speaks_against():
    first, rest = explaining.telling_first(MANY)
    assert [r.code for r in first] == [
        "words.exact", "support.offered", "limit.content", "conflict.own", "limit.stated",
    ]  # fmt: skip
    assert len(first) + len(rest) == len(MANY) and [r for r in MANY if r in rest] == rest


def test_different_ways_of_finding_come_before_more_of_the_same():
    by_concept = reason("matched", "words.concept", asked="余興", theirs="手品", concept="x", label=None)
    by_chance = reason("matched", "words.exact", asked="話", theirs="話")
    alike = reason("matched", "words.similar", asked="使い方", theirs="スパイスの使い方")
    here = reason("matched", "district.same", district=1)
    first, _rest = explaining.telling_first([by_chance, alike, here, *MANY[:2], by_concept])
    assert first == [*MANY[:2], by_concept]


def test_what_tells_little_is_told_where_there_is_nothing_else():
    by_chance = reason("matched", "words.exact", asked="話", theirs="話")
    assert explaining.telling_first([by_chance]) == ([by_chance], [])


def test_the_four_groups_have_words_and_signs_and_the_rest_is_folded(desk, session):
    a_conjurer(money=Money.FEE)
    request = a_case(money=Money.FREE)
    candidate = shortlist_of(request).candidates[0]
    candidate.reasons = [dataclasses.asdict(r) for r in MANY]
    session.commit()
    card = desk.get(f"/requests/{request.id}/candidates").html.select_one(".candidate")
    shown = [dt.get_text(strip=True) for dt in card.select(".why > .groups dt")]
    assert shown == ["！注意", "✓合うところ", "△足りないところ"]
    assert "ほかの理由" in card.details.summary.text
    folded = [dt.get_text(strip=True) for dt in card.details.select("dt")]
    assert folded == ["✓合うところ", "△足りないところ", "？分からないこと"]
    assert not card.select(".why .chip")


def test_a_registrants_own_limit_is_told_before_asking_and_asks_for_no_reason(desk, session):
    a_conjurer()
    request = a_case()
    candidate = shortlist_of(request).candidates[0]
    candidate.reasons = [*candidate.reasons, dataclasses.asdict(MANY[-1])]
    session.commit()
    page = desk.get(f"/candidates/{candidate.id}/inquire")
    assert "本人の断り書き：「夜は不可」" in page and "それでも打診する理由" not in page


# -- Nobody fits


def test_where_nobody_fits_well_the_list_says_so_first_and_what_to_do(desk, session):
    a_conjurer()
    request = a_case()
    for candidate in shortlist_of(request).candidates:
        candidate.strength = "weak"
    session.commit()
    for path in (f"/requests/{request.id}", f"/requests/{request.id}/candidates"):
        page = desk.get(path)
        assert "ぴったり合う登録は見つかりませんでした。近い順に並べています。" in page
        for way in ("別の言葉にする", "自分で探して加える", "別の窓口に引き継ぐ", "派遣できないとする"):
            page.click(way, index=0).mustcontain(request.title)


def test_where_somebody_fits_nothing_of_the_kind_is_said(desk, session):
    a_conjurer()
    request = a_case()
    shortlist_of(request).candidates[0].strength = "possible"
    session.commit()
    assert "ぴったり合う登録は" not in desk.get(f"/requests/{request.id}/candidates")


def test_an_empty_list_says_that_too(desk, session):
    request = a_case()
    page = desk.get(f"/requests/{request.id}/candidates")
    assert "合う登録は見つかりませんでした。" in page and "近い順に" not in page


# -- Points


def listed():
    for name, told in (
        ("石川 笑子", {"money": Money.FREE, "districts": [1]}),
        ("村田 次郎", {"money": Money.FEE, "skills": ("手品と奇術", "余興")}),
        ("庭野 松男", {"skills": ("敬老会の余興",), "heads": 1}),
    ):
        a_conjurer(name, **told)
    shortlist = shortlist_of(a_case(money=Money.FREE, district_id=1))
    assert len(shortlist.candidates) == 3
    return shortlist


def a_score(evidence, takes, half=0.2):
    """A candidate whose bars are made by the engine's own formula: content = e / (e + half), times 1 − Σ takes."""
    w = explaining.numbers(ranking.WEIGHTS)
    bars = []
    for name, value in evidence.items():
        of = w["content"][name]
        got = ranking.saturate(value, half) * of if name in explaining.SATURATED else (value / of + 1) / 2 * of
        bars.append({"criterion": name, "got": got, "of": of})
    bars += [
        {"criterion": name, "got": (1 - share) * w["around"][name], "of": w["around"][name]}
        for name, share in takes.items()
    ]
    factor = 1 - sum(2 * w["around"][name] * share for name, share in takes.items())
    return Candidate(score=ranking.saturate(sum(evidence.values()), half) * factor, bars=bars)


def test_the_difference_is_shared_out_by_what_made_it():
    numbers = {**explaining.numbers(ranking.WEIGHTS), "half": 0.2}
    above = a_score({"words": 0.3, "field": 0.05}, {"district": 0.5})
    below = a_score({"words": 0.2, "field": 0.05}, {"district": 0.0})
    points = explaining.points_between(above, below, numbers)
    assert sum(points.values()) == pytest.approx(100 * (above.score - below.score))
    assert points["words"] > 5 and points["field"] == pytest.approx(0) and -4 < points["district"] < 0


def test_a_small_difference_is_not_blown_up():
    """Where the contents are all but the same, each part is what it would be by itself."""
    numbers = {**explaining.numbers(ranking.WEIGHTS), "half": 0.2}
    above = a_score({"words": 0.20001, "field": -0.05}, {})
    below = a_score({"words": 0.1, "field": 0.05}, {})
    points = explaining.points_between(above, below, numbers)
    assert abs(points["words"]) < 25 and abs(points["field"]) < 25
    assert sum(points.values()) == pytest.approx(100 * (above.score - below.score))


def test_the_differences_add_up_to_the_points_that_are_shown(session):
    shortlist = listed()
    why = explaining.why(shortlist, shortlist.candidates)
    assert [step.below.rank for step in why.steps] == [2, 3]
    for step in why.steps:
        assert sum(points for _, points in step.parts) == step.apart
        assert step.apart == explaining.shown_points(step.above) - explaining.shown_points(step.below) >= 0


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=12), st.integers(-1, 1))
def test_rounding_keeps_the_sum_and_moves_nothing_by_more_than_one(values, off):
    total = round(sum(values)) + (off if len(values) > 1 else 0)
    whole = explaining._whole(values, total)
    assert sum(whole) == total or abs(sum(whole) - total) <= 1
    assert all(abs(one - value) < 2 for one, value in zip(whole, values, strict=True))


def test_the_table_says_how_far_each_criterion_moves_the_points():
    told = {one.criterion: one for one in explaining.weighings(explaining.numbers(ranking.WEIGHTS))}
    assert set(told) == {*ranking.CONTENT, *ranking.CIRCUMSTANCES}
    assert told["words"].alone > 80
    assert told["field"].up > 0 and told["field"].down > 0
    assert told["district"].up == 0 and told["district"].down == round(100 * ranking.WEIGHTS.district)


def test_lists_of_before_are_explained_by_the_numbers_that_they_were_made_with(session):
    shortlist = listed()
    frozen = {**shortlist.versions["numbers"], "half": 0.7, "content": {"words": 1.0, "old": 0.1}}
    shortlist.versions = {**shortlist.versions, "numbers": frozen}
    assert [one.criterion for one in explaining.weighings(explaining.numbers_of(shortlist))][:2] == ["words", "old"]


def test_a_list_without_its_numbers_is_not_explained_by_others(desk, session):
    shortlist = listed()
    shortlist.versions = {"analyzer": "1", "weights": "2024.9"}
    session.commit()
    page = desk.get(f"/shortlists/{shortlist.id}/why")
    assert "この一覧を作った版（重み 2024.9）の数字は、残していません" in page
    assert explaining.why(shortlist, shortlist.candidates).steps and "差は" in page
    assert "差の内わけ：" not in page and not page.html.select(".weights") and "点以上を「有力」" not in page
    partly = {**explaining.numbers(ranking.WEIGHTS)}
    del partly["half"]
    shortlist.versions = {**shortlist.versions, "numbers": partly}
    session.commit()
    assert "数字は、残していません" in desk.get(f"/shortlists/{shortlist.id}/why")


# -- The pages


def test_the_page_says_why_the_first_stands_before_the_others(desk, session):
    shortlist = listed()
    session.commit()
    page = desk.get(f"/requests/{shortlist.request_id}/candidates").click("なぜこの順番か")
    first, second, *_ = shortlist.candidates
    text = page.html.main.get_text(" ", strip=True)
    assert f"1位の{first.party.name}さんは{explaining.shown_points(first)}点" in text
    assert f"2位の{second.party.name}さん" in text and "差の内わけ：" in text
    for told in (
        "利用した人の評価や感想",
        "性別、年齢",
        "先に登録された順",
        "担当者が決めます",
        "だれにも分からなかったこと",
    ):
        assert told in text
    assert shortlist.versions["weights"] in text and shortlist.versions["lexicon"] in text


def test_in_english_nothing_is_joined_by_japanese_marks(desk, session):
    a_conjurer("庭野 松男", money=Money.FREE, districts=[1])
    a_conjurer("石川 笑子", money=Money.FEE)
    a_conjurer("村田 次郎", money=Money.FEE)
    shortlist = shortlist_of(a_case(title="余興", money=Money.FREE, district_id=1))
    shortlist.ask = {**shortlist.ask, "meant": ["手品", "落語"], "left_out": ["district", "when"]}
    session.commit()
    desk.get("/?lang=en")
    for path in (f"/shortlists/{shortlist.id}/why", f"/shortlists/{shortlist.id}", "/how-we-search"):
        text = desk.get(path).html.main.get_text()
        assert not re.search("[、。：（）]", text), (path, re.findall(".{30}[、。：（）].{10}", text))
    why = " ".join(desk.get(f"/shortlists/{shortlist.id}/why").html.main.get_text().split())
    assert "手品, 落語" in why and "Pairs with the same points: no. 2 and no. 3. Small" in why


def test_ties_and_those_added_by_hand_are_told(desk, session):
    a_conjurer()
    a_conjurer("村田 次郎")
    request = a_case()
    late = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    profile = profiles.find(registry="supporter", registration_id=late.id)
    shortlisting.add_by_hand(request, profile, missed_because="手品もすると聞いた", by=SYSTEM, now=NOW)
    session.commit()
    page = desk.get(f"/shortlists/{shortlist_of(request).id}/why")
    assert "1位と2位" in page and "丸めると同じ点です" in page
    assert "手で加えた1件" in page


@pytest.mark.parametrize("people", [0, 1])
def test_the_page_answers_for_a_list_with_nobody_to_compare(desk, session, people):
    for _ in range(people):
        a_conjurer()
    shortlist = shortlist_of(a_case())
    session.commit()
    page = desk.get(f"/shortlists/{shortlist.id}/why")
    assert ("くらべる相手がいません" if people else "順番はありません") in page


def test_the_page_for_everybody_names_nobody_and_shows_todays_weights(web, session):
    a_conjurer()
    a_case()
    page = web.get("/privacy").click("さがす順番の決め方", index=0)
    assert "石川 笑子" not in page and ranking.WEIGHTS.version in page
    assert len(page.html.select(".weights tbody tr")) == len(ranking.CONTENT) + len(ranking.CIRCUMSTANCES)


def test_a_list_asks_as_much_with_many_candidates_as_with_few(app, desk, session):
    def asked():
        request = a_case(title="数える")
        session.commit()
        paths = (
            f"/requests/{request.id}/candidates",
            *(f"/shortlists/{shortlist_of(request).id}{end}" for end in ("", "/why")),
        )
        for path in paths:
            desk.get(path)
        return [queries_of(lambda path=path: desk.get(path)) for path in paths]

    for number in range(3):
        a_conjurer(f"手品 {number}子")
    few = asked()
    for number in range(3, 20):
        a_conjurer(f"手品 {number}子")
    assert asked() == few


# -- Two years later


def with_a_concept(monkeypatch, id_):
    """The engine's answer with one reason that names a concept."""
    search = profiles.Searching.__call__

    def answering(*args, **kw):
        result = search(*args, **kw)
        said = Reason("matched", "words", "words.concept", {"asked": "余興", "theirs": "手品", "concept": id_})
        hits = tuple(
            dataclasses.replace(hit, ranked=dataclasses.replace(hit.ranked, reasons=(said, *hit.ranked.reasons)))
            for hit in result.hits
        )
        return dataclasses.replace(result, hits=hits)

    monkeypatch.setattr(profiles.Searching, "__call__", answering)


def test_an_old_list_says_the_same_when_the_lexicon_has_changed(app, session, monkeypatch):
    concept = next(iter(knowledge().lexicon.concepts.values()))
    with_a_concept(monkeypatch, concept.id)
    supporter = a_conjurer()
    request = a_case()
    old = shortlist_of(request)
    staff = a_coordinator()
    desk = sign_in(app, staff.email)
    assert old.candidates[0].reasons[0]["params"]["label"] == concept.label
    session.commit()
    list_path, why_path = f"/shortlists/{old.id}", f"/shortlists/{old.id}/why"
    versions, before = dict(old.versions), [desk.get(path).html.main.get_text() for path in (list_path, why_path)]
    assert f"（辞書：{concept.label}）" in before[0]

    later = NOW + timedelta(days=730)
    renamed = dataclasses.replace(concept, label="二年後の呼び名", aliases=(*concept.aliases, "手品"))
    session.add(ConceptEntry(concept=concept.id, entry=concept_to_json(renamed), changed_at=later))
    session.commit()
    assert knowledge().lexicon.version != versions["lexicon"]
    profiles.reindex()
    session.commit()
    with time_machine.travel(later, tick=False):
        session.expire_all()
        desk = sign_in(app, staff.email)
        again = [desk.get(path).html.main.get_text() for path in (list_path, why_path)]
        assert again == before
        new = shortlisting.make_shortlist(request, by=SYSTEM, now=later)
        assert "これまでの候補一覧　1件" in desk.get(f"/requests/{request.id}/candidates")
    assert new.candidates[0].reasons[0]["params"]["label"] == "二年後の呼び名"
    assert new.versions["lexicon"] != versions["lexicon"] == db.session.get(Shortlist, old.id).versions["lexicon"]
    assert supporter.party_id == old.candidates[0].party_id


@pytest.mark.parametrize("has_numbers", [True, False])
def test_an_old_list_says_the_same_under_other_weights_and_another_encoder(desk, session, monkeypatch, has_numbers):
    shortlist = listed()
    if not has_numbers:
        shortlist.versions = {name: told for name, told in shortlist.versions.items() if name != "numbers"}
    session.commit()
    path = f"/shortlists/{shortlist.id}"
    before = [str(desk.get(f"{path}{end}").html.main) for end in ("", "/why")]
    other = dataclasses.replace(
        ranking.WEIGHTS, version="2028.9", terms=0.1, field=0.9, half=0.9, district=0.4, strong=0.95, possible=0.9
    )
    for module in ("engine.ranking", "dispatch.services.shortlisting", "dispatch.views.shortlists"):
        monkeypatch.setattr(f"matching.{module}.WEIGHTS", other)
    monkeypatch.setattr("matching.concepts.services.knowledge", lambda: Knowledge(Lexicon([]), None))
    assert [str(desk.get(f"{path}{end}").html.main) for end in ("", "/why")] == before
    assert ("差の内わけ：" in before[1]) == has_numbers


def test_an_unknown_concept_is_frozen_without_a_name(session, monkeypatch):
    with_a_concept(monkeypatch, "gone")
    a_conjurer()
    assert shortlist_of(a_case()).candidates[0].reasons[0]["params"]["label"] is None


def test_whoever_took_their_consent_back_is_not_named_on_an_old_list(desk, session):
    staying, leaving = a_conjurer(), a_conjurer("村田 次郎")
    shortlist = shortlist_of(a_case())
    registry.withdraw_consent(registry.active_consents(leaving.party_id)[Purpose.MATCHING], by=SYSTEM, now=NOW)
    session.commit()
    for path in (f"/shortlists/{shortlist.id}", f"/shortlists/{shortlist.id}/why"):
        page = desk.get(path)
        assert "村田 次郎" not in page
    assert "ほかに1人は、いまは見られません" in desk.get(f"/shortlists/{shortlist.id}")
    assert staying.party.name in desk.get(f"/shortlists/{shortlist.id}")


def test_another_desk_reads_no_list_and_relaxes_none(app, session):
    a_conjurer()
    shortlist = shortlist_of(a_case())
    session.commit()
    other = sign_in(app, a_coordinator("saporant").email)
    for path in (f"/shortlists/{shortlist.id}", f"/shortlists/{shortlist.id}/why"):
        other.get(path, status=403)


def test_a_contractor_learns_of_no_council_member_from_an_earlier_list(app, session):
    person = a_candidate(name="審議 委員")
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    shortlist = shortlist_of(request)
    assert [c.party_id for c in shortlist.candidates] == [person.id]
    request.desk = a_case(desk="saporant").desk
    session.commit()
    contractor = sign_in(app, a_coordinator("saporant").email)
    for path in (f"/shortlists/{shortlist.id}", f"/shortlists/{shortlist.id}/why"):
        page = contractor.get(path, status=200)
        assert "審議 委員" not in page and "ほかに" not in page


def test_no_gap_in_the_ranks_tells_a_contractor_of_a_council_member(app, session):
    person = a_candidate(name="審議 委員")
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    for number in range(3):
        a_conjurer(f"手品 {number}子")
    request = a_case(kind=RequestKind.INTRODUCTION)
    shortlist = shortlist_of(request)
    first = next(c for c in shortlist.candidates if c.party_id == person.id)
    for rank, candidate in enumerate([first, *(c for c in shortlist.candidates if c is not first)], start=1):
        candidate.rank = rank
    city = sign_in(app, a_coordinator().email)
    contractors = a_case(desk="saporant").desk
    session.commit()

    def ranks(browser):
        page = browser.get(f"/shortlists/{shortlist.id}")
        return [one.text.split("位")[0].strip() for one in page.html.select(".queue .title")]

    assert ranks(city) == ["1", "2", "3", "4"]
    request.desk = contractors
    session.commit()
    contractor = sign_in(app, a_coordinator("saporant").email)
    assert ranks(contractor) == ["1", "2", "3"]
    steps = [one.text for one in contractor.get(f"/shortlists/{shortlist.id}/why").html.select(".step h3")]
    assert steps == ["1位と2位", "1位と3位"]
    contractor.get(f"/requests/{request.id}/candidates", status=200)
    session.expire_all()
    assert [c.rank for c in shortlist.candidates] == [1, 2, 3, 4]
