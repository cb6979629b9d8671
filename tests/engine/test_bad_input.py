"""Facts about text that nobody should send: always an answer, never a trace, never seconds."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.engine import cards, query, ranking
from matching.engine.encoder import encoder
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import lexicon
from matching.engine.types import Ask

from .bench import OTHERS, TODAY, card

KNOWLEDGE = Knowledge(lexicon(), encoder())
READ = [cards.read(one, KNOWLEDGE) for one in OTHERS]
WORDS = query.WordList([cards.terms_of(one) for one in READ], average_length=5.0)
LIMIT = 3.0  # seconds of work, however busy the machine is; .1 where it is idle

STRANGE = (
    st.text()
    | st.text("。、！？\n\t 　")
    | st.text("0123456789０１２①㈱-−")
    | st.text("\u200e\u200f\u202a\u202e\u2066\u0000\u0007\u001b\ufeff\ud800")
    | st.text("😀👨‍👩‍👧🇯🇵é̀")
    | st.text("教える先生お願いします方事")
)


def ranked(ask: Ask):
    return ranking.rank(query.build(ask, WORDS, KNOWLEDGE), READ, as_of=TODAY)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(STRANGE, STRANGE, STRANGE)
def test_any_text_is_answered(title: str, detail: str, need: str) -> None:
    found = ranked(Ask(title=title, detail=detail, needs=(need,)))
    assert len(found) == len(OTHERS) and all(0 <= one.score <= 1 for one in found)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(STRANGE, STRANGE)
def test_any_card_can_be_read(phrase: str, intro: str) -> None:
    read = cards.read(card("a", phrase, intro=intro), KNOWLEDGE)
    meaning = None if read.meaning is None else read.meaning.tobytes()
    again = cards.load(read.card, cards.dump(read), meaning) if "\ud800" not in phrase + intro else read
    assert again.phrases == read.phrases
    ranking.rank(query.build(Ask(title="書道"), WORDS, KNOWLEDGE), [read], as_of=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "困りごとです。" * 15_000,
        "書道" * 50_000,
        "あ" * 100_000,
        "ア" * 100_000,
        "a" * 100_000,
        "1" * 100_000,
        "😀" * 25_000,
        "㌶" * 30_000,
        "\u202e" * 30_000,
        "空き家の瓦が落ちそうで、" * 8_000,
    ],
    ids=lambda text: f"{text[:4]!a}",
)
def test_a_hundred_kilobytes_take_no_seconds(text: str) -> None:
    began = time.process_time()
    ranked(Ask(title=text, detail=text, needs=(text,)))
    cards.read(card("a", text, intro=text), KNOWLEDGE)
    KNOWLEDGE.meant_in_all(text)
    assert time.process_time() - began < LIMIT


def test_nothing_asked_is_said_to_be_nothing() -> None:
    for text in ("", "   ", "。。。", "\u200f\u202e"):
        codes = {reason.code for one in ranked(Ask(title=text)) for reason in one.reasons}
        assert codes & {"words.nothing_asked", "words.none"} and "words.exact" not in codes
