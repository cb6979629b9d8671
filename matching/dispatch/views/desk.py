"""The desk: the queue sorted by urgency, and one case with everything about it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...help_requests.models import HelpRequest
from ...profiles.wording import criterion_label, strength_label
from ...registry import services as registry
from ..forms import ConfirmForm, ReplyForm
from ..models import Candidate
from ..services import contacts, reading
from ..services.shortlisting import bars_of, reasons_of
from ..wording import first_wish, lines_of, say, second_wish, terms_in_words
from .base import bp, case_of, load_request, utcnow


def _rows_of(candidate: Candidate) -> list[tuple[str, int | None, int]]:
    """A candidate's bars as (label, got, of): each criterion by itself, of a hundred."""
    return [
        (criterion_label(bar.criterion), None if bar.got is None else round(100 * bar.got / bar.of), 100)
        for bar in bars_of(candidate)
        if bar.of
    ]


# What the room's pages and letters ask for by name.
_GLOBALS: dict[str, Any] = {
    "say": say,
    "reasons_of": reasons_of,
    "rows_of": _rows_of,
    "strength": strength_label,
    "first_wish": first_wish,
    "second_wish": second_wish,
    "terms_in_words": terms_in_words,
}
for _name, _words in _GLOBALS.items():
    bp.add_app_template_global(_words, _name)


@bp.get("/desk")
@requires(Permission.REQUEST_LIST)
def queue() -> str:
    actor = current_actor()
    mine_only = request.args.get("desk") != "all" and bool(actor.desks)
    rows = reading.queue(by=actor, now=utcnow(), mine_only=mine_only)
    return render_template(
        "dispatch/queue.html",
        rows=rows,
        mine_only=mine_only,
        has_desk=bool(actor.desks),
        counts=reading.counts_by_state(),
    )


@bp.get("/desk/ended")
@requires(Permission.REQUEST_LIST)
def ended() -> str:
    page = min(max(request.args.get("page", 1, type=int), 1), 1_000)
    rows = reading.ended(page=page)
    return render_template("dispatch/ended.html", rows=rows[:50], page=page, has_more=len(rows) > 50)


@bp.get("/requests/<int:request_id>")
@requires(Permission.REQUEST_READ, load_request, audited=True)
def case(help_request: HelpRequest) -> str | Response:
    actor = current_actor()
    if not actor.is_staff:
        return redirect(url_for(".my_request", request_id=help_request.id), code=303)
    page = case_of(help_request)
    audit.record("request:read", help_request, by=actor, at=page.now, case=help_request.id)
    db.session.commit()
    return render_template(
        "dispatch/case.html",
        case=page,
        handles=may(actor, Permission.REQUEST_HANDLE, help_request),
        confirm=ConfirmForm(version=help_request.version),
        reply=ReplyForm(version=page.waiting.version if page.waiting else ""),
        contacts_open=contacts.are_open(help_request),
        claim=registry.unchecked_claim(help_request.contact_person_id, help_request.requester_id),
        # Who merely read it stands in the log too, but tells nobody how the case went.
        history=lines_of(
            (entry for entry in audit.history(case=help_request.id) if entry.event != "request:read"),
            hidden=page.hidden,
        ),
    )
