"""Signed links: they show on GET and act on POST only, need no account, expire, and are void when the row moves on."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any, TypeVar

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import select

from ...database import db
from ...errors import Refused
from ...help_requests.states import RequestState
from ..models import Agreement, Inquiry, Notice

Row = TypeVar("Row", Inquiry, Agreement, Notice)

PATHS: dict[type[Any], str] = {Inquiry: "answer", Agreement: "consent", Notice: "result"}


def new_key() -> str:
    return token_urlsafe(24)


def _serializer(model: type[Any]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"link:{PATHS[model]}")


def token_of(row: Inquiry | Agreement | Notice) -> str:
    return _serializer(type(row)).dumps(row.link_key)


def address_of(row: Inquiry | Agreement | Notice) -> str:
    """The whole address for a mail; PUBLIC_URL is a setting because a mail is not answered by this request's host."""
    return f"{current_app.config['PUBLIC_URL'].rstrip('/')}/{PATHS[type(row)]}/{token_of(row)}"


def follow(model: type[Row], token: str) -> Row:
    """The row behind a link; raises Refused for one that is forged, too old, or names nothing any more.

    A decision's link outlives its days until the report: the letter promises the contact items for that long.
    """
    if len(token) > 300:
        raise Refused(_("リンクが正しくありません。メールのリンクが途中で切れていないか確かめてください。"))
    try:
        key = _serializer(model).loads(token, max_age=current_app.config["LINK_DAYS"] * 24 * 60 * 60)
    except SignatureExpired as late:
        key = _serializer(model).load_payload(late.payload or b"")
        row = db.session.scalar(select(model).where(model.link_key == key))
        if isinstance(row, Notice) and row.request.state is RequestState.DECIDED:
            return row
        raise Refused(_("リンクの期限が切れています。")) from None
    except BadSignature:
        raise Refused(_("リンクが正しくありません。メールのリンクが途中で切れていないか確かめてください。")) from None
    row = db.session.scalar(select(model).where(model.link_key == key))
    if row is None:
        raise Refused(_("この案内は、もう使われていません。"))
    return row
