"""Facts about reading many cards together: what is read of each is what is read of it alone."""

from __future__ import annotations

import numpy as np
import pytest

from matching.engine import cards
from matching.engine.encoder import encoder
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import lexicon
from matching.engine.reading import Reader
from matching.engine.types import Card, Phrase

CARDS = [
    Card(
        key="1",
        kind="individual",
        phrases=(
            Phrase("絵本の読み聞かせ"),
            Phrase("むかしの仕事", concept="reading-aloud"),
            Phrase("しょどうをおしえます"),
        ),
        intro="平日の昼間なら動けます。車で伺います。",
    ),
    Card(
        key="2",
        kind="group",
        phrases=(Phrase("絵本の読み聞かせ"), Phrase("庭木の剪定。草刈りもします"), Phrase("")),
        intro="力仕事はできません。草刈りもします。",
    ),
    Card(key="3", kind="individual", phrases=()),
    Card(key="4", kind="group", phrases=(Phrase("スマートホン講座をひらく"),) * 2, intro="ゾムペルグの会。" * 20),
    Card(key="5", kind="group", phrases=(Phrase("書道の先生。" * 700),), intro="しょどうをおしえます。" * 400),
]


@pytest.mark.parametrize("of_the_program", [encoder(), None], ids=["with the encoder", "without"])
def test_cards_read_together_are_what_each_is_alone(of_the_program):
    known = Knowledge(lexicon(), of_the_program)
    reader = Reader(known)
    for some in (CARDS, CARDS[::-1]):  # the second time from what is remembered
        for card, read in zip(some, reader.read(some), strict=True):
            alone = cards.read(card, known)
            assert (read.card, read.phrases, read.intro) == (card, alone.phrases, alone.intro)
            assert cards.terms_of(read) == cards.terms_of(alone)
            if of_the_program is None:
                assert read.meaning is None
            else:
                assert read.meaning.shape == alone.meaning.shape
                assert np.abs(read.meaning.astype(int) - alone.meaning.astype(int)).max() <= 1


def test_no_cards_are_none():
    assert Reader(Knowledge(lexicon(), encoder())).read([]) == []
