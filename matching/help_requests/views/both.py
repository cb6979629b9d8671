"""What the requester does, or a desk for them: letting the outline be shown, taking the request back."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, flash, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.actor import Actor
from ...accounts.permissions import Permission, current_actor, may, requires, submitted_it
from ...database import db
from ...errors import MatchingError
from ...registry.forms import sent
from .. import services
from ..forms import ReleaseForm, WithdrawForm
from ..models import HelpRequest
from ..publishing import public_face
from ..states import WORKFLOW, RequestAction, RequestState
from .base import ONE, Page, bp, load_request, page_of


def is_theirs(actor: Actor, help_request: HelpRequest) -> bool:
    return may(actor, Permission.REQUEST_ANSWER, help_request)


@bp.route(f"{ONE}/release", methods=["GET", "POST"])
@requires(Permission.REQUEST_RELEASE, load_request)
def release(help_request: HelpRequest) -> Page:
    """What would be shown, and the button that lets it be shown."""
    if help_request.has_ended:
        raise MatchingError(_("この依頼は終わっているため、公開できません。"))
    actor, now = current_actor(), datetime.now(UTC)
    form = ReleaseForm(data={"version": help_request.version})
    if is_theirs(actor, help_request):
        del form.came_by
    if sent(form, help_request):
        told_by = "came_by" in form and form.came_by.data
        by = actor.told_by(told_by, on_behalf_of=help_request.requester_id) if told_by else actor
        services.release(help_request, by=by, now=now)
        db.session.commit()
        flash(_("相手が見つかるまで、要約を公開します。"), "success")
        return page_of(help_request)
    page = render_template(
        "help_requests/release.html", form=form, help_request=help_request, face=public_face(help_request)
    )
    return page, 422 if form.errors else 200


@bp.post(f"{ONE}/conceal")
@requires(Permission.REQUEST_RELEASE, load_request)
def conceal(help_request: HelpRequest) -> Response:
    """From a stale page too: whoever no longer wants to be read is not asked to come again."""
    services.conceal(help_request, by=current_actor(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("公開をやめました。"), "success")
    return page_of(help_request)


@bp.route(f"{ONE}/withdraw", methods=["GET", "POST"])
@requires(Permission.REQUEST_READ, load_request)
def withdraw(help_request: HelpRequest) -> Page:
    actor = current_actor()
    only_sent = submitted_it(actor, help_request) and help_request.state is RequestState.SUBMITTED
    theirs = is_theirs(actor, help_request) or only_sent
    if not theirs and not may(actor, Permission.REQUEST_HANDLE, help_request):
        abort(403)
    WORKFLOW.after(help_request.state, RequestAction.WITHDRAW)  # asked for in vain: the page says why
    now = datetime.now(UTC)
    form = WithdrawForm(data={"version": help_request.version})
    if theirs:
        del form.came_by
    if sent(form, help_request):
        by = actor if theirs else actor.told_by(form.came_by.data, on_behalf_of=help_request.requester_id)
        if form.try_to(lambda: services.withdraw(help_request, form.reason.data, by=by, now=now)):
            db.session.commit()
            flash(_("依頼を取り下げました。"), "success")
            return page_of(help_request)
    page = render_template("help_requests/withdraw.html", form=form, help_request=help_request)
    return page, 422 if form.errors else 200
