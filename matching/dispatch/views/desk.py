"""The desk: the queue sorted by urgency, and one case with everything about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...help_requests.models import HelpRequest
from ...profiles.wording import criterion_label, strength_label
from ...registry import services as registry
from ..filters import QueueFilters
from ..forms import ConfirmForm, ReplyForm
from ..history import history_of_case
from ..models import Candidate
from ..services import contacts
from ..services.explaining import reasons_of, shown_points, telling_first
from ..services.handing_over import also_registered
from ..services.queue import case_after
from ..services.queue import queue as open_requests
from ..showing import fitting_of, grouped, left_out_of, relaxed_of, rows_of
from ..wording import first_wish, say, second_wish, terms_in_words, what_counts
from .base import bp, case_of, load_request, utcnow
from .requester import is_looked_for


def _is_more(candidate: Candidate) -> bool:
    """Whether they have another registration that this reader may know of."""
    return also_registered(candidate, sees_councils=may(current_actor(), Permission.COUNCIL_CANDIDATE))


# What the room's pages and letters ask for by name.
_GLOBALS: dict[str, Any] = {
    "say": say,
    "reasons_of": reasons_of,
    "telling_first": telling_first,
    "grouped": grouped,
    "relaxed_of": relaxed_of,
    "fitting_of": fitting_of,
    "left_out_of": left_out_of,
    "criterion_label": criterion_label,
    "what_counts": what_counts,
    "points": shown_points,
    "rows_of": rows_of,
    "strength": strength_label,
    "has_more_registrations": _is_more,
    "first_wish": first_wish,
    "second_wish": second_wish,
    "terms_in_words": terms_in_words,
}
for _name, _words in _GLOBALS.items():
    bp.add_app_template_global(_words, _name)


@bp.get("/desk")
@requires(Permission.REQUEST_LIST)
def queue() -> str:
    form = QueueFilters()
    pages = open_requests(
        now=utcnow(),
        sees_councils=may(current_actor(), Permission.COUNCIL_CANDIDATE),
        desks=form.desks,
        state=form.state.data,
        words=form.words,
        page=form.page,
    )
    return render_template("dispatch/queue.html", pages=pages, form=form)


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
        may_release=may(actor, Permission.REQUEST_RELEASE, help_request) and is_looked_for(help_request),
        history=history_of_case(help_request, reader=actor, hidden=page.hidden),
    )


@bp.get("/requests/<int:request_id>/next")
@requires(Permission.REQUEST_LIST, load_request)
def next_case(help_request: HelpRequest) -> Response:
    """Straight on in one's own queue, whatever it was narrowed to."""
    following = case_after(help_request.id, now=utcnow(), desks=current_actor().desks or None)
    if following is None:
        flash(_("いま動いている依頼は、これで最後です。"), "info")
        return redirect(url_for(".queue"), code=303)
    return redirect(url_for(".case", request_id=following), code=303)
