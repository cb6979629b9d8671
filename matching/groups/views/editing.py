"""Entering a group for an organization that was looked for first, and changing what a registration says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.permissions import Permission, current_actor, is_about_me, requires
from ...concepts.suggesting import Offer, pressed, take_pressed
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import form_key_sent, refuse_stale
from ...registry.forms.parties import say_what_is_shown
from ...registry.models import Organization, Registry
from .. import reading, services
from ..forms import EditGroup, EnterGroup, consents_of, contents_of
from ..models import Group
from . import bp
from .showing import ONE, Page, load_group, write_down_reading

LONGEST_NAME = 120


@bp.route("/groups/enter", methods=["GET", "POST"])
@requires(Permission.GROUP_ENTER, audited=True)
def enter() -> Page:
    """A coordinator writes a group down; first the organization is looked for, so that it stays one."""
    organization = _chosen()
    if organization is None and "new" not in request.args:
        words = request.args.get("q", "").strip()[:LONGEST_NAME]
        return render_template("groups/choose.html", words=words, choices=reading.choices(words) if words else [])
    form = _form(organization)
    if form.is_submitted() and (first := services.entered(form_key_sent())):
        return _entered(first)
    if organization and (existing := services.open_registration(organization.id)):
        return _already_registered(existing)
    if organization and not form.is_submitted():
        audit.record("organization:read", organization, by=current_actor(), at=datetime.now(UTC))
        db.session.commit()
    if organization and form.is_submitted():
        form.refuse_other_contacts(organization)
    alike: Sequence[Organization] = ()
    chips = Offer()
    if pressed() is not None:
        chips = take_pressed(form)
    elif form.validate_on_submit() and not (alike := _alike(form, organization)):
        group = form.try_to(lambda: _enter(form, organization, now=datetime.now(UTC)))
        if group:
            db.session.commit()
            return _entered(group)
        db.session.rollback()
    page = render_template("groups/enter.html", form=form, organization=organization, alike=alike, chips=chips)
    return page, 422 if form.errors else 200


def _chosen() -> Organization | None:
    """The organization that was chosen in the search."""
    chosen = request.args.get("organization", "")
    return (registry.load_party(Organization, chosen) or abort(404)) if chosen else None


def _form(organization: Organization | None) -> Any:
    known: dict[str, Any] = {"registered_on": today(datetime.now(UTC)), "number": services.next_free_number()}
    if organization is None:
        return EnterGroup(data=known | {"organization_name": request.args.get("name", "").strip()[:LONGEST_NAME]})
    known |= {"consents": consents_of(organization), "organization_version": organization.version}
    form = EnterGroup(data=known)
    form.only_for_known()
    say_what_is_shown(form.consents, organization, than=Registry.GROUP)
    if not form.is_submitted():
        form.show_contacts(organization)
    return form


def _alike(form: Any, organization: Organization | None) -> Sequence[Organization]:
    """Those that the coordinator must look at first, so that no organization is written down twice."""
    if organization or form.different.data:
        return ()
    alike = registry.organizations_like(form.organization_name.data, district_id=form.district.data)
    message = _("同じ団体かどうかを確かめて、別の団体のときは印を付けてください。")
    form.different.errors = [message] if alike else []
    return alike


def _enter(form: Any, organization: Organization | None, *, now: datetime) -> Group:
    actor = current_actor().told_by(form.source.data)
    if organization is None:
        organization = registry.write_organization(
            None,
            name=form.organization_name.data,
            kana=form.organization_kana.data,
            kind=form.organization_kind.data,
            district_id=form.district.data,
            contact_name=form.representative.data,
            contact_kana=form.representative_kana.data,
            title=form.title.data,
            by=actor,
            now=now,
        )
    return services.register_group(
        organization,
        form.told(),
        number=form.number.data,
        consents=form.consents.data,
        among=services.PURPOSES,
        contacts=form.contacts(),
        registered_on=form.registered_on.data,
        form_key=form.form_key.data,
        by=actor.told_by(form.source.data, on_behalf_of=organization.id),
        now=now,
    )


def _entered(group: Group) -> Response:
    done = _(
        "「%(name)s」を登録しました。登録番号は %(number)s です。", name=group.organization.name, number=group.number
    )
    flash(done, "success")
    return redirect(url_for(".show", group_id=group.id), code=303)


def _already_registered(group: Group) -> Page:
    return render_template("groups/already.html", group=group), services.AlreadyRegistered.status


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, load_group, audited=True)
def edit(group: Group) -> Page:
    """Those who act for the group change it, or a coordinator passes a change on."""
    services.refuse_ended(group)
    mine = is_about_me(current_actor(), group)
    form: Any = EditGroup(data=contents_of(group))
    say_what_is_shown(form.consents, group.organization, than=Registry.GROUP)
    if mine:
        form.only_for_owner()
    if form.is_submitted():
        refuse_stale(form, group)
        form.refuse_other_contacts(group.organization)
    chips = Offer()
    if pressed() is not None:
        chips = take_pressed(form)
    elif form.validate_on_submit():
        if form.try_to(lambda: _change(form, group, mine=mine, now=datetime.now(UTC))):
            db.session.commit()
            flash(_("登録を直しました。"), "success")
            return redirect(url_for(".show", group_id=group.id), code=303)
        db.session.rollback()
    elif not form.is_submitted():
        form.show_contacts(group.organization)
        write_down_reading(group)
    page = render_template("groups/edit.html", form=form, group=group, mine=mine, chips=chips)
    return page, 422 if form.errors else 200


def _change(form: Any, group: Group, *, mine: bool, now: datetime) -> bool:
    actor = current_actor()
    by = actor if mine else actor.told_by(form.source.data, on_behalf_of=group.party_id)
    services.edit(
        group,
        form.told(registry.skills_of(group.organization_id, Registry.GROUP)),
        number=None if mine else form.number.data,
        consents=form.consents.data,
        contacts=form.contacts(),
        by=by,
        now=now,
    )
    return True
