"""Groups that can do what some words say: by the search of profiles, and by the words as they stand."""

from __future__ import annotations

from functools import partial

from sqlalchemy import ColumnElement, select

from ..engine.text import fold
from ..profiles import finding, saying
from ..registry.models import Registry
from ..registry.paging import Sifted
from .models import Group
from .states import GroupState

related = partial(finding.related, registry=Registry.GROUP)


def numbered(words: str) -> ColumnElement[bool]:
    """A condition on ``Group``: the words are its number, as it is written or in small or capital letters."""
    number = fold(words)
    return Group.number.in_({words.strip(), number, number.upper(), number.capitalize()})


def parties_saying(words: str, *, admits: saying.Admits | None = None, active: bool = False) -> Sifted:
    """The organizations that say they can do just these words, whatever state they are in or, of many, ``active`` only."""
    return saying.parties_saying(
        words,
        registry=Registry.GROUP,
        registered=select(Group.organization_id),
        unread=None if active else select(Group.organization_id).where(Group.state == GroupState.ENDED),
        admits=admits,
    )
