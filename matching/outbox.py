"""The outbox: mail lands in the same transaction as what it tells, waits, and is sent by `flask outbox deliver`.

A message is claimed in a transaction of its own before it is handed to the mail server, so a process that dies in
between leaves it `sending`; the next run marks it `uncertain` and shows it to a person. It is never sent again by itself:
telling somebody twice that they are to come is worse than one telephone call.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from . import audit
from .database import Model, Stamped, db
from .errors import MatchingError
from .workflow import N_, Labelled

if TYPE_CHECKING:
    from .accounts.actor import Actor

RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
ONE_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")
CLAIM_LASTS = timedelta(minutes=10)


class MessageState(Labelled):
    HELD = "held", N_("送信待ち")
    SENDING = "sending", N_("送信中")
    SENT = "sent", N_("送信済み")
    CANCELLED = "cancelled", N_("取り消し")
    FAILED = "failed", N_("送れませんでした")
    UNCERTAIN = "uncertain", N_("送れたか不明")


class Message(Stamped, Model):
    """One mail to one recipient: an address must not leak to others."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("state != 'sent' OR sent_at IS NOT NULL", name="sent_has_a_time"),
        Index("ix_message_due", "state", "due_at"),
        Index("ix_message_created_at", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(60))
    recipient: Mapped[str] = mapped_column(String(254))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), index=True)
    case: Mapped[int | None] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    state: Mapped[MessageState] = mapped_column(default=MessageState.HELD)
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(300))


class TooLate(MatchingError):
    """The mail has left, or somebody else already cancelled it."""


def enqueue(
    event: str,
    *,
    to: str,
    subject: str,
    body: str,
    now: datetime,
    hold: bool = False,
    party_id: int | None = None,
    case: int | None = None,
    key: str | None = None,
) -> Message:
    """Put a mail into the caller's transaction. ``hold`` keeps it back for the undo time; ``key`` forbids a second one."""
    wait = timedelta(seconds=current_app.config["MAIL_HOLD_SECONDS"]) if hold else timedelta()
    message = Message(
        event=event,
        recipient=to,
        party_id=party_id,
        case=case,
        subject=subject,
        body=body,
        message_id=make_msgid(domain="kyodo-musubi.invalid"),
        key=key,
        due_at=now + wait,
    )
    db.session.add(message)
    db.session.flush()
    return message


