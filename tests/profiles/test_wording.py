"""Facts about the words for reasons."""

from __future__ import annotations

import pytest

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


def test_a_code_of_tomorrow_is_shown_as_it_is() -> None:
    assert say(Reason("matched", "words", "words.tomorrow", {})) == "words.tomorrow"


def test_bars_strengths_and_kinds_have_names() -> None:
    assert all(criterion_label(criterion) != criterion for criterion in CRITERIA)
    assert [strength_label(strength) for strength in STRENGTHS] == ["有力", "可能性あり", "弱い"]


def test_engine_and_forms_speak_of_the_same_money() -> None:
    assert {money.value for money in Money} == set(MONEY_ORDER)
