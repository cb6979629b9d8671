"""The blueprint of the requests, how its pages find the record, and where they lead."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may
from ...database import db
from ..models import HelpRequest
from ..services import when_in_words

bp = Blueprint("help_requests", __name__)
bp.add_app_template_global(when_in_words)

ONE = "/requests/<int:request_id>"
Page = str | Response | tuple[str, int]


def load_request(request_id: int) -> HelpRequest | None:
    """A request with what its pages show."""
    return db.session.get(
        HelpRequest,
        request_id,
        options=[
            selectinload(HelpRequest.requester),
            joinedload(HelpRequest.desk),
            selectinload(HelpRequest.needs),
            selectinload(HelpRequest.occasions),
        ],
    )


def wants_another_row() -> bool:
    """The button in the row of days: ``action`` where a form is one page, ``go`` where it has steps."""
    return "add_occasion" in (request.form.get("action"), request.form.get("go"))


def page_of(help_request: HelpRequest) -> Response:
    """On to the page of one request: the whole case for the desk, its own page for the requester."""
    endpoint = "dispatch.case" if may(current_actor(), Permission.REQUEST_LIST) else "dispatch.my_request"
    return redirect(url_for(endpoint, request_id=help_request.id), code=303)
