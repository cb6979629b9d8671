"""Pages of those who are signed in on either side: their request, their inquiry."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...help_requests.models import HelpRequest
from ...help_requests.publishing import LOOKING
from ...help_requests.states import WORKFLOW, RequestAction, RequestState
from ...i18n import today
from ..forms import ReportForm
from ..history import history_for_requester
from ..models import Agreement, Dispatch, Inquiry, Notice
from ..services import contacts
from ..services.agreeing import standing_agreement
from ..services.deciding import decision_of, revoked_decisions_of
from .base import bp, load_agreement, load_dispatch, load_inquiry, load_notice, load_request, sent, utcnow
from .decisions import take_report
from .links import answer_page, consent_page, result_page


def is_looked_for(help_request: HelpRequest) -> bool:
    """Letting the outline be shown makes sense until somebody is found."""
    return help_request.state in LOOKING | {RequestState.SUBMITTED}


@bp.get("/my/requests/<int:request_id>")
@requires(Permission.REQUEST_READ, load_request, audited=True)
def my_request(help_request: HelpRequest) -> str | Response:
    """What the requester may know: their own words, where it stands, who would come, and contacts when they are due."""
    actor = current_actor()
    is_requester = may(actor, Permission.REQUEST_ANSWER, help_request)
    if actor.is_staff and not is_requester:  # their page of it hides what they may not know
        return redirect(url_for(".case", request_id=help_request.id), code=303)
    shared = contacts.of_supporters(help_request) if is_requester else []
    contacts.note_reading(help_request, shared, by=actor, now=utcnow())
    db.session.commit()
    return render_template(
        "dispatch/my_request.html",
        help_request=help_request,
        agreement=standing_agreement(help_request),
        decision=decision_of(help_request),
        shared=shared,
        is_requester=is_requester,
        contacts_open=contacts.are_open(help_request),
        today=today(utcnow()),
        history=history_for_requester(help_request),
        revoked=revoked_decisions_of(help_request) if is_requester else [],
        may_release=may(actor, Permission.REQUEST_RELEASE, help_request) and is_looked_for(help_request),
        may_withdraw=WORKFLOW.allows(help_request.state, RequestAction.WITHDRAW)
        and (is_requester or help_request.state is RequestState.SUBMITTED),
    )


@bp.route("/my/agreements/<int:agreement_id>", methods=["GET", "POST"])
@requires(Permission.REQUEST_ANSWER, load_agreement)
def my_agreement(agreement: Agreement) -> tuple[str, int] | Response:
    return consent_page(agreement, actor=current_actor(), here=url_for(".my_agreement", agreement_id=agreement.id))


@bp.route("/my/inquiries/<int:inquiry_id>", methods=["GET", "POST"])
@requires(Permission.INQUIRY_ANSWER, load_inquiry)
def my_inquiry(inquiry: Inquiry) -> tuple[str, int] | Response:
    return answer_page(inquiry, actor=current_actor(), here=url_for(".my_inquiry", inquiry_id=inquiry.id))


@bp.get("/my/results/<int:notice_id>")
@requires(Permission.INQUIRY_ANSWER, load_notice, audited=True)
def my_result(notice: Notice) -> str:
    return result_page(notice, actor=current_actor())


@bp.route("/my/dispatches/<int:dispatch_id>/report", methods=["GET", "POST"])
@requires(Permission.REQUEST_ANSWER, load_dispatch)
def my_report(dispatch: Dispatch) -> tuple[str, int] | Response:
    form = ReportForm(version=dispatch.version)
    if sent(form, dispatch) and take_report(form, dispatch, actor=current_actor()):
        db.session.commit()
        flash(_("報告を受け取りました。ありがとうございました。"), "success")
        return redirect(url_for(".my_request", request_id=dispatch.request.id), code=303)
    db.session.rollback()
    return render_template("dispatch/my_report.html", dispatch=dispatch, form=form), 422 if form.is_submitted() else 200
