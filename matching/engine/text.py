"""Japanese text: how writings that mean one word are folded together, and which words of a text carry content."""

from __future__ import annotations

import itertools
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache

import joyokanji
from sudachipy import Dictionary, Morpheme, MorphemeList, SplitMode, Tokenizer

from .remembering import LONGEST as LONGEST_REMEMBERED
from .remembering import remembered
from .stopwords import ROLE_WORDS, STOP

ANALYZER_VERSION = "sudachipy-0.6.11+small-20260723/2"

SENTENCES_AT_HAND = 256  # of each thread: whoever reads many reads no more at once
LONGEST = 20_000  # characters of one text that are read at all
_KEPT_LENGTH = 80  # characters of a text whose words are remembered for long
_KEPT_FOR_NOW = 4_000  # and of one whose words are remembered for a moment
_PIECE = 2_000  # Sudachi refuses inputs above 49,149 bytes; NFKC can make one character eighteen
_LONGEST_COMPOUND = 12
_LONGEST_TERM = 40

# Variants of name and old kanji that joyokanji does not know (1.1 checked).
_SUPPLEMENT = str.maketrans(
    "邉嶋嶌舘栁桒冨峯劔劒冰靑鷗龜聯辨辯瓣曻埜渕彥晧祐", "辺島島館柳桑富峰剣剣氷青鴎亀連弁弁弁昇野淵彦皓祐"
)
_DASH_IN_KATAKANA = re.compile(r"(?<=[ァ-ヺヽヾー])[-‐‑‒–—―−─━ｰ]+(?![0-9a-zA-Z])")
_HIRAGANA_ONLY = re.compile(r"[ぁ-ゖー]+\Z")
_THREE_HIRAGANA = re.compile(r"[ぁ-ゖー]{3}")
_SENTENCE = re.compile(r"[^。．！？!?\n\r]+")
_HAS_WORD = re.compile(r"[0-9a-zぁ-ゖァ-ヺ々〆一-鿿㐀-䶿\U00020000-\U0003ffff]")
_TO_HIRAGANA = {c + 0x60: c for c in range(ord("ぁ"), ord("ゖ") + 1)}
_TO_KATAKANA = {c: c + 0x60 for c in range(ord("ぁ"), ord("ゖ") + 1)}


@dataclass(frozen=True, slots=True)
class Term:
    """One content word of a text.

    ``text`` is the normalized form that the index holds; ``reading`` is katakana, empty when it would not be
    comparable (inflected verbs); ``groups`` are Sudachi's synonym groups; ``surface`` is what the writer wrote;
    ``compound`` marks words joined from several dictionary words; ``role`` words for teaching and helping.
    """

    text: str
    reading: str
    groups: tuple[int, ...]
    surface: str
    compound: bool = False
    role: bool = False


def fold(text: str) -> str:
    """Write alike what only fonts, keyboards and old dictionaries write differently; idempotent, never fails.

    >>> fold("ｽﾏﾎ・Ｅｘｃｅｌ・髙﨑・サ−カル")
    'スマホ・excel・高崎・サーカル'
    """
    text = text[:LONGEST].replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFKC", text)[:LONGEST]  # one character can become eighteen
    text = joyokanji.convert(text, variants=True).translate(_SUPPLEMENT)
    text = unicodedata.normalize("NFKC", text.lower())
    return _DASH_IN_KATAKANA.sub("ー", text)


# The words of a language are few, and each is folded wherever it stands.
_folded_word = remembered(16_384, longest=16)(fold)


def katakana(text: str) -> str:
    return text.translate(_TO_KATAKANA)


@remembered(1_024)
def sentences(text: str) -> tuple[str, ...]:
    """The folded sentences of a text, none of them empty, none longer than 2,000 characters."""
    found = (s.strip() for s in _SENTENCE.findall(fold(text)))
    return tuple(s[i : i + _PIECE] for s in found if s for i in range(0, len(s), _PIECE))


def analyse(text: str) -> tuple[Term, ...]:
    """The content words of a text in their order, repeated when written repeatedly; safe between threads.

    Dictionary words and their shortest parts come first, then compounds (認知＋症 → 認知症), so that whole and part
    can both be found. Short texts are remembered, long ones for as long as one request needs them.
    """
    if len(text) <= _KEPT_LENGTH:
        return _analysed_and_kept(text)
    return _analysed_just_now(text) if len(text) <= _KEPT_FOR_NOW else _analysed_last(text[:LONGEST])


def analyse_once(text: str) -> tuple[Term, ...]:
    """The same, and nothing is remembered: for what will not be asked again."""
    return _analysed(text[:LONGEST])


def _analysed(text: str) -> tuple[Term, ...]:
    terms: list[Term] = []
    for sentence in sentences(text):
        morphemes = list(_cut(sentence))
        for morpheme in morphemes:
            terms.extend(_words(morpheme))
        terms.extend(_compounds(morphemes))
    return tuple(terms)


