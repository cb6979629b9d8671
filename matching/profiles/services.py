"""Publishing and withdrawing profiles, and keeping the word index exact; the caller's transaction, never a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from blinker import Namespace
from sqlalchemy import ColumnElement, Executable, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..concepts.services import knowledge
from ..database import db
from ..engine import cards
from ..engine.knowledge import Knowledge
from ..engine.text import ANALYZER_VERSION
from ..engine.text import Term as Word
from ..engine.types import Card
from .encoding import card_from_json, card_to_json
from .models import Posting, Profile, Term, TermSynonym
from .search import FLOOR, Hit, Searching, SearchResult, search
from .vocabulary import chunks

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


PART = 50  # profiles that are read anew in one transaction
_ATTEMPTS = 20  # at words that others are bringing at the same moment


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
    if profile is None:
        profile = Profile(
            registry_name=registry,
            registration_id=registration_id,
            party_id=party_id,
            card=value,
            words="",
            length=0.0,
            analyzer="",
            published_at=now,
        )
        db.session.add(profile)
        db.session.flush()
    elif profile.card == value and profile.analyzer == ANALYZER_VERSION and profile.knowledge == knowledge().version:
        if profile.party_id != party_id:
            profile.party_id = party_id
            db.session.flush()
        return profile
    profile.party_id = party_id
    profile.card = value
    profile.published_at = now
    _index(profile)
    return profile


# Upward news: a room above may be asking this party just now.
signals = Namespace()
profile_withdrawn = signals.signal("profile-withdrawn")


def withdraw(*, registry: str, registration_id: int, now: datetime) -> None:
    """Take a registration out of every search at once; nothing happens when it is not there."""
    profile = find(registry=registry, registration_id=registration_id)
    if profile is None:
        return
    held = _held(profile)
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


def reindex(
    progress: Callable[[int, int], None] | None = None, *, after_each_part: Callable[[], None] | None = None
) -> int:
    """Read anew the cards that were read with another analyzer, lexicon or encoder; answers how many they were.

    ``after_each_part`` may commit: others can write meanwhile, and a run that was killed goes on where it was.
    """
    ids = list(db.session.scalars(select(Profile.id).where(_is_stale(knowledge())).order_by(Profile.id)))
    done = 0
    for some in chunks(ids, PART):
        for profile in db.session.scalars(select(Profile).where(Profile.id.in_(some)).order_by(Profile.id)):
            _index(profile)
            done += 1
            if progress is not None:
                progress(done, len(ids))
        db.session.flush()
        if after_each_part is not None:
            after_each_part()
    return done


def _index(profile: Profile) -> None:
    known = knowledge()
    read = cards.read(card_from_json(profile.card, key=""), known)
    weights = cards.posting_weights(read)
    words: dict[str, Word] = {}
    for word in cards.terms_of(read):
        words.setdefault(word.text, word)

    before = _held(profile)
    ids = _term_ids(words)
    after = set(ids.values())
    _forget_words(before - after)
    _count_words(after - before)
    _run(delete(Posting).where(Posting.profile_id == profile.id))
    rows = [{"term_id": ids[text], "profile_id": profile.id, "weight": weights[text]} for text in sorted(words)]
    if rows:
        db.session.execute(insert(Posting), rows)
    _drop_unused(before - after)
    profile.words = cards.dump(read)
    profile.length = cards.length(weights)
    profile.meaning = None if read.meaning is None else read.meaning.tobytes()
    profile.analyzer = ANALYZER_VERSION
    profile.knowledge = known.version
    db.session.flush()


def _held(profile: Profile) -> set[int]:
    return set(db.session.scalars(select(Posting.term_id).where(Posting.profile_id == profile.id)))


def _term_ids(words: dict[str, Word]) -> dict[str, int]:
    """The ids of these words, new ones made; existing rows are locked in one order, so that writers never deadlock."""
    ids = _locked_ids(words)
    for attempt in range(1, _ATTEMPTS + 1):
        missing = sorted(set(words) - set(ids))
        if not missing:
            break
        try:
            with db.session.begin_nested():
                _add(words[text] for text in missing)
        except IntegrityError:  # another publisher brought one of them first (PostgreSQL)
            if attempt == _ATTEMPTS:
                raise
        ids = _locked_ids(words)
    return ids


def _locked_ids(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(sorted(words)):
        rows = db.session.execute(
            select(Term.text, Term.id).where(Term.text.in_(some)).order_by(Term.id).with_for_update()
        )
        found.update((text, id_) for text, id_ in rows)
    return found


def _add(words: Iterable[Word]) -> None:
    new = list(words)
    if not new:
        return
    db.session.execute(insert(Term), [{"text": w.text, "reading": w.reading, "df": 0} for w in new])
    ids = _locked_ids(w.text for w in new)
    synonyms = [{"synonym_group": g, "term_id": ids[w.text]} for w in new for g in sorted(set(w.groups))]
    if synonyms:
        db.session.execute(insert(TermSynonym), synonyms)


def _count_words(term_ids: set[int]) -> None:
    for some in chunks(sorted(term_ids)):
        _run(update(Term).where(Term.id.in_(some)).values(df=Term.df + 1))


def _forget_words(term_ids: set[int]) -> None:
    for some in chunks(sorted(term_ids)):
        db.session.execute(select(Term.id).where(Term.id.in_(some)).order_by(Term.id).with_for_update())
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
