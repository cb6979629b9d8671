"""From the requester's consent to the end: consult, decide, tell, report, cancel, close; or 派遣できない."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import flash, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.actor import Source
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...i18n import today
from ...letters import render
from ...registry.forms import refuse_stale
from .. import forms
from ..models import Agreement, Dispatch, Notice
from ..services import agreeing, contacts, deciding, reopening, reporting
from ..services.drafting import outline_of
from .base import agreement_at_desk, back_to, bp, case_of, dispatch_at_desk, load_request, notice_at_desk, sent, utcnow


def _answer(template: str, form: Any, **context: Any) -> tuple[str, int]:
    """The page with its form: as it is, or with what must be mended."""
    db.session.rollback()
    return render_template(template, form=form, **context), 422 if form.is_submitted() else 200


@bp.route("/requests/<int:request_id>/consult", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def consult(help_request: HelpRequest) -> tuple[str, int] | Response:
    case, address = case_of(help_request), help_requests.mail_of(help_request)
    form = forms.ConsultForm(
        version=help_request.version,
        outline=outline_of(case.promised),
        channel=(Source.MAIL if address else Source.TELEPHONE).value,
    )
    if sent(form, help_request):
        agreement = form.try_to(
            lambda: agreeing.consult(
                help_request,
                outline=form.outline.data,
                channel=Source(form.channel.data),
                by=current_actor(),
                now=utcnow(),
            )
        )
        if agreement:
            db.session.commit()
            if agreement.channel is not Source.MAIL:
                flash(_("依頼者に伝えたことを記録しました。返事を聞いたら記録してください。"), "success")
            return back_to(help_request)
    return _answer("dispatch/consult.html", form, case=case, help_request=help_request, address=address)


@bp.post("/agreements/<int:agreement_id>/undo")
@requires(Permission.REQUEST_HANDLE, agreement_at_desk)
def undo_agreement(agreement: Agreement) -> Response:
    agreeing.undo(agreement, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("了承のお願いを取り消しました。メールは送られません。"), "success")
    return back_to(agreement)


@bp.post("/agreements/<int:agreement_id>/take-back")
@requires(Permission.REQUEST_HANDLE, agreement_at_desk)
def take_back_agreement(agreement: Agreement) -> Response:
    agreeing.take_back(agreement, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("了承のお願いを取り下げました。内諾の段階に戻りました。"), "success")
    return back_to(agreement)


@bp.route("/agreements/<int:agreement_id>/record", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, agreement_at_desk)
def record_agreement(agreement: Agreement) -> tuple[str, int] | Response:
    form = forms.HeardAgreementForm(version=agreement.version)
    if sent(form, agreement):
        actor = current_actor().told_by(Source(form.heard_by.data), on_behalf_of=agreement.requester_id)
        if take_agreement(form, agreement, actor=actor):
            db.session.commit()
            flash(_("依頼者の返事を記録しました。"), "success")
            return back_to(agreement)
    return _answer("dispatch/record_agreement.html", form, agreement=agreement)


def take_agreement(form: Any, agreement: Agreement, *, actor: Any) -> bool:
    """Carry an AgreementForm to the service; False when a field must be mended."""
    now = utcnow()

    def act() -> bool:
        if form.answer.data == "agree":
            agreeing.agree(agreement, by=actor, now=now)
        else:
            agreeing.refuse(agreement, reason=form.reason.data or "", by=actor, now=now)
        return True

    return bool(form.try_to(act))


@bp.route("/requests/<int:request_id>/decide", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def decide(help_request: HelpRequest) -> tuple[str, int] | Response:
    case = case_of(help_request)
    form = forms.decision_form(
        help_request.occasions,
        version=help_request.version,
        decided_on=today(utcnow()),
        **_proposed(case.promised, help_request),
    )
    if sent(form, help_request):
        settled = [
            deciding.Settled(
                occasion,
                on=form[f"on_{occasion.id}"].data,
                starts=form[f"starts_{occasion.id}"].data,
                ends=form[f"ends_{occasion.id}"].data,
                note=form[f"note_{occasion.id}"].data,
            )
            for occasion in help_request.occasions
        ]
        decision = form.try_to(
            lambda: deciding.decide(
                help_request,
                settled=[one for one in settled if one.on or one.note],
                decided_on=form.decided_on.data,
                decided_by=form.decided_by.data,
                by=current_actor(),
                now=utcnow(),
            )
        )
        if decision:
            db.session.commit()
            flash(
                _(
                    "%(number)sとして決定しました。まだ伝えていない相手がいないか確かめてください。",
                    number=decision.number,
                ),
                "success",
            )
            return back_to(help_request)
    return _answer("dispatch/decide.html", form, case=case, help_request=help_request)


def _proposed(promised: list[Any], help_request: HelpRequest) -> dict[str, date | time | str | None]:
    """The days that suit those who said yes: the first choice unless the first who can come named the second."""
    chosen: dict[int, int] = {}
    for one in (one for inquiry in promised for one in inquiry.settled or ()):
        chosen[one["occasion"]] = chosen.get(one["occasion"]) or one["choice"]
    values: dict[str, date | time | str | None] = {}
    for occasion in help_request.occasions:
        choice = chosen.get(occasion.id, 1)
        if choice == 0:
            continue
        values[f"on_{occasion.id}"] = occasion.second_on if choice == 2 else occasion.on
        if choice == 1:
            values[f"starts_{occasion.id}"], values[f"ends_{occasion.id}"] = occasion.starts, occasion.ends
        values[f"note_{occasion.id}"] = occasion.note
    return values


@bp.route("/requests/<int:request_id>/give-up", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def give_up(help_request: HelpRequest) -> tuple[str, int] | Response:
    form = forms.GiveUpForm(version=help_request.version, decided_on=today(utcnow()))
    if sent(form, help_request):
        decision = form.try_to(
            lambda: deciding.give_up(
                help_request,
                reason=form.reason.data,
                decided_on=form.decided_on.data or today(utcnow()),
                decided_by=form.decided_by.data,
                by=current_actor(),
                now=utcnow(),
            )
        )
        if decision:
            db.session.commit()
            flash(_("派遣できないことを記録しました。依頼者に伝わったか確かめてください。"), "success")
            return back_to(help_request)
    return _answer("dispatch/give_up.html", form, help_request=help_request)


@bp.route("/notices/<int:notice_id>", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, notice_at_desk, audited=True)
def notice(notice: Notice) -> tuple[str, int] | Response:
    """The letter to print or to read out, and the record that it was passed on."""
    form = forms.ToldForm()
    if form.validate_on_submit():
        deciding.record_told(notice, channel=Source(form.told_by.data), by=current_actor(), now=utcnow())
        db.session.commit()
        flash(_("伝えたことを記録しました。"), "success")
        return back_to(notice)
    subject, body = render(
        deciding.letter_name(notice.decision, to_requester=notice.to_requester),
        decision=notice.decision,
        party=notice.party,
        link="",
        desk=notice.request.desk,
        on_paper=True,
    )
    # Whoever reads no mail is given the contact items with the letter, or on the telephone.
    shared = contacts.for_notice(notice)
    contacts.note_reading(notice.request, shared, by=current_actor(), now=utcnow())
    db.session.commit()
    return _answer("dispatch/notice.html", form, notice=notice, subject=subject, body=body, shared=shared)


@bp.route("/dispatches/<int:dispatch_id>/report", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, dispatch_at_desk)
def report(dispatch: Dispatch) -> tuple[str, int] | Response:
    form = forms.StaffReportForm(version=dispatch.version)
    if sent(form, dispatch):
        actor = current_actor().told_by(Source(form.heard_by.data), on_behalf_of=dispatch.requester_id)
        if take_report(form, dispatch, actor=actor):
            db.session.commit()
            flash(_("報告を記録しました。"), "success")
            return back_to(dispatch)
    return _answer("dispatch/report.html", form, dispatch=dispatch)


def take_report(form: Any, dispatch: Dispatch, *, actor: Any) -> bool:
    """Carry a ReportForm to the service; False when a field must be mended."""

    def act() -> bool:
        reporting.report(
            dispatch,
            done=form.done.data == "done",
            text=form.text.data,
            attended=form.attended.data,
            by=actor,
            now=utcnow(),
        )
        return True

    return bool(form.try_to(act))


@bp.route("/requests/<int:request_id>/cancel", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def cancel(help_request: HelpRequest) -> tuple[str, int] | Response:
    form = forms.ReasonForm(version=help_request.version)
    if sent(form, help_request):
        reporting.cancel(help_request, reason=form.reason.data, by=current_actor(), now=utcnow())
        db.session.commit()
        flash(_("中止を記録しました。メールのない相手には電話で伝えてください。"), "success")
        return back_to(help_request)
    return _answer("dispatch/cancel.html", form, help_request=help_request)


@bp.route("/requests/<int:request_id>/reopen", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def reopen(help_request: HelpRequest) -> tuple[str, int] | Response:
    """Somebody who was to go cannot come: back to looking for people."""
    expected = reopening.may_be_reopened(help_request)
    form = forms.ReopenForm(version=help_request.version)
    form.offer(expected)
    if sent(form, help_request):
        to_call = form.try_to(
            lambda: reopening.reopen(
                help_request,
                cannot_come=form.cannot_come.data,
                reason=form.reason.data,
                by=current_actor(),
                now=utcnow(),
            )
        )
        if to_call is not None:
            db.session.commit()
            flash(_("決定を取り消しました。ほかの人を探してください。"), "success")
            if to_call:
                names = _("、").join(party.name for party in to_call)
                flash(_("%(names)sには、電話で伝えてください。", names=names), "warning")
            if audit.history(case=help_request.id, events={"request:publish"}, most=1):
                flash(
                    _("要約の公開は、決定のときに終わりました。もう一度公開してよいか、依頼者に聞いてください。"),
                    "warning",
                )
            return back_to(help_request)
    return _answer("dispatch/reopen.html", form, help_request=help_request, expected=expected)


@bp.post("/requests/<int:request_id>/close")
@requires(Permission.REQUEST_HANDLE, load_request)
def close(help_request: HelpRequest) -> Response:
    refuse_stale(forms.ConfirmForm(), help_request)
    reporting.close(help_request, by=current_actor(), now=utcnow())
    db.session.commit()
    flash(_("依頼を終了しました。"), "success")
    return back_to(help_request)
