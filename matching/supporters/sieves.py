"""What lists of registrations are narrowed by, their order, and how they are counted; see ``registry.sifting``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from ..registry.models import Organization, Party, PartyKind, Person
from ..registry.sieves import in_district, in_field
from ..registry.sifting import Counting, Order, Sieve
from .models import Supporter, supporter_district, supporter_field
from .states import SupporterState

BY_PARTY = "INDEXED BY ix_supporter_party_id"
_WITH_PARTY: Any = select(Supporter.id).join(Party, Party.id == Supporter.party_id)
ORDER = Order(
    key=Supporter.id,
    rows=_WITH_PARTY,
    by=(Party.kana_key, Party.name_key, Party.id),
    along=((Party, "ix_party_kana_key"), (Supporter, "ix_supporter_party_id")),
)
COUNTING = Counting(
    key=Supporter.id,
    kind=Supporter.state,
    rows=_WITH_PARTY.with_only_columns(Supporter.state, func.count(), maintain_column_froms=True)
    .with_hint(Party, "NOT INDEXED", "sqlite")
    .with_hint(Supporter, "NOT INDEXED", "sqlite"),
)


def in_states(states: Sequence[SupporterState]) -> Sieve:
    others = [one for one in SupporterState if one not in states]
    return Sieve(select(Supporter.id).where(Supporter.state.in_(states)), Supporter.state.not_in(others))


STATES = {state: in_states([state]) for state in SupporterState}


def sieves_of(field: int | None, district: int | None, kind: PartyKind | None = None) -> list[Sieve]:
    """Conditions on ``Supporter``; that of the kind, on its ``Party`` too. None: everybody."""
    sieves = [in_field(Supporter, supporter_field, field)] if field is not None else []
    if district is not None:
        sieves.append(in_district(Supporter, supporter_district, district))
    if kind is not None:
        sieves.append(_of_kind(kind))
    return sieves


def _of_kind(kind: PartyKind) -> Sieve:
    table: Any = (Person if kind is PartyKind.PERSON else Organization).__table__
    rows: Select[Any] = select(Supporter.id).join(table, table.c.id == Supporter.party_id)
    return Sieve(rows.with_hint(Supporter, BY_PARTY, "sqlite"), Party.kind == kind, at_most=select(table.c.id))
