"""After the decision somebody cannot come: what was decided is revoked, and somebody else is looked for.

The decision keeps its number and its page; the next one gets a number of its own, as a change does on paper. What has
taken place already stays as it was reported.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _

from ... import audit, outbox
from ...accounts.actor import Actor
from ...errors import Invalid, MatchingError
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...help_requests.states import WORKFLOW, RequestAction
from ...letters import render
from ...registry.models import Party
from ..models import Decision, DecisionResult, Inquiry
from ..states import DISPATCH, DispatchAction, DispatchState, InquiryAction
from .agreeing import retract_agreement
from .deciding import decision_of
from .inquiries import mail_of, move, promises


def may_be_reopened(request: HelpRequest) -> list[Inquiry]:
    """Those who said yes and are expected; raises NotAllowed where nothing is decided."""
    WORKFLOW.after(request.state, RequestAction.REOPEN)
    return promises(request)


def reopen(request: HelpRequest, *, cannot_come: Collection[int], reason: str, by: Actor, now: datetime) -> list[Party]:
    """These parties cannot come after all. Answers who must hear of it by telephone, because they read no mail.

    ``reason`` stays with the desk: it may say something of somebody's health. The others' yes still counts.
    """
    expected = may_be_reopened(request)
    leaving = [inquiry for inquiry in expected if inquiry.party_id in cannot_come]
    if not leaving:
        raise Invalid(_("来られなくなった人を選んでください。"), field="cannot_come")
    if not reason.strip():
        raise Invalid(_("来られなくなった理由を書いてください。"), field="reason")
    decision = decision_of(request)
    if decision is None or decision.result is not DecisionResult.GRANTED:
        raise MatchingError(_("取り消せる決定がありません。"))
    for dispatch in decision.dispatches:
        if dispatch.state is DispatchState.PLANNED:
            dispatch.state = DISPATCH.after(dispatch.state, DispatchAction.CANCEL)
            audit.record("dispatch:cancel", dispatch, by=by, at=now, case=request.id)
    decision.revoked_at, decision.revoked_because = now, reason.strip()
    audit.record("decision:revoke", decision, by=by, at=now, case=request.id)
    for inquiry in leaving:
        inquiry.decline_reason = reason.strip()
        move(inquiry, InquiryAction.DECLINE)
        inquiry.answered_at, inquiry.answered_by = now, by.source
        audit.record("inquiry:decline", inquiry, by=by, at=now, case=request.id)
    retract_agreement(request, by=by, now=now)
    stays = len(leaving) < len(expected)
    action = RequestAction.KEEP_PROMISE if stays else RequestAction.REOPEN
    help_requests.advance(request, action, by=by, now=now)
    return _tell_everybody(decision, {inquiry.party_id for inquiry in leaving}, now=now)


def _tell_everybody(decision: Decision, leaving: Collection[int], *, now: datetime) -> list[Party]:
    request, unreached = decision.request, []
    for notice in decision.notices:
        outbox.drop(notice.message)  # where it has not left yet, it would tell of a decision that is over
        address = help_requests.mail_of(request) if notice.to_requester else mail_of(notice.party)
        if address is None:
            unreached.append(notice.party)
            continue
        subject, body = render(
            "decision_revoked",
            decision=decision,
            party=notice.party,
            to_requester=notice.to_requester,
            is_leaving=notice.party_id in leaving,
            desk=request.desk,
        )
        outbox.enqueue(
            "decision:revoke",
            to=address,
            subject=subject,
            body=body,
            now=now,
            party_id=notice.party_id,
            case=request.id,
            key=f"revoke:{notice.id}",
        )
    return unreached
