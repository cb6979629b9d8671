"""The Actor: who does something, on whose behalf, and by which way it came. Every service takes one as an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..workflow import N_, Labelled
from .models import Role, User


class Source(Labelled):
    """The way by which something reached the desk."""

    WEB = "web", N_("ウェブ")
    PAPER = "paper", N_("書面")
    TELEPHONE = "telephone", N_("電話・窓口")
    MAIL = "mail", N_("メールのリンク")
    IMPORT = "import", N_("取り込み")
    SYSTEM = "system", N_("自動")


@dataclass(frozen=True)
class Held:
    """A role that the actor holds, with its place."""

    role: Role
    desk_id: int | None = None
    department_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """kind is user, link, system or public. ``parties`` are those the actor is or may act for."""

    kind: str
    user_id: int | None = None
    parties: frozenset[int] = frozenset()
    roles: tuple[Held, ...] = ()
    source: Source = Source.WEB
    on_behalf_of: int | None = None
    contractor: bool = False

    def has(self, *roles: Role) -> bool:
        return any(held.role in roles for held in self.roles)

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    @property
    def desks(self) -> frozenset[int]:
        return frozenset(held.desk_id for held in self.roles if held.desk_id is not None)

    def departments_as(self, role: Role) -> frozenset[int]:
        """The departments for which this role is held."""
        return frozenset(held.department_id for held in self.roles if held.role is role and held.department_id)

    def told_by(self, source: Source, *, on_behalf_of: int | None = None) -> Actor:
        """The same actor, passing on what somebody else said on paper or by telephone."""
        return replace(self, source=source, on_behalf_of=on_behalf_of)


SYSTEM = Actor(kind="system", source=Source.SYSTEM)
PUBLIC = Actor(kind="public")


def link_of(party_id: int) -> Actor:
    """The holder of a signed link: they act for this party and nobody else."""
    return Actor(kind="link", parties=frozenset({party_id}), source=Source.MAIL, on_behalf_of=party_id)


@dataclass
class _Lookups:
    """What higher rooms know about a user: registered by them, so that this room need not import them."""

    parties_of: Callable[[int], frozenset[int]] = field(default=lambda party_id: frozenset({party_id}))
    claims_to_act_for: Callable[[frozenset[int], int], bool] = field(default=lambda parties, party_id: False)
    works_for_contractor: Callable[[frozenset[int]], bool] = field(default=lambda desk_ids: False)
    is_known_to_desks: Callable[[int], bool] = field(default=lambda party_id: False)
    is_known_to_councils: Callable[[int], bool] = field(default=lambda party_id: False)


lookups = _Lookups()


def actor_of(user: User) -> Actor:
    """The Actor behind a signed-in user."""
    roles = tuple(Held(grant.role, grant.desk_id, grant.department_id) for grant in user.roles)
    actor = Actor(
        kind="user",
        user_id=user.id,
        parties=lookups.parties_of(user.party_id) if user.party_id else frozenset(),
        roles=roles,
    )
    contractor = bool(actor.desks) and lookups.works_for_contractor(actor.desks)
    return replace(actor, contractor=contractor)
