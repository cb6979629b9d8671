"""Taking an inquiry back that nobody has answered; the request goes back to where it was without it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from .... import audit, outbox
from ....accounts.actor import Actor
from ....database import db
from ....errors import MatchingError
from ....help_requests import services as help_requests
from ....help_requests.states import RequestAction
from ...models import Inquiry
from ...states import InquiryAction
from ..inquiries import move, promises, tell


def still_promised(inquiry: Inquiry) -> bool:
    return any(other is not inquiry for other in promises(inquiry.request))


def let_go(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    """The request goes back to where it was without this inquiry."""
    action = RequestAction.KEEP_PROMISE if still_promised(inquiry) else RequestAction.RELEASE
    help_requests.advance(inquiry.request, action, by=by, now=now)


def retract(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    """Take an unanswered inquiry back. A mail that is still held is cancelled; one that has left is followed by a word."""
    take_back(inquiry, by=by, now=now)
    let_go(inquiry, by=by, now=now)


def take_back(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    move(inquiry, InquiryAction.RETRACT)
    if inquiry.message and inquiry.message.state is not outbox.MessageState.CANCELLED:
        try:
            outbox.cancel(inquiry.message)
            if inquiry.reply:  # they asked through their page and had an answer by mail
                tell(inquiry, "inquiry_retracted", now=now)
        except outbox.TooLate:
            db.session.refresh(inquiry.message)
            if inquiry.message.state is not outbox.MessageState.FAILED:  # nobody apologises for a mail that never came
                tell(inquiry, "inquiry_retracted", now=now)
    audit.record("inquiry:retract", inquiry, by=by, at=now, case=inquiry.request_id)


def undo(inquiry: Inquiry, *, by: Actor, now: datetime) -> None:
    """「取り消す」: only while the mail is still in the outbox; raises TooLate when it has left."""
    if inquiry.message is None:
        raise MatchingError(_("メールで送った打診だけが、ここから取り消せます。"))
    outbox.cancel(inquiry.message)
    db.session.refresh(inquiry.message)
    retract(inquiry, by=by, now=now)
