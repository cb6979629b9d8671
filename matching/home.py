"""The first page, what waits for me, the mails that went out, and the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, case, exists, not_, or_, select, true
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from . import outbox
from .accounts.actor import Actor
from .accounts.models import Role
from .accounts.permissions import Permission, current_actor, may, public, requires
from .database import db
from .dispatch.models import Candidate, Shortlist
from .dispatch.services import reading
from .dispatch.states import WAITING
from .help_requests import services as help_requests
from .help_requests.models import HelpRequest
from .i18n import as_day
from .outbox import Message, MessageState
from .registry import services as registry
from .registry.models import Registry
from .supporters.models import Supporter

bp = Blueprint("home", __name__)

MAILS_PER_PAGE = 50
SHOWN = 10


@dataclass(frozen=True)
class Door:
    """A page in the navigation, for those who hold the permission."""

    endpoint: str
    label: Any
    permission: Permission


STAFF_PAGES = (
    Door("dispatch.queue", _l("窓口"), Permission.REQUEST_LIST),
    Door("help_requests.enter", _l("依頼を入れる"), Permission.REQUEST_ENTER),
    Door("supporters.index", _l("協働サポーター"), Permission.SUPPORTER_LIST),
    Door("groups.index", _l("登録団体"), Permission.GROUP_LIST),
    Door("councils.index", _l("審議会等"), Permission.COUNCIL_READ),
    Door("registry.representations", _l("代表者の確認"), Permission.REPRESENTATION_APPROVE),
    Door("home.mails", _l("メール"), Permission.OUTBOX_READ),
)
OWN_PAGES = (
    Door("home.me", _l("マイページ"), Permission.ME_READ),
    Door("help_requests.submit", _l("手伝ってほしい"), Permission.REQUEST_SUBMIT),
    Door("supporters.register", _l("手伝いたい"), Permission.SUPPORTER_REGISTER),
)


def doors_of(actor: Actor) -> list[Door]:
    """Staff see the pages of their work, and their own page where they are also somebody in the registry."""
    doors = STAFF_PAGES + (OWN_PAGES[:1] if actor.parties else ()) if actor.is_staff else OWN_PAGES
    return [door for door in doors if may(actor, door.permission)]


def navigation() -> dict[str, Any]:
    nav = [
        {"label": door.label, "url": url_for(door.endpoint), "current": request.endpoint == door.endpoint}
        for door in doors_of(current_actor())
    ]
    return {"nav": nav}


@bp.get("/")
@public
def index() -> str:
    return render_template("home/index.html")


@bp.get("/me")
@requires(Permission.ME_READ)
def me() -> str | Response:
    actor, person = current_actor(), registry.person_of(current_user)
    doors = doors_of(actor)
    if actor.is_staff and not actor.parties and doors:
        return redirect(url_for(doors[0].endpoint), code=303)
    requests = help_requests.requests_of(actor).options(joinedload(HelpRequest.requester))
    return render_template(
        "home/me.html",
        waiting=waiting_for(actor),
        registrations=registrations_of(actor),
        representations=registry.representations_of(person.id) if person else [],
        requests=list(
            db.session.scalars(requests.order_by(HelpRequest.submitted_at.desc(), HelpRequest.id.desc()).limit(SHOWN))
        ),
        notices=reading.notices_to(actor.parties),
    )


def waiting_for(actor: Actor) -> list[dict[str, str]]:
    """What only this person can answer, as title, text and url."""
    inquiries = [
        {
            "title": inquiry.told["title"],
            "text": _("%(day)sまでに、引き受けられるかお返事ください。", day=as_day(inquiry.answer_by)),
            "url": url_for("dispatch.my_inquiry", inquiry_id=inquiry.id),
        }
        for inquiry in reading.inquiries_to(actor.parties)
        if inquiry.state in WAITING and not inquiry.is_held
    ]
    agreements = [
        {
            "title": agreement.request.title,
            "text": _("引き受けてくれる人が見つかりました。この方でよいか、お返事ください。"),
            "url": url_for("dispatch.my_agreement", agreement_id=agreement.id),
        }
        for agreement in reading.agreements_to(actor.parties)
    ]
    return inquiries + agreements


def registrations_of(actor: Actor) -> list[Supporter]:
    query = (
        select(Supporter)
        .where(Supporter.party_id.in_(actor.parties))
        .options(joinedload(Supporter.party))
        .order_by(Supporter.registered_on.desc(), Supporter.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def _addresses_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Mails whose recipient a coordinator may read: about a case at one of their desks, or a supporter's registration.

    Who sits on a council is kept from a contractor's staff even where a case was handed over to them.
    """
    if actor.has(Role.ADMINISTRATOR):
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
    needs_somebody = case((Message.state.in_([MessageState.UNCERTAIN, MessageState.FAILED]), 0), else_=1)
    query = select(Message).order_by(needs_somebody, Message.created_at.desc(), Message.id.desc())
    if current_actor().contractor:
        query = query.where(seen)
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = db.paginate(query, page=page, per_page=MAILS_PER_PAGE)
    shown = db.session.scalars(select(Message.id).where(Message.id.in_([mail.id for mail in found.items]), seen))
    return render_template("home/mails.html", mails=found, shown=set(shown))


def _message(message_id: int) -> Message | None:
    """One mail; for a coordinator, one whose recipient they may read."""
    actor = current_actor()
    within_reach = [_addresses_seen_by(actor)] if actor.has(Role.COORDINATOR) else []
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
