"""Which requests somebody may see in lists, and what is asked for once more."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Select, or_, select

from ...accounts.actor import Actor
from ..models import HelpRequest
from .entering import Words
from .matter import Matter, matter_of


def requests_of(actor: Actor) -> Select[HelpRequest]:
    """The actor's own: sent in by them, or asked for by an organization they act for."""
    ways: list[ColumnElement[bool]] = [HelpRequest.requester_id.in_(actor.parties)]
    if actor.user_id is not None:
        ways.append(HelpRequest.submitted_by_id == actor.user_id)
    return select(HelpRequest).where(or_(*ways))


def matter_to_repeat(request: HelpRequest) -> tuple[Matter, Words]:
    """What an earlier request asked for, to begin a new one with; its days are over, and it asks anew to be shown."""
    return replace(matter_of(request), wishes=()), Words(request.trouble, request.money, request.budget_yen)
