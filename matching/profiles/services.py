"""Publishing and withdrawing profiles, and keeping the word index exact; the caller's transaction, never a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from blinker import Namespace
from sqlalchemy import ColumnElement, Executable, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from ..concepts.services import knowledge
from ..database import db
from ..engine import cards
from ..engine.cards import ReadCard
from ..engine.knowledge import Knowledge
from ..engine.text import ANALYZER_VERSION
from ..engine.text import Term as Word
from ..engine.types import Card
from .chunking import chunks
from .encoding import card_from_json, card_to_json, content_to_row
from .models import Posting, Profile, ProfileContent, Term, TermSynonym, WordIndex
from .search import FLOOR, Hit, Searching, SearchResult, search
from .sketches import mark_own, sketch_text
from .spelling import keep_neighbours, mark_as_new

__all__ = [
    "FLOOR",
    "Hit",
    "SearchResult",
    "Searching",
    "figures",
    "find",
    "publish",
    "reindex",
    "search",
    "stale",
    "withdraw",
]


PART = 25  # profiles that are read anew in one transaction: others who write wait no longer than that
_WORDS_AT_ONCE = 200  # whose neighbours are found in one transaction
ONE = 1  # the id of the only row of sums


def find(*, registry: str, registration_id: int) -> Profile | None:
    return db.session.scalar(
        select(Profile).where(Profile.registry_name == registry, Profile.registration_id == registration_id)
    )


def publish(*, registry: str, registration_id: int, party_id: int, card: Card, now: datetime) -> Profile:
    """Make a registration findable, or say anew what it says; the same call again changes nothing.

    ``card.key`` is not kept: a found profile's key is made from its id. Every word's ``df`` stays the exact number of
    profiles that hold it.
    """
    profile = find(registry=registry, registration_id=registration_id)
    value = card_to_json(card)
    known = knowledge()
    if profile is not None and not _is_old(profile, known) and profile.content.card == value:
        if profile.party_id != party_id:
            profile.party_id = party_id
            db.session.flush()
        return profile
    read = cards.read(card_from_json(value, key=""), known)
    _hold_index()
    if profile is None:
        profile = Profile(
            registry_name=registry,
            registration_id=registration_id,
            length=0.0,
            analyzer="",
            published_at=now,
            revision=0,
            sketch="",
        )
        db.session.add(profile)
        profile.party_id = party_id
        db.session.flush()
        _count(profiles=1)
    profile.party_id = party_id
    profile.published_at = now
    _index(profile, read, known)
    return profile


# Upward news: a room above may be asking this party just now.
signals = Namespace()
profile_withdrawn = signals.signal("profile-withdrawn")


def withdraw(*, registry: str, registration_id: int, now: datetime) -> None:
    """Take a registration out of every search at once; nothing happens when it is not there."""
    profile = find(registry=registry, registration_id=registration_id)
    if profile is None:
        return
    _hold_index()
    held = _held(profile)
    _count(profiles=-1, length=-profile.length)
    _forget_words(held)
    _run(delete(Posting).where(Posting.profile_id == profile.id))
    _drop_unused(held)
    db.session.delete(profile)
    db.session.flush()
    profile_withdrawn.send(registry=registry, registration_id=registration_id, now=now)


def stale() -> int:
    """How many profiles were read with another analyzer, lexicon or encoder than today's."""
    return db.session.scalar(select(func.count()).select_from(Profile).where(_is_stale(knowledge()))) or 0


def _is_stale(known: Knowledge) -> ColumnElement[bool]:
    return or_(Profile.analyzer != ANALYZER_VERSION, Profile.knowledge.is_(None), Profile.knowledge != known.version)


def _is_old(profile: Profile, known: Knowledge) -> bool:
    return profile.analyzer != ANALYZER_VERSION or profile.knowledge != known.version


def reindex(
    progress: Callable[[int, int], None] | None = None, *, after_each_part: Callable[[], None] | None = None
) -> int:
    """Read anew the cards that were read with another analyzer, lexicon or encoder; answers how many they were.

    ``after_each_part`` may commit: others can write meanwhile, and a run that was killed goes on where it was. What
    the index sums up is set right at the end.
    """
    known = knowledge()
    total, done, last = stale(), 0, 0
    while ids := db.session.scalars(
        select(Profile.id).where(_is_stale(known), Profile.id > last).order_by(Profile.id).limit(PART)
    ).all():
        last = ids[-1]
        # The slow part, before others have to wait; whoever was published meanwhile is left to that.
        of_then = {
            row.profile_id: (row.card, cards.read(card_from_json(row.card, key=""), known))
            for row in db.session.execute(_CARDS.where(ProfileContent.profile_id.in_(ids)))
        }
        _hold_index()
        now = select(Profile).options(selectinload(Profile.content)).where(Profile.id.in_(ids)).order_by(Profile.id)
        again = db.session.scalars(now.execution_options(populate_existing=True)).all()
        for profile in again:
            card, read = of_then.get(profile.id, (None, None))
            if read is not None and profile.content.card == card:
                _index(profile, read, known)
            done += 1
            if progress is not None:
                progress(done, max(total, done))
        db.session.flush()
        for profile in again:
            db.session.expunge(profile)  # a million of them are not kept
        if after_each_part is not None:
            after_each_part()
    _find_missing_neighbours(after_each_part)
    _set_sums_right()
    if after_each_part is not None:
        after_each_part()
    return done


