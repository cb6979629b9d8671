"""A case goes on to another desk, with what that one should know."""

from __future__ import annotations

from flask import flash, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...errors import MatchingError
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...registry.vocabulary import Desk, all_desks
from ..forms import HandOverForm
from ..services.handing_over import of_councils
from .base import back_to, bp, load_request, sent, utcnow


@bp.route("/requests/<int:request_id>/hand-over", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def hand_over(help_request: HelpRequest) -> tuple[str, int] | Response:
    if help_request.has_ended:
        raise MatchingError(_("この依頼は終わっているため、引き継げません。"))
    actor, others = current_actor(), [desk for desk in all_desks() if desk.id != help_request.desk_id]
    form = HandOverForm(version=help_request.version)
    form.offer(others)
    if sent(form, help_request):
        desk = db.session.get_one(Desk, form.to_desk.data)
        handover = form.try_to(
            lambda: help_requests.hand_over(help_request, to_desk=desk, note=form.note.data, by=actor, now=utcnow())
        )
        if handover:
            db.session.commit()
            flash(_("%(desk)sに引き継ぎました。これからは、その窓口が進めます。", desk=desk.name), "success")
            return back_to(help_request)
    db.session.rollback()
    page = render_template(
        "dispatch/hand_over.html",
        help_request=help_request,
        form=form,
        held=of_councils(help_request) if may(actor, Permission.COUNCIL_CANDIDATE) else None,
        contractors=[desk.name for desk in others if desk.is_contractor],
    )
    return page, 422 if form.is_submitted() else 200
