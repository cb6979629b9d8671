"""Help requests: submit, enter for a caller, complete, take in, withdraw."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from ..accounts.permissions import Permission, current_actor, may, requires, submitted_it
from ..database import db
from ..i18n import today
from ..registry import services as registry
from ..registry.forms import sent
from ..registry.models import Organization
from ..registry.services import person_of
from . import services
from .forms import CompleteForm, EnterForm, SubmitForm, TermsForm, WithdrawForm
from .models import HelpRequest
from .services import when_in_words
from .states import OPEN_TO_CHANGE, WORKFLOW, RequestAction, RequestState

bp = Blueprint("help_requests", __name__)
bp.add_app_template_global(when_in_words)

ONE = "/requests/<int:request_id>"
PER_PAGE = 20
Page = str | Response | tuple[str, int]


def load_request(request_id: int) -> HelpRequest | None:
    """A request with what its pages show."""
    return db.session.get(
        HelpRequest,
        request_id,
        options=[
            joinedload(HelpRequest.requester),
            joinedload(HelpRequest.desk),
            selectinload(HelpRequest.needs),
            selectinload(HelpRequest.occasions),
        ],
    )


def wants_another_row() -> bool:
    return request.method == "POST" and request.form.get("action") == "add_occasion"


def wants_to_accept() -> bool:
    return request.form.get("action") == "accept"


def page_of(help_request: HelpRequest) -> Response:
    """On to the page of one request: the whole case for the desk, its own page for the requester."""
    endpoint = "dispatch.case" if may(current_actor(), Permission.REQUEST_LIST) else "dispatch.my_request"
    return redirect(url_for(endpoint, request_id=help_request.id), code=303)


@bp.route("/requests/new", methods=["GET", "POST"])
@requires(Permission.REQUEST_SUBMIT)
def submit() -> Page:
    now, person = datetime.now(UTC), person_of(current_user)
    organizations = services.organizations_of(person)
    if person is None or not organizations:
        return redirect(url_for("registry.claim", next=url_for("help_requests.submit")), code=303)
    form = SubmitForm(person=person, organizations=organizations, today=today(now), data={"mail": current_user.email})
    if wants_another_row():
        form.add_occasion()
    elif form.validate_on_submit():
        sent = form.try_to(
            lambda: services.submit(
                form_key=form.form_key.data,
                requester=form.requester(),
                contact_person=person,
                matter=form.matter(),
                words=form.own_words(),
                contacts=form.contacts(),
                by=current_actor(),
                now=now,
            )
        )
        if sent:
            db.session.commit()
            flash(_("依頼を受け取りました。窓口が内容を確かめて、ご連絡します。"), "success")
            return redirect(url_for("dispatch.my_request", request_id=sent.id), code=303)
        db.session.rollback()
    page = render_template("help_requests/submit.html", form=form, person=person)
    return page, 422 if form.errors else 200


@bp.get("/requests/mine")
@requires(Permission.ME_READ)
def mine() -> str:
    query = services.requests_of(current_actor()).options(
        joinedload(HelpRequest.requester), selectinload(HelpRequest.occasions)
    )
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    newest = query.order_by(HelpRequest.submitted_at.desc(), HelpRequest.id.desc())
    pages = db.paginate(newest, page=page, per_page=PER_PAGE)
    return render_template("help_requests/mine.html", requests=pages)


def _organization() -> Organization | None:
    """The organization that was chosen in the search; a merged one stands for its canonical one."""
    chosen = request.values.get("organization", "")
    if not chosen:
        return None
    organization = db.session.get(Organization, int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
    return (organization and db.session.get(Organization, organization.canonical)) or abort(404)


@bp.route("/requests/enter", methods=["GET", "POST"])
@requires(Permission.REQUEST_ENTER)
def enter() -> Page:
    now, actor, organization = datetime.now(UTC), current_actor(), _organization()
    form = EnterForm(organization=organization, today=today(now), data={"desk": min(actor.desks, default=None)})
    if wants_another_row():
        form.add_occasion()
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
    page = render_template("help_requests/enter.html", form=form, organization=organization, found=found)
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
    if wants_another_row() and isinstance(form, CompleteForm):
        form.add_occasion()
    elif sent(form, help_request):
        if form.try_to(lambda: _complete(form, help_request, now)):
            db.session.commit()
            flash(_("依頼を受け付けました。") if wants_to_accept() else _("保存しました。"), "success")
            return page_of(help_request)
        db.session.rollback()
    page = render_template("help_requests/complete.html", form=form, help_request=help_request)
    return page, 422 if form.errors else 200


def _complete_form(help_request: HelpRequest, now: datetime) -> TermsForm:
    if help_request.state not in OPEN_TO_CHANGE:
        return TermsForm(of=help_request)
    draft = services.draft_outline(services.matter_of(help_request))
    return CompleteForm(of=help_request, draft=draft, today=today(now))


def _complete(form: TermsForm, help_request: HelpRequest, now: datetime) -> HelpRequest:
    asked, by = form.asked(), current_actor()
    services.complete(help_request, asked=asked, terms=form.terms(), desk_id=form.desk.data, by=by, now=now)
    if wants_to_accept():
        kind, outline = (asked.kind, asked.outline) if asked else (help_request.kind, help_request.outline)
        services.accept(help_request, kind=kind, outline=outline, by=by, now=now)
    return help_request


@bp.route(f"{ONE}/withdraw", methods=["GET", "POST"])
@requires(Permission.REQUEST_READ, load_request)
def withdraw(help_request: HelpRequest) -> Page:
    actor = current_actor()
    only_sent = submitted_it(actor, help_request) and help_request.state is RequestState.SUBMITTED
    is_theirs = may(actor, Permission.REQUEST_ANSWER, help_request) or only_sent
    if not is_theirs and not may(actor, Permission.REQUEST_HANDLE, help_request):
        abort(403)
    WORKFLOW.after(help_request.state, RequestAction.WITHDRAW)  # asked for in vain: the page says why
    now = datetime.now(UTC)
    form = WithdrawForm(data={"version": help_request.version})
    if is_theirs:
        del form.came_by
    if sent(form, help_request):
        by = actor if is_theirs else actor.told_by(form.came_by.data, on_behalf_of=help_request.requester_id)
        if form.try_to(lambda: services.withdraw(help_request, form.reason.data, by=by, now=now)):
            db.session.commit()
            flash(_("依頼を取り下げました。"), "success")
            return page_of(help_request)
    page = render_template("help_requests/withdraw.html", form=form, help_request=help_request)
    return page, 422 if form.errors else 200
