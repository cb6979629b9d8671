"""Letters to somebody who registered: received, confirmed, asked to write again, ended."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import or_, select

from .. import outbox
from ..accounts.actor import Actor, Source
from ..accounts.models import User
from ..database import db
from ..letters import render
from ..registry import services as registry
from ..registry.models import Representation, RepresentationState
from .models import Supporter


def tell(supporter: Supporter, letter: str, *, by: Actor, now: datetime, once: bool = True) -> None:
    """Send a letter in the caller's transaction. Those without mail hear otherwise; of an import nobody is told."""
    account = _account(supporter.party_id)
    address = supporter.party.mail or account
    if address is None or by.source is Source.IMPORT:
        return
    link = f"{current_app.config['PUBLIC_URL'].rstrip('/')}/supporters/{supporter.id}" if account else None
    can_be_found = registry.has_basis(supporter.party_id)
    subject, body = render(letter, supporter=supporter, link=link, can_be_found=can_be_found)
    outbox.enqueue(
        letter.replace("_", ":"),
        to=address,
        subject=subject,
        body=body,
        now=now,
        party_id=supporter.party_id,
        key=_key(supporter, letter) if once else None,
    )


def take_back(supporter: Supporter, letter: str) -> None:
    """A letter that has not gone yet and that a newer one replaces."""
    outbox.drop(db.session.scalar(select(outbox.Message).where(outbox.Message.key == _key(supporter, letter))))


def _key(supporter: Supporter, letter: str) -> str:
    return f"{letter}:{supporter.id}"


def _account(party_id: int) -> str | None:
    """The address of who signs in as this party, or for it."""
    acting = select(Representation.person_id).where(
        Representation.organization_id == party_id, Representation.state == RepresentationState.APPROVED
    )
    users = select(User.email).where(or_(User.party_id == party_id, User.party_id.in_(acting)), User.active)
    return db.session.scalar(users.order_by(User.id).limit(1))
