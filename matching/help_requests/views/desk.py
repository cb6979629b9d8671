"""The desk's pages: a request entered for a caller, completed, taken in."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, flash, render_template, request
from flask_babel import gettext as _

from ...accounts.permissions import Permission, current_actor, requires
from ...concepts.suggesting import Offer, pressed, take_pressed
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import sent
from ...registry.models import Organization
from .. import services
from ..forms import CompleteForm, EnterForm, TermsForm
from ..models import HelpRequest
from ..states import OPEN_TO_CHANGE, RequestState
from .base import ONE, Page, bp, load_request, page_of, wants_another_row


def wants_to_accept() -> bool:
    return request.form.get("action") == "accept"


def _organization() -> Organization | None:
    """The organization that was chosen in the search."""
    chosen = request.values.get("organization", "")
    return (registry.load_party(Organization, chosen) or abort(404)) if chosen else None


@bp.route("/requests/enter", methods=["GET", "POST"])
@requires(Permission.REQUEST_ENTER)
def enter() -> Page:
    now, actor, organization = datetime.now(UTC), current_actor(), _organization()
    form = EnterForm(organization=organization, today=today(now), data={"desk": min(actor.desks, default=None)})
    chips = Offer()
    if wants_another_row():
        form.add_occasion()
    elif pressed() is not None:
        chips = take_pressed(form)
    elif form.validate_on_submit():
        if wants_to_accept() and form.kind.data and not form.outline.data:
            form.outline.process_data(services.draft_outline(form.matter()))
            form.outline.errors = [
                _("下書きを入れました。確かめてから、もう一度「受け付けて続ける」を押してください。")
            ]
        elif entered := form.try_to(lambda: _enter(form, organization, now)):
            db.session.commit()
            flash(_("依頼を入れました。"), "success")
            return page_of(entered)
        db.session.rollback()
    found = registry.find_organizations(request.args.get("q", "")[:120])
    page = render_template("help_requests/enter.html", form=form, organization=organization, found=found, chips=chips)
    return page, 422 if form.errors else 200


def _enter(form: EnterForm, organization: Organization | None, now: datetime) -> HelpRequest:
    by = current_actor().told_by(form.came_by.data)
    entered = services.enter(
        form_key=form.form_key.data,
        requester=organization or form.new_organization(),
        caller=form.who_called(),
        desk_id=form.desk.data,
        matter=form.matter(),
        words=form.own_words(),
        by=by,
        now=now,
    )
    if wants_to_accept() and entered.state is RequestState.SUBMITTED:
        by = by.told_by(by.source, on_behalf_of=entered.requester_id)
        services.accept(entered, kind=form.kind.data, outline=form.outline.data, by=by, now=now)
    return entered


@bp.route(f"{ONE}/complete", methods=["GET", "POST"])
@requires(Permission.REQUEST_HANDLE, load_request)
def complete(help_request: HelpRequest) -> Page:
    now = datetime.now(UTC)
    if not services.terms_are_open(help_request):
        flash(_("この依頼は、もう内容を変えられません。"), "warning")
        return page_of(help_request)
    form = _complete_form(help_request, now)
    chips = Offer()
    if wants_another_row() and isinstance(form, CompleteForm):
        form.add_occasion()
    elif isinstance(form, CompleteForm) and (pressed() is not None or not form.is_submitted()):
        chips = take_pressed(form)
    elif sent(form, help_request):
        was_shown = help_request.released_at is not None
        if form.try_to(lambda: _complete(form, help_request, now)):
            db.session.commit()
            if was_shown and help_request.released_at is None:
                flash(
                    _("要約を変えたので公開を止めました。もう一度公開してよいか、依頼者に聞いてください。"), "warning"
                )
            flash(_("依頼を受け付けました。") if wants_to_accept() else _("保存しました。"), "success")
            return page_of(help_request)
        db.session.rollback()
    page = render_template("help_requests/complete.html", form=form, help_request=help_request, chips=chips)
    return page, 422 if form.errors else 200


def _complete_form(help_request: HelpRequest, now: datetime) -> TermsForm:
    if help_request.state not in OPEN_TO_CHANGE:
        return TermsForm(of=help_request)
    draft = services.draft_outline(services.matter_of(help_request))
    return CompleteForm(of=help_request, draft=draft, today=today(now))


def _complete(form: TermsForm, help_request: HelpRequest, now: datetime) -> HelpRequest:
    asked, by = form.asked(), current_actor()
    services.complete(help_request, asked=asked, terms=form.terms(), by=by, now=now)
    if wants_to_accept():
        kind, outline = (asked.kind, asked.outline) if asked else (help_request.kind, help_request.outline)
        services.accept(help_request, kind=kind, outline=outline, by=by, now=now)
    return help_request
