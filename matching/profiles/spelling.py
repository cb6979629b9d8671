"""Spelling in the stored vocabulary: words written almost alike, for a search that meets an unknown one and for new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import BigInteger, Engine, String, cast, event, func, insert, not_, select

from ..database import apart, db
from ..engine.lexicon import IDEA_MARK
from ..engine.spelling import MOST_ALIKE, MOST_NEIGHBOURS, SHORTEST, Spellings, alike, can_be_misspelt, has_neighbours
from .chunking import chunks
from .models import Term, TermNeighbour

_PART = 50_000  # words that are brought into memory at once
# Of this transaction: others cannot see them yet, and perhaps never will.
_FIRST_NEW, _NEW = "first new term", "new terms"


class _Remembered:
    """What one process keeps of the vocabulary: no letters, twelve bytes a word; never what is not committed.

    Ids only rise and are given out one writer at a time, so what is missing stands above the highest one. A word that
    is gone since does no harm: its id is not found any more.
    """

    def __init__(self, highest: int = 0) -> None:
        self.spellings = Spellings()
        self.highest = highest  # of all that were looked at

    def catch_up(self, *, below: int | None = None) -> None:
        """In a few texts: a row for each word would take ten times as long."""
        top = select(func.max(Term.id))
        last = db.session.scalar(top if below is None else top.where(Term.id < below)) or 0
        for start in range(self.highest + 1, last + 1, _PART):
            part = _TOGETHER.where(Term.id.between(start, min(start + _PART - 1, last)))
            numbers, letters = db.session.execute(part).one()
            if numbers:
                packed = np.fromstring(numbers, dtype=np.int64, sep=",")
                self.spellings.add((packed // _STEP).astype(np.int32), packed % _STEP, letters)
        self.highest = max(self.highest, last)


# Length and number of a word travel as one number.
_STEP = 128
_TOGETHER = select(
    func.aggregate_strings(cast(cast(Term.id, BigInteger) * _STEP + func.length(Term.text), String), ","),
    func.aggregate_strings(Term.text, ""),
).where(func.length(Term.text) >= SHORTEST, not_(Term.text.startswith(IDEA_MARK)))


_KEPT: WeakKeyDictionary[Engine, _Remembered] = WeakKeyDictionary()
_KEEPING = Lock()


@event.listens_for(Engine, "engine_disposed")
def _forget(engine: Engine) -> None:
    """Whoever closes all connections may open another database."""
    _KEPT.pop(engine, None)


def _kept(*, below: int | None = None) -> _Remembered:
    """Caught up, by whoever holds _KEEPING. Entered afterwards: until all are read, publishers read apart."""
    kept = _KEPT.get(db.engine) or _Remembered()
    kept.catch_up(below=below)
    _KEPT[db.engine] = kept
    return kept


def _begin() -> None:
    with _KEEPING:
        _kept()


def spelt_like(words: Sequence[str]) -> dict[str, list[str]]:
    """For each word the held ones written almost like it, nearest first."""
    wanted = [word for word in words if can_be_misspelt(word)]
    found = {word: [other for other, _ in hits] for word, hits in _alike(wanted, most=MOST_ALIKE).items()}
    return {word: found.get(word, []) for word in words}


def keep_neighbours(new: Mapping[str, int]) -> None:
    """Note for these words, text → id, which others are written almost alike, for both sides."""
    wanted = [word for word in sorted(new) if has_neighbours(word)]
    if not wanted:
        return
    pairs: dict[tuple[int, int], int] = {}
    ids = dict(new)
    for word, hits in _alike(wanted, most=MOST_NEIGHBOURS, ids=ids).items():
        for other, ratio in hits:
            if has_neighbours(other):
                pairs[ids[word], ids[other]] = pairs[ids[other], ids[word]] = int(ratio)
    for some in chunks(sorted(new.values())):
        there = select(TermNeighbour.term_id, TermNeighbour.other_id).where(TermNeighbour.term_id.in_(some))
        for this, that in db.session.execute(there):
            pairs.pop((this, that), None)
            pairs.pop((that, this), None)
    if pairs:
        rows = [{"term_id": one, "other_id": other, "ratio": ratio} for (one, other), ratio in sorted(pairs.items())]
        db.session.execute(insert(TermNeighbour), rows)


def mark_as_new(ids: Iterable[int]) -> None:
    db.session.info[_FIRST_NEW] = min([*ids, db.session.info.get(_FIRST_NEW, 2**62)])


@event.listens_for(db.session, "after_transaction_end")
def _nothing_is_new(session: Any, transaction: Any) -> None:
    session.info.pop(_NEW, None)  # what came in a savepoint may be gone with it, and its number given again
    if transaction.parent is None:
        session.info.pop(_FIRST_NEW, None)


def _new_here() -> list[_Remembered]:
    """The words that this transaction brought, if it did: a table of thousands may come in one."""
    info = db.session.info
    if _FIRST_NEW not in info:
        return []
    new: _Remembered = info.setdefault(_NEW, _Remembered(info[_FIRST_NEW] - 1))
    new.catch_up()
    return [new]


def _alike(words: Sequence[str], *, most: int, ids: dict[str, int] | None = None) -> dict[str, list[tuple[str, float]]]:
    if not words:
        return {}
    if db.engine not in _KEPT:
        apart("spellings", _begin)  # whoever publishes first holds up nobody meanwhile
    with _KEEPING:
        kept = _kept(below=db.session.info.get(_FIRST_NEW))
        perhaps = {word: kept.spellings.perhaps(word).tolist() for word in words}
    for new in _new_here():
        for word in words:
            perhaps[word] += new.spellings.perhaps(word).tolist()
    texts: dict[int, str] = {}
    for some in chunks(sorted({id_ for found in perhaps.values() for id_ in found})):
        texts.update(db.session.execute(select(Term.id, Term.text).where(Term.id.in_(some))).all())
    if ids is not None:
        ids.update((text, id_) for id_, text in texts.items())
    return {word: alike(word, [texts[i] for i in perhaps[word] if i in texts], most=most) for word in words}
