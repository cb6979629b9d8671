"""Registrations whose party can do what some words say: by the search of profiles, and by the words as they stand."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from ..profiles import finding, saying
from ..registry.models import Registry
from .models import Supporter
from .states import SupporterState

related = partial(finding.related, registry=Registry.SUPPORTER)

_UNREAD = (SupporterState.SUBMITTED, SupporterState.RETURNED, SupporterState.PAUSED)


def parties_saying(words: str, *, admits: saying.Admits | None = None) -> list[int]:
    """The parties who say they can do just these words, whatever state they are in; of very many, some."""
    return saying.parties_saying(
        words,
        registry=Registry.SUPPORTER,
        registered=select(Supporter.party_id),
        unread=select(Supporter.party_id).where(Supporter.state.in_(_UNREAD)).order_by(Supporter.state.desc()),
        admits=admits,
    )
