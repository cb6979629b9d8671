"""What lists of groups are narrowed by, their order, and how they are counted; see ``registry.sifting``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ..registry.models import Organization, Party
from ..registry.sieves import in_district, in_field
from ..registry.sifting import Order, Sieve
from ..registry.vocabulary import OrganizationKind
from .models import Group, group_district, group_field
from .states import GroupState

BY_ORGANIZATION = "INDEXED BY ix_group_organization_id"
ROWS: Any = select(Group.id).join(Party, Party.id == Group.organization_id)
ORDER = Order(
    key=Group.id,
    rows=ROWS,
    by=(Party.kana_key, Party.name_key, Party.id),
    along=((Party, "ix_party_kana_key"), (Group, "ix_group_organization_id")),
    times=3,
)


def in_state(state: GroupState) -> Sieve:
    return Sieve(select(Group.id).where(Group.state == state), Group.state == state)


def sieves_of(field: int | None, district: int | None, kind: OrganizationKind | None = None) -> list[Sieve]:
    """Conditions on ``Group``; that of the kind, on its ``Party`` too. None: all."""
    sieves = [in_field(Group, group_field, field)] if field is not None else []
    if district is not None:
        sieves.append(in_district(Group, group_district, district))
    if kind is not None:
        sieves.append(_of_kind(kind))
    return sieves


def _of_kind(kind: OrganizationKind) -> Sieve:
    table: Any = Organization.__table__
    of_kind = select(table.c.id).where(table.c.organization_kind == kind)
    rows: Any = select(Group.id).join(table, table.c.id == Group.organization_id)
    rows = rows.where(table.c.organization_kind == kind).with_hint(Group, BY_ORGANIZATION, "sqlite")
    return Sieve(rows, of_kind.where(table.c.id == Group.organization_id).exists(), at_most=of_kind)
