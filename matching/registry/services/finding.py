"""Finding parties by what a caller says: a name as it sounds or is written, more or less, or the end of a telephone.

Every step reads from an index and only so far: the names that begin with the words, then those that hold their rarest
pair of letters, then those that share pairs, rarest first (see ``grams``). RapidFuzz compares what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Select, func, or_, select

from ...database import LARGEST_ID, db
from ...engine.text import fold
from ..grams import NameGram
from ..keys import kana_key, name_key, pairs
from ..models import ContactKind, ContactPoint, Party
from ..paging import Sifted
from ..sifting import size

LONGEST = 60  # what is read of the words
LOOKED_AT = 2_000  # parties that are compared letter by letter, at most
PASSED_OVER = 10_000  # rows of pairs, or of names, that are passed over for them
FEW = LOOKED_AT  # of so few parties every one is compared
PAIRS = 24  # of the words, and of their reading, that are looked up
ALIKE = 65.0  # RapidFuzz ratio, 0–100: one wrong letter of four still passes (75), two do not (50)
BEHIND = "\U0010ffff"  # no name has it: names that begin with a word stand between the word and this behind it


def _holds(key: str, read: str) -> ColumnElement[bool]:
    return or_(Party.name_key.contains(key, autoescape=True), Party.kana_key.contains(read, autoescape=True))


def telephone_ending(words: str) -> str | None:
    """The digits, where the words are a whole telephone number or the last four of one."""
    digits = re.sub(r"[\s\-()]", "", fold(words))
    return digits if re.fullmatch(r"[0-9]{4}|[0-9]{6,15}", digits) else None


def _has_telephone(digits: str) -> ColumnElement[bool]:
    """Parties with a telephone number of just these digits; of four, with one that ends with them.

    Nothing between the two: digit by digit, anybody's number could be asked for.
    """
    same = ContactPoint.ending == digits if len(digits) == 4 else ContactPoint.value_key == digits
    return Party.id.in_(select(ContactPoint.party_id).where(ContactPoint.kind == ContactKind.TELEPHONE, same))


def parties_like(
    words: str,
    *,
    admits: ColumnElement[bool] | None = None,
    among: Select[Any] | None = None,
    by_telephone: bool = False,
    limit: int = 20,
) -> Sifted:
    """Parties that the words may mean, best first; deterministic. ``more``: others bear the words, or may.

    ``by_telephone``, for those who may see contact points: a number finds telephones. Else the name or kana holds the
    words, or shares two letters in a row with them and is alike by RapidFuzz's ratio. ``admits`` is a condition on
    ``Party`` that everybody found meets; ``among`` selects the ids of those who can be found, where these may be few.
    Bounded work: at most ``LOOKED_AT`` names are compared in each of two steps.
    """
    allowed = [Party.canonical_id.is_(None), *([admits] if admits is not None else [])]
    if by_telephone and (digits := telephone_ending(words)):
        query = select(Party.id).where(_has_telephone(digits), *allowed).order_by(Party.kana_key, Party.id)
        found = list(db.session.scalars(query.with_hint(Party, "NOT INDEXED", "sqlite").limit(limit + 1)))
        return Sifted(found[:limit], more=len(found) > limit)
    looking = _Looking(words, allowed, among)
    if not looking.key:
        return Sifted([])
    scores = looking.score(looking.holding())
    if len(scores) < limit:
        scores = looking.score(looking.alike()) | scores
    ranked = sorted((-score, party_id) for party_id, score in scores.items() if score >= ALIKE)
    return Sifted([party_id for _score, party_id in ranked[:limit]], more=looking.cut or len(ranked) > limit)


def parties_named(words: str, *, admits: ColumnElement[bool] | None = None, limit: int = LOOKED_AT) -> Sifted:
    """Parties whose name or kana holds the words: those that begin with them, in the order of the names, then others,
    by their ids. ``more``: others hold them, or may."""
    looking = _Looking(words, [admits] if admits is not None else [], None)
    ids = [row.id for row in looking.holding()] if looking.key else []
    return Sifted(ids[:limit], more=looking.cut or len(ids) > limit)


class _Looking:
    """One look through the names. Rows are (id, name_key, kana_key). ``cut``: not every name that may hold the words
    was looked at."""

    def __init__(self, words: str, allowed: list[ColumnElement[bool]], among: Select[Any] | None) -> None:
        self.key, self.read = name_key(words[:LONGEST]), kana_key(words[:LONGEST])
        self.allowed = allowed
        self._sizes: dict[str, int] | None = None
        self._few: list[Any] | None = None
        self.cut = False
        if among is not None and self.key and (db.session.scalar(select(size(among, FEW + 1))) or 0) <= FEW:
            self._few = self._rows(_names().where(Party.id.in_(among)).order_by(Party.id))

    def score(self, rows: Iterable[Any]) -> dict[int, float]:
        return {row.id: _likeness(self.key, self.read, row.name_key, row.kana_key) for row in rows}

    def holding(self) -> list[Any]:
        """Rows of names that hold the words."""
        if self._few is not None:
            return [row for row in self._few if self.key in row.name_key or self.read in row.kana_key]
        found = {
            row.id: row for row in [*self._beginning("name_key", self.key), *self._beginning("kana_key", self.read)]
        }
        if len(found) >= LOOKED_AT:
            self.cut = True
            return list(found.values())
        for row in self._within():
            found.setdefault(row.id, row)
        return list(found.values())

    def alike(self) -> list[Any]:
        """Rows of names that share pairs of letters with the words, those that share the most of the rarest first."""
        if self._few is not None:
            return self._few
        sizes = self._pairs()
        chosen: list[str] = []
        for gram in sorted((one for one in sizes if sizes[one]), key=lambda one: (sizes[one], one)):
            if chosen and sum(sizes[one] for one in (*chosen, gram)) > PASSED_OVER:
                break
            chosen.append(gram)
        if not chosen:
            return []
        shared = select(NameGram.party_id, func.count().label("pairs")).where(NameGram.gram.in_(chosen))
        if sizes[chosen[0]] > PASSED_OVER:
            shared = shared.where(NameGram.party_id <= _reach(chosen[0]))
        sharing = shared.group_by(NameGram.party_id).subquery()
        query = _names().join(sharing, sharing.c.party_id == Party.id)
        return self._rows(query.order_by(sharing.c.pairs.desc(), Party.id), whole=False)

    def _beginning(self, column: str, key: str) -> list[Any]:
        """By the index of that column, in its order."""
        ordered: Any = getattr(Party, column)
        query = _names(f"INDEXED BY ix_party_{column}").where(ordered >= key, ordered < key + BEHIND)
        return self._rows(query.order_by(ordered))

    def _within(self) -> list[Any]:
        """Rows of names that hold the words anywhere, found by the rarest pair of letters."""
        sizes, rows = self._pairs(), []
        for key in dict.fromkeys((self.key, self.read)):
            grams = pairs(key)
            if not grams:  # one letter: only among the first of all names
                last = db.session.scalar(select(_at(select(Party.id).order_by(Party.id))))
                self.cut = self.cut or last is not None
                holding = _names().where(_holds(self.key, self.read), Party.id <= (last or LARGEST_ID))
                return self._rows(holding.order_by(Party.id))
            rarest = min(grams & set(sizes), key=lambda one: (sizes[one], one))
            query = _names().join(NameGram, NameGram.party_id == Party.id)
            query = query.where(NameGram.gram == rarest, _holds(self.key, self.read))
            if sizes[rarest] > PASSED_OVER:
                self.cut = True
                query = query.where(NameGram.party_id <= _reach(rarest))
            rows += self._rows(query.order_by(NameGram.party_id))
        return rows

    def _pairs(self) -> dict[str, int]:
        """The words' pairs of letters, and in how many names they stand, counted as far as these are passed over."""
        if self._sizes is None:
            of_each = (sorted(pairs(key))[:PAIRS] for key in (self.key, self.read))
            grams = sorted({gram for some in of_each for gram in some})
            columns = [size(select(NameGram.party_id).where(NameGram.gram == gram), PASSED_OVER + 1) for gram in grams]
            counts = db.session.execute(select(*columns)).one() if columns else ()
            self._sizes = dict(zip(grams, counts, strict=True))
        return self._sizes

    def _rows(self, query: Select[Any], *, whole: bool = True) -> list[Any]:
        """As many as are looked at. ``whole``: where these are not all, something is cut."""
        rows = list(db.session.execute(query.where(*self.allowed).limit(LOOKED_AT + 1)))
        self.cut = self.cut or (whole and len(rows) > LOOKED_AT)
        return rows[:LOOKED_AT]


def _names(hint: str = "NOT INDEXED") -> Select[Any]:
    """The hint is SQLite's: it would begin with whoever is a person, and not with who has the name."""
    names: Any = select(Party.id, Party.name_key, Party.kana_key)
    hinted: Select[Any] = names.with_hint(Party, hint, "sqlite")
    return hinted


def _reach(gram: str) -> Any:
    """The last party with this pair that is looked at; for one that is in more names."""
    return _at(select(NameGram.party_id).where(NameGram.gram == gram).order_by(NameGram.party_id))


def _at(ids: Select[Any]) -> Any:
    return ids.offset(PASSED_OVER).limit(1).scalar_subquery()


def _likeness(key: str, read: str, name: str, kana: str) -> float:
    """0–100. Whoever bears the words in the name is above whoever is only alike; those that begin with them first."""
    if key in name or (read and read in kana):
        begins = name.startswith(key) or kana.startswith(read)
        return 100.0 + (50.0 if begins else 0.0) + max(fuzz.ratio(key, name), fuzz.ratio(read, kana)) / 2
    return max(fuzz.ratio(key, name), fuzz.ratio(read, kana))
