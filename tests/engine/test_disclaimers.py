"""Facts about what registrants say they do not do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.disclaimers import _DENIES, _MODEST, _SIGNS, disclaimers, without_disclaimers
from matching.engine.lexicon import lexicon
from matching.engine.types import Ask

from .bench import OTHERS, card, codes, rank


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("教えるほうは経験がなく、準備や片付けなら", "teach"),
        ("個別の相談は受けません。", "advise"),
        ("個別の相談は、受けていません。", "advise"),
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


def test_no_name_of_the_lexicon_is_a_denial_and_hardly_an_offer() -> None:
    concepts = lexicon().concepts.values()
    assert [concept.label for concept in concepts if without_disclaimers(concept.label) != concept.label] == []
    names = [name for concept in concepts for name in concept.aliases]
    assert sum(without_disclaimers(name) != name for name in names) < len(names) / 5_000
    offers = [offer for concept in concepts for offer in concept.offers]
    assert sum(without_disclaimers(offer) != offer for offer in offers) < len(offers) / 500


def test_a_denied_content_counts_against_who_denies_it() -> None:
    ask = Ask(title="英語の通訳をしてほしい", needs=("通訳",))
    guide = card("a", "英語の道案内", intro="通訳のようなことはできません。")
    best = rank(ask, guide, card("b", "英語の通訳"))
    assert best[0].key == "b" and "limit.content" in codes(best[1])


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


@settings(max_examples=1_000)  # there are some sixty ways
@given(st.from_regex(_DENIES) | st.from_regex(_MODEST))
def test_whatever_denies_or_belittles_holds_a_sign_that_it_may(clause: str) -> None:
    assert any(sign in clause for sign in _SIGNS)