_CARDS = select(ProfileContent.profile_id, ProfileContent.card)


def _find_missing_neighbours(after_each_part: Callable[[], None] | None) -> None:
    """Of words that are older than the table of neighbours."""
    while (at := db.session.scalar(select(WordIndex.neighbours_to))) is not None:
        _hold_index()
        some = select(Term.text, Term.id).where(Term.id <= at).order_by(Term.id.desc()).limit(_WORDS_AT_ONCE)
        words = {text: id_ for text, id_ in db.session.execute(some)}
        if words:
            keep_neighbours(words)
        left = min(words.values()) - 1 if words else None
        _run(update(WordIndex).values(neighbours_to=left or None))
        if after_each_part is not None:
            after_each_part()


def sums_are_right() -> bool:
    """Whether the one row of sums says what the profiles say."""
    counted = db.session.execute(select(func.count(Profile.id), func.coalesce(func.sum(Profile.length), 0.0))).one()
    kept = db.session.execute(select(WordIndex.profiles, WordIndex.length)).one_or_none()
    return tuple(kept or (0, 0.0)) == tuple(counted)


def _set_sums_right() -> None:
    _hold_index()
    if not sums_are_right():
        count, length = select(func.count(Profile.id)), select(func.coalesce(func.sum(Profile.length), 0.0))
        _run(update(WordIndex).values(profiles=count.scalar_subquery(), length=length.scalar_subquery()))


def _index(profile: Profile, read: ReadCard, known: Knowledge) -> None:
    weights = cards.posting_weights(read)
    words: dict[str, Word] = {}
    for word in cards.terms_of(read):
        words.setdefault(word.text, word)
    length = cards.length(weights)
    impacts = cards.impacts(weights, length)

    before = _held(profile)
    ids = _term_ids(words)
    after = set(ids.values())
    _forget_words(before - after)
    _count_words(after - before)
    _run(delete(Posting).where(Posting.profile_id == profile.id))
    rows = [{"term_id": ids[text], "impact": impacts[text], "profile_id": profile.id} for text in sorted(words)]
    if rows:
        db.session.execute(insert(Posting), rows)
    _drop_unused(before - after)
    content = content_to_row(read)
    if profile.content is None:
        profile.content = ProfileContent(**content)
    else:
        for name, value in content.items():
            setattr(profile.content, name, value)
    profile.revision = _count(length=length - profile.length)
    profile.sketch = sketch_text(read.card, None if read.meaning is None else read.meaning[-1].tobytes())
    profile.length = length
    profile.analyzer = ANALYZER_VERSION
    profile.knowledge = known.version
    db.session.flush()


def _hold_index() -> None:
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


def _count(*, profiles: int = 0, length: float = 0.0) -> int:
    """Keep the sums, and answer the number of this change."""
    changed = update(WordIndex).values(
        profiles=WordIndex.profiles + profiles, length=WordIndex.length + length, revision=WordIndex.revision + 1
    )
    revision: int = db.session.execute(
        changed.returning(WordIndex.revision), execution_options={"synchronize_session": False}
    ).scalar_one()
    mark_own(revision)
    return revision


def _held(profile: Profile) -> set[int]:
    return set(db.session.scalars(select(Posting.term_id).where(Posting.profile_id == profile.id)))


def _term_ids(words: dict[str, Word]) -> dict[str, int]:
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


def _count_words(term_ids: set[int]) -> None:
    for some in chunks(sorted(term_ids)):
        _run(update(Term).where(Term.id.in_(some)).values(df=Term.df + 1))


def _forget_words(term_ids: set[int]) -> None:
    for some in chunks(sorted(term_ids)):
        _run(update(Term).where(Term.id.in_(some)).values(df=Term.df - 1))


def _drop_unused(term_ids: set[int]) -> None:
    """Words that nobody says any more go: an introduction may have held somebody's name."""
    for some in chunks(sorted(term_ids)):
        unused = list(db.session.scalars(select(Term.id).where(Term.id.in_(some), Term.df <= 0)))
        _run(delete(TermSynonym).where(TermSynonym.term_id.in_(unused)))
        _run(delete(Term).where(Term.id.in_(unused)))


def _run(statement: Executable) -> None:
    """No Term is ever held as an object, so none needs to follow."""
    db.session.execute(statement, execution_options={"synchronize_session": False})


def figures() -> dict[str, int]:
    """How large the index is."""
    return {
        "profiles": db.session.scalar(select(func.count()).select_from(Profile)) or 0,
        "terms": db.session.scalar(select(func.count()).select_from(Term)) or 0,
        "postings": db.session.scalar(select(func.count()).select_from(Posting)) or 0,
    }
