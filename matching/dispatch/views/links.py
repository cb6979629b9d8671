"""Pages behind signed links: they show on GET, act on POST, and need no account."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.actor import Actor, link_of
from ...accounts.permissions import audited, public
from ...database import db
from ..forms import AgreementForm, answer_form
from ..models import Agreement, Inquiry, Notice
from ..services import contacts, links
from ..states import WAITING, AgreementState
from .base import bp, sent, utcnow
from .decisions import take_agreement
from .inquiries import take_answer


@bp.route("/answer/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> tuple[str, int] | Response:
    """The candidate reads what is asked and answers."""
    inquiry = links.follow(Inquiry, token)
    return answer_page(inquiry, actor=link_of(inquiry.party_id), here=url_for(".answer", token=token))


def answer_page(inquiry: Inquiry, *, actor: Actor, here: str) -> tuple[str, int] | Response:
    """The same page for a signed link and for somebody who is signed in."""
    form = answer_form(inquiry)
    if form.is_submitted() and inquiry.state not in WAITING:
        return render_template("dispatch/answer.html", inquiry=inquiry, form=None, here=here), 409
    if sent(form, inquiry) and take_answer(form, inquiry, actor=actor):
        db.session.commit()
        flash(_("お返事を受け取りました。ありがとうございます。"), "success")
        return redirect(here, code=303)
    db.session.rollback()
    open_ = inquiry.state in WAITING
    page = render_template("dispatch/answer.html", inquiry=inquiry, form=form if open_ else None, here=here)
    return page, 422 if form.is_submitted() else 200


@bp.route("/consent/<token>", methods=["GET", "POST"])
@public
def consent(token: str) -> tuple[str, int] | Response:
    """The requester reads who would come and agrees or not."""
    agreement = links.follow(Agreement, token)
    actor = link_of(agreement.requester_id)
    return consent_page(agreement, actor=actor, here=url_for(".consent", token=token))


def consent_page(agreement: Agreement, *, actor: Actor, here: str) -> tuple[str, int] | Response:
    form = AgreementForm(version=agreement.version)
    open_ = agreement.state is AgreementState.ASKED
    if form.is_submitted() and not open_:
        return render_template("dispatch/consent.html", agreement=agreement, form=None, here=here), 409
    if sent(form, agreement) and take_agreement(form, agreement, actor=actor):
        db.session.commit()
        flash(_("お返事を受け取りました。ありがとうございます。"), "success")
        return redirect(here, code=303)
    db.session.rollback()
    page = render_template("dispatch/consent.html", agreement=agreement, form=form if open_ else None, here=here)
    return page, 422 if form.is_submitted() else 200


@bp.get("/result/<token>")
@public
@audited
def result(token: str) -> str:
    """What was decided, and, while they are open, the contact items that the other side chose to give."""
    notice = links.follow(Notice, token)
    return result_page(notice, actor=link_of(notice.party_id))


def result_page(notice: Notice, *, actor: Actor) -> str:
    help_request = notice.request
    shared = contacts.for_notice(notice)
    contacts.note_reading(help_request, shared, by=actor, now=utcnow())
    db.session.commit()
    return render_template(
        "dispatch/result.html",
        notice=notice,
        decision=notice.decision,
        help_request=help_request,
        shared=shared,
        open=contacts.are_open(help_request),
    )
