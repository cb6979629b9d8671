"""Who says just these words: phrases that hold them, letter by letter, found through the words of the index."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from ..database import db
from ..engine.text import analyse, fold
from ..registry.models import Registry, Skill
from ..registry.paging import Sifted
from ..registry.sifting import size
from .models import Posting, Profile, Term

FEW = 2_000  # registrations, of which every phrase is looked at
LOOKED_AT = 1_000  # cards that hold the rarest of the words, or one that begins with them, and cards not in the index
BEGUN = 50  # words of the index that begin with the words
FOUND = 1_000
Admits = Callable[[Any], ColumnElement[bool]]


def parties_saying(
    words: str, *, registry: Registry, registered: Select[Any], unread: Select[Any] | None, admits: Admits | None = None
) -> Sifted:
    """Parties with such a phrase in this registry, by their ids; deterministic, and bounded work. ``more``: others say
    it, or may.

    ``registered`` selects the parties of the registry in any state: of few, every phrase is looked at. Of many, the
    index leads to those whose cards it holds; ``unread`` selects the parties whose cards it does not hold, if they are asked for. ``admits``
    makes a condition of a column of party ids.
    """
    if not words:
        return Sifted([])
    phrase = Skill.phrase.contains(words, autoescape=True)
    says = select(Skill.party_id).where(Skill.of_registry == registry, phrase).distinct()
    if admits is not None:
        says = says.where(admits(Skill.party_id))
    sizes = [size(some, most + 1) for some, most in ((registered, FEW), (unread, LOOKED_AT)) if some is not None]
    registrations, *not_in_the_index = db.session.execute(select(*sizes)).one()
    if registrations <= FEW:
        return _first(_ids(says.where(Skill.party_id.in_(registered))), cut=False)
    some: set[int] = set()
    if unread is not None:
        some.update(_ids(says.where(Skill.party_id.in_(select(unread.limit(LOOKED_AT).subquery())))))
    terms, cards = _terms(words)
    if terms:
        held = (
            select(Posting.profile_id)
            .where(Posting.term_id.in_(terms))
            .order_by(Posting.term_id, Posting.impact.desc(), Posting.profile_id)
            .limit(LOOKED_AT)
            .subquery()
        )
        read = select(Profile.party_id).join(held, held.c.profile_id == Profile.id)
        some.update(_ids(says.where(Skill.party_id.in_(read.where(Profile.registry_name == registry.value)))))
    return _first(some, cut=max([cards, *not_in_the_index]) > LOOKED_AT)


def _ids(parties: Select[Any]) -> list[int]:
    return list(db.session.scalars(parties.order_by(Skill.party_id).limit(FOUND + 1)))


def _first(ids: Collection[int], *, cut: bool) -> Sifted:
    return Sifted(sorted(ids)[:FOUND], more=cut or len(ids) > FOUND)


def _terms(words: str) -> tuple[list[int], int]:
    """The rarest word of these that the index holds; else the words of the index that begin with them. With it, how
    many cards hold them, one that holds several of them counted several times; more than ``LOOKED_AT`` where not all
    these words are read."""
    told = analyse(words)
    texts = {term.text for term in told if not term.role} or {term.text for term in told}
    rarest = select(Term.id, Term.df).where(Term.text.in_(texts)).order_by(Term.df, Term.id).limit(1)
    begin = fold(words).replace(" ", "")
    begun = select(Term.id, Term.df).where(Term.text >= begin, Term.text < begin + "\U0010ffff").order_by(Term.text)
    rows = db.session.execute(rarest).all() or db.session.execute(begun.limit(BEGUN + 1)).all()
    cards = sum(df for _id, df in rows) if len(rows) <= BEGUN else LOOKED_AT + 1
    return [id_ for id_, _df in rows[:BEGUN]], cards
