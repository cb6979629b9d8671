"""Finding requests by what somebody remembers of them: number, words of the title, who asked, the public key's letters."""

from __future__ import annotations

import re

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import load_only

from ...database import db
from ...engine.text import fold, katakana
from ...registry import services as registry
from ...registry.models import Party, PartyKind
from ..models import HelpRequest

LONGEST = 60  # what is read of the words
ALIKE = 80.0  # RapidFuzz partial ratio, 0–100: of five letters one may be wrong
SHORTEST_ALIKE = 4  # shorter words are held by the text or they are not
LOOKED_AT = 3_000  # the latest titles that are compared letter by letter
ORGANIZATIONS = 50


def text_key(text: str) -> str:
    """How words are compared with a text: folded, in one kana, without spaces."""
    return re.sub(r"[\s・]", "", katakana(fold(text)))


def word_keys(words: str) -> list[str]:
    """The words that somebody typed, each as it is compared."""
    return [key for word in words[:LONGEST].split() if (key := text_key(word))]


def holds(asked: list[str], text: str) -> bool:
    """Whether every word is held by the text, or is much like a part of it. ``text`` is a ``text_key``."""
    return all(
        word in text or (len(word) >= SHORTEST_ALIKE and fuzz.partial_ratio(word, text) >= ALIKE) for word in asked
    )


def requests_like(words: str, *, among: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition: the number, the title or the requester answers the words. Three queries at most; no words: all."""
    asked = word_keys(words)
    if not asked:
        return and_(True)
    rows = db.session.scalars(
        select(HelpRequest)
        .where(among)
        .options(load_only(HelpRequest.id, HelpRequest.title, HelpRequest.number, HelpRequest.public_key))
        .order_by(HelpRequest.id.desc())
        .limit(LOOKED_AT)
    )
    titled = [
        row.id
        for row in rows
        if holds(asked, text_key(f"{row.number or ''} {row.title}")) or _begins_the_key(asked, row.public_key)
    ]
    organizations = registry.parties_like(words, admits=Party.kind == PartyKind.ORGANIZATION, limit=ORGANIZATIONS).ids
    of_them = select(Party.id).where(or_(Party.id.in_(organizations), Party.canonical_id.in_(organizations)))
    return or_(HelpRequest.id.in_(titled), HelpRequest.requester_id.in_(of_them))


def _begins_the_key(asked: list[str], public_key: str) -> bool:
    """Somebody reads the first letters of the public page's key to the desk."""
    return len(asked) == 1 and len(asked[0]) >= SHORTEST_ALIKE and public_key.startswith(asked[0])
