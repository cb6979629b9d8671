"""The engine's Vocabulary over the word tables: a handful of queries for a whole request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, distinct, func, select

from ..concepts.reading import Speakers, speakers_asked
from ..database import db
from ..engine.query import FUZZY_LENGTH, Entry, nearest
from ..registry.models import Registry
from .models import Posting, Profile, Term, TermSynonym

CHUNK = 500  # SQLite takes 32,766 parameters, PostgreSQL 65,535; short lists also keep their plans
T = TypeVar("T")


class StoredVocabulary:
    """Reads the caller's transaction, each word once; made anew for every search."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._near: dict[str, Sequence[str]] = {}
        count, length = db.session.execute(select(func.count(Profile.id), func.avg(Profile.length))).one()
        self._profiles = int(count)
        self._average_length = float(length or 1.0)

    def profiles(self) -> int:
        return self._profiles

    def average_length(self) -> float:
        return self._average_length

    def entries(self, texts: Iterable[str]) -> Mapping[str, Entry]:
        wanted = sorted(set(texts))
        for some in chunks([text for text in wanted if text not in self._entries]):
            self._entries.update(dict.fromkeys(some))
            query = select(Term.text, Term.df, Term.reading).where(Term.text.in_(some), Term.df > 0)
            for text, df, reading in db.session.execute(query):
                self._entries[text] = Entry(text, df, reading)
        return {text: entry for text in wanted if (entry := self._entries[text]) is not None}

    def by_reading(self, readings: Iterable[str]) -> Mapping[str, Sequence[Entry]]:
        found: dict[str, list[Entry]] = {}
        for some in chunks(sorted(set(readings))):
            query = select(Term.text, Term.df, Term.reading).where(Term.reading.in_(some), Term.df > 0)
            for text, df, reading in db.session.execute(query.order_by(Term.text)):
                found.setdefault(reading, []).append(Entry(text, df, reading))
        return found

    def by_synonym_group(self, groups: Iterable[int]) -> Mapping[int, Sequence[Entry]]:
        found: dict[int, list[Entry]] = {}
        for some in chunks(sorted(set(groups))):
            query = (
                select(TermSynonym.synonym_group, Term.text, Term.df, Term.reading)
                .join(Term, Term.id == TermSynonym.term_id)
                .where(TermSynonym.synonym_group.in_(some), Term.df > 0)
                .order_by(Term.text)
            )
            for group, text, df, reading in db.session.execute(query):
                found.setdefault(group, []).append(Entry(text, df, reading))
        return found

    def near(self, texts: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        new = [text for text in texts if text not in self._near]
        if new:
            self._near.update(nearest(new, _all_words()))
        held = self.entries(word for text in texts for word in self._near[text])
        return {text: [held[word] for word in self._near[text] if word in held] for text in texts}


# Term ids are never used again, so a vocabulary of the same count and highest id is the same vocabulary; what is
# found in it is looked up again before use.
_KEPT: WeakKeyDictionary[Engine, tuple[tuple[int, int], tuple[str, ...]]] = WeakKeyDictionary()
_KEEPING = Lock()


def _all_words() -> tuple[str, ...]:
    count, highest = db.session.execute(select(func.count(Term.id), func.max(Term.id))).one()
    state = (int(count), int(highest or 0))
    engine = db.engine
    with _KEEPING:
        kept = _KEPT.get(engine)
    if kept is not None and kept[0] == state:
        return kept[1]
    query = select(Term.text).where(func.length(Term.text) >= FUZZY_LENGTH).order_by(Term.text)
    words = tuple(db.session.scalars(query))
    with _KEEPING:
        _KEPT[engine] = (state, words)
    return words


DESKS_REGISTRIES = (Registry.SUPPORTER.value, Registry.GROUP.value)  # a contractor's desk learns nothing of councils
SPEAKERS = 10_000  # postings read at most, to say how many registrations use some words


@speakers_asked.connect
def _speakers(_sender: object, *, terms: Sequence[str]) -> Speakers:
    """How many supporters and groups hold any of these terms; bounded, however common they are."""
    held = (
        select(Posting.profile_id)
        .join(Term, Term.id == Posting.term_id)
        .join(Profile, Profile.id == Posting.profile_id)
        .where(Term.text.in_(terms[:CHUNK]), Profile.registry_name.in_(DESKS_REGISTRIES))
    )
    some = held.limit(SPEAKERS).subquery()
    count, read = db.session.execute(select(func.count(distinct(some.c.profile_id)), func.count())).one()
    return Speakers(count, or_more=read >= SPEAKERS)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Lists short enough for one IN (…)."""
    everything = list(values)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]
