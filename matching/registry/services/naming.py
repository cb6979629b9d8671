"""How names, readings and contact points are compared."""

from __future__ import annotations

import re

from ...engine.text import fold
from ..keys import kana_key, name_key
from ..models import ContactKind

__all__ = ["kana_key", "name_key", "value_key"]


def value_key(kind: ContactKind, value: str) -> str:
    """What two writings of the same contact point share."""
    if kind is ContactKind.TELEPHONE:
        return re.sub(r"\D", "", fold(value))
    return fold(value).replace(" ", "").lower()
