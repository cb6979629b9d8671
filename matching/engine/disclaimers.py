"""What registrants say they do not do: 「教えるほうは経験がなく」「個別の相談は受けません」.

A clause that ends in a denial is no evidence for what it names; it is told to the coordinator in the registrant's own
words. A denial before a noun denies nothing: 「パソコンができない人に教えます」 is an offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .remembering import remembered
from .text import fold

_DENIES = re.compile(
    r"(?:"
    r"(?<!解決)(?:でき|出来|受け|受けられ|承れ|行え|教えられ|引き受けられ|応じられ|対応し|対応でき|扱っ|扱い|行っ|行い|やっ|やり|し|受けて|いたし|伺え|手が回り)"
    r"(?:ません|ない|ておりません|ていません|ていない|かねます|兼ねます|なくなりました|なくなった)"
    r"|(?:不可|対象外|専門外|対応外|苦手|無理|不向き|未経験)"
    r"|(?:お断り|ご遠慮|遠慮)(?:し|いたし|させていただ)(?:ます|ています|ております|きます|いています)"
    r"|自信(?:が|は)?(?:ない|ありません|なく)"
    r"|経験(?:が|は|も)?(?:ない|なく|なし|無し|ありません|ございません|乏しい|浅い)"
    r"|資格(?:が|は|も)?(?:ない|なく|なし|無し|ありません|持っていません|持っておりません)"
    r"|(?:こと|事)(?:が|は)?(?:ない|なく|ありません)"
    r")"
    r"(?:です|で)?(?:ので|ため|が|けど|けれど|けれども|けえ|から|し|ね|よ)?\s*\Z"
)
# A modest level that is not a denial of the thing itself.
_MODEST = re.compile(
    r"見習い|勉強中|修行中|修業中|練習中|習い始め|始めたばかり|かじった程度|初心者です|独学|[3-9三四五六]級|趣味(?:で|の)程度|"
    r"素人|好きなだけ|見るのが好き|聴くのが好き|観るのが好き|ファンです|まだ(?:人に)?教え(?:る|られ)"
)
# One of these is in whatever the two patterns find; most texts have none, and to look for them is quick.
_SIGNS = """
ない なく なし 無し ません ねます 不可 外 苦手 無理 不向 未経験 遠慮 断り 乏しい 浅い
見習 中 始め かじった 初心 独学 級 趣味 素人 好き ファン まだ
""".split()  # noqa: SIM905 (a list of 28 literals is 34 lines)
_ABOUT = (
    ("teach", re.compile(r"教え|指導|講師|講座|講演|人前|先生|授業|レッスン")),
    ("advise", re.compile(r"相談|助言|アドバイス|個別の")),
    ("assist", re.compile(r"力仕事|体を使|身体を使|重い物|重いもの|現場|作業|草刈|運搬|立ち仕事")),
)
_CLAUSE = re.compile(r"[^。．！？!?\n\r、,，;；]+[、,，]?")
_TOPIC = re.compile(r"[はも][、,，]?\Z")


@dataclass(frozen=True)
class Disclaimer:
    """One clause in the registrant's own words, and where it stands in the folded text.

    ``about`` holds teach, advise, assist; nothing where a certain content is denied.
    """

    words: str
    about: frozenset[str]
    start: int
    end: int
    modest: bool = False  # says little of oneself, and denies nothing


@remembered(16_384)
def disclaimers(text: str) -> tuple[Disclaimer, ...]:
    """The clauses of a text that deny or belittle, in their order."""
    folded = fold(text)
    if not any(sign in folded for sign in _SIGNS):
        return ()
    found = []
    for start, end, clause in _clauses(folded):
        if _DENIES.search(clause):
            about = frozenset(name for name, pattern in _ABOUT if pattern.search(clause))
            found.append(Disclaimer(clause, about, start, end))
        elif _MODEST.search(clause):
            found.append(Disclaimer(clause, frozenset({"teach", "advise"}), start, end, modest=True))
    return tuple(found)


def _clauses(folded: str) -> Iterator[tuple[int, int, str]]:
    """Clauses with their places; 「個別の相談は、」 belongs to what follows."""
    began: int | None = None
    matches = list(_CLAUSE.finditer(folded))
    for at, match in enumerate(matches):
        start = match.start() if began is None else began
        follows = at + 1 < len(matches) and matches[at + 1].start() == match.end()
        if follows and _TOPIC.search(match.group()):
            began = start
            continue
        began = None
        yield start, match.end(), folded[start : match.end()].strip().rstrip("、,，")


@remembered(16_384)
def without_disclaimers(text: str) -> str:
    """The text without the clauses that deny; what is only modest stays."""
    denied = [one for one in disclaimers(text) if not one.modest]
    if not denied:
        return text
    folded = fold(text)
    for one in reversed(denied):
        folded = folded[: one.start] + " " + folded[one.end :]
    return folded
