"""What is remembered about texts is bounded in number and in length: a long text stays nowhere."""

from __future__ import annotations

import gc
import inspect

import pytest

from matching.concepts import keeping
from matching.engine import cards, disclaimers, encoder, text
from matching.engine.remembering import LONGEST, remembered
from matching.engine.types import Card, Phrase

LONG = "川べりの草を刈る人を探しています。" * 6_000  # 100 kB
BY_TEXT = [
    text._analysed_and_kept,
    text._analysed_just_now,
    text.dictionary_words,
    text.kana_windows,
    text.boundaries,
    text.bigrams,
    disclaimers.disclaimers,
    disclaimers.without_disclaimers,
    cards._loaded,
    cards._first_sentences,
    keeping.folded,
]


def test_a_short_text_is_worked_out_once_and_a_long_one_each_time():
    asked = []
    answer = remembered(8, longest=5)(lambda text: asked.append(text) or len(text))
    assert [answer("みじかい"), answer("みじかい"), answer("とてもながい"), answer("とてもながい")] == [4, 4, 6, 6]
    assert asked == ["みじかい", "とてもながい", "とてもながい"]
    for number in range(20):
        answer(str(number))
    assert answer.kept.cache_info().currsize == 8


@pytest.mark.parametrize("function", BY_TEXT, ids=lambda function: function.__name__)
def test_a_text_of_100_kilobytes_is_not_kept(function):
    before = function.kept.cache_info()
    kept = '[["' + LONG + '",[]]]' if function is cards._loaded else LONG
    function(kept if function is not text.boundaries else kept[:3_000])  # one sentence, none is as long
    assert function.kept.cache_info() == before


def test_a_registrant_and_an_asker_who_write_100_kilobytes_leave_nothing_long_behind():
    known = encoder.encoder()
    card = Card(key="1", kind="group", phrases=(Phrase(LONG),), intro=LONG)
    cards.load(card, cards.dump(cards.read(card)))
    if known is not None:
        known.encode([LONG])
        known.concepts(LONG, known=lambda _id: True)
        assert known._encode_one("草刈り") is known._encode_one("草刈り")
        memories = [known._encode_one, known._sure_of]
        assert max(len(text) for memory in memories for text in keys_of(memory)) <= LONGEST
    longest = {function: max((len(text) for text in keys_of(function)), default=0) for function in BY_TEXT}
    assert max(longest.values()) <= 20_000 and sum(length > LONGEST for length in longest.values()) <= 3, longest


def keys_of(function):
    """The texts that a memory holds, by what the collector sees of it."""
    held = [one for one in gc.get_referents(function.kept) if isinstance(one, dict)]
    return {key for one in held for key in one if isinstance(key, str)}


def test_every_memory_of_texts_in_the_engine_has_a_length():
    """A plain lru_cache of the engine is one of a single thing, such as a file that is read once."""
    for module in (text, disclaimers, cards, encoder):
        source = inspect.getsource(module)
        assert all("maxsize=1)" in line or "maxsize=4)" in line for line in source.split("\n") if "lru_cache(" in line)
    assert LONGEST <= 2_000
