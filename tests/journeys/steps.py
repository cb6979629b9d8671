"""What people do on the way from a request to a decision, each through the real pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from webtest.forms import Hidden

from matching import outbox
from matching.database import db
from matching.help_requests.models import HelpRequest
from matching.i18n import today
from matching.outbox import Message, MessageState


def form_with(page: Any, field: str) -> Any:
    """The form on the page that has this field."""
    for form in page.forms.values():
        if field in form.fields:
            return form
    raise AssertionError(f"no form with {field!r} on {page.request.url}: {page.html.h1 and page.html.h1.text}")


def in_days(days: int) -> str:
    return (today(datetime.now(UTC)) + timedelta(days=days)).isoformat()


def fill(form: Any, **values: Any) -> Any:
    for name, value in values.items():
        form[name] = value
    return form


def tick(form: Any, field: str, *values: str) -> None:
    """Check the boxes of a group by their values."""
    for box in form.fields[field]:
        if box._value in values:
            box.checked = True


def walk(page: Any, answers: dict[str, Any], ticks: dict[str, tuple[str, ...]] | None = None) -> Any:
    """Go through a form in steps, answering each question on the page that asks it; the page to check comes back."""
    for _step in range(9):
        form = form_with(page, "step")
        if "変更する" in page:
            return page
        for name, value in answers.items():
            if name in form.fields and not isinstance(form.fields[name][0], Hidden):
                form[name] = value
        for name, values in (ticks or {}).items():
            if name in form.fields and not isinstance(form.fields[name][0], Hidden):
                tick(form, name, *values)
        page = form.submit("go", value="next", expect_errors=True)
        if page.status_int != 200:
            return page
    raise AssertionError("the form has too many steps")


def send(page: Any, **kw: Any) -> Any:
    """Press the button of the page to check."""
    return form_with(page, "step").submit("go", value="send", **kw)


def deliver_everything(app: Any) -> None:
    """Let the undo time pass and send."""
    with app.app_context():
        db.session.execute(update(Message).where(Message.state == MessageState.HELD).values(due_at=datetime.now(UTC)))
        db.session.commit()
        outbox.deliver_due(now=datetime.now(UTC), transport=outbox.transport_from_config())


def mails_to(app: Any, address: str, *, event: str | None = None) -> list[Message]:
    """What this address was really sent, oldest first."""
    with app.app_context():
        query = select(Message).where(Message.recipient == address, Message.state == MessageState.SENT)
        if event:
            query = query.where(Message.event == event)
        return list(db.session.scalars(query.order_by(Message.id)))


def link_in(message: Message) -> str:
    """The path of the link that a mail carries."""
    found = re.search(r"http://localhost(/\S+)", message.body)
    assert found, message.body
    return found[1]


def the_request(app: Any) -> HelpRequest:
    """The only request there is."""
    with app.app_context():
        return db.session.scalars(select(HelpRequest)).one()


def sign_up(web: Any, app: Any, address: str, password: str) -> None:
    """Register an account, and follow the link of the confirmation mail."""
    fill(form_with(web.get("/register"), "password"), email=address, password=password).submit().follow()
    deliver_everything(app)
    web.get(link_in(mails_to(app, address)[-1])).maybe_follow()
    web.get("/me", status=200)
