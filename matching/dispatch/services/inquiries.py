"""Reading the inquiries of a case, and letting somebody go who said yes: what asking and agreeing both need."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from ... import audit, outbox
from ...accounts.actor import Actor
from ...accounts.models import User
from ...database import db
from ...help_requests.models import HelpRequest
from ...letters import render
from ...registry.models import Party, Representation, RepresentationState
from ..models import Inquiry
from ..states import INQUIRY, WAITING, InquiryAction, InquiryState


def mail_of(party: Party) -> str | None:
    """Where a party reads mail: its own contact point, else the account of the person or of a representative."""
    if party.mail:
        return party.mail
    acting = select(Representation.person_id).where(
        Representation.organization_id == party.id, Representation.state == RepresentationState.APPROVED
    )
    query = select(User.email).where((User.party_id == party.id) | User.party_id.in_(acting), User.active)
    return db.session.scalar(query.order_by(User.id).limit(1))


def inquiries_of(request: HelpRequest) -> list[Inquiry]:
    query = select(Inquiry).where(Inquiry.request_id == request.id).order_by(Inquiry.asked_at, Inquiry.id)
    return list(db.session.scalars(query))


def waiting_inquiry(request: HelpRequest) -> Inquiry | None:
    return db.session.scalar(select(Inquiry).where(Inquiry.request_id == request.id, Inquiry.state.in_(WAITING)))


def promises(request: HelpRequest) -> list[Inquiry]:
    return [inquiry for inquiry in inquiries_of(request) if inquiry.state is InquiryState.PROMISED]


def move(inquiry: Inquiry, action: InquiryAction) -> None:
    inquiry.state = INQUIRY.after(inquiry.state, action)


def stand_down(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    """Somebody said yes and will not be needed: they are told."""
    move(inquiry, InquiryAction.STAND_DOWN)
    tell(inquiry, "inquiry_stood_down", now=now)
    audit.record("inquiry:stand_down", inquiry, by=by, at=now, case=inquiry.request_id)


def tell(inquiry: Inquiry, letter: str, *, now: datetime) -> None:
    if address := mail_of(inquiry.party):
        subject, body = render(letter, inquiry=inquiry, party=inquiry.party, desk=inquiry.request.desk)
        outbox.enqueue(
            letter.replace("_", ":", 1),
            to=address,
            subject=subject,
            body=body,
            now=now,
            party_id=inquiry.party_id,
            case=inquiry.request_id,
        )
