"""Facts about who comes first and what is said about it."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import cards, query, ranking
from matching.engine.reasons import CODES
from matching.engine.types import Ask, Phrase, Standing, When

from .bench import OTHERS, TODAY, card, codes, rank, vocabulary


def first(ask: Ask, *everybody, **how):
    return rank(ask, *everybody, **how)[0]


def test_a_hiragana_need_finds_the_kanji_skill_by_reading() -> None:
    best = first(Ask(title="お願い", needs=("よみきかせ",)), *OTHERS, card("a", "絵本の読み聞かせ"))
    assert best.key == "a"
    assert {"asked": "よみきかせ", "theirs": "読み聞かせ"} in [
        r.params for r in best.reasons if r.code == "words.reading"
    ]


def test_a_kanji_need_finds_the_hiragana_skill_by_reading() -> None:
    assert first(Ask(title="書道を習いたい"), *OTHERS, card("a", "しょどう")).key == "a"


def test_badly_cut_hiragana_is_found_by_its_reading() -> None:
    assert first(Ask(title="しょどうをおしえてください"), *OTHERS, card("a", "書道")).key == "a"


def test_a_synonym_finds_the_skill_and_says_so() -> None:
    best = first(Ask(title="生け花を習いたい"), *OTHERS, card("a", "華道"))
    assert best.key == "a" and "words.synonym" in codes(best)


def test_a_slip_of_the_pen_finds_the_skill_and_says_so() -> None:
    best = first(Ask(title="プログラミグ"), *OTHERS, card("a", "プログラミング"))
    assert best.key == "a" and codes(best) & {"words.fuzzy", "words.similar"}


@pytest.mark.parametrize("title", ["ｽﾏﾎ", "ス マ ホ"[::2], "Ｚｏｏｍ", "zoom", "ZOOM"])
def test_width_and_case_cost_nothing(title: str) -> None:
    plain = card("a", "スマホ", "Zoom")
    assert first(Ask(title=title), *OTHERS, plain).key == "a"


def test_old_kanji_cost_nothing() -> None:
    everybody = (*OTHERS, card("a", "図書館の学習支援"))
    assert first(Ask(title="圖書館で學習支援"), *everybody) == first(Ask(title="図書館で学習支援"), *everybody)


def test_each_uncovered_need_is_named() -> None:
    best = first(Ask(title="", needs=("折り紙", "書道")), *OTHERS, card("a", "折り紙"))
    assert [r.params["need"] for r in best.reasons if r.code == "need.uncovered"] == ["書道"]


def test_every_matched_word_names_both_sides() -> None:
    for ranked in rank(Ask(title="会計", needs=("手話", "将棋")), *OTHERS):
        for reason in ranked.reasons:
            if reason.criterion == "words" and reason.kind == "matched":
                assert reason.params["asked"] and reason.params["theirs"]


def test_words_are_told_in_their_writers_capitals() -> None:
    best = first(Ask(title="ＺＯＯＭの使い方"), *OTHERS, card("a", "Zoom配信"))
    assert {"asked": "ZOOM", "theirs": "Zoom"} in [r.params for r in best.reasons]


def test_verbs_are_told_as_the_dictionary_has_them() -> None:
    best = first(Ask(title="写真を撮ってほしい"), *OTHERS, card("a", "記念写真を撮ります"))
    assert {"asked": "撮る", "theirs": "撮る"} in [r.params for r in best.reasons]


def test_formal_nouns_and_endings_are_no_words() -> None:
    assert (
        rank(Ask(title="こんなことができますか", detail="困ったままなので、よろしくおねがいします"), *OTHERS)[
            0
        ].strength
        == "weak"
    )
    best = first(Ask(title="手話のこと", detail="あります"), card("a", "手話", intro="できることがあります"))
    assert [r.params["theirs"] for r in best.reasons if r.kind == "matched" and r.criterion == "words"] == ["手話"]


def test_a_hinted_kind_of_support_is_never_missed_in_words() -> None:
    here = card("a", "手話通訳", supports=frozenset({"assist"}))
    assert "support.not_offered" not in codes(first(Ask(title="手話通訳の講演"), here))
    assert "support.not_offered" in codes(first(Ask(title="手話通訳", supports=frozenset({"lecture"})), here))
    hinted = rank(Ask(title="手話を教えてほしい"), here, card("b", "手話通訳", supports=frozenset({"instruct"})))
    assert [r.key for r in hinted] == ["b", "a"]


def test_thresholds_are_absolute() -> None:
    nobody_fits = rank(Ask(title="パラグライダー"), *OTHERS)
    assert {r.strength for r in nobody_fits} == {"weak"}
    assert first(Ask(title="手話通訳"), *OTHERS).strength == "strong"


def test_a_lone_role_word_is_not_strong() -> None:
    ask = Ask(title="ドローンの先生", detail="ドローンの操縦を習いたいです。航空法の話も聞きたいです。")
    assert first(ask, *OTHERS, card("a", "英会話の先生")).strength != "strong"


def test_the_same_field_comes_first_among_equals() -> None:
    one, other = card("a", "会計", fields=frozenset({6})), card("b", "会計", fields=frozenset({19}))
    assert [r.key for r in rank(Ask(title="会計", field=19), one, other)] == ["b", "a"]


def test_an_unknown_lies_between_a_match_and_a_mismatch() -> None:
    same, unknown, far = (
        card("c", "会計", districts=frozenset({1})),
        card("b", "会計", districts=None),
        card("a", "会計", districts=frozenset({9})),
    )
    ranked = rank(Ask(title="会計", district=1), far, unknown, same)
    assert [r.key for r in ranked] == ["c", "b", "a"]
    bars = {r.key: {b.criterion: b.got for b in r.bars} for r in ranked}
    assert bars["b"]["district"] is None
    assert "district.unknown" in codes(ranked[1])


def test_unknown_circumstances_do_not_weaken() -> None:
    assert first(Ask(title="手話通訳", district=1, people=3), *OTHERS).strength == "strong"


def test_nobody_rises_on_circumstances_alone() -> None:
    here = card("a", "フラダンス", districts=frozenset({1}), availability=frozenset(range(21)), money="free", heads=9)
    there = card("b", "会計", districts=frozenset({9}), availability=frozenset(), money="fee", heads=1)
    ask = Ask(title="会計", district=1, when=(When(frozenset({3})),), money="free", people=2)
    assert [r.key for r in rank(ask, here, there)] == ["b", "a"]


def test_the_nearer_district_comes_first() -> None:
    distances = {1: {1: 0.0, 2: 3.0, 3: 15.0}}
    far, near = card("a", "会計", districts=frozenset({3})), card("b", "会計", districts=frozenset({2}))
    ranked = rank(Ask(title="会計", district=1), far, near, distances=distances)
    assert [r.key for r in ranked] == ["b", "a"]
    assert {"district.near"} <= codes(ranked[0]) and {"district.far"} <= codes(ranked[1])


def test_whoever_was_asked_longest_ago_comes_first() -> None:
    people = [card(k, "会計") for k in "abc"]
    standings = {
        "a": Standing(last_asked=TODAY - timedelta(days=3)),
        "b": Standing(last_asked=TODAY - timedelta(days=150)),
        "c": Standing(),
    }
    assert [r.key for r in rank(Ask(title="会計"), *people, standings=standings)] == ["c", "b", "a"]


def test_hard_rules_warn_and_remove_nobody() -> None:
    day = date(2026, 12, 5)
    standing = Standing(
        asked_this_month=2,
        monthly_cap=2,
        busy_on=frozenset({day}),
        open_inquiries=1,
        of_the_requester=True,
        registration_ends=date(2026, 12, 1),
    )
    (only,) = rank(
        Ask(title="会計", when=(When(frozenset({15}), on=day),)),
        card("a", "会計", availability=frozenset({15})),
        standings={"a": standing},
    )
    warnings = {r.code for r in only.reasons if r.kind == "warning"}
    assert warnings == {"conflict.busy", "conflict.cap", "conflict.own", "conflict.ends", "conflict.inquiry"}
    assert "dates.none" in codes(only)


def test_a_qualification_counts_most_when_it_was_seen() -> None:
    seen = card("c", Phrase("手話通訳", qualification="手話通訳士", confirmed=True))
    said = card("b", Phrase("手話通訳", qualification="手話通訳士"))
    none = card("a", Phrase("手話通訳"))
    assert [r.key for r in rank(Ask(title="手話通訳"), none, said, seen)] == ["c", "b", "a"]


def test_content_only_ignores_circumstances() -> None:
    ask = Ask(title="会計", district=1, when=(When(frozenset({3})),), people=5)
    one = card("a", "会計", districts=frozenset({9}), availability=frozenset(), heads=1)
    other = card("b", "会計", districts=frozenset({1}), availability=frozenset({3}), heads=9)
    ranked = rank(ask, other, one, content_only=True)
    assert [r.key for r in ranked] == ["a", "b"]
    assert ranked[0].score == ranked[1].score
    assert {b.criterion for b in ranked[0].bars} <= set(ranking.CONTENT)


def test_an_empty_ask_says_that_nothing_was_asked() -> None:
    for title in ("", "   ", "😀"):
        ranked = rank(Ask(title=title, needs=("", " ")), *OTHERS)
        assert len(ranked) == len(OTHERS)
    assert "words.nothing_asked" in codes(rank(Ask(title=""), *OTHERS)[0])


def test_kept_words_are_the_same_words() -> None:
    for one in OTHERS:
        read = cards.read(one)
        assert cards.load(one, cards.dump(read)) == read


TEXTS = st.text(alphabet="手話通訳書道会計をの教えて講師スマホzｽ😀 。、", max_size=30) | st.text(max_size=20)
CARDS = st.lists(st.tuples(st.lists(TEXTS, max_size=4), TEXTS, st.sets(st.integers(1, 20))), min_size=1, max_size=6)
ASKS = st.builds(
    Ask,
    title=TEXTS,
    detail=TEXTS,
    needs=st.lists(TEXTS, max_size=3).map(tuple),
    field=st.none() | st.integers(1, 20),
    district=st.none() | st.integers(1, 21),
    people=st.none() | st.integers(-1, 9),
)


@settings(max_examples=120, deadline=None)
@given(ASKS, CARDS, st.randoms(use_true_random=False))
def test_scores_are_bounded_and_the_order_of_cards_does_not_matter(ask, drawn, shuffle: random.Random) -> None:
    everybody = [
        card(f"{i:03d}", *phrases, intro=intro, fields=frozenset(fields))
        for i, (phrases, intro, fields) in enumerate(drawn)
    ]
    built = query.build(ask, vocabulary(everybody))
    read = [cards.read(c) for c in everybody]
    ranked = ranking.rank(built, read, as_of=TODAY)
    shuffle.shuffle(read)
    assert ranking.rank(query.build(ask, vocabulary(everybody)), read, as_of=TODAY) == ranked
    for one in ranked:
        assert 0 <= one.score <= 1
        assert one.strength in ranking.STRENGTHS
        for bar in one.bars:
            assert bar.criterion in ranking.CRITERIA
            assert bar.got is None or 0 <= bar.got <= bar.of
        for reason in one.reasons:
            assert set(reason.params) <= set(CODES[reason.code])
    assert [r.score for r in ranked] == sorted((r.score for r in ranked), reverse=True)
