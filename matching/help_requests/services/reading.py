"""Which requests somebody may see in lists."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select

from ...accounts.actor import Actor
from ..models import HelpRequest


def requests_of(actor: Actor) -> Select[HelpRequest]:
    """The actor's own: sent in by them, or asked for by an organization they act for."""
    ways: list[ColumnElement[bool]] = [HelpRequest.requester_id.in_(actor.parties)]
    if actor.user_id is not None:
        ways.append(HelpRequest.submitted_by_id == actor.user_id)
    return select(HelpRequest).where(or_(*ways))
