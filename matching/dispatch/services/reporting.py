"""After the day: done or not done, a short report; cancelling; closing."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from ... import audit, outbox
from ...accounts.actor import Actor
from ...errors import Invalid
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...help_requests.states import RequestAction
from ...i18n import today
from ...letters import render
from ..models import Dispatch
from ..states import DISPATCH, DispatchAction, DispatchState
from .deciding import decision_of
from .inquiries import mail_of


def report(dispatch: Dispatch, *, done: bool, text: str, attended: int | None = None, by: Actor, now: datetime) -> None:
    """What became of one occasion. When the last one is reported, so is the request, and the contacts close."""
    if dispatch.on and dispatch.on > today(now) and done:
        raise Invalid(_("まだ実施日になっていません。実施したあとに報告してください。"), field="done")
    if not text.strip():
        message = _("実施しなかった理由を入力してください。") if not done else _("様子をひとこと入力してください。")
        raise Invalid(message, field="text")
    action = DispatchAction.REPORT_DONE if done else DispatchAction.REPORT_NOT_DONE
    dispatch.report = text.strip()
    dispatch.state = DISPATCH.after(dispatch.state, action)
    dispatch.attended = attended if done else None
    dispatch.reported_at, dispatch.reported_by = now, by.source
    request = dispatch.request
    audit.record("dispatch:report", dispatch, by=by, at=now, case=request.id)
    if all(other.state is not DispatchState.PLANNED for other in dispatch.decision.dispatches):
        help_requests.advance(request, RequestAction.REPORT, by=by, now=now)


def cancel(request: HelpRequest, *, reason: str, by: Actor, now: datetime) -> None:
    """中止: a typhoon, an illness. Both sides are told."""
    if not reason.strip():
        raise Invalid(_("中止の理由を入力してください。両方に伝わります。"), field="reason")
    request.ending = reason.strip()
    help_requests.advance(request, RequestAction.CANCEL, by=by, now=now)
    decision = decision_of(request)
    assert decision is not None  # the workflow cancels decided requests only
    for dispatch in decision.dispatches:
        if dispatch.state is DispatchState.PLANNED:
            dispatch.state = DISPATCH.after(dispatch.state, DispatchAction.CANCEL)
            audit.record("dispatch:cancel", dispatch, by=by, at=now, case=request.id)
    for notice in decision.notices:
        address = help_requests.mail_of(request) if notice.to_requester else mail_of(notice.party)
        if address:
            subject, body = render("cancelled", decision=decision, party=notice.party, desk=request.desk)
            outbox.enqueue(
                "dispatch:cancel",
                to=address,
                subject=subject,
                body=body,
                now=now,
                party_id=notice.party_id,
                case=request.id,
                key=f"cancel:{notice.id}",
            )


def close(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    help_requests.advance(request, RequestAction.CLOSE, by=by, now=now)
