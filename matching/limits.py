"""How often somebody may try: sign-in, mails that a stranger can cause, signed links, papers. Shared by all processes."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, cast

from flask import Flask, Response, abort, current_app, make_response, request, session
from flask_babel import gettext as _
from flask_security import uia_email_mapper
from flask_security.signals import password_reset, user_authenticated
from sqlalchemy import String, Table, case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from . import errors
from .database import Model, begin_as, db
from .i18n import as_moment

ADDRESS, MAILBOX, ACCOUNT = "address", "mailbox", "account"


@dataclass(frozen=True)
class Limit:
    """So many tries in a window of time, counted for each value of ``by``; ``reading`` counts GET too."""

    what: str
    by: tuple[str, ...]
    tries: int
    within: timedelta
    reading: bool = False


MINUTES_10, MINUTES_15 = timedelta(minutes=10), timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Strict for one mailbox from one address: that is somebody who guesses, or who has forgotten. Generous for a mailbox
# from everywhere: one stranger alone cannot reach it (40 an hour from one address) and so cannot keep its owner out, and
# whoever sets a new password by mail begins anew. An address may be a whole city hall, so sign-ins that succeed do not
# count for it.
SIGN_IN = (
    Limit("sign-in", (ADDRESS, MAILBOX), 10, MINUTES_15),
    Limit("sign-in", (MAILBOX,), 200, HOUR),
    Limit("sign-in", (ADDRESS,), 100, HOUR),
)
# Sign-up, forgotten password and confirmation together: all three write to whatever mailbox a stranger types.
# One address may be a community centre that helps its visitors to sign up.
MAILS = (
    Limit("mails", (MAILBOX,), 8, HOUR),
    Limit("mails", (MAILBOX,), 20, DAY),
    Limit("mails", (ADDRESS,), 60, HOUR),
)
# A password that is asked for again, behind a session that may be somebody else's.
PASSWORDS = (Limit("passwords", (ADDRESS,), 30, MINUTES_15),)
# The city's own mail scanner may open every link that comes in.
LINKS = (Limit("links", (ADDRESS,), 120, MINUTES_10, reading=True),)
# What anybody with an account may send in: it fills the desks' lists, and a word of receipt goes to the mailbox that it
# names. A form in steps is sent five times or so.
PAPERS = (Limit("papers", (ACCOUNT,), 60, HOUR),)
# Words offered while somebody types, once for each pause.
SUGGESTIONS = (Limit("suggestions", (ACCOUNT,), 300, MINUTES_10),)

LIMITS: dict[str, tuple[Limit, ...]] = {
    "concept_suggestions.suggest": SUGGESTIONS,
    "security.login": SIGN_IN,
    "security.register": MAILS,
    "security.forgot_password": MAILS,
    "security.send_confirmation": MAILS,
    "security.change_password": PASSWORDS,
    "security.verify": PASSWORDS,
    "security.reset_password": LINKS,
    "security.confirm_email": LINKS,
    "dispatch.answer": LINKS,
    "dispatch.consent": LINKS,
    "dispatch.result": LINKS,
    "help_requests.submit": PAPERS,
    "registry.claim": PAPERS,
    "supporters.register": PAPERS,
}
LONGEST = max(limit.within for limits in LIMITS.values() for limit in limits)


class Attempt(Model):
    """How often something was tried since its window opened. The key is an HMAC: no address, no mailbox is kept."""

    __tablename__ = "attempt"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    opened_at: Mapped[datetime]
    count: Mapped[int]


def _client() -> str:
    """Whose try it is: the address, or the network that one household or office holds in IPv6."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or ""
    if address.version == 6 and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _typed_mailbox() -> str:
    """The mail address that is being tried. Flask-Security reads JSON as well, also as a list of pairs: an object is
    all that anybody needs, and all that is counted."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(sent, dict):
        abort(400)
    value = sent.get("email")
    return str(value[0] if isinstance(value, list) and value else value or "")


def _one_mailbox(address: str) -> str:
    """Spellings that reach the same mailbox: what is the same account at sign-in, and what stands after a plus."""
    name, _at, domain = (uia_email_mapper(address) or address.strip()).casefold().rpartition("@")
    return f"{name.split('+')[0]}@{domain}"


def _key(limit: Limit, mailbox: str) -> str | None:
    """None where there is nothing to count by."""
    values = {ADDRESS: _client(), MAILBOX: _one_mailbox(mailbox), ACCOUNT: str(session.get("_user_id", ""))}
    if (MAILBOX in limit.by and not mailbox) or (ACCOUNT in limit.by and not values[ACCOUNT]):
        return None
    text = "\0".join([limit.what, str(limit.within), *(f"{by}={values[by]}" for by in limit.by)])
    return hmac.digest(current_app.secret_key.encode(), text.encode(), "sha256").hex()  # type: ignore[union-attr]


def _keys(limits: Iterable[Limit], mailbox: str) -> list[tuple[str, Limit]]:
    """In the order in which rows are locked, so that two requests never wait for each other."""
    return sorted((key, limit) for limit in limits if (key := _key(limit, mailbox)))


def _count(key: str, limit: Limit, now: datetime) -> Any:
    """One statement: the first try opens a window, one after its end opens the next."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    is_over = Attempt.opened_at <= now - limit.within
    return (
        insert(cast(Table, Attempt.__table__))
        .values(key=key, opened_at=now, count=1)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((is_over, 1), else_=Attempt.count + 1),
                "opened_at": case((is_over, now), else_=Attempt.opened_at),
            },
        )
        .returning(Attempt.count, Attempt.opened_at)
    )


