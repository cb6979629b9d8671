"""Facts about what registrants say they do not do."""

from __future__ import annotations

import pytest

from matching.engine.disclaimers import disclaimers, without_disclaimers
from matching.engine.types import Ask

from .bench import OTHERS, card, codes, rank


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("教えるほうは経験がなく、準備や片付けなら", "teach"),
        ("個別の相談は受けません。", "advise"),
        ("腰を痛め、力仕事はもうできません", "assist"),
    ],
)
def test_a_denial_says_what_is_denied(text: str, about: str) -> None:
    (one,) = disclaimers(text)
    assert about in one.about and not one.modest


@pytest.mark.parametrize(
    "text",
    [
        "やさいが苦手な子も食べてくれます",
        "登校しませんでした",
        "無理なく続けています",
        "できないことはありませんか",
        "",
    ],
)
def test_not_every_negation_is_a_denial(text: str) -> None:
    assert [one for one in disclaimers(text) if not one.modest] == []


def test_modesty_denies_nothing() -> None:
    (one,) = disclaimers("手話は勉強中です")
    assert one.modest and without_disclaimers("手話は勉強中です") == "手話は勉強中です"


def test_what_is_denied_is_no_evidence() -> None:
    assert "通訳" not in without_disclaimers("英語で道案内をします。通訳はできません。")


def test_who_does_not_advise_stands_behind_who_does() -> None:
    ask = Ask(title="相続の相談に乗ってほしい", needs=("相続の相談",))
    modest = card("a", "相続の話", intro="講座だけです。個別の相談は受けません。")
    open_ = card("b", "相続の話", intro="講座のほかもどうぞ。平日の昼に伺います。")
    ranked = rank(ask, *OTHERS, modest, open_)
    assert [one.key for one in ranked[:2]] == ["b", "a"]
    assert "limit.stated" in codes(ranked[1])
