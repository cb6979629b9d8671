"""What a candidate answers: yes for now, no, or a question first; and the desk's reply to it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from .... import audit, outbox
from ....accounts.actor import Actor, Source
from ....errors import Invalid, MatchingError
from ....help_requests import services as help_requests
from ....help_requests.states import RequestAction, RequestState
from ....i18n import today
from ....letters import render
from ...models import Inquiry
from ...states import WAITING, InquiryAction, InquiryState
from .. import links
from ..agreeing import retract_agreement
from ..inquiries import mail_of, move
from ..searching import admitted
from .retracting import let_go, still_promised


def _answered(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    inquiry.answered_at, inquiry.answered_by = now, by.source
    outbox.drop(inquiry.message)  # answered by telephone within the undo time: the mail would ask once more


def promise(
    inquiry: Inquiry,
    *,
    heads: int | None = None,
    settled: list[dict[str, int]] | None = None,
    remark: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """A provisional yes (内諾). ``settled`` says which wish of each occasion suits."""
    refused = {one["occasion"] for one in settled or () if one["choice"] == 0}
    if refused and refused >= {occasion["id"] for occasion in inquiry.told["occasions"]}:
        message = _("行ける回が1つもありません。1回は選ぶか、「今回は辞退します」を選んでください。")
        raise Invalid(message, field="answer")
    if not admitted([inquiry.candidate], on=today(now)):
        raise MatchingError(_("この人は登録が終わっているか、利用の同意がありません。窓口で登録を確かめてください。"))
    move(inquiry, InquiryAction.PROMISE)
    _answered(inquiry, by=by, now=now)
    inquiry.heads, inquiry.settled, inquiry.remark = heads, settled, remark or None
    help_requests.advance(inquiry.request, RequestAction.PROMISE, by=by, now=now)
    audit.record("inquiry:promise", inquiry, by=by, at=now, case=inquiry.request_id)


def decline(inquiry: Inquiry, *, reason: str, by: Actor, now: datetime) -> None:
    """No, or a provisional yes taken back before the decision."""
    if not reason.strip():
        raise Invalid(_("辞退の理由を選ぶか、入力してください。"), field="decline_choice")
    request, was = inquiry.request, inquiry.state
    if was is InquiryState.PROMISED and request.state not in (
        RequestState.PROMISED,
        RequestState.CONSULTING,
        RequestState.AGREED,
        RequestState.INQUIRING,
    ):
        raise MatchingError(_("派遣が決まったあとの辞退は、窓口へ電話でお知らせください。"))
    inquiry.decline_reason = reason.strip()
    move(inquiry, InquiryAction.DECLINE)
    _answered(inquiry, by=by, now=now)
    if was in WAITING:
        let_go(inquiry, by=by, now=now)
    elif request.state is not RequestState.INQUIRING:
        if request.state is not RequestState.PROMISED or not still_promised(inquiry):
            let_go(inquiry, by=by, now=now)
        retract_agreement(request, by=by, now=now)
    audit.record("inquiry:decline", inquiry, by=by, at=now, case=request.id)


def ask(inquiry: Inquiry, *, question: str, by: Actor, now: datetime) -> None:
    """The candidate wants to know something first."""
    if not question.strip():
        raise Invalid(_("聞きたいことを入力してください。"), field="question")
    move(inquiry, InquiryAction.ASK)
    inquiry.question, inquiry.reply = question.strip(), None
    audit.record("inquiry:ask", inquiry, by=by, at=now, case=inquiry.request_id)


def reply(inquiry: Inquiry, *, text: str, by: Actor, now: datetime) -> None:
    """The desk answers the candidate's question; by mail when the inquiry went by mail."""
    if not text.strip():
        raise Invalid(_("答えを入力してください。"), field="reply")
    help_requests.refuse_contact_data(text, field="reply")
    move(inquiry, InquiryAction.ANSWER)
    inquiry.reply = text.strip()
    address = mail_of(inquiry.party)
    if inquiry.channel is Source.MAIL and address:
        subject, body = render(
            "inquiry_reply",
            inquiry=inquiry,
            party=inquiry.party,
            link=links.address_of(inquiry),
            desk=inquiry.request.desk,
        )
        outbox.enqueue(
            "inquiry:reply",
            to=address,
            subject=subject,
            body=body,
            now=now,
            party_id=inquiry.party_id,
            case=inquiry.request_id,
        )
    audit.record("inquiry:answer", inquiry, by=by, at=now, case=inquiry.request_id)
