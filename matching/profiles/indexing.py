"""The word index kept exact: what profiles say now in place of what they said, for one or some hundred at once.

Every word's ``df`` stays the exact number of profiles that hold it, and the one row of sums what all rows add up to. The
caller holds the index and commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as typed

from sqlalchemy import Executable, Table, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from ..database import db
from ..engine import cards
from ..engine.cards import ReadCard
from ..engine.knowledge import Knowledge
from ..engine.text import ANALYZER_VERSION
from ..engine.text import Term as Word
from .chunking import chunks
from .encoding import content_to_row
from .models import Posting, Profile, ProfileContent, Term, TermSynonym, WordIndex
from .sketches import mark_own, sketch_text
from .spelling import keep_neighbours, mark_as_new

ONE = 1  # the id of the only row of sums


@dataclass(frozen=True)
class Change:
    """A profile, how much it said so far, and what it says now."""

    profile_id: int
    length: float
    read: ReadCard


@dataclass(frozen=True)
class _Said:
    """What a change puts into the index."""

    words: Mapping[str, Word]
    impacts: Mapping[str, int]
    length: float

    @classmethod
    def of(cls, read: ReadCard) -> _Said:
        weights = cards.posting_weights(read)
        words: dict[str, Word] = {}
        for word in cards.terms_of(read):
            words.setdefault(word.text, word)
        length = cards.length(weights)
        return cls(words, cards.impacts(weights, length), length)


def hold_index() -> None:
    """One writer at a time: no two wait for each other's words, and a lower number was committed before a higher one."""
    if db.session.scalar(select(WordIndex.id).with_for_update()) is not None:
        return
    sums = select(literal(ONE), func.count(Profile.id), func.coalesce(func.sum(Profile.length), 0.0), literal(0))
    try:
        with db.session.begin_nested():
            _run(insert(WordIndex).from_select(["id", "profiles", "length", "revision"], sums))
    except IntegrityError:  # another publisher brought it first (PostgreSQL)
        pass
    db.session.scalar(select(WordIndex.id).with_for_update())


def one_more() -> None:
    """A profile was added that says nothing yet."""
    _count(1, profiles=1)


def forget(profile_id: int, length: float) -> None:
    """A profile is about to go: its words with it."""
    held = [term for _, term, _ in _held([profile_id])]
    _count(1, profiles=-1, length=-length)
    _run(delete(Posting).where(Posting.profile_id == profile_id))
    _count_words(dict.fromkeys(held, -1))


def index(changes: Sequence[Change], known: Knowledge) -> None:
    """Write what these profiles say. Postings that stay are not touched."""
    said = [_Said.of(change.read) for change in changes]
    ids = _term_ids({text: word for one in said for text, word in one.words.items()})
    before = _held([change.profile_id for change in changes])
    after = {
        (change.profile_id, ids[text], one.impacts[text])
        for change, one in zip(changes, said, strict=True)
        for text in one.words
    }
    _write_postings(gone=before - after, new=after - before)
    holders = Counter(term for _, term, _ in after)
    holders.subtract(Counter(term for _, term, _ in before))
    _count_words(holders)
    _write_contents(changes)
    longer = sum(one.length for one in said) - sum(change.length for change in changes)
    last = _count(len(changes), length=longer)
    first = last - len(changes) + 1
    rows = [
        {
            "row": change.profile_id,
            "length": one.length,
            "analyzer": ANALYZER_VERSION,
            "knowledge": known.version,
            "revision": revision,
            "sketch": _sketch(change.read),
        }
        for revision, (change, one) in enumerate(zip(changes, said, strict=True), start=first)
    ]
    db.session.execute(update(_PROFILE).where(_PROFILE.c.id == bindparam("row")), rows)


_Held = tuple[int, int, int]  # profile, term, impact
_PROFILE = typed(Table, Profile.__table__)
_CONTENT = typed(Table, ProfileContent.__table__)
_TERM = typed(Table, Term.__table__)
_POSTING = typed(Table, Posting.__table__)
_ONE_POSTING = delete(_POSTING).where(
    _POSTING.c.term_id == bindparam("term"),
    _POSTING.c.impact == bindparam("had"),
    _POSTING.c.profile_id == bindparam("profile"),
)


