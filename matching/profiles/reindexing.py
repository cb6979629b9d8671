"""Reading everybody anew, while others search and write; and whether the index is as it should be."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, delete, func, literal, null, or_, select, union_all, update

from ..concepts.services import knowledge
from ..database import db, reading
from ..engine.knowledge import Knowledge
from ..engine.reading import Reader
from ..engine.text import ANALYZER_VERSION
from .encoding import card_from_json
from .indexing import Change, hold_index, index
from .models import Posting, Profile, ProfileContent, Term, TermSynonym, WordIndex
from .spelling import keep_neighbours

PART = 50  # profiles that are read, then written in one transaction: others who write wait no longer than that
_WORDS_COUNTED, _RARE = 300, 5_000  # words that are looked at, of those that no more profiles hold
_WORDS_AT_ONCE = 200  # whose neighbours are found in one transaction


@dataclass(frozen=True)
class Standing:
    """How many profiles there are, how many another analyzer or another lexicon or encoder read, and whether the counts
    are right: the one row of sums, and as far as some hundred words tell, who holds which word."""

    profiles: int
    of_old_words: int
    of_old_knowledge: int
    counts_are_right: bool

    @property
    def stale(self) -> int:
        return self.of_old_words + self.of_old_knowledge


# What is compared is asked for in one statement: on PostgreSQL the next one sees what others published in between.
_COUNTED_AND_KEPT: CompoundSelect[Any] = union_all(
    select(
        literal(1).label("counted"),
        Profile.analyzer,
        Profile.knowledge,
        func.count().label("profiles"),
        func.sum(Profile.length).label("length"),
    ).group_by(Profile.analyzer, Profile.knowledge),
    select(literal(0), null(), null(), WordIndex.profiles, WordIndex.length),
)
_HOLDERS = select(func.count()).where(Posting.term_id == Term.id).scalar_subquery()


def as_it_stands() -> Standing:
    """In one walk through all profiles: a fifth of a second for a million."""
    version = knowledge().version
    found = db.session.execute(_COUNTED_AND_KEPT).all()
    rows = [row for row in found if row.counted]
    kept = next(((row.profiles, row.length) for row in found if not row.counted), (0, 0.0))
    profiles, length = sum(row.profiles for row in rows), sum(row.length for row in rows)
    of_today = [row for row in rows if row.analyzer == ANALYZER_VERSION]
    old_words = profiles - sum(row.profiles for row in of_today)
    old_knowledge = sum(row.profiles for row in of_today if row.knowledge != version)
    counts_are_right = kept == (profiles, length) and _some_words_are_right()
    return Standing(profiles, old_words, old_knowledge, counts_are_right)


def _some_words_are_right() -> bool:
    """Each time others; common ones would take long to count."""
    last = db.session.scalar(select(func.max(Term.id))) or 0
    some = random.sample(range(1, last + 1), min(_WORDS_COUNTED, last))
    wrong = select(Term.id).where(Term.id.in_(some), Term.df <= _RARE, Term.df != _HOLDERS)
    return db.session.scalar(wrong.limit(1)) is None


def _is_stale(known: Knowledge) -> ColumnElement[bool]:
    return or_(Profile.analyzer != ANALYZER_VERSION, Profile.knowledge.is_(None), Profile.knowledge != known.version)


def reindex(
    progress: Callable[[int, int], None] | None = None, *, after_each_part: Callable[[], None] | None = None
) -> int:
    """Read anew the cards that were read with another analyzer, lexicon or encoder; answers how many they were.

    ``after_each_part`` commits: then reading, which takes longest, holds up nobody, others write between two parts, and
    a run that was killed goes on where it was. Counts that are wrong are set right at the end.
    """

    def aside() -> AbstractContextManager[None]:
        return nullcontext() if after_each_part is None else reading()

    def land() -> None:
        if after_each_part is not None:
            after_each_part()

    with aside():
        known = knowledge()
        total, done, last = as_it_stands().stale, 0, 0
    reader = Reader(known)
    while True:
        with aside():
            rows = db.session.execute(_next(known, after=last)).all()
            reads = reader.read([card_from_json(card, key="") for _, card in rows])
        if not rows:
            break
        last = rows[-1][0]
        hold_index()
        now = {id_: (length, card) for id_, length, card in db.session.execute(_as_now([id_ for id_, _ in rows]))}
        index(
            [  # whoever was published meanwhile is left to that
                Change(id_, now[id_][0], read)
                for (id_, card), read in zip(rows, reads, strict=True)
                if id_ in now and now[id_][1] == card
            ],
            known,
        )
        land()
        done += len(rows)
        if progress is not None:
            progress(done, max(total, done))
    _find_missing_neighbours(land)
    with aside():
        right = as_it_stands().counts_are_right
    if not right:
        _count_anew()
    land()
    db.session.expire_all()
    return done


def _next(known: Knowledge, *, after: int) -> Any:
    query = select(ProfileContent.profile_id, ProfileContent.card).join(
        Profile, Profile.id == ProfileContent.profile_id
    )
    return query.where(_is_stale(known), Profile.id > after).order_by(Profile.id).limit(PART)


def _as_now(ids: list[int]) -> Any:
    query = select(Profile.id, Profile.length, ProfileContent.card)
    return query.join(ProfileContent, ProfileContent.profile_id == Profile.id).where(Profile.id.in_(ids))


def _find_missing_neighbours(land: Callable[[], None]) -> None:
    """Of words that are older than the table of neighbours."""
    while (at := db.session.scalar(select(WordIndex.neighbours_to))) is not None:
        hold_index()
        some = select(Term.text, Term.id).where(Term.id <= at).order_by(Term.id.desc()).limit(_WORDS_AT_ONCE)
        words = {text: id_ for text, id_ in db.session.execute(some)}
        if words:
            keep_neighbours(words)
        left = min(words.values()) - 1 if words else None
        db.session.execute(update(WordIndex).values(neighbours_to=left or None))
        land()


def _count_anew() -> None:
    hold_index()
    count, length = select(func.count(Profile.id)), select(func.coalesce(func.sum(Profile.length), 0.0))
    for statement in (
        update(WordIndex).values(profiles=count.scalar_subquery(), length=length.scalar_subquery()),
        update(Term).values(df=_HOLDERS).where(Term.df != _HOLDERS),
        delete(TermSynonym).where(TermSynonym.term_id.in_(select(Term.id).where(Term.df == 0))),
        delete(Term).where(Term.df == 0),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})
