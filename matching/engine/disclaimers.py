"""What registrants say they do not do: 「教えるほうは経験がなく」「個別の相談は受けません」.

A clause that denies is no evidence for what it names; what it denies is told to the coordinator in their own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .text import fold

# The end of a clause that denies, limits or belittles what stands before it, on folded text.
_DENIES = re.compile(
    r"(?:"
    r"(?:でき|出来|受け|受けられ|承れ|行え|教えられ|引き受けられ|応じられ|対応し|対応でき|扱っ|扱い|行っ|行い|やっ|やり|し|受けて|いたし|伺え|手が回り)"
    r"(?<!解決し)(?:ません(?!でした|か)|ない(?!か|こと|わけ)|ておりません|ていません|ていない|かねます|兼ねます|なくなりました|なくなった)"
    r"|(?:は|も|が|を)?(?:不可|お断り|ご遠慮|遠慮(?:します|して|させ)|対象外|専門外|対応外|苦手(?!な)|無理(?!な|に|せ|の)|自信(?:が|は)?(?:ない|ありません|なく)|未経験|不向き)"
    r"|経験(?:が|は|も)?(?:ない|なく|なし|無し|ありません|ございません|乏しい|浅い)"
    r"|資格(?:が|は|も)?(?:ない|なく|なし|無し|ありません|持っていません|持っておりません)"
    r"|(?:教え|指導し|人前で話し|話し)(?:た|て)?(?:こと|事)(?:が|は)?(?:ない|なく|ありません)"
    r"|(?:もう|今は|いまは|現在は)[^。、]{0,12}(?:しません|していません|やめました|引退しました|できません)"
    r")"
)
# A modest level that is not a denial of the thing itself.
_MODEST = re.compile(
    r"見習い|勉強中|修行中|修業中|練習中|習い始め|始めたばかり|かじった程度|初心者です|独学|[3-9三四五六]級|趣味(?:で|の)程度|"
    r"素人|好きなだけ|見るのが好き|聴くのが好き|観るのが好き|ファンです|まだ(?:人に)?教え(?:る|られ)"
)
_ABOUT = (
    ("teach", re.compile(r"教え|指導|講師|講座|講演|人前|先生|授業|レッスン")),
    ("advise", re.compile(r"相談|助言|アドバイス|個別の")),
    ("assist", re.compile(r"力仕事|体を使|身体を使|重い物|重いもの|現場|作業|草刈|運搬|立ち仕事")),
)
_CLAUSE = re.compile(r"[^。．！？!?\n\r、,，;；]+")


@dataclass(frozen=True)
class Disclaimer:
    """One clause in the registrant's own words; ``about`` is teach, advise, assist, or "" for a certain content."""

    words: str
    about: frozenset[str]
    modest: bool = False  # says little of oneself, and denies nothing


@lru_cache(maxsize=16_384)
def disclaimers(text: str) -> tuple[Disclaimer, ...]:
    """The clauses of a text that deny or belittle, in their order."""
    found = []
    for clause in _CLAUSE.findall(fold(text)):
        clause = clause.strip()
        about = frozenset(name for name, pattern in _ABOUT if pattern.search(clause))
        if _DENIES.search(clause):
            found.append(Disclaimer(clause, about))
        elif _MODEST.search(clause):
            found.append(Disclaimer(clause, frozenset({"teach", "advise"}), modest=True))
    return tuple(found)


@lru_cache(maxsize=16_384)
def without_disclaimers(text: str) -> str:
    """The text without the clauses that deny; what is only modest stays."""
    folded = fold(text)
    denied = [one.words for one in disclaimers(text) if not one.modest]
    for clause in denied:
        folded = folded.replace(clause, " ")
    return folded if denied else text
