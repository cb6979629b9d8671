"""The words that invented registrants use: few are everywhere, many are rare, and new ones never stop appearing.

How often a name of the lexicon is said follows Zipf's law. New words are numbered, and their numbers are drawn from a
power law without an end: among n draws about n^.9 are different (Heaps' law), and whoever knows the number knows the
word, so that several processes invent the same ones without talking to each other.
"""

from __future__ import annotations

import itertools
import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ....engine.lexicon import Concept, Lexicon
from ....registry.vocabulary import DISTRICTS

SEED = 20_261_123
ZIPF, OFFSET = 1.05, 2.7  # Mandelbrot's form: 1 / (rank + offset) ** zipf
NEW_WORDS = 0.12  # exponent of the tail; the smaller, the more of the new words are new indeed
_LARGEST = 2**60
_SYLLABLES = [
    "ア",
    "イ",
    "ウ",
    "エ",
    "オ",
    "カ",
    "キ",
    "ク",
    "ケ",
    "コ",
    "サ",
    "シ",
    "ス",
    "セ",
    "ソ",
    "タ",
    "チ",
    "テ",
    "ト",
    "ナ",
    "ニ",
    "ネ",
    "ノ",
    "ハ",
    "ヒ",
    "フ",
    "ホ",
    "マ",
    "ミ",
    "ム",
    "メ",
    "モ",
    "ヤ",
    "ユ",
    "ヨ",
    "ラ",
    "リ",
    "ル",
    "レ",
    "ロ",
    "ガ",
    "ギ",
    "グ",
    "ゴ",
    "ザ",
    "ジ",
    "ダ",
    "デ",
    "ド",
    "バ",
    "ビ",
    "ブ",
    "ベ",
    "ボ",
    "パ",
    "ピ",
    "プ",
    "ポ",
    "キャ",
    "シャ",
    "シュ",
    "チャ",
    "ニョ",
    "リュ",
    "ティ",
    "ファ",
]
_ENDINGS = ("ン", "ー", "ック", "ット", "ング", "ーション", "ス", "ル", "ア", "ト")
_KANJI = (
    "柏倉青竹松梅桜藤桐楓杉柳萩菊蘭蓮月星雲雪霧霞露波浪潮川谷沢滝泉岡峰嶺原野里村邑宮寺社堂鐘鶴亀鷹鳩雀燕蝶蛍鈴琴笛鼓舞謡絵筆墨紙糸布"
    "染織縫編籠器陶磁漆金銀銅鉄石玉翠瑞祥福寿禄慶安泰康寧和平静清澄明光輝照暁朝夕宵夜春夏秋冬東西南北左右千万百京紅紫藍碧朱丹黄白黒玄"
)
_SCHOOLS = (
    "流",
    "会",
    "塾",
    "舞",
    "焼",
    "織",
    "細工",
    "太鼓",
    "神楽",
    "漬",
    "踊り",
    "の会",
    "工房",
    "研究会",
    "保存会",
)


@dataclass(frozen=True)
class Saying:
    """One way to say a skill, and the concept that it is taken from."""

    text: str
    concept: Concept
    is_label: bool = False


class Frequent:
    """Things drawn by Zipf's law; which of them are frequent is left to the seed."""

    def __init__(self, things: Sequence[Saying], seed: int) -> None:
        self.things = list(things)
        random.Random(seed).shuffle(self.things)
        weights = (1 / (rank + OFFSET) ** ZIPF for rank in range(len(self.things)))
        self._sums = list(itertools.accumulate(weights))

    def draw(self, dice: random.Random) -> Saying:
        return self.things[bisect(self._sums, dice.random() * self._sums[-1], hi=len(self._sums) - 1)]


class Words:
    """What can be said; made from a lexicon and a seed alone."""

    def __init__(self, lexicon: Lexicon, seed: int = SEED) -> None:
        concepts = [lexicon.concepts[id_] for id_ in sorted(lexicon.concepts)]
        self.seed = seed
        self.names = Frequent([Saying(n, c, n == c.label) for c in concepts for n in c.names], seed)
        self.offers = Frequent([Saying(offer, c) for c in concepts for offer in c.offers], seed + 1)
        self.experts = Frequent([Saying(expert, c) for c in concepts for expert in c.experts], seed + 2)

    @cached_property
    def _short(self) -> list[str]:
        return [one.text for one in self.names.things if 2 <= len(one.text) <= 5]

    def new(self, dice: random.Random) -> str:
        """A word that was perhaps never said before."""
        number = int(min((1 - dice.random()) ** (-1 / NEW_WORDS), _LARGEST))
        return self.numbered(number)

    def numbered(self, number: int) -> str:
        """New word number so-and-so: a craft of a place, two crafts in one word, a foreign word, a school's name."""
        dice = random.Random(f"{self.seed}:{number}")
        kind = number % 4
        if kind == 0:
            return dice.choice(DISTRICTS)[0] + dice.choice(self._short)
        if kind == 1:
            return dice.choice(self._short) + dice.choice(self._short)
        if kind == 2:
            return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(2, 5))) + dice.choice(_ENDINGS)
        return dice.choice(_KANJI) + dice.choice(_KANJI) + dice.choice(_SCHOOLS)
