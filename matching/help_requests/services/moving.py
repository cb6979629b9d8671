"""How a request moves. `advance` is the only writer of its state; rooms above hear of it by signal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from blinker import Namespace
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import or_, select

from ... import audit, outbox
from ...accounts.actor import Actor
from ...accounts.models import User
from ...database import db
from ...errors import Invalid
from ...i18n import era_year, fiscal_year, today
from ...letters import render
from ...registry.models import Representation, RepresentationState
from ...registry.services import next_number
from ..models import HelpRequest, RequestKind
from ..states import WORKFLOW, RequestAction
from .matter import refuse_contact_data, when_in_words
from .releasing import conceal

SHORT_ERAS = {"令和": "R"}

# Upward news: a room above listens and acts in the same transaction.
signals = Namespace()
request_accepted = signals.signal("request-accepted")
request_withdrawn = signals.signal("request-withdrawn")
desk_changed = signals.signal("desk-changed")
matter_changed = signals.signal("matter-changed")


def take_turn(request: HelpRequest) -> None:
    """Wait until nobody else acts on this request, then read everything anew (PostgreSQL; on SQLite writers queue).

    Two reports at once would each see the other's occasion still open, and neither would close the case.
    """
    db.session.execute(select(HelpRequest.id).where(HelpRequest.id == request.id).with_for_update())
    db.session.expire_all()


def advance(
    request: HelpRequest,
    action: RequestAction,
    *,
    by: Actor,
    now: datetime,
    fields: Iterable[str] | None = None,
) -> None:
    """Take one step of the workflow and write it down. Where it ends early, ``request.ending`` already says why."""
    request.state = WORKFLOW.after(request.state, action)
    if action is RequestAction.ACCEPT:
        request.accepted_at, request.accepted_by_id = now, by.user_id
    if request.has_ended:
        request.ended_at = now
    audit.record(f"request:{action.value}", request, by=by, at=now, case=request.id, fields=fields)
    if action is RequestAction.DECIDE:
        conceal(request, by=by, now=now)  # should it be reopened, the requester says anew whether it is shown
    db.session.flush()


def accept(
    request: HelpRequest, *, kind: RequestKind | None, outline: str | None, by: Actor, now: datetime
) -> HelpRequest:
    """Take a request in at its desk: it gets its number, and the search for people begins."""
    WORKFLOW.after(request.state, RequestAction.ACCEPT)
    if kind is None:
        raise Invalid(_("派遣か紹介かを選んでください。"), field="kind")
    if not outline or not outline.strip():
        raise Invalid(_("打診用の要約を書いてください。"), field="outline")
    refuse_contact_data(outline, of=(request.requester, request.contact_person))
    if by.user_id is not None and request.desk_id not in by.desks:
        raise Invalid(_("ほかの窓口の依頼は、その窓口が受け付けます。「保存する」を押してください。"), field="desk")
    if not is_vouched_for(request):
        message = _(
            "依頼した人がこの団体の代表者・担当者か、まだ確かめていません。先に「代表者の確認」で確かめてください。"
        )
        raise Invalid(message)
    request.kind, request.outline = kind, outline.strip()
    request.number = _number(now)
    advance(request, RequestAction.ACCEPT, by=by, now=now)
    tell_requester(request, "request_accepted", now=now)
    request_accepted.send(request, by=by, now=now)
    return request


def _number(now: datetime) -> str:
    """「R8-012」: the fiscal year by its era, and a number that runs through the year."""
    day = today(now)
    era = era_year(day.replace(year=fiscal_year(day), month=4, day=1))
    return f"{SHORT_ERAS.get(era[:2], era[:2])}{era[2:]}-{next_number('request', day):03d}"


def withdraw(request: HelpRequest, reason: str, *, by: Actor, now: datetime) -> HelpRequest:
    """The requester takes the request back."""
    WORKFLOW.after(request.state, RequestAction.WITHDRAW)
    if not reason.strip():
        raise Invalid(_("取り下げの理由を書いてください。"), field="reason")
    request.ending = reason.strip()
    advance(request, RequestAction.WITHDRAW, by=by, now=now)
    request_withdrawn.send(request, by=by, now=now)
    return request


def is_vouched_for(request: HelpRequest) -> bool:
    """A desk wrote it down, or a desk found that whoever sent it acts for the organization."""
    if request.submitted_by_id is None:
        return True
    approved = select(Representation.id).where(
        Representation.person_id == request.contact_person_id,
        Representation.organization_id == request.requester_id,
        Representation.state == RepresentationState.APPROVED,
    )
    return db.session.scalar(approved.limit(1)) is not None


def mail_of(request: HelpRequest) -> str | None:
    """Where the requester reads mail: the contact person's address, an account's, or the organization's.

    Only the organization's own while nobody has vouched for whoever sent the request.
    """
    if not is_vouched_for(request):
        return request.requester.mail
    return _mail_of_contact(request) or request.requester.mail


def _mail_of_contact(request: HelpRequest) -> str | None:
    person = request.contact_person
    if person and person.mail:
        return person.mail
    known = [User.id == request.submitted_by_id] if request.submitted_by_id else []
    if person:
        known.append(User.party_id == person.id)
    return db.session.scalar(select(User.email).where(or_(*known), User.active).order_by(User.id)) if known else None


def acknowledge(request: HelpRequest, *, now: datetime) -> None:
    """Tell whoever sent the request that it came in: it says nothing but what they wrote themselves."""
    _tell(request, "request_submitted", _mail_of_contact(request) or mail_of(request), now=now)


def tell_requester(request: HelpRequest, letter: str, *, now: datetime) -> None:
    """Send a letter to the requester, once; those without mail hear by telephone."""
    _tell(request, letter, mail_of(request), now=now)


def _tell(request: HelpRequest, letter: str, address: str | None, *, now: datetime) -> None:
    if address is None:
        return
    link = None
    if request.submitted_by_id:
        link = f"{current_app.config['PUBLIC_URL'].rstrip('/')}/my/requests/{request.id}"
    subject, body = render(letter, help_request=request, link=link, when_in_words=when_in_words)
    outbox.enqueue(
        letter.replace("_", ":"),
        to=address,
        subject=subject,
        body=body,
        now=now,
        party_id=request.contact_person_id or request.requester_id,
        case=request.id,
        key=f"{letter}:{request.id}",
    )
