"""Asking a candidate, and writing down what they said on the telephone or on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.actor import Actor, Source
from ...accounts.permissions import Permission, current_actor, may, requires
from ...database import db
from ...errors import MatchingError
from ...i18n import today
from ...registry.forms import refuse_stale
from ...registry.models import Registry
from ..forms import ASK, DECLINE, ConfirmForm, InquiryForm, ReplyForm, answer_form
from ..models import Candidate, CandidateState, Inquiry
from ..services import inquiring
from ..services.inquiries import mail_of
from .base import back_to, bp, case_of, inquiry_at_desk, load_candidate, sent, utcnow

ANSWER_WITHIN = timedelta(days=7)


@bp.route("/candidates/<int:candidate_id>/inquire", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_candidate)
def inquire(candidate: Candidate) -> tuple[str, int] | Response:
    actor, now = current_actor(), utcnow()
    if candidate.of_registry is Registry.COUNCIL and not may(actor, Permission.COUNCIL_CANDIDATE):
        raise MatchingError(_("審議会等の委員は、市の窓口だけが紹介できます。"))
    case = case_of(candidate.request)
    address = mail_of(candidate.party)
    form = InquiryForm(
        version=candidate.request.version,
        answer_by=today(now) + ANSWER_WITHIN,
        channel=(Source.MAIL if address else Source.TELEPHONE).value,
    )
    asked = {inquiry.party_id for inquiry in case.inquiries}
    others = [c for c in case.candidates if c.party_id not in asked and c.id != candidate.id]
    form.offer_reserves(others)
    if not form.is_submitted():
        held = next((c for c in others if c.state is CandidateState.RESERVE), next(iter(others), None))
        form.reserve.data = str(held.id) if held else ""
    elif sent(form, candidate.request):
        reserve = next((c for c in others if str(c.id) == form.reserve.data), None)
        inquiry = form.try_to(
            lambda: inquiring.inquire(
                candidate,
                channel=Source(form.channel.data),
                answer_by=form.answer_by.data or today(now),
                reserve=reserve,
                override_reason=form.override_reason.data,
                by=actor,
                now=now,
            )
        )
        if inquiry:
            db.session.commit()
            if inquiry.channel is not Source.MAIL:
                flash(
                    _(
                        "%(name)sさんへの打診を記録しました。返事を聞いたら記録してください。",
                        name=candidate.party.name,
                    ),
                    "success",
                )
            return back_to(inquiry)
    db.session.rollback()
    page = render_template(
        "dispatch/inquire.html",
        candidate=candidate,
        case=case,
        form=form,
        address=address,
        warnings=inquiring.warnings_now(candidate, now=now),
        telephone=candidate.party.contact_points,
    )
    return page, 422 if form.is_submitted() else 200


@bp.post("/inquiries/<int:inquiry_id>/undo")
@requires(Permission.REQUEST_HANDLE, inquiry_at_desk)
def undo_inquiry(inquiry: Inquiry) -> Response:
    inquiring.undo(inquiry, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("打診を取り消しました。メールは送られません。"), "success")
    return back_to(inquiry)


@bp.post("/inquiries/<int:inquiry_id>/retract")
@requires(Permission.REQUEST_HANDLE, inquiry_at_desk)
def retract_inquiry(inquiry: Inquiry) -> Response:
    refuse_stale(ConfirmForm(), inquiry)  # the candidate may have asked something since this page was opened
    inquiring.retract(inquiry, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("打診を取り消しました。"), "success")
    return back_to(inquiry)


@bp.route("/inquiries/<int:inquiry_id>/record", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, inquiry_at_desk)
def record_answer(inquiry: Inquiry) -> tuple[str, int] | Response:
    """The candidate answered by telephone or on paper, or takes a provisional yes back."""
    form = answer_form(inquiry, by_telephone=True)
    if sent(form, inquiry):
        actor = current_actor().told_by(Source(form.heard_by.data), on_behalf_of=inquiry.party_id)
        if take_answer(form, inquiry, actor=actor):
            db.session.commit()
            flash(_("返事を記録しました。"), "success")
            return back_to(inquiry)
    db.session.rollback()
    page = render_template("dispatch/record_answer.html", inquiry=inquiry, form=form)
    return page, 422 if form.is_submitted() else 200


def take_answer(form: Any, inquiry: Inquiry, *, actor: Actor) -> bool:
    """Carry an AnswerForm to the service that it names; False when a field must be mended."""
    now = utcnow()

    def act() -> bool:
        if form.answer.data == DECLINE:
            inquiring.decline(inquiry, reason=form.reason, by=actor, now=now)
        elif form.answer.data == ASK:
            inquiring.ask(inquiry, question=form.question.data or "", by=actor, now=now)
        else:
            inquiring.promise(
                inquiry,
                heads=form.heads.data,
                settled=form.settled(),
                remark=form.remark.data,
                by=actor,
                now=now,
            )
        return True

    return bool(form.try_to(act))


@bp.post("/inquiries/<int:inquiry_id>/reply")
@requires(Permission.REQUEST_HANDLE, inquiry_at_desk)
def reply(inquiry: Inquiry) -> tuple[str, int] | Response:
    form = ReplyForm()
    if sent(form, inquiry):
        inquiring.reply(inquiry, text=form.reply.data, by=current_actor(), now=utcnow())
        db.session.commit()
        flash(_("質問に答えました。"), "success")
        return back_to(inquiry)
    return render_template("dispatch/reply.html", inquiry=inquiry, form=form), 422
