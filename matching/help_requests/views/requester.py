"""The requester's pages: a new request in steps, one like an earlier one, and the list of all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import selectinload

from ...accounts.permissions import Permission, current_actor, requires
from ...concepts.suggesting import Offer, offer, pressed, take_pressed
from ...database import db, row_id
from ...i18n import today
from ...registry.forms import Stepping
from ...registry.forms.filters import LAST_PAGE
from ...registry.models import Organization, Person
from ...registry.paging import page_of
from ...registry.services import person_of
from .. import services
from ..forms import STEPS, SubmitForm, known_of
from ..models import HelpRequest
from .base import Page, bp, wants_another_row

PER_PAGE = 20


@bp.route("/requests/new", methods=["GET", "POST"])
@requires(Permission.REQUEST_SUBMIT)
def submit() -> Page:
    now, person = datetime.now(UTC), person_of(current_user)
    organizations = services.organizations_of(person)
    if person is None or not organizations:
        return redirect(url_for("registry.claim", next=url_for("help_requests.submit")), code=303)
    known = {"mail": current_user.email, **_like_an_earlier_one(organizations)}
    form = SubmitForm(person=person, organizations=organizations, today=today(now), data=known)
    stepping = Stepping(form, STEPS, known=known)
    chips = Offer()
    if wants_another_row():
        form.add_occasion()
    elif pressed():
        chips = take_pressed(form)
        stepping.change("needs", form.needs.data or "")
    elif stepping.is_sent():
        if new := form.try_to(lambda: _submit(form, person, now)):
            db.session.commit()
            flash(_("依頼を受け取りました。窓口が内容を確かめて、ご連絡します。"), "success")
            return redirect(url_for("dispatch.my_request", request_id=new.id), code=303)
        db.session.rollback()
        stepping.show_mistake()
    if stepping.is_checking and not chips.taken:
        chips = offer(form, refused=chips.refused, gone=chips.gone)
    page = render_template("help_requests/submit.html", form=form, stepping=stepping, person=person, chips=chips)
    return page, 422 if stepping.is_wrong else 200


def _submit(form: SubmitForm, person: Person, now: datetime) -> HelpRequest:
    return services.submit(
        form_key=form.form_key.data,
        requester=form.requester(),
        contact_person=person,
        matter=form.matter(),
        words=form.own_words(),
        contacts=form.contacts(),
        by=current_actor(),
        now=now,
    )


def _like_an_earlier_one(organizations: list[Organization]) -> dict[str, Any]:
    """What one of their own requests asked for; of somebody else's nothing is told."""
    number = request.args.get("like", 0, type=int)
    if not number:
        return {}
    own = services.requests_of(current_actor()).where(HelpRequest.id == row_id(number))
    earlier = db.session.scalar(own)
    if earlier is None:
        abort(404)
    known = known_of(earlier)
    if earlier.requester_id not in {organization.id for organization in organizations}:
        del known["organization"]
    return known


@bp.get("/requests/mine")
@requires(Permission.ME_READ)
def mine() -> str:
    shown = (selectinload(HelpRequest.requester), selectinload(HelpRequest.occasions))
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    newest = services.requests_of(current_actor()).order_by(HelpRequest.submitted_at.desc(), HelpRequest.id.desc())
    pages = page_of(newest, page=page, per_page=PER_PAGE, options=shown)
    return render_template("help_requests/mine.html", requests=pages)
