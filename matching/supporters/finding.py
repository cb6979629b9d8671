"""Registrations whose party can do what some words say: by the search of profiles, and by the words as they stand."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from ..profiles import finding, saying
from ..registry.models import Registry
from ..registry.paging import Sifted
from .models import Supporter
from .states import SupporterState

related = partial(finding.related, registry=Registry.SUPPORTER)

_NOT_ACTIVE = (SupporterState.SUBMITTED, SupporterState.RETURNED, SupporterState.PAUSED)
_UNREAD = select(Supporter.party_id).where(Supporter.state.in_(_NOT_ACTIVE)).order_by(Supporter.state.desc())


def parties_saying(words: str, *, admits: saying.Admits | None = None, active: bool = False) -> Sifted:
    """The parties who say they can do just these words, whatever state they are in or, of many, ``active`` only."""
    return saying.parties_saying(
        words,
        registry=Registry.SUPPORTER,
        registered=select(Supporter.party_id),
        unread=None if active else _UNREAD,
        admits=admits,
    )
