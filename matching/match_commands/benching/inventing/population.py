"""Who registers: invented people and groups, each made from a number and the seed alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ....engine.lexicon import Lexicon
from ....engine.types import Card, Phrase
from ....registry.vocabulary import DISTRICTS, FIELDS, Money, Support
from .vocabulary import SEED, Saying, Words

GROUPS = 0.05
# How a skill is said: a name as it is, a name in words that everybody uses, an offer, a profession, something new.
_KINDS = ("name", "said", "offer", "expert", "new")
_SHARES = (38, 58, 76, 86, 100)  # added up
_EVERYBODYS = (
    "の講師",
    "の指導",
    "のボランティア",
    "の手伝い",
    "を教えます",
    "の相談",
    "教室",
    "の経験があります",
)
_STOCK = (
    "よろしくお願いします",
    "平日の昼間なら動けます",
    "車で伺います",
    "週末だけのお手伝いになります",
    "初めての方にもゆっくり教えます",
    "子どもからお年寄りまで一緒に楽しみたいです",
    "道具はこちらで用意します",
    "定年を機に登録しました",
    "泊まりがけの用事は受けられません",
    "夜は出られません",
)
_VOLUNTEER = "地域のボランティアとして手伝います"
_SURNAMES = [
    "山本",
    "田中",
    "中村",
    "藤井",
    "原田",
    "河村",
    "藤本",
    "吉田",
    "松田",
    "西村",
    "井上",
    "山田",
    "林",
    "岡本",
    "伊藤",
    "村田",
    "渡辺",
    "佐々木",
    "石川",
    "金子",
    "上田",
    "松本",
    "山口",
    "木村",
    "清水",
    "福田",
    "国弘",
    "末永",
    "重枝",
    "弘中",
    "縄田",
    "安光",
    "三好",
    "白井",
    "古谷",
    "磯部",
    "徳永",
    "内田",
    "小川",
    "高橋",
]
_SURNAME_KANA = [
    "やまもと",
    "たなか",
    "なかむら",
    "ふじい",
    "はらだ",
    "かわむら",
    "ふじもと",
    "よしだ",
    "まつだ",
    "にしむら",
    "いのうえ",
    "やまだ",
    "はやし",
    "おかもと",
    "いとう",
    "むらた",
    "わたなべ",
    "ささき",
    "いしかわ",
    "かねこ",
    "うえだ",
    "まつもと",
    "やまぐち",
    "きむら",
    "しみず",
    "ふくだ",
    "くにひろ",
    "すえなが",
    "しげえだ",
    "ひろなか",
    "なわた",
    "やすみつ",
    "みよし",
    "しらい",
    "ふるや",
    "いそべ",
    "とくなが",
    "うちだ",
    "おがわ",
    "たかはし",
]
_GIVEN = [
    "花子",
    "太郎",
    "美咲",
    "健一",
    "陽子",
    "隆",
    "由美子",
    "誠",
    "恵子",
    "浩二",
    "久美子",
    "修",
    "和子",
    "清",
    "幸子",
    "進",
    "節子",
    "勝",
    "文子",
    "茂",
    "千代",
    "翔太",
    "結衣",
    "大輝",
    "さくら",
    "拓也",
    "愛",
    "直樹",
    "真由美",
    "哲也",
]
_GIVEN_KANA = [
    "はなこ",
    "たろう",
    "みさき",
    "けんいち",
    "ようこ",
    "たかし",
    "ゆみこ",
    "まこと",
    "けいこ",
    "こうじ",
    "くみこ",
    "おさむ",
    "かずこ",
    "きよし",
    "さちこ",
    "すすむ",
    "せつこ",
    "まさる",
    "ふみこ",
    "しげる",
    "ちよ",
    "しょうた",
    "ゆい",
    "だいき",
    "さくら",
    "たくや",
    "あい",
    "なおき",
    "まゆみ",
    "てつや",
]


@dataclass(frozen=True)
class Registrant:
    """Somebody who registers; ``number`` begins at 1 and is the key of all rows about them."""

    number: int
    name: str
    kana: str
    card: Card

    @property
    def is_group(self) -> bool:
        return self.card.kind == "group"


class Population:
    """Registrant number so-and-so, always the same one."""

    def __init__(self, lexicon: Lexicon, seed: int = SEED) -> None:
        self.words = Words(lexicon, seed)
        self.seed = seed

    def registrant(self, number: int) -> Registrant:
        dice = random.Random(self.seed * 10_000_019 + number)
        said = [self._phrase(dice) for _ in range(dice.choice((2, 3, 3, 4, 4, 5, 6)))]
        fields = {dice.choice(one.concept.fields) for _, one in said if one is not None and one.concept.fields}
        if dice.random() < 0.05:
            fields.add(dice.choice(list(FIELDS)))
        is_group = dice.random() < GROUPS
        card = Card(
            key=f"{number:012d}",
            kind="group" if is_group else "individual",
            phrases=tuple(phrase for phrase, _ in {phrase.text: (phrase, one) for phrase, one in said}.values()),
            intro=self._intro(dice),
            fields=frozenset(sorted(fields)[:3]),
            districts=_districts(dice),
            availability=None if dice.random() < 0.4 else frozenset(dice.sample(range(21), dice.randint(2, 10))),
            supports=None
            if dice.random() < 0.3
            else frozenset(one.value for one in dice.sample(list(Support), dice.randint(1, 3))),
            money=None if dice.random() < 0.3 else dice.choice(list(Money)).value,
            heads=dice.randint(2, 30) if is_group else None,
        )
        name, kana = _name(dice, number, is_group=is_group)
        return Registrant(number, name, kana, card)

    def _phrase(self, dice: random.Random) -> tuple[Phrase, Saying | None]:
        kind = dice.choices(_KINDS, cum_weights=_SHARES)[0]
        level = None if dice.random() < 0.6 else dice.randint(1, 5)
        if kind == "new":
            return Phrase(self.words.new(dice), level), None
        source = {"offer": self.words.offers, "expert": self.words.experts}.get(kind, self.words.names)
        one = source.draw(dice)
        if kind == "said":
            return Phrase((one.text + dice.choice(_EVERYBODYS))[:100], level), one
        picked = one.concept.id if one.is_label and dice.random() < 0.5 else None
        qualified = one.text[:60] if kind == "expert" and dice.random() < 0.3 else None
        return Phrase(one.text[:100], level, qualified, qualified is not None and dice.random() < 0.5, picked), one

    def _intro(self, dice: random.Random) -> str:
        if dice.random() < 0.2:
            return ""
        sentences = [_VOLUNTEER] if dice.random() < 0.5 else []
        if dice.random() < 0.5:
            sentences.append(self.words.offers.draw(dice).text)
        if dice.random() < 0.1:
            sentences.append(f"{self.words.new(dice)}に入っています")
        sentences.append(dice.choice(_STOCK))
        return "".join(f"{sentence}。" for sentence in sentences)


def _districts(dice: random.Random) -> frozenset[int] | None:
    place = dice.random()
    if place < 0.1:
        return None
    everywhere = range(1, len(DISTRICTS) + 1)
    return frozenset(everywhere) if place < 0.35 else frozenset(dice.sample(everywhere, dice.randint(1, 5)))


def _name(dice: random.Random, number: int, *, is_group: bool) -> tuple[str, str]:
    first, second = dice.randrange(len(_SURNAMES)), dice.randrange(len(_GIVEN))
    if is_group:
        place = dice.choice(DISTRICTS)[0]
        return f"{place}{_GIVEN[second]}の会 {number}", f"{_GIVEN_KANA[second]}のかい"
    return f"{_SURNAMES[first]} {_GIVEN[second]}", f"{_SURNAME_KANA[first]} {_GIVEN_KANA[second]}"
