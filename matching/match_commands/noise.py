"""Text as people really send it: other widths, old kanji, hiragana, slips of the finger; the same text, the same slips."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

import joyokanji

from ..engine.text import dictionary_readings
from ..engine.types import Ask, Card

Spoil = Callable[[str], str]

HIRAGANA_SHARE = 0.4  # of the words with kanji
TYPO_EVERY = 15  # characters


@cache
def _half_widths() -> Mapping[str, str]:
    table: dict[str, str] = {}
    narrow = [chr(code) for code in range(0xFF66, 0xFF9E)]
    for char in narrow:
        table[unicodedata.normalize("NFKC", char)] = char
        for mark in ("\uff9e", "\uff9f"):
            joined = unicodedata.normalize("NFKC", char + mark)
            if len(joined) == 1:
                table[joined] = char + mark
    return table


def half_width(text: str) -> str:
    """カラオケ → ｶﾗｵｹ"""
    return "".join(_half_widths().get(char, char) for char in text)


def full_width(text: str) -> str:
    """Excel → Ｅｘｃｅｌ"""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@cache
def _old_kanji() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code in range(0x4E00, 0xA000):
        new = joyokanji.convert(chr(code))
        if new != chr(code):
            found.setdefault(new, chr(code))
    return found


def old_kanji(text: str) -> str:
    """学校 → 學校"""
    return "".join(_old_kanji().get(char, char) for char in text)


def hiragana(text: str) -> str:
    """Four in ten of the words with kanji as they are read."""
    dice = random.Random(text)
    return "".join(
        reading if reading and dice.random() < HIRAGANA_SHARE else surface
        for surface, reading in dictionary_readings(text)
    )


def typos(text: str) -> str:
    """Two neighbours exchanged, or a character lost, once in fifteen characters."""
    dice = random.Random(text)
    chars = list(text)
    for _ in range(sum(dice.random() < 1 / TYPO_EVERY for _ in text) if len(chars) > 3 else 0):
        at = dice.randrange(len(chars) - 1)
        if dice.random() < 0.5:
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
        else:
            del chars[at]
    return "".join(chars)


NOISES: Mapping[str, Spoil] = {
    "half width": half_width,
    "full width": full_width,
    "old kanji": old_kanji,
    "hiragana": hiragana,
    "typos": typos,
}


def mixed(text: str) -> str:
    """One of the noises, chosen by the text."""
    return random.Random(len(text)).choice(list(NOISES.values()))(text)


def spoilt_asks(asks: Mapping[str, Ask], spoil: Spoil) -> dict[str, Ask]:
    return {
        key: replace(
            ask, title=spoil(ask.title), detail=spoil(ask.detail), needs=tuple(spoil(need) for need in ask.needs)
        )
        for key, ask in asks.items()
    }


def spoilt_cards(cards: Mapping[str, Card], spoil: Spoil) -> dict[str, Card]:
    return {
        key: replace(card, intro=spoil(card.intro), phrases=tuple(_spoilt(card, spoil))) for key, card in cards.items()
    }


def _spoilt(card: Card, spoil: Spoil) -> Iterable:
    return (replace(phrase, text=spoil(phrase.text)) for phrase in card.phrases)
