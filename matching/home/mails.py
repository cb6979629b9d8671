"""The mails that went out, and what somebody does about those that may not have arrived."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true
from werkzeug.wrappers import Response

from .. import outbox
from ..accounts.actor import Actor
from ..accounts.permissions import Permission, administrator, coordinator, current_actor, requires
from ..database import db
from ..dispatch.models import Candidate, Shortlist
from ..help_requests.models import HelpRequest
from ..outbox import Message, MessageState
from ..registry.models import Registry
from ..registry.paging import MOST, Sifted, page_of_ids
from . import bp

MAILS_PER_PAGE = 50


def _addresses_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Mails whose recipient a coordinator may read: about a case at one of their desks, or a supporter's registration.

    Who sits on a council is kept from a contractor's staff even where a case was handed over to them.
    """
    if administrator(actor, None):
        return true()
    at_their_desk = Message.case.in_(select(HelpRequest.id).where(HelpRequest.desk_id.in_(actor.desks)))
    seen = or_(at_their_desk, Message.event.startswith("supporter:"))
    to_council_member = exists().where(
        Shortlist.id == Candidate.shortlist_id,
        Shortlist.request_id == Message.case,
        Candidate.party_id == Message.party_id,
        Candidate.of_registry == Registry.COUNCIL,
    )
    return and_(seen, not_(to_council_member)) if actor.contractor else seen


@bp.get("/outbox")
@requires(Permission.OUTBOX_READ)
def mails() -> str:
    """What was sent: a contractor's staff sees only mails whose recipient they may read."""
    seen = _addresses_seen_by(current_actor())
    needs_somebody = Message.state.in_([MessageState.UNCERTAIN, MessageState.FAILED])
    newest = select(Message.id).order_by(Message.created_at.desc(), Message.id.desc()).limit(MOST + 1)
    if current_actor().contractor:
        newest = newest.where(seen)
    ids = [id_ for part in (needs_somebody, ~needs_somebody) for id_ in db.session.scalars(newest.where(part))]
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = page_of_ids(Sifted(ids), Message, page=page, per_page=MAILS_PER_PAGE)
    shown = db.session.scalars(select(Message.id).where(Message.id.in_([mail.id for mail in found.items]), seen))
    return render_template("home/mails.html", mails=found, shown=set(shown))


def _message(message_id: int) -> Message | None:
    """One mail; for a coordinator, one whose recipient they may read."""
    actor = current_actor()
    within_reach = [_addresses_seen_by(actor)] if coordinator(actor, None) else []
    return db.session.scalar(select(Message).where(Message.id == message_id, *within_reach))


@bp.post("/outbox/<int:message_id>/settle")
@requires(Permission.OUTBOX_SETTLE, _message)
def settle(message: Message) -> Response:
    """Somebody telephoned and knows whether an uncertain mail arrived; a failed one is sent again."""
    answers = {"arrived": True, "again": False}
    if (arrived := answers.get(request.form.get("answer", ""))) is None:
        abort(400)
    outbox.settle(message, arrived=arrived, by=current_actor(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("届いたと記録しました。") if arrived else _("もう一度送ります。"), "success")
    return redirect(url_for("home.mails"), code=303)
