"""Facts about the words for reasons."""

from __future__ import annotations

import pytest

from matching.concepts.services import knowledge
from matching.engine.criteria import MONEY_ORDER
from matching.engine.ranking import CRITERIA, STRENGTHS
from matching.engine.reasons import CODES
from matching.engine.types import Reason
from matching.profiles.wording import criterion_label, say, strength_label
from matching.registry.vocabulary import Money

pytestmark = pytest.mark.usefixtures("database")

SAMPLE = {
    "asked": "よみきかせ",
    "theirs": "読み聞かせ",
    "concept": "futoko-shien",
    "nearness": 0.71,
    "on": "2026-12-05",
    "ends": "2026-12-01",
    "field": 6,
    "support": "lecture",
    "district": 3,
    "qualification": "手話通訳士",
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_words(code: str) -> None:
    params = {name: SAMPLE.get(name, 2) for name in CODES[code]}
    sentence = say(Reason("matched", code.split(".")[0], code, params))
    assert sentence and sentence != code and "%(" not in sentence


def test_a_reading_is_told_with_both_words() -> None:
    reason = Reason("matched", "words", "words.reading", {"asked": "読み聞かせ", "theirs": "よみきかせ"})
    assert say(reason) == "「よみきかせ」↔「読み聞かせ」（同じ読み）"


TRUANCY = {"asked": "孫が学校に行けなくなった", "theirs": "フリースクールのスタッフ"}


def concept_of(params: dict) -> str:
    return say(Reason("matched", "words", "words.concept", {**TRUANCY, **params}))


def test_a_concept_is_told_by_its_name_in_the_lexicon() -> None:
    id_, concept = next(iter(knowledge().lexicon.concepts.items()))
    told = "「フリースクールのスタッフ」↔「孫が学校に行けなくなった」（辞書：%s）"
    assert concept_of({"concept": id_}) == told % concept.label
    assert concept_of({"concept": id_, "label": "不登校支援"}) == told % "不登校支援"  # as it was frozen


def test_a_concept_that_nobody_knows_any_more_is_told_without_a_name() -> None:
    told = "「フリースクールのスタッフ」↔「孫が学校に行けなくなった」（辞書）"
    assert concept_of({"concept": "gone"}) == concept_of({"concept": "gone", "label": None}) == told


def test_the_registrants_own_sentence_is_told_as_theirs() -> None:
    reason = Reason("warning", "limits", "limit.stated", {"theirs": "相談は受けません"})
    assert say(reason) == "本人の断り書き：「相談は受けません」"


@pytest.mark.parametrize(
    ("code", "params", "sentence"),
    [
        ("needs.all", {"of": 1}, "してほしいことに当たる登録がある"),
        ("needs.all", {"of": 3}, "してほしいこと3件のすべてに当たる"),
        ("needs.some", {"covered": 1, "of": 3}, "してほしいこと3件のうち、当たるのは1件"),
        ("needs.some", {"covered": 0, "of": 3}, "してほしいことに当たる登録がない"),
        ("words.synonym", {"asked": "草取り", "theirs": "除草"}, "「除草」↔「草取り」（言いかえ）"),
        ("words.exact", {"asked": "手品", "theirs": "手品"}, "「手品」（同じ言葉）"),
        (
            "meaning.related",
            {**TRUANCY, "nearness": 0.8},
            "「フリースクールのスタッフ」↔「孫が学校に行けなくなった」（意味が近い）",
        ),
    ],
)
def test_what_fits_is_told_with_by_what_it_fits(code: str, params: dict, sentence: str) -> None:
    assert say(Reason("matched", code.split(".")[0], code, params)) == sentence


def test_a_code_of_tomorrow_is_shown_as_it_is() -> None:
    assert say(Reason("matched", "words", "words.tomorrow", {})) == "words.tomorrow"


def test_bars_strengths_and_kinds_have_names() -> None:
    assert all(criterion_label(one) != one for one in {*CRITERIA, "meaning", "needs", "limits"})
    assert [strength_label(strength) for strength in STRENGTHS] == ["有力", "可能性あり", "弱い"]


def test_engine_and_forms_speak_of_the_same_money() -> None:
    assert {money.value for money in Money} == set(MONEY_ORDER)
