"""How names and readings are compared: folded, so that two writings of one thing meet, and cut into pairs of letters."""

from __future__ import annotations

import re

from ..engine.text import fold

TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def name_key(name: str) -> str:
    """How a name is compared: folded, without spaces and middle dots."""
    return re.sub(r"[\s・･.．,，]", "", fold(name))


def kana_key(kana: str) -> str:
    """How a reading is compared: like a name, and in hiragana whichever kana it was written in."""
    return name_key(kana).translate(TO_HIRAGANA)


def pairs(*keys: str) -> set[str]:
    """Every two letters in a row.

    >>> sorted(pairs("山本花子"))
    ['山本', '本花', '花子']
    """
    return {key[at : at + 2] for key in keys for at in range(len(key) - 1)}
