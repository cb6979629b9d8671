"""What parties are: supporter, group, council member, representative. A few queries, however many parties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from ..councils import services as councils
from ..councils.models import Appointment
from ..database import db
from ..groups.models import Group
from ..groups.states import GroupState
from ..registry import services as registry
from ..registry.models import Party, Registry, Representation
from ..registry.sifting import Sieve
from ..registry.states import RepresentationState
from ..supporters.models import Supporter
from ..supporters.states import SupporterState
from .seeing import Sight

SHOWN = 3  # organizations that one line names
AT_ONCE = 1_000  # a database takes so many values in one question


@dataclass
class Belonging:
    """What one party is, as far as the reader sees it. Of several registrations the latest that is not ended."""

    supporter: Supporter | None = None
    group: Group | None = None
    seats: int = 0  # held on the day
    past_seats: int = 0
    acts_for: list[Representation] = field(default_factory=list)
    represented_by: int = 0

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(kind, words) for the macro ``chips``."""
        words: list[tuple[str, str]] = []
        if self.supporter:
            active = self.supporter.state is SupporterState.ACTIVE
            words.append(_stated(Registry.SUPPORTER, _(self.supporter.state.label), "ok" if active else "neutral"))
        if self.group:
            active = self.group.state is GroupState.ACTIVE
            words.append(_stated(Registry.GROUP, _(self.group.state.label), "ok" if active else "neutral"))
        if self.seats:
            words.append(("info", _("審議会等委員（%(n)sつ）", n=self.seats)))
        elif self.past_seats:
            words.append(("neutral", _("審議会等委員（いまは委員でない）")))
        for one in self.acts_for[:SHOWN]:
            approved = one.state is RepresentationState.APPROVED
            title = one.title or _("代表者・担当者")
            told = _("%(organization)s %(title)s", organization=one.organization.name, title=title)
            words.append(("neutral", told) if approved else ("warn", _("%(told)s（確認待ち）", told=told)))
        return words


def _stated(of: Registry, state: str, kind: str) -> tuple[str, str]:
    return kind, _("%(registry)s（%(state)s）", registry=_(of.label), state=state)


def family_of(party_ids: Iterable[int]) -> dict[int, int]:
    """Every row that stands for one of these canonical parties → that party."""
    ids = list(party_ids)
    rows = db.session.execute(
        select(Party.id, func.coalesce(Party.canonical_id, Party.id)).where(
            or_(Party.id.in_(ids), Party.canonical_id.in_(ids))
        )
    )
    return {row: canonical for row, canonical in rows}


def belonging_of(party_ids: Iterable[int], *, sight: Sight, day: date) -> dict[int, Belonging]:
    """Canonical party id → what it is. Six queries for each thousand."""
    found: dict[int, Belonging] = {}
    ids = list(party_ids)
    for start in range(0, len(ids), AT_ONCE):
        found |= _belonging_of(ids[start : start + AT_ONCE], sight=sight, day=day)
    return found


def _belonging_of(party_ids: list[int], *, sight: Sight, day: date) -> dict[int, Belonging]:
    family = family_of(party_ids)
    found = {canonical: Belonging() for canonical in family.values()}
    if sight.supporters:
        _add_supporters(found, family)
    if sight.groups:
        _add_groups(found, family)
    if sight.councils:
        _add_seats(found, family, day)
    if sight.organizations:
        _add_representations(found, family)
    return found


def _add_supporters(found: dict[int, Belonging], family: dict[int, int]) -> None:
    query = select(Supporter).where(Supporter.party_id.in_(family))
    ended = Supporter.state == SupporterState.ENDED
    for one in db.session.scalars(query.order_by(ended.desc(), Supporter.id)):
        found[family[one.party_id]].supporter = one


def _add_groups(found: dict[int, Belonging], family: dict[int, int]) -> None:
    query = select(Group).where(Group.organization_id.in_(family))
    ended = Group.state == GroupState.ENDED
    for one in db.session.scalars(query.order_by(ended.desc(), Group.id)):
        found[family[one.organization_id]].group = one


def _add_seats(found: dict[int, Belonging], family: dict[int, int], day: date) -> None:
    query = select(Appointment).where(Appointment.person_id.in_(family))
    for term in db.session.scalars(query):
        one = found[family[term.person_id]]
        if term.holds_on(day):
            one.seats += 1
        else:
            one.past_seats += 1


def _add_representations(found: dict[int, Belonging], family: dict[int, int]) -> None:
    query = (
        select(Representation)
        .where(
            or_(Representation.person_id.in_(family), Representation.organization_id.in_(family)),
            Representation.state.in_([RepresentationState.APPROVED, RepresentationState.CLAIMED]),
        )
        .options(selectinload(Representation.organization))
        .order_by(Representation.id)
    )
    for one in db.session.scalars(query):
        if one.person_id in family:
            found[family[one.person_id]].acts_for.append(one)
        if one.organization_id in family and one.state is RepresentationState.APPROVED:
            found[family[one.organization_id]].represented_by += 1


def is_supporter() -> Sieve:
    """With a registration that is not ended."""
    registered = select(Supporter.party_id).where(Supporter.state != SupporterState.ENDED)
    return _standing(registered, Supporter.party_id)


def is_representative() -> Sieve:
    """Acts for an organization, approved by a desk."""
    acting = select(Representation.person_id).where(Representation.state == RepresentationState.APPROVED)
    return _standing(acting, Representation.person_id)


def sits_on(day: date) -> Sieve:
    """Holds a seat on this day."""
    return _standing(councils.sitting_on(day), Appointment.person_id)


def _standing(rows: Select[Any], party_id: Any) -> Sieve:
    """A condition on ``Party``: one of these rows is of it, or of one that was merged into it."""
    return Sieve(
        registry.standing_for(rows), registry.stands_for(lambda party: rows.where(party_id == party.id).exists())
    )