_analysed_and_kept = remembered(32_768, longest=_KEPT_LENGTH)(_analysed)
_analysed_just_now = remembered(64, longest=_KEPT_FOR_NOW)(_analysed)
_analysed_last = remembered(2, longest=LONGEST)(_analysed)  # few, because each may hold ten thousand words


_NO_WORDS = frozenset(("助詞", "補助記号", "空白", "記号", "接続詞", "感動詞", "代名詞", "連体詞"))


@remembered(256)
def dictionary_words(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every dictionary word of a text with its other writings (normalized, as written, uninflected), and the shortest
    parts of long ones; words of grammar are left out, but for the negation.

    Unlike ``analyse`` it keeps the words that tell little alone: 行く＋無い is what 行けなくなった says.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    for sentence in sentences(text):
        for morpheme in _cut(sentence):
            kind, sort = morpheme.part_of_speech()[:2]
            if kind in _NO_WORDS or sort == "数詞":
                continue
            if kind == "助動詞" and morpheme.normalized_form() not in ("ない", "無い", "ぬ", "ず"):
                continue
            parts = list(morpheme.split(SplitMode.A))
            for one in [morpheme, *(parts if len(parts) > 1 else ())]:
                writings = [_folded_word(w) for w in (one.normalized_form(), one.surface(), one.dictionary_form())]
                if _HAS_WORD.search(writings[0]) and (len(writings[0]) > 1 or writings[0] >= "㐀"):
                    found.append((writings[0], tuple(dict.fromkeys(writings))))
    return tuple(found)


def dictionary_readings(text: str) -> list[tuple[str, str]]:
    """Every word of a text as written, with its reading in hiragana where it is a word of content with kanji."""
    found = []
    for at in range(0, len(text), _PIECE):
        for morpheme in _tokenizer().tokenize(text[at : at + _PIECE]):
            surface = morpheme.surface()
            content = morpheme.part_of_speech()[0] in ("名詞", "動詞", "形容詞", "形状詞")
            has_kanji = any("一" <= char <= "鿿" for char in surface)
            found.append((surface, morpheme.reading_form().translate(_TO_HIRAGANA) if content and has_kanji else ""))
    return found


@remembered(4_096)
def kana_windows(text: str) -> tuple[str, ...]:
    """Readings (katakana, 3 to 12) of every stretch of whole words that the text writes in hiragana alone.

    Sudachi cuts しょどうをおしえて in the wrong places; what it meant is found by trying the stretches on the
    readings that the vocabulary holds.
    """
    found: dict[str, None] = {}
    for sentence in filter(_THREE_HIRAGANA.search, sentences(text)):
        surfaces = [m.surface() for m in _cut(sentence)]
        for start in range(len(surfaces)):
            stretch = ""
            for surface in surfaces[start : start + 6]:
                if not _HIRAGANA_ONLY.match(surface):
                    break
                stretch += surface
                if len(stretch) > _LONGEST_COMPOUND:
                    break
                if len(stretch) >= 3:
                    found[katakana(stretch)] = None
    return tuple(found)


@remembered(1_024, longest=200)
def boundaries(sentence: str) -> frozenset[int]:
    """Where words and their shortest parts begin and end in one folded sentence, as positions of characters."""
    found = {0, len(sentence)}
    for morpheme in _cut(sentence):
        for part in morpheme.split(SplitMode.A, add_single=True):
            found |= {part.begin(), part.end()}
    return frozenset(found)


@remembered(1_024, longest=200)
def bigrams(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters of the folded text, without those across spaces and marks."""
    folded = fold(text)
    return frozenset(a + b for a, b in itertools.pairwise(folded) if _HAS_WORD.match(a) and _HAS_WORD.match(b))


def bigram_weight(pair: str) -> float:
    """How much a shared pair of characters tells: kanji most, hiragana (mostly grammar) almost nothing."""
    kana = sum("ぁ" <= c <= "ゖ" for c in pair)
    if kana == 2:
        return 0.05
    weight = 0.3 if kana else 1.0 if any(c >= "一" for c in pair) else 0.5
    return weight * _FAINT if pair in _FAINT_PAIRS else weight


# Pairs within words of asking and helping (先生, 活動) tell as little as the words.
_FAINT_PAIRS = frozenset(a + b for word in STOP | ROLE_WORDS for a, b in itertools.pairwise(word))
_FAINT = 0.2


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="small")


_LOCAL = threading.local()
_MAKING = threading.Lock()


def _tokenizer() -> Tokenizer:
    """One tokenizer a thread (it is not safe to share), all on one dictionary."""
    tokenizer: Tokenizer | None = getattr(_LOCAL, "tokenizer", None)
    if tokenizer is None:
        with _MAKING:
            tokenizer = _dictionary().create(mode=SplitMode.C)
        _LOCAL.tokenizer = tokenizer
    return tokenizer


def _cut(sentence: str) -> MorphemeList:
    """The words of one sentence. Four questions are asked of each, and Sudachi takes longest: the latest stay a while."""
    kept: dict[str, MorphemeList] | None = getattr(_LOCAL, "cut", None)
    if kept is None:
        kept = _LOCAL.cut = {}
    found = kept.get(sentence)
    if found is None:
        found = _tokenizer().tokenize(sentence)
        if len(sentence) <= LONGEST_REMEMBERED:
            if len(kept) >= SENTENCES_AT_HAND:
                kept.clear()
            kept[sentence] = found
    return found


def _words(morpheme: Morpheme) -> list[Term]:
    parts = list(morpheme.split(SplitMode.A))
    found = [_word(morpheme)]
    if len(parts) > 1:
        found += [_word(part) for part in parts]
    return [term for term in found if term is not None]


def _word(morpheme: Morpheme) -> Term | None:
    pos = morpheme.part_of_speech()
    inflected = pos[0] in ("動詞", "形容詞")
    if pos[0] == "名詞":
        if pos[1] == "数詞":
            return None
    elif pos[0] == "形状詞":
        if pos[1] == "助動詞語幹":
            return None
    elif not (inflected and pos[1] == "一般"):
        return None
    text = _folded_word(morpheme.normalized_form())[:_LONGEST_TERM]
    # 撮れ and 座っ are no words to show.
    surface = morpheme.dictionary_form() if inflected else morpheme.surface()
    if text in STOP or not _HAS_WORD.search(text):
        return None
    if len(text) == 1 and not text >= "㐀":
        return None
    return Term(
        text=text,
        reading="" if inflected else katakana(morpheme.reading_form())[:_LONGEST_TERM],
        groups=tuple(morpheme.synonym_group_ids()),
        surface=surface[:_LONGEST_TERM],
        role=text in ROLE_WORDS,
    )


def _compounds(morphemes: list[Morpheme]) -> list[Term]:
    found: list[Term] = []
    run: list[list[Morpheme]] = []  # units: a word with its prefixes and suffixes
    prefixed = False
    for morpheme in [*morphemes, None]:
        pos = morpheme.part_of_speech() if morpheme is not None else ("",) * 6
        if morpheme is not None and pos[0] == "接尾辞" and pos[1] == "名詞的" and run:
            run[-1].append(morpheme)
        elif morpheme is not None and _can_join(pos):
            if prefixed:
                run[-1].append(morpheme)
            else:
                run.append([morpheme])
            prefixed = pos[0] == "接頭辞"
        else:
            found.extend(_of_run(run))
            run, prefixed = [], False
    found.extend(_kana_words(morphemes))
    return list({term.text: term for term in found}.values())


def _can_join(pos: tuple[str, ...] | list[str]) -> bool:
    if pos[0] in ("名詞", "接頭辞"):
        return True
    if pos[0] == "形状詞":
        return pos[1] != "助動詞語幹"
    return pos[0] == "動詞" and pos[1] == "一般" and pos[5].startswith("連用形")


def _of_run(run: list[list[Morpheme]]) -> list[Term]:
    found: dict[str, Term] = {}
    spans = [(i, i + 1) for i in range(len(run))] + [(i, i + 2) for i in range(len(run) - 1)]
    if len(run) > 2:
        spans.append((0, len(run)))
    for start, end in spans:
        words = [m for unit in run[start:end] for m in unit]
        if len(words) < 2 or all(_folded_word(m.normalized_form()) in STOP for m in words):
            continue
        term = _joined(words)
        if term is not None:
            found[term.text] = term
    return list(found.values())


def _kana_words(morphemes: list[Morpheme]) -> list[Term]:
    """Hiragana stretches between particles: Sudachi takes よみきかせ to be よむ＋きく＋せる."""
    found: list[Term] = []
    stretch: list[Morpheme] = []
    for morpheme in [*morphemes, None]:
        if (
            morpheme is not None
            and morpheme.part_of_speech()[0] not in ("助詞", "補助記号", "空白")
            and _HIRAGANA_ONLY.match(morpheme.surface())
        ):
            stretch.append(morpheme)
            continue
        if len(stretch) > 1 and _may_be_a_word(stretch):
            term = _joined(stretch)
            if term is not None and len(term.text) >= 4:
                found.append(term)
        stretch = []
    return found


def _may_be_a_word(stretch: list[Morpheme]) -> bool:
    """Whether it could be a noun that Sudachi does not know, not あります or なりました."""
    if stretch[0].part_of_speech()[0] == "助動詞":
        return False
    if stretch[-1].part_of_speech()[0] == "助動詞" and stretch[-1].normalized_form() not in ("せる", "させる"):
        return False
    return not all(m.normalized_form() in STOP for m in stretch if m.part_of_speech()[0] != "助動詞")


def _joined(words: list[Morpheme]) -> Term | None:
    surface = "".join(m.surface() for m in words)
    reading = katakana("".join(m.reading_form() for m in words))
    if not 2 <= len(surface) <= _LONGEST_COMPOUND or not _HAS_WORD.search(surface) or surface in STOP:
        return None
    return Term(
        text=surface,
        reading=reading if len(reading) <= 2 * _LONGEST_TERM else "",
        groups=(),
        surface=surface,
        compound=True,
        role=surface in ROLE_WORDS,
    )
