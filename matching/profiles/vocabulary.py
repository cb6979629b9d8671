"""The engine's Vocabulary over the word tables: a handful of queries for a whole request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import distinct, func, select

from ..among import among
from ..concepts.reading import Speakers, speakers_asked
from ..database import db
from ..engine.query import Entry
from ..registry.models import Registry
from .chunking import CHUNK
from .models import Posting, Profile, Term, TermSynonym, WordIndex
from .spelling import spelt_like

# Made once, and of tables: for objects of the ORM each search would pay again.
_TERM, _SYNONYM = Term.__table__.c, TermSynonym.__table__.c
_WORDS = select(_TERM.id, _TERM.text, _TERM.df, _TERM.reading).where(_TERM.df > 0)
_BY_TEXT = _WORDS.where(among(_TERM.text, "texts"))
_BY_READING = _WORDS.where(among(_TERM.reading, "readings")).order_by(_TERM.text)
_BY_GROUP = (
    _WORDS.add_columns(_SYNONYM.synonym_group)
    .join_from(Term.__table__, TermSynonym.__table__)
    .where(among(_SYNONYM.synonym_group, "groups"))
    .order_by(_TERM.text)
)
_SUMS = select(WordIndex.__table__.c.profiles, WordIndex.__table__.c.length, WordIndex.__table__.c.revision)


class StoredVocabulary:
    """Reads the caller's transaction, each word once; made anew for every search."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._near: dict[str, Sequence[str]] = {}
        self.ids: dict[str, int] = {}  # of the words that were met
        sums = db.session.execute(_SUMS).one_or_none()
        self._profiles: int = 0 if sums is None else sums.profiles
        self.revision: int = 0 if sums is None else sums.revision
        length: float = 0.0 if sums is None else sums.length
        self._average_length = length / self._profiles if self._profiles else 1.0

    def profiles(self) -> int:
        return self._profiles

    def average_length(self) -> float:
        return self._average_length

    def entries(self, texts: Iterable[str]) -> Mapping[str, Entry]:
        wanted = sorted(set(texts))
        new = [text for text in wanted if text not in self._entries]
        if new:
            self._entries.update(dict.fromkeys(new))
            for row in db.session.execute(_BY_TEXT, {"texts": new}).all():
                self._entries[row[1]] = self._entry(*row)
        return {text: entry for text in wanted if (entry := self._entries[text]) is not None}

    def by_reading(self, readings: Iterable[str]) -> Mapping[str, Sequence[Entry]]:
        found: dict[str, list[Entry]] = {}
        wanted = sorted(set(readings))
        for row in db.session.execute(_BY_READING, {"readings": wanted}).all() if wanted else ():
            found.setdefault(row[3], []).append(self._entry(*row))
        return found

    def by_synonym_group(self, groups: Iterable[int]) -> Mapping[int, Sequence[Entry]]:
        found: dict[int, list[Entry]] = {}
        wanted = sorted(set(groups))
        for row in db.session.execute(_BY_GROUP, {"groups": wanted}).all() if wanted else ():
            found.setdefault(row[4], []).append(self._entry(*row[:4]))
        return found

    def _entry(self, id_: int, text: str, df: int, reading: str) -> Entry:
        self.ids[text] = id_
        return Entry(text, df, reading)

    def near(self, texts: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        new = [text for text in texts if text not in self._near]
        if new:
            self._near.update(spelt_like(new))
        held = self.entries(word for text in texts for word in self._near[text])
        return {text: [held[word] for word in self._near[text] if word in held] for text in texts}


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
