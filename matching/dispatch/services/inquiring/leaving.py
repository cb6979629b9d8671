"""News from the rooms below while somebody is being asked: the request is withdrawn, says something else, or they leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from ....accounts.actor import SYSTEM, Actor
from ....database import db
from ....help_requests import services as help_requests
from ....help_requests.models import HelpRequest
from ....profiles import services as profiles
from ....registry.models import Registry
from ...models import Candidate, Inquiry
from ...states import WAITING, InquiryState
from ..agreeing import retract_agreement
from ..inquiries import inquiries_of, stand_down
from ..shortlisting import make_shortlist
from .retracting import retract, take_back


@help_requests.request_withdrawn.connect
def _on_withdrawal(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    """The requester no longer asks: whoever was asked or said yes hears of it in the same transaction."""
    for inquiry in inquiries_of(request):
        if inquiry.state in WAITING:
            take_back(inquiry, by=by, now=now)
        elif inquiry.state is InquiryState.PROMISED:
            stand_down(inquiry, by=by, now=now)
    retract_agreement(request, by=by, now=now)


@profiles.profile_withdrawn.connect
def _on_leaving(_sender: Any, *, registry: str, registration_id: int, now: datetime) -> None:
    """Somebody left the registry, or took their consent back, while they were being asked: the inquiry ends with it.

    A provisional yes stays until a person has looked: deciding on it is refused.
    """
    asked = select(Inquiry).join(Candidate, Candidate.id == Inquiry.candidate_id)
    mine = (Candidate.of_registry == Registry(registry), Candidate.registration_id == registration_id)
    for inquiry in db.session.scalars(asked.where(*mine, Inquiry.state.in_(WAITING))).all():
        retract(inquiry, by=SYSTEM, now=now)


@help_requests.matter_changed.connect
def _on_change(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    """The request says something else now: who fits is asked anew."""
    make_shortlist(request, by=by, now=now)