def _move(message_id: int, start: MessageState, **values: object) -> bool:
    """Change a message only while it is in the state that we believe; rivals see exactly one winner."""
    result = db.session.execute(
        update(Message).where(Message.id == message_id, Message.state == start).values(**values),
        execution_options={"synchronize_session": "fetch"},
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def cancel(message: Message) -> None:
    """Take a held mail back; raises TooLate when delivery was faster."""
    if not _move(message.id, MessageState.HELD, state=MessageState.CANCELLED):
        raise TooLate(_("このメールはすでに送られたか、取り消されています。"))


def drop(message: Message | None) -> None:
    """A mail that has become pointless: taken back where it still waits, left alone where it has gone."""
    if message is not None:
        with suppress(TooLate):
            cancel(message)


def settle(message: Message, *, arrived: bool, by: Actor, now: datetime) -> None:
    """A person found out whether an uncertain mail arrived: it counts as sent, or goes out once more; so may a failed one."""
    if arrived:
        moved = _move(message.id, MessageState.UNCERTAIN, state=MessageState.SENT, sent_at=now, error=None)
    else:
        again = {"state": MessageState.HELD, "due_at": now, "attempts": 0, "error": None}
        moved = any(_move(message.id, state, **again) for state in (MessageState.UNCERTAIN, MessageState.FAILED))
    if not moved:
        raise TooLate(_("このメールは、もうほかの人が確かめています。"))
    audit.record("message:confirm" if arrived else "message:resend", message, by=by, at=now, case=message.case)


class Transport(Protocol):
    """Hands one mail to the outside. Raises smtplib errors or OSError; SMTPServerDisconnected when it may have left."""

    def send(self, mail: EmailMessage) -> None: ...


@dataclass(frozen=True)
class FolderTransport:
    """Writes each mail as an .eml file: for the demo and for tests."""

    folder: Path

    def send(self, mail: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = "".join(c for c in str(mail["Message-ID"]) if c.isalnum() or c in ".-") + ".eml"
        (self.folder / name).write_bytes(mail.as_bytes())


class NotHandedOver(smtplib.SMTPException):
    """The line broke before the letter was on its way: it can be tried again."""


class _Conversation(smtplib.SMTP):
    """Knows whether the letter itself is on its way."""

    is_handing_over = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.is_handing_over = True
        return super().data(msg)


@dataclass(frozen=True)
class SmtpTransport:
    """Speaks to the city's mail server."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool

    def send(self, mail: EmailMessage) -> None:
        server: _Conversation | None = None
        try:
            server = _Conversation(self.host, self.port, timeout=20)
            if self.starttls:
                server.starttls(context=ssl.create_default_context())
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)
            with suppress(smtplib.SMTPException):  # the mail was taken, whatever the server says to our goodbye
                server.quit()
        except smtplib.SMTPServerDisconnected as error:
            if server and server.is_handing_over:
                raise
            raise NotHandedOver(str(error)) from error
        finally:
            if server:
                server.close()


def transport_from_config() -> Transport:
    config = current_app.config
    if config["MAIL_BACKEND"] == "smtp":
        return SmtpTransport(
            config["SMTP_HOST"],
            config["SMTP_PORT"],
            config["SMTP_USER"],
            config["SMTP_PASSWORD"],
            config["SMTP_STARTTLS"],
        )
    return FolderTransport(Path(config["MAIL_FOLDER"]))


def as_mail(message: Message) -> EmailMessage:
    """The mail to exactly one address; ValueError when it cannot be written."""
    if not ONE_ADDRESS.fullmatch(message.recipient):
        raise ValueError(_("宛先がメールアドレスの形になっていません。"))
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = current_app.config["MAIL_SENDER"]
    mail["To"] = message.recipient
    mail["Date"] = format_datetime(message.due_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, cte="base64")
    return mail


def _give_up_lost_claims(now: datetime) -> int:
    lost = db.session.execute(
        update(Message)
        .where(Message.state == MessageState.SENDING, Message.claimed_at < now - CLAIM_LASTS)
        .values(state=MessageState.UNCERTAIN, error="送信の途中で処理が止まりました。")
    )
    assert isinstance(lost, CursorResult)
    db.session.commit()
    return lost.rowcount


def _is_for_good(error: Exception) -> bool:
    """Whether the server said that it will never take a mail for this recipient."""
    refused = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else ()
    return any(500 <= code < 600 for code, _answer in refused)


def _deliver_one(message: Message, transport: Transport, now: datetime) -> MessageState | None:
    """Claim, commit, send, commit. None when a rival (undo, another process) was faster.

    Between the claim and the answer of the mail server the row is not looked at: that would open a transaction, and
    with SQLite everybody who writes would wait for the mail server.
    """
    try:
        mail = as_mail(message)
    except ValueError as error:  # no later attempt can write it either
        failed = _move(message.id, MessageState.HELD, state=MessageState.FAILED, error=str(error)[:300])
        db.session.commit()
        return MessageState.FAILED if failed else None
    claimed = _move(
        message.id, MessageState.HELD, state=MessageState.SENDING, claimed_at=now, attempts=message.attempts + 1
    )
    db.session.commit()
    if not claimed:
        return None
    try:
        transport.send(mail)
    except smtplib.SMTPServerDisconnected as error:
        # The line broke while the letter was on its way: the server may or may not have taken it.
        end, due, told = MessageState.UNCERTAIN, message.due_at, str(error)
    except (smtplib.SMTPException, OSError) as error:
        again = message.attempts <= len(RETRY_AFTER) and not _is_for_good(error)
        end = MessageState.HELD if again else MessageState.FAILED
        due = now + RETRY_AFTER[message.attempts - 1] if again else message.due_at
        told = str(error)
    else:
        _move(message.id, MessageState.SENDING, state=MessageState.SENT, sent_at=now, error=None)
        db.session.commit()
        return MessageState.SENT
    _move(message.id, MessageState.SENDING, state=end, due_at=due, error=told[:300])
    db.session.commit()
    return end


def deliver_due(*, now: datetime, transport: Transport, limit: int = 100) -> dict[str, int]:
    """Send what is due; commits by itself, one mail at a time. Returns how many ended in which state."""
    counts = {MessageState.UNCERTAIN.value: _give_up_lost_claims(now)}
    due = list(
        db.session.scalars(
            select(Message)
            .where(Message.state == MessageState.HELD, Message.due_at <= now)
            .order_by(Message.due_at, Message.id)
            .limit(limit)
        )
    )
    for message in due:
        if end := _deliver_one(message, transport, now):
            counts[end.value] = counts.get(end.value, 0) + 1
    db.session.commit()
    return counts
