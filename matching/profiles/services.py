"""Publishing and withdrawing profiles; the caller's transaction, never a commit."""

from __future__ import annotations

from datetime import datetime

from blinker import Namespace
from sqlalchemy import func, select

from ..concepts.services import knowledge
from ..database import db
from ..engine import cards
from ..engine.knowledge import Knowledge
from ..engine.text import ANALYZER_VERSION
from ..engine.types import Card
from .encoding import card_from_json, card_to_json
from .indexing import Change, forget, hold_index, index, one_more
from .models import Posting, Profile, Term
from .reindexing import as_it_stands, reindex
from .search import FLOOR, Hit, Searching, SearchResult, search

__all__ = [
    "FLOOR",
    "Hit",
    "SearchResult",
    "Searching",
    "as_it_stands",
    "figures",
    "find",
    "publish",
    "reindex",
    "search",
    "withdraw",
]


def find(*, registry: str, registration_id: int) -> Profile | None:
    return db.session.scalar(
        select(Profile).where(Profile.registry_name == registry, Profile.registration_id == registration_id)
    )


def _find_now(registry: str, registration_id: int) -> Profile | None:
    """Another may have written it while we waited for the index (PostgreSQL)."""
    query = select(Profile).where(Profile.registry_name == registry, Profile.registration_id == registration_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


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
    hold_index()
    profile = _find_now(registry, registration_id)
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
        one_more()
    profile.party_id = party_id
    profile.published_at = now
    db.session.flush()
    index([Change(profile.id, profile.length, read)], known)
    if content := profile.__dict__.get("content"):
        db.session.expire(content)
    db.session.expire(profile)
    return profile


# Upward news: a room above may be asking this party just now.
signals = Namespace()
profile_withdrawn = signals.signal("profile-withdrawn")


def withdraw(*, registry: str, registration_id: int, now: datetime) -> None:
    """Take a registration out of every search at once; nothing happens when it is not there."""
    if find(registry=registry, registration_id=registration_id) is None:
        return
    hold_index()
    profile = _find_now(registry, registration_id)
    if profile is None:
        return
    forget(profile.id, profile.length)
    db.session.delete(profile)
    db.session.flush()
    profile_withdrawn.send(registry=registry, registration_id=registration_id, now=now)


def _is_old(profile: Profile, known: Knowledge) -> bool:
    return profile.analyzer != ANALYZER_VERSION or profile.knowledge != known.version


def figures() -> dict[str, int]:
    """How large the index is."""
    return {
        "profiles": db.session.scalar(select(func.count()).select_from(Profile)) or 0,
        "terms": db.session.scalar(select(func.count()).select_from(Term)) or 0,
        "postings": db.session.scalar(select(func.count()).select_from(Posting)) or 0,
    }
