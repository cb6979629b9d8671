"""How names, readings and contact points are compared: folded, so that two writings of one thing meet."""

from __future__ import annotations

import re

from ...engine.text import fold
from ..models import ContactKind

TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def name_key(name: str) -> str:
    """How a name is compared: folded, without spaces and middle dots."""
    return re.sub(r"[\s・･.．,，]", "", fold(name))


def kana_key(kana: str) -> str:
    """How a reading is compared: like a name, and in hiragana whichever kana it was written in."""
    return name_key(kana).translate(TO_HIRAGANA)


def value_key(kind: ContactKind, value: str) -> str:
    """What two writings of the same contact point share."""
    if kind is ContactKind.TELEPHONE:
        return re.sub(r"\D", "", fold(value))
    return fold(value).replace(" ", "").lower()
