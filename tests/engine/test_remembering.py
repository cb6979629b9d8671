"""What is remembered about texts is bounded in number and in length: a long text stays nowhere."""

from __future__ import annotations

import gc
import inspect
import pkgutil
from importlib import import_module

import pytest

from matching import engine
from matching.concepts import keeping
from matching.engine import cards, encoder, text
from matching.engine.remembering import LONGEST, Together, remembered
from matching.engine.types import Card, Phrase
from matching.profiles import texts

LONG = "川べりの草を刈る人を探しています。" * 6_000  # 100 kB
MOST_CHARACTERS = 5 * 10**7  # of all texts that one memory may hold
MODULES = [import_module(f"matching.engine.{module.name}") for module in pkgutil.iter_modules(engine.__path__)]
IN_THE_ENGINE = {id(one): one for module in MODULES for one in vars(module).values() if hasattr(one, "kept")}
BY_TEXT = [*IN_THE_ENGINE.values(), keeping.folded, texts._read_words]


def test_a_short_text_is_worked_out_once_and_a_long_one_each_time():
    asked = []
    answer = remembered(8, longest=5)(lambda text: asked.append(text) or len(text))
    assert [answer("みじかい"), answer("みじかい"), answer("とてもながい"), answer("とてもながい")] == [4, 4, 6, 6]
    assert asked == ["みじかい", "とてもながい", "とてもながい"]
    for number in range(20):
        answer(str(number))
    assert answer.kept.cache_info().currsize == 8


def test_texts_that_are_asked_together_are_worked_out_together_and_once():
    asked = []
    answers = Together(3, lambda texts: asked.append(list(texts)) or [len(text) for text in texts], longest=5)
    assert answers(["いち", "とてもながい", "に", "いち"]) == [2, 6, 1, 2]
    assert answers(["さん", "いち", "とてもながい"]) == [2, 2, 6]
    assert asked == [["いち", "とてもながい", "に"], ["さん", "とてもながい"]]
    assert answers(["よん", "いち"]) == [2, 2]
    assert list(answers.kept) == ["さん", "いち", "よん"]  # what was asked last stays
    assert answers([]) == []


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
        assert known._rows_of(["草刈り"])[0] is known._rows_of(["草刈り"])[0]
        assert max(len(text) for memory in of_the_encoder() for text in memory.kept) <= LONGEST
    longest = {function: max((len(text) for text in keys_of(function)), default=0) for function in BY_TEXT}
    assert max(longest.values()) <= 20_000 and sum(length > LONGEST for length in longest.values()) <= 3, longest


def keys_of(function):
    """The texts that a memory holds, by what the collector sees of it."""
    held = [one for one in gc.get_referents(function.kept) if isinstance(one, dict)]
    return {key for one in held for key in one if isinstance(key, str)}


def of_the_encoder():
    known = encoder.encoder()
    found = [one for one in vars(known).values() if isinstance(one, Together)] if known is not None else []
    assert known is None or len(found) >= 4
    return found


def test_every_memory_of_texts_has_a_length_and_all_its_texts_together_have_one():
    """A plain cache of the engine is one of a single thing, such as a file that is read once."""
    for module in MODULES:
        lines = [line for line in inspect.getsource(module).split("\n") if "lru_cache(" in line]
        few = ("maxsize=1)", "maxsize=4)", "maxsize=most)(work_out)")
        assert all(any(bound in line for bound in few) for line in lines), module.__name__
    assert len(BY_TEXT) > 10
    for memory in BY_TEXT:
        assert memory.kept.cache_info().maxsize * memory.longest <= MOST_CHARACTERS, memory.__name__
    for memory in of_the_encoder():
        assert memory.most * memory.longest <= MOST_CHARACTERS
    assert LONGEST <= 2_000
