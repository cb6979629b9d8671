"""The navigation: which pages are offered to whom, which of them the reader is in, and where staff land."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from ..accounts.actor import Actor
from ..accounts.models import Role
from ..accounts.permissions import Permission, current_actor, may
from ..registry import services as registry


@dataclass(frozen=True)
class Door:
    """A page in the navigation, for those who hold the permission; without one, for everybody.

    ``within`` names blueprints and endpoints whose pages belong to it too.
    """

    endpoint: str
    label: Any
    permission: Permission | None = None
    within: tuple[str, ...] = ()
    heading: Any = None  # doors of the same heading, in a row, stand under it

    def nearness(self, endpoint: str) -> int:
        """How closely a page belongs here; 0: not at all. The page itself is nearest, then the longest name."""
        if endpoint == self.endpoint:
            return 1_000
        return max((len(name) for name in self.within if f"{endpoint}.".startswith(f"{name}.")), default=0)


ROSTERS = _l("名簿")

STAFF_DOORS = (
    Door("dispatch.queue", _l("窓口"), Permission.REQUEST_LIST, ("dispatch", "help_requests")),
    Door("help_requests.enter", _l("依頼を入れる"), Permission.REQUEST_ENTER),
    Door("supporters.index", _l("協働サポーター"), Permission.SUPPORTER_LIST, ("supporters",), ROSTERS),
    Door("groups.index", _l("登録団体"), Permission.GROUP_LIST, ("groups",), ROSTERS),
    Door("registry.organizations", _l("団体"), Permission.ORGANIZATION_LIST, ("registry",), ROSTERS),
    Door(
        "people.index",
        _l("個人"),
        Permission.PERSON_LIST,
        ("people.show", "registry.enter_person", "registry.edit_person"),  # what was found is nobody's list
        ROSTERS,
    ),
    Door("councils.index", _l("審議会等"), Permission.COUNCIL_READ, ("councils",)),
    Door("registry.representations", _l("代表者の確認"), Permission.REPRESENTATION_READ),
    Door("concepts.index", _l("ことばの辞書"), Permission.CONCEPT_READ, ("concepts",)),
    Door("home.mails", _l("メール"), Permission.OUTBOX_READ),
    Door("home.accounts", _l("職員"), Permission.ACCOUNT_MANAGE, ("home.give_role",)),
)
OWN_DOORS = (
    Door("home.me", _l("マイページ"), Permission.ME_READ, ("dispatch", "help_requests", "supporters", "groups")),
    Door("supporters.register", _l("手伝いたい"), Permission.SUPPORTER_REGISTER, ("supporters.registered",)),
    Door("help_requests.submit", _l("手伝ってほしい"), Permission.REQUEST_SUBMIT, ("registry.claim",)),
)
PUBLIC_DOORS = (
    Door("directory.groups", _l("登録団体"), None, ("directory.group",)),
    Door("directory.supporters", _l("協働サポーター"), None, ("directory.supporter",)),
    Door("directory.requests", _l("公開中の依頼"), None, ("directory.request",)),
)

LANDINGS = {
    Role.COORDINATOR: "dispatch.queue",
    Role.CLERK: "councils.index",
    Role.PERSONNEL: "councils.index",
    Role.STAFF: "dispatch.queue",
    Role.ADMINISTRATOR: "home.accounts",
}


def landing_of(actor: Actor) -> str:
    """The endpoint where a member of staff begins to work: that of their first role, in the order above."""
    return next(endpoint for role, endpoint in LANDINGS.items() if actor.has(role))


def doors_of(actor: Actor) -> list[Door]:
    """Staff see the pages of their work, and their own page where they are also somebody in the registry."""
    own = OWN_DOORS[:1] if actor.parties else ()
    doors = STAFF_DOORS + own if actor.is_staff else OWN_DOORS + PUBLIC_DOORS
    return [door for door in doors if door.permission is None or may(actor, door.permission)]


def _waiting_at(door: Door) -> int:
    """How many wait for somebody behind this door."""
    if door.endpoint != "registry.representations":
        return 0
    return registry.count_waiting_representations()


def _present(doors: list[Door], endpoint: str) -> Door | None:
    """The door of this page, or the one to which it belongs most closely."""
    nearest = max(doors, key=lambda door: door.nearness(endpoint), default=None)
    return nearest if nearest and nearest.nearness(endpoint) else None


@dataclass(frozen=True)
class Shown:
    """A door as the head of this page draws it; ``current`` is what aria-current says."""

    label: Any
    url: str
    current: str
    count: int


FEW = 3  # doors that stand open on a telephone too


@dataclass(frozen=True)
class Doors:
    """The doors in their order, those under one heading together; ``folds`` where a narrow screen cannot show them."""

    groups: list[tuple[Any, list[Shown]]]
    folds: bool


def doors_shown() -> Doors:
    endpoint, doors = request.endpoint or "", doors_of(current_actor())
    present = _present(doors, endpoint)

    def shown(door: Door) -> Shown:
        current = "" if door is not present else "page" if door.endpoint == endpoint else "true"
        return Shown(door.label, url_for(door.endpoint), current, _waiting_at(door))

    groups = [(heading, [shown(door) for door in some]) for heading, some in groupby(doors, lambda door: door.heading)]
    return Doors(groups, folds=len(doors) > FEW)


def navigation() -> dict[str, Any]:
    """For templates: asked only by those that draw the head of a page, and not by mails."""
    return {"doors_shown": doors_shown}
