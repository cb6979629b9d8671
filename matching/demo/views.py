"""Pages that only the demo has: who can sign in, and the mail that would have been sent."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from ..accounts.permissions import public
from ..database import db
from ..outbox import Message, MessageState
from .city import PASSWORD
from .commands import accounts as everybody

bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.get("")
@public
def accounts() -> str:
    return render_template("demo/accounts.html", accounts=everybody(), password=PASSWORD)


@bp.get("/mail")
@public
def mail() -> str:
    query = select(Message).order_by(Message.id.desc())
    number = min(request.args.get("page", 1, type=int), 1_000)
    page = db.paginate(query, page=number, per_page=30, max_per_page=30, error_out=False)
    return render_template("demo/mail.html", page=page)


@bp.get("/mail/<int:message_id>")
@public
def message(message_id: int) -> str:
    found = db.session.get(Message, message_id)
    if found is None:
        abort(404)
    return render_template("demo/message.html", message=found, held=found.state is MessageState.HELD)


@bp.post("/mail/<int:message_id>/now")
@public
def send_now(message_id: int) -> Response:
    """Do not wait for the undo time: nobody has five minutes in a demo."""
    db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == MessageState.HELD)
        .values(due_at=datetime.now(UTC))
    )
    db.session.commit()
    flash(_("まもなく送られます。"), "success")
    return redirect(url_for(".message", message_id=message_id), code=303)
