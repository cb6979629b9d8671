"""Who asks in the bench: one organization, its requests at a desk, and the coordinators who search for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from flask_security.utils import hash_password
from sqlalchemy import select

from ....accounts import staffing
from ....accounts.actor import SYSTEM, Source
from ....accounts.models import Role, User
from ....database import db
from ....engine.types import Ask
from ....help_requests.models import HelpRequest, Need, RequestKind
from ....help_requests.states import RequestState
from ....registry import services as registry
from ....registry.models import Organization
from ....registry.vocabulary import CITY_DESK, Desk, OrganizationKind

PASSWORD = "kyodo-musubi-bench"
_REQUESTER = "計測のための自治会"


def requests_for(asks: Sequence[Ask], *, now: datetime) -> list[HelpRequest]:
    """Each ask as an accepted request of its own; the caller commits."""
    made = []
    for ask in asks:
        request = HelpRequest(
            form_key=uuid4().hex,
            number=f"B-{uuid4().hex[:12]}",
            requester=_requester(),
            desk=_desk(),
            came_by=Source.TELEPHONE,
            title=ask.title[:80],
            trouble=ask.detail,
            outline=ask.detail or ask.title,
            field_number=ask.field,
            district_id=ask.district,
            kind=RequestKind.DISPATCH,
            state=RequestState.ACCEPTED,
            submitted_at=now,
            accepted_at=now,
            needs=[Need(position=at, phrase=need[:60]) for at, need in enumerate(ask.needs, start=1)],
        )
        db.session.add(request)
        made.append(request)
    db.session.flush()
    return made


def coordinators(count: int, *, now: datetime) -> list[str]:
    """The addresses of so many coordinators who sign in with ``PASSWORD``; the caller commits."""
    emails = [f"bench{number}@example.jp" for number in range(1, count + 1)]
    hashed = hash_password(PASSWORD)
    for email in emails:
        user: User = staffing.account_of(email, name=email, by=SYSTEM, now=now)
        user.password = hashed
        staffing.give_role(user, Role.COORDINATOR, desk_id=_desk().id, by=SYSTEM, now=now)
    db.session.flush()
    return emails


def _desk() -> Desk:
    return db.session.scalars(select(Desk).where(Desk.code == CITY_DESK)).one()


def _requester() -> Organization:
    found = db.session.scalar(select(Organization).where(Organization.name == _REQUESTER).limit(1))
    return found or registry.create_organization(_REQUESTER, kind=OrganizationKind.NEIGHBORHOOD)
