"""Who says just these words: phrases that hold them, letter by letter, found through the words of the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from ..database import db
from ..engine.text import analyse, fold
from ..registry.models import Registry, Skill
from ..registry.sifting import size
from .models import Posting, Profile, Term

FEW = 2_000  # registrations, of which every phrase is looked at
LOOKED_AT = 1_000  # cards that hold the rarest of the words, or one that begins with them, and cards not in the index
BEGUN = 50  # words of the index that begin with the words
FOUND = 1_000
Admits = Callable[[Any], ColumnElement[bool]]


def parties_saying(
    words: str, *, registry: Registry, registered: Select[Any], unread: Select[Any], admits: Admits | None = None
) -> list[int]:
    """Ids of parties with such a phrase in this registry; deterministic, and bounded work.

    ``registered`` selects the parties of the registry in any state: of few, every phrase is looked at. Of many, the
    index leads to those whose cards it holds; ``unread`` selects the parties whose cards it does not hold. ``admits``
    makes a condition of a column of party ids.
    """
    if not words:
        return []
    phrase = Skill.phrase.contains(words, autoescape=True)
    says = select(Skill.party_id).where(Skill.of_registry == registry, phrase).distinct()
    if admits is not None:
        says = says.where(admits(Skill.party_id))
    if (db.session.scalar(select(size(registered, FEW + 1))) or 0) <= FEW:
        return _ids(says.where(Skill.party_id.in_(registered)))
    some = set(_ids(says.where(Skill.party_id.in_(select(unread.limit(LOOKED_AT).subquery())))))
    if terms := _terms(words):
        held = (
            select(Posting.profile_id)
            .where(Posting.term_id.in_(terms))
            .order_by(Posting.term_id, Posting.impact.desc(), Posting.profile_id)
            .limit(LOOKED_AT)
            .subquery()
        )
        read = select(Profile.party_id).join(held, held.c.profile_id == Profile.id)
        some.update(_ids(says.where(Skill.party_id.in_(read.where(Profile.registry_name == registry.value)))))
    return sorted(some)[:FOUND]


def _ids(parties: Select[Any]) -> list[int]:
    return list(db.session.scalars(parties.order_by(Skill.party_id).limit(FOUND)))


def _terms(words: str) -> list[int]:
    """The rarest word of these that the index holds; else the words of the index that begin with them."""
    told = analyse(words)
    texts = {term.text for term in told if not term.role} or {term.text for term in told}
    rarest = select(Term.id).where(Term.text.in_(texts)).order_by(Term.df, Term.id).limit(1)
    begin = fold(words).replace(" ", "")
    begun = select(Term.id).where(Term.text >= begin, Term.text < begin + "\U0010ffff").order_by(Term.text).limit(BEGUN)
    return list(db.session.scalars(rarest)) or list(db.session.scalars(begun))
