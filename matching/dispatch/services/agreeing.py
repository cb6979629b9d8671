"""The requester's consent (了承): they agree, or not, to the outline of who would come. No contact data yet."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit, outbox
from ...accounts.actor import Actor, Source
from ...database import db
from ...errors import Invalid, MatchingError
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...help_requests.states import RequestAction
from ...letters import render
from ..models import Agreement
from ..states import AGREEMENT, AgreementAction, AgreementState
from . import links
from .inquiries import promises, stand_down


def standing_agreement(request: HelpRequest) -> Agreement | None:
    """The one that is asked or agreed; refused and retracted ones are history."""
    return db.session.scalar(
        select(Agreement).where(
            Agreement.request_id == request.id,
            Agreement.state.in_([AgreementState.ASKED, AgreementState.AGREED]),
        )
    )


def agreements_of(request: HelpRequest) -> list[Agreement]:
    return list(db.session.scalars(select(Agreement).where(Agreement.request_id == request.id).order_by(Agreement.id)))


def consult(request: HelpRequest, *, outline: str, channel: Source, by: Actor, now: datetime) -> Agreement:
    """Ask the requester whether they agree to who would come."""
    if not outline.strip():
        raise Invalid(_("どんな人が行くかを入力してください。"), field="outline")
    help_requests.refuse_contact_data(outline)
    address = help_requests.mail_of(request)
    if channel is Source.MAIL and not address:
        raise Invalid(_("依頼者のメールアドレスが登録されていません。電話か書面を選んでください。"), field="channel")
    help_requests.advance(request, RequestAction.CONSULT, by=by, now=now)
    if not promises(request):
        raise MatchingError(_("内諾した人がいません。先に打診してください。"))
    agreement = Agreement(
        request=request,
        outline=outline.strip(),
        channel=channel,
        asked_at=now,
        asked_by_id=by.user_id,
        link_key=links.new_key(),
    )
    db.session.add(agreement)
    db.session.flush()
    if channel is Source.MAIL and address:
        subject, body = render(
            "agreement", agreement=agreement, request_=request, link=links.address_of(agreement), desk=request.desk
        )
        agreement.message = outbox.enqueue(
            "agreement:ask",
            to=address,
            subject=subject,
            body=body,
            now=now,
            hold=True,
            party_id=request.requester_id,
            case=request.id,
            key=f"agreement:{agreement.id}",
        )
    told = by if channel is Source.MAIL else by.told_by(channel)
    audit.record("agreement:ask", agreement, by=told, at=now, case=request.id)
    return agreement


def _move(agreement: Agreement, action: AgreementAction, *, by: Actor, now: datetime) -> None:
    agreement.state = AGREEMENT.after(agreement.state, action)
    agreement.answered_at, agreement.answered_by = now, by.source
    outbox.drop(agreement.message)  # answered by telephone within the undo time: the mail would ask once more


def agree(agreement: Agreement, *, by: Actor, now: datetime) -> None:
    _move(agreement, AgreementAction.AGREE, by=by, now=now)
    help_requests.advance(agreement.request, RequestAction.AGREE, by=by, now=now)
    audit.record("agreement:agree", agreement, by=by, at=now, case=agreement.request_id)


def refuse(agreement: Agreement, *, reason: str, by: Actor, now: datetime) -> None:
    """The requester does not want this person: those who promised are told that they are not needed."""
    if not reason.strip():
        raise Invalid(_("了承しない理由を入力してください。"), field="reason")
    _move(agreement, AgreementAction.REFUSE, by=by, now=now)
    agreement.reason = reason.strip()
    for inquiry in promises(agreement.request):
        stand_down(inquiry, by=by, now=now)
    help_requests.advance(agreement.request, RequestAction.DISAGREE, by=by, now=now)
    audit.record("agreement:refuse", agreement, by=by, at=now, case=agreement.request_id)


def retract_agreement(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    """What the requester agreed to, or was asked, no longer stands."""
    agreement = standing_agreement(request)
    if agreement is None:
        return
    agreement.state = AGREEMENT.after(agreement.state, AgreementAction.RETRACT)
    outbox.drop(agreement.message)  # where it was read, the page behind its link says that it no longer stands
    audit.record("agreement:retract", agreement, by=by, at=now, case=request.id)


def take_back(agreement: Agreement, *, by: Actor, now: datetime) -> None:
    """What was asked was wrong, or nobody answers: the request is at 内諾 again, and can be asked about anew."""
    retract_agreement(agreement.request, by=by, now=now)
    help_requests.advance(agreement.request, RequestAction.KEEP_PROMISE, by=by, now=now)


def undo(agreement: Agreement, *, by: Actor, now: datetime) -> None:
    """「取り消す」 while the mail is still held: the request is at 内諾 again."""
    if agreement.message is None:
        raise MatchingError(_("メールで送ったものだけが、ここから取り消せます。"))
    outbox.cancel(agreement.message)
    take_back(agreement, by=by, now=now)
