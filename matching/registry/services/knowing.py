"""Whom the desks know, from more than a council's roster: a contractor's staff must not learn of anybody else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from ...accounts.actor import lookups
from ...database import db
from ..models import Party, PartyKind, Registry, Representation, Skill, WrittenFor
from .consents import parties_with_basis


def standing_for(*ids: Select[Any]) -> Select[int]:
    """The parties that these stand for: a merged one answers for its canonical one."""
    row = aliased(Party)
    return select(func.coalesce(row.canonical_id, row.id)).where(or_(*(row.id.in_(some) for some in ids)))


def known_to_desks() -> ColumnElement[bool]:
    """A condition on ``Party``: every organization, and people who agreed to be matched, told a desk what they can do,
    said whom they act for, or were written down at a contractor's own desk."""
    return or_(
        Party.kind == PartyKind.ORGANIZATION,
        Party.id.in_(
            standing_for(
                select(parties_with_basis().subquery().c.party_id),
                select(Representation.person_id),
                select(Skill.party_id).where(Skill.of_registry != Registry.COUNCIL),
                select(Party.id).where(Party.written_for == WrittenFor.DESKS),
            )
        ),
    )


def is_known_to_desks(party: Party) -> bool:
    """``known_to_desks``, asked about one party."""
    query = select(Party.id).where(Party.id == party.canonical, known_to_desks())
    return db.session.scalar(query) is not None


lookups.is_known_to_desks = lambda party_id: is_known_to_desks(db.session.get_one(Party, party_id))
