"""The outbox: a mail leaves once, or a person is asked."""

from __future__ import annotations

import email
import smtplib
import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from matching import outbox
from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.outbox import CLAIM_LASTS, RETRY_AFTER, FolderTransport, Message, MessageState, SmtpTransport, TooLate

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Postbox:
    """Keeps what it is given; an ``error`` is raised instead, ``first`` runs before."""

    def __init__(self, *, error: Exception | None = None, first=None) -> None:
        self.mails, self.error, self.first = [], error, first

    def send(self, mail) -> None:
        if self.first:
            self.first()
        self.mails.append(mail)
        if self.error:
            raise self.error


def a_mail(session, *, hold=False, **facts) -> Message:
    facts = {"to": "hanako@example.jp", "subject": "お願いのご相談", "body": "しめ縄を教えてください。\n"} | facts
    message = outbox.enqueue("inquiry:send", now=NOW, hold=hold, **facts)
    session.commit()
    return message


def deliver(transport, now=NOW):
    return outbox.deliver_due(now=now, transport=transport)


@contextmanager
def somebody_else(app):
    """Another connection to the same database, as another process has it."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def test_a_mail_is_claimed_for_everybody_to_see_before_it_is_sent(app, session):
    message, seen = a_mail(session), []
    id_ = message.id

    def look():
        with somebody_else(app) as other:
            seen.append(other.execute(text("SELECT state, attempts FROM message WHERE id = :id"), {"id": id_}).one())

    deliver(Postbox(first=look))
    assert [tuple(row) for row in seen] == [("sending", 1)]
    session.refresh(message)
    assert (message.state, message.sent_at, message.error) == (MessageState.SENT, NOW, None)


def test_nobody_waits_for_the_mail_server(app, session):
    """While a mail is on its way, the database is free for writers."""
    a_mail(session)

    def write():
        with somebody_else(app) as other:
            other.execute(text("UPDATE field SET name = name"))
            other.commit()

    box = Postbox(first=write)
    assert deliver(box)["sent"] == 1


def test_the_message_id_stays_the_same_over_retries(session):
    message = a_mail(session)
    box = Postbox(error=smtplib.SMTPRecipientsRefused({}))
    now = NOW
    for wait in RETRY_AFTER[:2]:
        deliver(box, now)
        now += wait
    box.error = None
    deliver(box, now)
    ids = [mail["Message-ID"] for mail in box.mails]
    assert ids == [message.message_id] * 3


def test_each_failure_waits_longer_and_the_last_gives_up(session):
    message, now = a_mail(session), NOW
    box = Postbox(error=ConnectionRefusedError("no server"))
    for wait in RETRY_AFTER:
        assert deliver(box, now)["held"] == 1
        session.refresh(message)
        assert message.due_at == now + wait
        assert "sent" not in deliver(box, now + wait - timedelta(seconds=1)) and len(box.mails) == message.attempts
        now += wait
    assert deliver(box, now)["failed"] == 1
    session.refresh(message)
    assert (message.state, message.attempts, message.error) == (MessageState.FAILED, 5, "no server")
    assert deliver(Postbox(), now + timedelta(days=30)) == {"uncertain": 0}


@pytest.mark.parametrize("error", [smtplib.SMTPServerDisconnected("Connection unexpectedly closed")])
def test_a_broken_line_leaves_it_open_and_it_is_never_sent_again_by_itself(session, error):
    message = a_mail(session)
    deliver(Postbox(error=error))
    session.refresh(message)
    assert message.state is MessageState.UNCERTAIN
    later = Postbox()
    deliver(later, NOW + timedelta(days=30))
    assert later.mails == []


def test_a_process_that_died_on_the_way_leaves_it_open_after_the_claim_time(session):
    message = a_mail(session)

    class Killed(BaseException):
        pass

    with pytest.raises(Killed):
        deliver(Postbox(error=Killed()))
    session.rollback()
    later = Postbox()
    deliver(later, NOW + CLAIM_LASTS)
    session.refresh(message)
    assert message.state is MessageState.SENDING
    assert deliver(later, NOW + CLAIM_LASTS + timedelta(seconds=1)) == {"uncertain": 1}
    session.refresh(message)
    assert message.state is MessageState.UNCERTAIN and "途中で" in message.error
    assert later.mails == []


def test_a_cancelled_mail_is_never_sent(session):
    message = a_mail(session, hold=True)
    outbox.cancel(message)
    session.commit()
    box = Postbox()
    deliver(box, NOW + timedelta(days=1))
    assert box.mails == []


def test_undo_first_then_delivery_finds_nothing(app, session):
    """Delivery has read the list of what is due; the undo comes in between."""
    first, second = a_mail(session), a_mail(session)
    ids = (first.id, second.id)

    def undo_the_second():
        with somebody_else(app) as other:
            other.execute(text("UPDATE message SET state = 'cancelled' WHERE id = :id"), {"id": ids[1]})
            other.commit()

    box = Postbox(first=undo_the_second)
    assert deliver(box) == {"uncertain": 0, "sent": 1}
    session.expire_all()
    assert [db.session.get(Message, id_).state for id_ in ids] == [MessageState.SENT, MessageState.CANCELLED]


def test_delivery_first_then_undo_is_too_late(session):
    message = a_mail(session)
    refused = []

    def undo():
        try:
            outbox.cancel(db.session.get(Message, message.id))
        except TooLate:
            refused.append(True)
        db.session.rollback()

    assert deliver(Postbox(first=undo))["sent"] == 1
    assert refused == [True]


def test_a_mail_is_cancelled_once(session):
    message = a_mail(session)
    outbox.cancel(message)
    with pytest.raises(TooLate, match="すでに送られたか"):
        outbox.cancel(message)


def test_the_same_mail_is_not_written_twice(session):
    a_mail(session, key="inquiry:1")
    with pytest.raises(Exception, match=r"message\.key|uq_message_key"):
        a_mail(session, key="inquiry:1")


@pytest.mark.parametrize(
    "facts",
    [
        {"subject": "一行目\n二行目"},
        {"to": "hana\nko@example.jp"},
        {"to": "not an address, two@example.jp"},
        {"to": "one@example.jp, two@example.jp"},
        {"to": "one@example.jp two@example.jp"},
        {"to": "連絡は事務局へ"},
        {"to": "hanako"},
        {"to": "hanako@"},
        {"to": "花子 <hanako@example.jp>"},
        {"to": "undisclosed:;"},
        {"to": ""},
    ],
)
def test_a_mail_that_cannot_be_written_fails_and_the_others_go(session, facts):
    bad, good = a_mail(session, **facts), a_mail(session)
    box = Postbox()
    counts = deliver(box)
    session.refresh(bad)
    session.refresh(good)
    assert (bad.state, good.state) == (MessageState.FAILED, MessageState.SENT)
    assert (counts["failed"], counts["sent"], len(box.mails)) == (1, 1, 1)


def test_a_run_sends_at_most_so_many(session):
    for _ in range(3):
        a_mail(session)
    assert outbox.deliver_due(now=NOW, transport=Postbox(), limit=2)["sent"] == 2


# -- What a person settles


def test_an_uncertain_mail_that_did_not_arrive_goes_out_once_more(session):
    message = a_mail(session)
    deliver(Postbox(error=smtplib.SMTPServerDisconnected("gone")))
    session.refresh(message)
    outbox.settle(message, arrived=False, by=SYSTEM, now=NOW)
    session.commit()
    box = Postbox()
    deliver(box)
    assert [mail["Message-ID"] for mail in box.mails] == [message.message_id]
    with pytest.raises(TooLate):
        outbox.settle(message, arrived=True, by=SYSTEM, now=NOW)


# -- How it is handed over


def test_a_folder_gets_a_readable_file(session, tmp_path):
    a_mail(session)
    deliver(FolderTransport(tmp_path / "mail"))
    (file,) = (tmp_path / "mail").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "お願いのご相談"
    assert mail["To"] == "hanako@example.jp"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content() == "しめ縄を教えてください。\n"
    assert mail.get_content_charset() == "utf-8"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=200))
def test_any_subject_comes_out_as_it_went_in(app, subject):
    with app.app_context():
        message = Message(
            event="x", recipient="a@example.jp", subject=subject, body="本文", message_id="<1@example.jp>", due_at=NOW
        )
        mail = email.message_from_bytes(outbox.as_mail(message).as_bytes(), policy=policy.default)
    assert mail["Subject"] == subject


class PostOffice(socketserver.StreamRequestHandler):
    """A mail server of thirty lines. ``answers`` replaces what it says to a command; None hangs up."""

    answers: dict[str, bytes | None] = {}
    letters: list[bytes] = []

    def handle(self) -> None:
        if (greeting := self.answers.get("HELLO", b"220 office")) is None:
            return
        self.wfile.write(greeting + b"\r\n")
        for line in self.rfile:
            word = line.split()[0].decode().upper()
            answer = self.answers.get(
                word, b"354 go on" if word == "DATA" else b"221 bye" if word == "QUIT" else b"250 ok"
            )
            if answer is None:
                return
            self.wfile.write(answer + b"\r\n")
            if word == "DATA" and answer.startswith(b"354"):
                letter = b""
                while not letter.endswith(b"\r\n.\r\n"):
                    letter += self.rfile.readline()
                self.letters.append(letter)
                if (end := self.answers.get(".", b"250 taken")) is None:
                    return
                self.wfile.write(end + b"\r\n")


@contextmanager
def a_post_office(**answers):
    answers = {word.replace("dot", "."): answer for word, answer in answers.items()}
    handler = type("Handler", (PostOffice,), {"answers": answers, "letters": []})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield SmtpTransport("127.0.0.1", server.server_address[1], "", "", starttls=False), handler.letters
        finally:
            server.shutdown()


def end_of(session, **answers):
    message = a_mail(session)
    with a_post_office(**answers) as (transport, letters):
        deliver(transport)
    session.refresh(message)
    return message, letters


def test_the_mail_server_gets_the_letter(session):
    message, letters = end_of(session)
    assert message.state is MessageState.SENT
    mail = email.message_from_bytes(letters[0], policy=policy.default)
    assert (mail["Subject"], mail["Message-ID"]) == ("お願いのご相談", message.message_id)


def test_a_letter_that_was_taken_is_not_sent_again_because_of_a_rude_goodbye(session):
    message, letters = end_of(session, QUIT=b"421 go away")
    assert (message.state, len(letters)) == (MessageState.SENT, 1)


def test_a_refused_recipient_is_tried_again_later(session):
    message, letters = end_of(session, RCPT=b"450 greylisted")
    assert (message.state, message.attempts, letters) == (MessageState.HELD, 1, [])


def test_a_line_that_breaks_after_the_letter_leaves_it_open(session):
    message, letters = end_of(session, dot=None)
    assert (message.state, len(letters)) == (MessageState.UNCERTAIN, 1)


@pytest.mark.parametrize("word", ["HELLO", "EHLO", "MAIL", "RCPT"])
def test_a_line_that_breaks_before_the_letter_is_tried_again_later(session, word):
    message, letters = end_of(session, **{word: None})
    assert (message.state, message.due_at, letters) == (MessageState.HELD, NOW + RETRY_AFTER[0], [])


def test_a_server_that_breaks_off_after_taking_the_command_leaves_it_open(session):
    message, _letters = end_of(session, DATA=None)
    assert message.state is MessageState.UNCERTAIN


def test_a_recipient_whom_the_server_will_never_know_fails_at_once(session):
    message, letters = end_of(session, RCPT=b"550 no such person")
    assert (message.state, message.attempts, letters) == (MessageState.FAILED, 1, [])
    assert "no such person" in message.error


def test_no_server_at_all_is_tried_again_later(session):
    message = a_mail(session)
    with a_post_office() as (transport, _letters):
        closed = transport
    deliver(closed)
    session.refresh(message)
    assert message.state is MessageState.HELD and message.error


def test_the_settings_choose_the_backend(app):
    with app.app_context():
        assert isinstance(outbox.transport_from_config(), FolderTransport)
        app.config["MAIL_BACKEND"] = "smtp"
        try:
            assert isinstance(outbox.transport_from_config(), SmtpTransport)
        finally:
            app.config["MAIL_BACKEND"] = "file"
