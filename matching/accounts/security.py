"""Flask-Security as we use it: sign-up with a confirmed address, sign-in, forgotten passwords; mail through our outbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, after_this_request, current_app, has_request_context, request
from flask_babel import lazy_gettext as _l
from flask_security.core import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.mail_util import MailUtil
from flask_security.signals import user_confirmed

from .. import outbox
from ..database import db
from .models import RoleGrant, User

TRANSLATIONS = str(Path(__file__).resolve().parent.parent / "translations")

SETTINGS: dict[str, Any] = {
    "SECURITY_REGISTERABLE": True,
    "SECURITY_CONFIRMABLE": True,
    "SECURITY_AUTO_LOGIN_AFTER_CONFIRM": True,
    "SECURITY_RECOVERABLE": True,
    "SECURITY_CHANGEABLE": True,
    "SECURITY_UNIFIED_SIGNIN": False,
    "SECURITY_USE_REGISTER_V2": True,
    "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_LENGTH_MIN": 10,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_DATETIME_FACTORY": lambda: datetime.now(UTC),
    "SECURITY_EMAIL_HTML": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_I18N_DIRNAME": ["builtin", TRANSLATIONS],
    "SECURITY_POST_LOGIN_VIEW": "/me",
    "SECURITY_POST_REGISTER_VIEW": "/login",
    "SECURITY_POST_CONFIRM_VIEW": "/me",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
    "SECURITY_LOGOUT_METHODS": ["POST"],
    # The library's own sentences, with a category that fits ours.
    "SECURITY_MSG_UNAUTHENTICATED": ("You must sign in to view this resource.", "info"),
    "SECURITY_MSG_CONFIRM_REGISTRATION": (
        "Thank you. To confirm your email address %(email)s, please click on the link in the email we have just sent to you.",
        "info",
    ),
    "SECURITY_EMAIL_SUBJECT_REGISTER": _l("【協働むすび】メールアドレスの確認"),
    "SECURITY_EMAIL_SUBJECT_CONFIRM": _l("【協働むすび】メールアドレスの確認"),
    "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": _l("【協働むすび】パスワードの再設定"),
    "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": _l("【協働むすび】パスワードを再設定しました"),
    "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": _l("【協働むすび】パスワードを変更しました"),
}


class OutboxMail(MailUtil):
    """Flask-Security's mails take the same way as ours: enqueued, delivered by `flask outbox deliver`.

    An address is the same however it was typed: with spaces around it, in capitals, in full width.
    """

    def normalize(self, email: str) -> str:
        return super().normalize(email.strip()).lower()

    def validate(self, email: str) -> str:
        return super().validate(email.strip()).lower()

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        address = recipient[1] if isinstance(recipient, tuple) else recipient
        body = body or ""
        if has_request_context():
            if (link := kwargs.get("confirmation_link")) and (path := _heading_for()):
                body = body.replace(link, f"{link}?next={quote(path, safe='')}")
            # Its links begin with the Host header of whoever asked; ours begin with a setting.
            body = body.replace(request.url_root, current_app.config["PUBLIC_URL"].rstrip("/") + "/")
            after_this_request(_commit)  # its views commit what they changed; where they only send a mail, they do not
        outbox.enqueue(f"account:{template}", to=str(address), subject=str(subject), body=body, now=datetime.now(UTC))


def _heading_for() -> str | None:
    """The page that somebody was on the way to: a short path of ours and nothing else, since it goes into a mail."""
    path = request.args.get("next", "")
    return path if len(path) <= 200 and re.fullmatch(r"/(?![/\\])[!-~]*", path) else None


def _lead_on(_app: Flask, **_facts: Any) -> None:
    """Flask-Security leads to one fixed page after the confirmation."""
    if path := _heading_for():
        after_this_request(partial(_redirected, path=path))


def _redirected(response: Response, *, path: str) -> Response:
    response.location = path
    return response


def _commit(response: Response) -> Response:
    db.session.commit()
    return response


def init_app(app: Flask) -> None:
    for name, value in SETTINGS.items():
        app.config.setdefault(name, value)
    app.config.setdefault("SECURITY_EMAIL_SENDER", app.config["MAIL_SENDER"])
    user_confirmed.connect(_lead_on)
    Security(app, SQLAlchemyUserDatastore(db, User, RoleGrant), mail_util_cls=OutboxMail)
