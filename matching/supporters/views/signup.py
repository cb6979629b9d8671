"""Registering by oneself in a browser, in short steps with a page to check everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.actor import Actor
from ...accounts.models import User
from ...accounts.permissions import Permission, current_actor, is_about_me, may, requires
from ...concepts.suggesting import Offer, offer, pressed, take_pressed
from ...database import db
from ...errors import Invalid
from ...registry import services as registry
from ...registry.forms import Stepping, form_key_sent
from ...registry.forms.parties import say_what_is_shown
from ...registry.models import Organization, Party, Person, Registry
from .. import services
from ..forms import (
    AGREEING,
    ORGANIZATION_STEPS,
    PERSON_STEPS,
    SKILLS_AT_FIRST,
    RegisterOrganization,
    RegisterPerson,
    contacts_of,
    told_of,
)
from ..models import Supporter
from ..states import SupporterState
from . import bp

Page = str | tuple[str, int] | Response


@bp.route("/supporters/new", methods=["GET", "POST"])
@requires(Permission.SUPPORTER_REGISTER)
def register() -> Page:
    """A person, or somebody who acts for an organization, registers. ``?again=``: begins with a registration that ended."""
    user = db.session.get_one(User, current_actor().user_id)
    person = registry.person_of(user)
    if services.entered(form_key_sent()):
        return redirect(url_for(".registered"), code=303)  # sent twice
    former = former_registration()
    for_organization = request.args.get("as") == "organization"
    if not for_organization and person and (existing := services.open_registration(person.id)):
        return already_registered(existing)
    form, known = _own_form(user, person, former, for_organization=for_organization)
    if for_organization:
        anew = AGREEING if form.begins_anew(form.existing and db.session.get(Organization, form.existing)) else None
        stepping = Stepping(form, ORGANIZATION_STEPS, known=known, anew=anew)
    else:
        stepping = Stepping(form, PERSON_STEPS, known=known)
    chips = Offer()
    if request.form.get("go") == "more":
        form.add_skill_rows()
    elif pressed():
        chips = take_pressed(form)
        for row in form.skills:
            stepping.change(row.form.phrase.name, row.form.phrase.data or "")
    if stepping.is_sent():
        try:
            supporter = form.try_to(lambda: _register(form, user, now=datetime.now(UTC)))
        except services.AlreadyRegistered as already:
            return already_registered(already.supporter)
        if supporter:
            db.session.commit()
            return redirect(url_for(".registered"), code=303)
        db.session.rollback()
        stepping.show_mistake()
    if stepping.is_checking and not chips.taken:
        chips = offer(form, refused=chips.refused, gone=chips.gone)
    if stepping.shows_anew:  # said last: whoever reads apart begins again
        flash(_("いま登録されている連絡先と同意を入れました。確かめてください。"), "warning")
    return form_page(
        "supporters/register.html", form, stepping=stepping, for_organization=for_organization, chips=chips
    )


def former_registration(permission: Permission | None = None) -> Supporter | None:
    """The ended registration that the address names: one's own or, with a permission, one that it lets read."""
    value = request.args.get("again", "")
    if not value:
        return None
    former = db.session.get(Supporter, int(value)) if value.isdecimal() and len(value) < 10 else None
    actor = current_actor()
    allowed = may(actor, permission, former) if permission else is_about_me(actor, former)
    if former is None or former.state is not SupporterState.ENDED or not allowed:
        abort(404)
    return former


def _own_form(
    user: User, person: Person | None, former: Supporter | None, *, for_organization: bool
) -> tuple[Any, dict[str, Any]]:
    """The form, and what it begins with."""
    known: dict[str, Any] = {"mail": user.email, "name": person.name if person else user.name}
    known["kana"] = person.kana if person else None
    known |= told_of(former) if former else {}
    if for_organization:
        known |= {"organization": former.party_id} if former else {}
        form: Any = RegisterOrganization(data=known)
        acts_for = registry.representations_of(person.id) if person else []
        form.offer_organizations([one for one in acts_for if registry.speaks_for(one, current_actor())])
        if form.existing:
            organization = db.session.get_one(Organization, form.existing)
            known["mail"] = None if organization.contact_points else user.email
            known |= _told_by(organization)
            say_what_is_shown(form.consents, organization, than=Registry.SUPPORTER)
        return form, known
    if person:
        known |= {"birth_year": person.birth_year, "district": person.district_id} | _told_by(person)
    return RegisterPerson(data=known), known


def _told_by(party: Party) -> dict[str, Any]:
    """How somebody known is reached and what they agreed to: what is not ticked again ends, so it stands ticked."""
    return contacts_of(party) | {"consents": list(registry.active_consents(party.id))}


def _register(form: Any, user: User, *, now: datetime) -> Supporter:
    actor = current_actor()
    birth_year = form.birth_year.data if "birth_year" in form else None
    person = registry.become_person(
        user, name=form.name.data, kana=form.kana.data, birth_year=birth_year, by=actor, now=now
    )
    if isinstance(form, RegisterOrganization):
        party: Party = _organization(form, person, actor, now)
    else:
        registry.edit_facts(person, district_id=form.district.data, by=actor, now=now)
        party = person
    return take_in(form, party, by=actor, now=now, form_key=form.form_key.data)


def _organization(form: Any, person: Person, actor: Actor, now: datetime) -> Organization:
    if form.existing is not None:
        return db.session.get_one(Organization, form.existing)
    claimed = registry.claim_new(
        person,
        name=form.organization_name.data,
        kana=form.organization_kana.data,
        kind=form.organization_kind.data,
        district_id=form.district.data,
        title=form.title.data or "",
        by=actor,
        now=now,
    )
    if claimed.organization_id in form.offered:  # its contacts and consents did not stand on the form
        raise Invalid(_("この団体は、「登録する団体」から選んでください。"), field="organization_name")
    if not registry.speaks_for(claimed, actor):
        raise Invalid(
            _("この団体は、すでに名簿にあります。担当者の申し出をして、窓口の確認がすんでから登録してください。"),
            field="organization_name",
        )
    return claimed.organization


def take_in(form: Any, party: Party, *, by: Actor, now: datetime, **told: Any) -> Supporter:
    """Give the service what a form says, whoever filled it in."""
    if "guardian_name" in form:
        told |= {"guardian_name": form.guardian_name.data, "guardian_agreed": form.guardian_agreed.data}
    return services.register(
        party,
        form.told(),
        consents=form.consents.data,
        among=form.purposes,
        contacts=form.contacts(),
        pledged=form.pledge.data,
        by=by,
        now=now,
        **told,
    )


@bp.get("/supporters/registered")
@requires(Permission.SUPPORTER_REGISTER)
def registered() -> str:
    """What happens next, after somebody has registered."""
    return render_template("supporters/registered.html")


def already_registered(supporter: Supporter) -> tuple[str, int]:
    db.session.rollback()
    return render_template("supporters/already.html", supporter=supporter), services.AlreadyRegistered.status


def form_page(template: str, form: Any, **values: Any) -> tuple[str, int]:
    """A form as it stands; with errors it is answered 422."""
    page = render_template(template, form=form, skills_at_first=SKILLS_AT_FIRST, **values)
    return page, 422 if form.errors else 200