def _held(profile_ids: Sequence[int]) -> set[_Held]:
    found: set[_Held] = set()
    for some in chunks(profile_ids):
        query = select(Posting.profile_id, Posting.term_id, Posting.impact).where(Posting.profile_id.in_(some))
        found.update((row[0], row[1], row[2]) for row in db.session.execute(query))
    return found


def _write_postings(*, gone: Iterable[_Held], new: Iterable[_Held]) -> None:
    """In the order of the key."""
    less = [{"profile": profile, "term": term, "had": impact} for profile, term, impact in gone]
    if less:
        db.session.execute(_ONE_POSTING, sorted(less, key=lambda row: row["term"]))
    rows = sorted((term, impact, profile) for profile, term, impact in new)
    if rows:
        more = [{"term_id": term, "impact": impact, "profile_id": profile} for term, impact, profile in rows]
        db.session.execute(insert(Posting), more)


def _write_contents(changes: Sequence[Change]) -> None:
    there: set[int] = set()
    for some in chunks([change.profile_id for change in changes]):
        there.update(db.session.scalars(select(ProfileContent.profile_id).where(ProfileContent.profile_id.in_(some))))
    old = [{"row": one.profile_id, **content_to_row(one.read)} for one in changes if one.profile_id in there]
    new = [{"profile_id": one.profile_id, **content_to_row(one.read)} for one in changes if one.profile_id not in there]
    if old:
        db.session.execute(update(_CONTENT).where(_CONTENT.c.profile_id == bindparam("row")), old)
    if new:
        db.session.execute(insert(_CONTENT), new)


def _sketch(read: ReadCard) -> str:
    return sketch_text(read.card, None if read.meaning is None else read.meaning[-1].tobytes())


def _count(changes: int, *, profiles: int = 0, length: float = 0.0) -> int:
    """Keep the sums, and answer the number of the last of so many changes."""
    changed = update(WordIndex).values(
        profiles=WordIndex.profiles + profiles,
        length=WordIndex.length + length,
        revision=WordIndex.revision + changes,
    )
    revision: int = db.session.execute(
        changed.returning(WordIndex.revision), execution_options={"synchronize_session": False}
    ).scalar_one()
    mark_own(revision - changes + 1)
    return revision


def _term_ids(words: Mapping[str, Word]) -> dict[str, int]:
    """The ids of these words, new ones made."""
    ids = _ids(words)
    missing = sorted(set(words) - set(ids))
    if missing:
        ids |= _add(words[text] for text in missing)
    return ids


def _ids(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(sorted(words)):
        found.update(
            (text, id_) for text, id_ in db.session.execute(select(Term.text, Term.id).where(Term.text.in_(some)))
        )
    return found


def _add(words: Iterable[Word]) -> dict[str, int]:
    new = list(words)
    db.session.execute(insert(Term), [{"text": w.text, "reading": w.reading, "df": 0} for w in new])
    ids = _ids(w.text for w in new)
    synonyms = [{"synonym_group": g, "term_id": ids[w.text]} for w in new for g in sorted(set(w.groups))]
    if synonyms:
        db.session.execute(insert(TermSynonym), synonyms)
    mark_as_new(ids.values())
    keep_neighbours(ids)
    return ids


def _count_words(more: Mapping[int, int]) -> None:
    """So many more profiles hold these words. Those that nobody says any more go: one may have been somebody's name."""
    rows = [{"row": term, "more": many} for term, many in sorted(more.items()) if many]
    if rows:
        db.session.execute(_MORE, rows)
    for some in chunks(row["row"] for row in rows if row["more"] < 0):
        unused = list(db.session.scalars(select(Term.id).where(Term.id.in_(some), Term.df <= 0)))
        if unused:
            _run(delete(TermSynonym).where(TermSynonym.term_id.in_(unused)))
            _run(delete(Term).where(Term.id.in_(unused)))


_MORE = update(_TERM).where(_TERM.c.id == bindparam("row")).values(df=_TERM.c.df + bindparam("more"))


def _run(statement: Executable) -> Any:
    """No Term is ever held as an object, so none needs to follow."""
    return db.session.execute(statement, execution_options={"synchronize_session": False})