def _refused_until(limits: Iterable[Limit], now: datetime) -> datetime | None:
    """Count this try, and say from when on the next one is heard; None when this one is.

    In a transaction of its own: what the view does with a failed try is rolled back, the count is not.
    """
    keys = _keys(limits, _typed_mailbox())
    begin_as(writer=True)
    refused = None
    with db.engine.begin() as connection:
        for key, limit in keys:
            count, opened_at = connection.execute(_count(key, limit, now)).one()
            if count > limit.tries:
                refused = max(refused or now, opened_at + limit.within)
    return refused


def _refuse(until: datetime, now: datetime) -> Response:
    begin_as(writer=False)
    shown = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    message = _("%(moment)sを過ぎてから、もう一度お試しください。", moment=as_moment(shown))
    response = make_response(errors.page(429, str(errors.PAGES[429][0]), message, ""))
    response.headers["Retry-After"] = str(int((shown - now).total_seconds()) + 1)
    return response


def _forgive(_app: Flask, user: Any, **_facts: Any) -> None:
    """Who has shown that the mailbox is theirs begins anew; in the transaction of the sign-in."""
    for key, limit in _keys(SIGN_IN, user.email):
        if MAILBOX in limit.by:
            db.session.execute(delete(Attempt).where(Attempt.key == key))
        elif request.endpoint == "security.login":
            fewer = update(Attempt).where(Attempt.key == key, Attempt.count > 0).values(count=Attempt.count - 1)
            db.session.execute(fewer)


def forget_old(*, now: datetime) -> int:
    """Remove windows that have long been over."""
    gone = db.session.execute(delete(Attempt).where(Attempt.opened_at < now - LONGEST).returning(Attempt.key))
    return len(gone.all())


def init_app(app: Flask) -> None:
    """After the check of form tokens, so that other sites cannot use up somebody's tries; before any view."""

    @app.before_request
    def _limit() -> Response | None:
        limits = [
            limit
            for limit in LIMITS.get(request.endpoint or "", ())
            if limit.reading or request.method not in ("GET", "HEAD", "OPTIONS")
        ]
        now = datetime.now(UTC)
        until = _refused_until(limits, now) if limits else None
        return _refuse(until, now) if until else None

    user_authenticated.connect(_forgive)
    password_reset.connect(_forgive)
