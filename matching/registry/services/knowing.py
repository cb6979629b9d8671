"""Whom the desks know, from more than a council's roster: a contractor's staff must not learn of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased

from ...accounts.actor import lookups
from ...database import db
from ..models import Party, PartyKind, Registry, Representation, Skill, WrittenFor
from ..sifting import Sieve
from .consents import bases_to_match, stands_on_basis


def standing_for(*ids: Select[Any]) -> Select[int]:
    """The parties that these stand for: a merged one answers for its canonical one. For conditions that few meet."""
    some = union_all(*ids).subquery()
    row = aliased(Party)
    return select(func.coalesce(row.canonical_id, row.id)).join_from(some, row, row.id == next(iter(some.c)))


def stands_for(met: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """A condition on ``Party``: it, or one that was merged into it, meets what ``met`` says of a row of parties.

    Each party is looked up by itself, so that it costs nothing how many there are.
    """
    row = aliased(Party)
    return or_(met(Party), exists().where(row.canonical_id == Party.id, met(row)))


def known_to_desks() -> Sieve:
    """Of ``Party``: every organization, and people who agreed to be matched, told a desk what they can do, said whom
    they act for, or were written down at a contractor's own desk. ``ids`` are of the people only."""
    people = standing_for(
        *bases_to_match(),
        select(Representation.person_id),
        select(Skill.party_id).where(Skill.of_registry != Registry.COUNCIL),
        select(Party.id).where(Party.written_for == WrittenFor.DESKS),
    )
    return Sieve(people, or_(Party.kind == PartyKind.ORGANIZATION, stands_for(_told_a_desk)))


def _told_a_desk(party: Any) -> ColumnElement[bool]:
    told = Skill.of_registry.in_([one for one in Registry if one is not Registry.COUNCIL])
    return or_(
        party.written_for == WrittenFor.DESKS,
        stands_on_basis(party.id),
        exists().where(Skill.party_id == party.id, told),
        exists().where(Representation.person_id == party.id),
    )


def is_known_to_desks(party: Party) -> bool:
    """``known_to_desks``, asked about one party."""
    query = select(Party.id).where(Party.id == party.canonical, known_to_desks().met)
    return db.session.scalar(query) is not None


lookups.is_known_to_desks = lambda party_id: is_known_to_desks(db.session.get_one(Party, party_id))
