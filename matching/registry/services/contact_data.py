"""What in a text tells how somebody is reached: by its look, or because it is a contact point of their own."""

from __future__ import annotations

import re
from collections.abc import Collection

from flask_babel import gettext as _

from ...engine.text import fold
from ..models import ContactKind, ContactPoint
from .naming import name_key, value_key
from .parties import Contact

DASHES = re.compile(r"[‐‑‒–—―−ー]")
DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
KANJI_DIGITS = re.compile(r"[〇零一二三四五六七八九]{3,}")
MAIL_ADDRESS = re.compile(r"[\w.+-]+ ?@ ?[\w-]+\.\w")
# 083-922-0000, (083)922-0000, 09012345678, +81 …, 83-922-0000; and 922-0000 as neighbours write it, but not 〒753-0000.
TELEPHONE = re.compile(
    r"(?<![\d\-./・])(?:\+\d|\(?0)[\d()\-./・ ]{7,}\d"
    r"|(?<![\d-])\(?\d{1,5}[)-]{1,2}\d{1,4}-\d{4}(?![\d-])"
    r"|(?<![\d〒-])(?<!〒 )\d{3}-\d{4}(?![\d-]| ?[円人名])"
)
RUN_OF_DIGITS = re.compile(r"\d[\d()\-./・ の]*\d")
LOCAL = 6  # 22-1234: the fewest digits by which neighbours still ring the number


def contact_data_in(text: str, points: Collection[Contact | ContactPoint] = ()) -> list[str]:
    """What contact data stand in a text, in words; empty: none. ``points`` are those of whom the text speaks."""
    written = KANJI_DIGITS.sub(lambda run: run[0].translate(DIGITS), DASHES.sub("-", fold(text)))
    found = []
    if TELEPHONE.search(written) or _rings(written, _keys(points, ContactKind.TELEPHONE)):
        found.append(_("電話番号"))
    if MAIL_ADDRESS.search(written) or any(key in fold(text) for key in _keys(points, ContactKind.MAIL)):
        found.append(_("メールアドレス"))
    addresses = [name_key(point.value) for point in points if point.kind is ContactKind.ADDRESS]
    if any(address in name_key(text) for address in addresses if address):
        found.append(_("住所"))
    return found


def _keys(points: Collection[Contact | ContactPoint], kind: ContactKind) -> list[str]:
    return [key for point in points if point.kind is kind and (key := value_key(kind, point.value))]


def _rings(written: str, numbers: list[str]) -> bool:
    """Whether one of these numbers is written there, without its area or however its digits are parted."""
    runs = [re.sub(r"\D", "", run) for run in RUN_OF_DIGITS.findall(written)]
    return any(number[-LOCAL:] in run for number in numbers if len(number) >= LOCAL for run in runs)
