"""Finding parties by what a caller says: a name as it sounds or is written, more or less, or the end of a telephone."""

from __future__ import annotations

import re

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, and_, false, or_, select

from ...database import db
from ...engine.text import fold
from ..models import ContactKind, ContactPoint, Party
from .naming import kana_key, name_key

LONGEST = 60  # what is read of the words
LOOKED_AT = 2_000  # parties that are compared letter by letter, at most
ALIKE = 65.0  # RapidFuzz ratio, 0–100: one wrong letter of four still passes (75), two do not (50)


def holds_the_name(words: str) -> ColumnElement[bool]:
    """Parties whose name or kana holds the words; kana may be typed in either kana. No words: everybody."""
    key = name_key(words[:LONGEST])
    if not key:
        return and_(True)
    return or_(
        Party.name_key.contains(key, autoescape=True),
        Party.kana_key.contains(kana_key(words[:LONGEST]), autoescape=True),
    )


def telephone_ending(words: str) -> str | None:
    """The digits, where the words are a whole telephone number or the last four of one."""
    digits = re.sub(r"[\s\-()]", "", fold(words))
    return digits if re.fullmatch(r"[0-9]{4}|[0-9]{6,15}", digits) else None


def has_telephone(digits: str) -> ColumnElement[bool]:
    """Parties with a telephone number of just these digits; of four, with one that ends with them.

    Nothing between the two: digit by digit, anybody's number could be asked for.
    """
    same = ContactPoint.ending == digits if len(digits) == 4 else ContactPoint.value_key == digits
    return Party.id.in_(select(ContactPoint.party_id).where(ContactPoint.kind == ContactKind.TELEPHONE, same))


def parties_like(
    words: str, *, admits: ColumnElement[bool] | None = None, by_telephone: bool = False, limit: int = 20
) -> list[int]:
    """Ids of parties that the words may mean, best first; deterministic.

    ``by_telephone``, for those who may see contact points: a number finds telephones. Else the name or kana holds the
    words, or shares two letters in a row with them and is alike by RapidFuzz's ratio. ``admits`` is a condition on
    ``Party`` that everybody found meets. Bounded work: at most ``LOOKED_AT`` names are compared.
    """
    allowed = [Party.canonical_id.is_(None), *([admits] if admits is not None else [])]
    if by_telephone and (digits := telephone_ending(words)):
        query = select(Party.id).where(has_telephone(digits), *allowed).order_by(Party.kana_key, Party.id)
        return list(db.session.scalars(query.limit(limit)))
    key, read = name_key(words[:LONGEST]), kana_key(words[:LONGEST])
    if not key:
        return []
    scores: dict[int, float] = {}
    for condition in (holds_the_name(words), _shares_letters(key, read)):
        if len(scores) >= limit:
            break
        rows = db.session.execute(
            select(Party.id, Party.name_key, Party.kana_key)
            .where(condition, *allowed)
            .order_by(Party.id)
            .limit(LOOKED_AT)
        )
        for party_id, name, kana in rows:
            scores.setdefault(party_id, _likeness(key, read, name, kana or ""))
    ranked = sorted((-score, party_id) for party_id, score in scores.items() if score >= ALIKE)
    return [party_id for _score, party_id in ranked[:limit]]


def _likeness(key: str, read: str, name: str, kana: str) -> float:
    """0–100. Whoever bears the words in the name is above whoever is only alike; those that begin with them first."""
    if key in name or (read and read in kana):
        begins = name.startswith(key) or kana.startswith(read)
        return 100.0 + (50.0 if begins else 0.0) + max(fuzz.ratio(key, name), fuzz.ratio(read, kana)) / 2
    return max(fuzz.ratio(key, name), fuzz.ratio(read, kana))


def _shares_letters(key: str, read: str) -> ColumnElement[bool]:
    pairs = {key[i : i + 2] for i in range(len(key) - 1)}
    read_pairs = {read[i : i + 2] for i in range(len(read) - 1)}
    return or_(
        false(),
        *(Party.name_key.contains(pair, autoescape=True) for pair in sorted(pairs)[:12]),
        *(Party.kana_key.contains(pair, autoescape=True) for pair in sorted(read_pairs)[:12]),
    )
