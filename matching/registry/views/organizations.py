"""Organizations: the list and its file, one of them for the desk and for itself, written down and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.permissions import Permission, coordinator, current_actor, is_the_party, may, requires
from ...accounts.taking import take_home
from ...database import db
from ...exports import MOST, and_others
from ...i18n import label
from .. import services
from ..forms import sent
from ..forms.parties import (
    EditOrganization,
    EndRepresentation,
    EnterOrganization,
    OrganizationFilters,
    OwnContacts,
    contents_of,
)
from ..models import Organization, RepresentationState
from ..paging import in_parts, page_of_ids
from ..sifting import Sifted
from . import bp

PER_PAGE = 50
SHOWN = (joinedload(Organization.district),)
ONE = "/organizations/<int:organization_id>"
Page = str | tuple[str, int] | Response


def load_organization(organization_id: int) -> Organization | None:
    return services.load_party(Organization, organization_id)


def _found(**bounds: Any) -> tuple[OrganizationFilters, Sifted]:
    """The filters as they stand in the address, and what they leave."""
    by_telephone = may(current_actor(), Permission.CONTACT_READ)
    asked: Any = OrganizationFilters(by_telephone=by_telephone)
    return asked, services.organizations_found(
        words=asked.words, by_telephone=by_telephone, kind=asked.kind.data, district_id=asked["district"].data, **bounds
    )


@bp.get("/organizations")
@requires(Permission.ORGANIZATION_LIST)
def organizations() -> str:
    filters, found = _found()
    page = page_of_ids(found, Organization, page=filters.page, per_page=PER_PAGE, options=SHOWN)
    acting = services.acting_for([one.id for one in page.items])
    return render_template("registry/organizations.html", filters=filters, page=page, acting=acting)


@bp.get("/organizations/export")
@requires(Permission.ORGANIZATION_EXPORT, audited=True)
def export_organizations() -> Response:
    """The list as it is filtered, without contact data; taking it home is written down."""
    filters, sifted = _found(most=MOST, far=None)
    acting = services.acting_for(sifted.ids)
    approved = RepresentationState.APPROVED
    rows = (
        (
            one.id,
            one.name,
            one.kana,
            label(one.organization_kind),
            one.district.name if one.district else None,
            acting.get(one.id, {}).get(approved, 0),
        )
        for one in in_parts(sifted.ids[:MOST], Organization, options=SHOWN)
    )
    others = [and_others()] if sifted.more or len(sifted.ids) > MOST else []
    head = (_("番号"), _("団体名"), _("ふりがな"), _("団体の種類"), _("地域"), _("代表者・担当者の数"))
    now = datetime.now(UTC)
    return take_home(_("団体"), head, chain(rows, others), what="organization", narrowed_by=filters.address, now=now)


@bp.get(ONE)
@requires(Permission.ORGANIZATION_READ, load_organization, audited=True)
def organization(organization: Organization) -> str:
    """Everything about one organization; that staff read its contact data is written down."""
    write_down_reading(organization)
    return organization_page(organization)


def write_down_reading(organization: Organization) -> None:
    actor = current_actor()
    if not is_the_party(actor, organization):
        audit.record("organization:read", organization, by=actor, at=datetime.now(UTC))
        db.session.commit()


def organization_page(organization: Organization, *, ending: tuple[int, Any] | None = None) -> str:
    """``ending``: the representation and the form with which it could not be ended."""
    everybody = services.all_representations_of(organization.id)
    acting = [one for one in everybody if one.state in (RepresentationState.APPROVED, RepresentationState.CLAIMED)]
    forms = {one.id: EndRepresentation(one, formdata=None) for one in acting}
    if ending:
        forms[ending[0]] = ending[1]
    mine = is_the_party(current_actor(), organization) and not current_actor().is_staff
    return render_template(
        "registry/organization.html",
        organization=organization,
        acting=acting,
        forms=forms,
        refused=ending[1] if ending else None,
        mine=mine,
        history=[] if mine else services.history_of_organization(organization, everybody),
    )


@bp.route("/organizations/new", methods=["GET", "POST"])
@requires(Permission.ORGANIZATION_ENTER)
def enter_organization() -> Page:
    form: Any = EnterOrganization()
    alike: Sequence[Organization] = ()
    if form.validate_on_submit() and not (alike := _alike(form)):
        actor = current_actor().told_by(form.source.data)
        entered = services.enter_organization(
            form.facts(), form.contacts(), form_key=form.form_key.data, by=actor, now=datetime.now(UTC)
        )
        db.session.commit()
        flash(_("「%(name)s」を入れました。続けて、代表者・担当者を入れてください。", name=entered.name), "success")
        return redirect(url_for(".organization", organization_id=entered.id), code=303)
    page = render_template("registry/organization_form.html", form=form, alike=alike, organization=None)
    return page, 422 if form.errors else 200


def _alike(form: Any) -> Sequence[Organization]:
    """Those at which the desk must look first, so that none is written down twice."""
    if form.different.data or services.written_with(form.form_key.data):
        return ()
    alike = services.organizations_like(form.name.data, district_id=form.district.data)
    message = _("同じ団体かどうかを確かめて、別の団体のときは印を付けてください。")
    form.different.errors = [message] if alike else []
    return alike


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.ORGANIZATION_EDIT, load_organization, audited=True)
def edit_organization(organization: Organization) -> Page:
    """The desk corrects it; the organization itself says how it is reached."""
    actor, now = current_actor(), datetime.now(UTC)
    for_desk = coordinator(actor, organization)
    form: Any = (
        EditOrganization(data=contents_of(organization)) if for_desk else OwnContacts(data=contents_of(organization))
    )
    if sent(form, organization):
        if for_desk:
            by = actor.told_by(form.source.data, on_behalf_of=organization.id)
            changed = services.edit_party(organization, form.facts(), form.contacts(), by=by, now=now)
        else:
            by = actor.told_by(actor.source, on_behalf_of=organization.id)
            changed = services.edit_contacts(organization, form.contacts(), by=by, now=now)
        db.session.commit()
        flash(_("直しました。") if changed else _("変わったところはありませんでした。"), "success")
        return redirect(url_for(".organization", organization_id=organization.id), code=303)
    if not form.is_submitted():
        form.show_contacts(organization)
        write_down_reading(organization)
    template = "registry/organization_form.html" if for_desk else "registry/own_contacts.html"
    page = render_template(template, form=form, alike=(), organization=organization)
    return page, 422 if form.errors else 200
