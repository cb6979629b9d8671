"""Facts about meaning: the two learned files, and doing without them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from matching.engine import cards, query, ranking
from matching.engine.encoder import encoder
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import lexicon
from matching.engine.types import Ask, Phrase
from matching.engine.vectors import DIMENSIONS, vectors

from .bench import OTHERS, TODAY, card, codes

EVERYTHING = Knowledge(lexicon(), encoder())


def ranked(ask: Ask, *everybody, knowledge: Knowledge = EVERYTHING):
    read = [cards.read(one, knowledge) for one in everybody]
    words = query.WordList([cards.terms_of(one) for one in read], average_length=5.0)
    return ranking.rank(query.build(ask, words, knowledge), read, as_of=TODAY)


def test_the_vectors_hold_japanese_words() -> None:
    words = vectors()
    assert words is not None
    rows = words.at(range(20_000))
    assert rows.shape == (20_000, DIMENSIONS)
    row = words.row("介護")
    assert row is not None and words.row("ぬるぽがっ") is None
    assert np.linalg.norm(rows, axis=1).max() == pytest.approx(1.0, abs=1e-3)


def test_the_encoder_learned_the_lexicon_of_this_version() -> None:
    assert EVERYTHING.encoder is not None
    assert EVERYTHING.encoder.lexicon_version == lexicon().version, "run `flask match train --for-the-program`"
    assert EVERYTHING.untrained == frozenset()


def test_rows_have_length_one_and_nothing_is_nothing() -> None:
    assert EVERYTHING.encoder is not None
    rows = EVERYTHING.encoder.encode(["庭木の剪定", "", "😀", "。、"])
    assert rows.shape == (4, EVERYTHING.encoder.dimensions)
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([1, 0, 0, 0], abs=1e-5)
    assert EVERYTHING.encoder.encode([]).shape == (0, EVERYTHING.encoder.dimensions)


@pytest.mark.parametrize(
    ("trouble", "help_", "other"),
    [
        ("孫が学校に行けなくなった", "フリースクールのスタッフを6年", "剣道の指導"),
        ("空き家の瓦が落ちそうで怖い", "元大工、屋根の点検", "編み物"),
        ("通帳を何度もなくす母", "成年後見の相談", "卓球の相手"),
    ],
)
def test_a_trouble_finds_its_help_without_a_word_in_common(trouble: str, help_: str, other: str) -> None:
    best = ranked(Ask(title=trouble), *OTHERS, card("o", other), card("a", help_))[0]
    assert best.key == "a"


def test_what_somebody_wrote_down_as_a_situation_is_found_in_nearly_these_words() -> None:
    written = [(concept.id, told) for concept in lexicon().concepts.values() for told in concept.situations]
    some = random.Random(1).sample(written, 200)
    found = sum(id_ in {meant.concept for meant in EVERYTHING.meant_in_all(told)} for id_, told in some)
    assert found >= 0.9 * len(some)


def test_what_is_only_near_in_meaning_is_told_as_such() -> None:
    best = ranked(Ask(title="孫が学校に行けなくなった"), *OTHERS, card("a", "不登校の子の居場所づくり"))[0]
    assert best.key == "a" and codes(best) & {"meaning.related", "words.concept"}
    assert "words.exact" not in codes(best)


def test_without_the_files_words_still_rank() -> None:
    best = ranked(Ask(title="書道を習いたい"), *OTHERS, card("a", "書道"), knowledge=Knowledge(lexicon()))[0]
    assert best.key == "a" and all(bar.criterion != "meaning" for bar in best.bars)


def test_a_name_that_was_added_counts_before_anything_is_trained() -> None:
    concept = lexicon().concepts["reading-aloud"]
    newer = lexicon().changed([type(concept)(**{**concept.__dict__, "aliases": (*concept.aliases, "ぽむぽむ会")})])
    knowledge = Knowledge(newer, encoder())
    assert "reading-aloud" in knowledge.untrained
    best = ranked(Ask(title="ぽむぽむ会をお願いします"), *OTHERS, card("a", "絵本の読み聞かせ"), knowledge=knowledge)[0]
    assert best.key == "a" and "words.concept" in codes(best)


def test_a_picked_concept_counts_whatever_its_phrase_says() -> None:
    picked = card("a", Phrase("むかしの仕事", concept="reading-aloud"))
    best = ranked(Ask(title="よみきかせ"), *OTHERS, picked)[0]
    assert best.key == "a" and "words.concept" in codes(best)


def test_a_card_that_no_encoder_read_is_not_weaker_for_it() -> None:
    ask, said = Ask(title="書道を習いたい"), card("a", "書道")
    words = query.WordList([cards.terms_of(cards.read(said, EVERYTHING))], average_length=5.0)
    built = query.build(ask, words, EVERYTHING)
    read = cards.read(said, EVERYTHING)
    old = cards.load(said, cards.dump(read))
    (one,) = ranking.rank(built, [old], as_of=TODAY)
    assert one.strength == "strong"
