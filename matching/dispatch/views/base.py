"""The blueprint of the dispatch room, and how its pages find the record they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may
from ...database import db
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...registry.forms import sent as sent_in_time
from ..models import Agreement, Candidate, Dispatch, Inquiry, Notice, Shortlist
from ..services.handing_over import tells_of_councils
from ..services.reading import Case, read_case

bp = Blueprint("dispatch", __name__)
Record = TypeVar("Record", Inquiry, Agreement, Dispatch, Notice)


def utcnow() -> datetime:
    return datetime.now(UTC)


def load_request(request_id: int) -> HelpRequest | None:
    return db.session.get(HelpRequest, request_id)


def load_shortlist(shortlist_id: int) -> Shortlist | None:
    return db.session.get(Shortlist, shortlist_id)


def load_candidate(candidate_id: int) -> Candidate | None:
    return db.session.get(Candidate, candidate_id)


def load_inquiry(inquiry_id: int) -> Inquiry | None:
    return db.session.get(Inquiry, inquiry_id)


def _for_the_desk(record: Record | None) -> Record | None:
    """Nothing where this desk may not learn of it: a contractor's, of a council member asked before it got the case."""
    if record is None or may(current_actor(), Permission.COUNCIL_CANDIDATE) or not tells_of_councils(record):
        return record
    return None


def inquiry_at_desk(inquiry_id: int) -> Inquiry | None:
    return _for_the_desk(load_inquiry(inquiry_id))


def agreement_at_desk(agreement_id: int) -> Agreement | None:
    return _for_the_desk(load_agreement(agreement_id))


def dispatch_at_desk(dispatch_id: int) -> Dispatch | None:
    return _for_the_desk(load_dispatch(dispatch_id))


def notice_at_desk(notice_id: int) -> Notice | None:
    return _for_the_desk(load_notice(notice_id))


def load_agreement(agreement_id: int) -> Agreement | None:
    return db.session.get(Agreement, agreement_id)


def load_dispatch(dispatch_id: int) -> Dispatch | None:
    return db.session.get(Dispatch, dispatch_id)


def load_notice(notice_id: int) -> Notice | None:
    return db.session.get(Notice, notice_id)


def sent(form: Any, record: Any) -> bool:
    """Whether the form was sent and can be carried out. Those who act on one case take turns."""
    if form.is_submitted():
        help_requests.take_turn(record if isinstance(record, HelpRequest) else record.request)
    return sent_in_time(form, record)


def case_of(request: HelpRequest) -> Case:
    actor = current_actor()
    return read_case(request, by=actor, now=utcnow(), sees_councils=may(actor, Permission.COUNCIL_CANDIDATE))


def back_to(record: Any) -> Response:
    """Straight back to the case that this record belongs to."""
    request = record if isinstance(record, HelpRequest) else record.request
    return redirect(url_for("dispatch.case", request_id=request.id), code=303)
