"""Registering: by oneself in a browser, or told to a coordinator on paper, by telephone, at the counter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.actor import Actor
from ...accounts.models import User
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from ...errors import Invalid
from ...i18n import today
from ...registry import services as registry
from ...registry.models import Organization, Party, Person
from .. import services
from ..forms import SKILLS_AT_FIRST, EnterOrganization, EnterPerson, RegisterOrganization, RegisterPerson
from ..models import Supporter
from . import bp

Page = str | tuple[str, int] | Response


@bp.route("/supporters/new", methods=["GET", "POST"])
@requires(Permission.SUPPORTER_REGISTER)
def register() -> Page:
    """A person, or somebody who acts for an organization, registers."""
    user = db.session.get_one(User, current_actor().user_id)
    person = registry.person_of(user)
    for_organization = request.args.get("as") == "organization"
    if not for_organization and person and (existing := services.open_registration(person.id)):
        return already_registered(existing)
    form = _own_form(user, person, for_organization=for_organization)
    if form.validate_on_submit():
        try:
            supporter = form.try_to(lambda: _register(form, user, now=datetime.now(UTC)))
        except services.AlreadyRegistered as already:
            return already_registered(already.supporter)
        if supporter:
            db.session.commit()
            return redirect(url_for(".registered"), code=303)
        db.session.rollback()
    return form_page("supporters/register.html", form, for_organization=for_organization)


def _own_form(user: User, person: Person | None, *, for_organization: bool) -> Any:
    known: dict[str, Any] = {"mail": user.email, "name": person.name if person else user.name}
    known["kana"] = person.kana if person else None
    if for_organization:
        form: Any = RegisterOrganization(data=known)
        form.offer_organizations(registry.representations_of(person.id, only_approved=True) if person else [])
        return form
    if person:
        known |= {"birth_year": person.birth_year, "district": person.district_id}
        known["consents"] = list(registry.active_consents(person.id))
    form = RegisterPerson(data=known)
    if person and not form.is_submitted():
        form.show_contacts(person)
    return form


def _register(form: Any, user: User, *, now: datetime) -> Supporter:
    actor = current_actor()
    birth_year = form.birth_year.data if "birth_year" in form else None
    person = registry.become_person(
        user, name=form.name.data, kana=form.kana.data, birth_year=birth_year, by=actor, now=now
    )
    if isinstance(form, RegisterOrganization):
        return _take_in(form, _organization(form, person, actor, now), by=actor, now=now)
    person.district_id = form.district.data
    return _take_in(form, person, by=actor, now=now)


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
    if not registry.speaks_for(claimed, actor):
        raise Invalid(
            _("この団体は、すでに名簿にあります。担当者の申し出をして、窓口の確認がすんでから登録してください。"),
            field="organization_name",
        )
    return claimed.organization


def _take_in(form: Any, party: Party, *, by: Actor, now: datetime, **told: Any) -> Supporter:
    if "guardian_name" in form:
        told |= {"guardian_name": form.guardian_name.data, "guardian_agreed": form.guardian_agreed.data}
    return services.register(
        party,
        form.told(),
        consents=form.consents.data,
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


@bp.route("/supporters/enter", methods=["GET", "POST"])
@requires(Permission.SUPPORTER_ENTER, audited=True)
def enter() -> Page:
    """A coordinator writes down what somebody said. ``?party=`` names one that is known already: its data are read."""
    party = _named_party()
    for_organization = isinstance(party, Organization) or (party is None and request.args.get("as") == "organization")
    if party and (existing := services.open_registration(party.id)):
        return already_registered(existing)
    form = _desk_form(party, for_organization=for_organization)
    if party and not form.is_submitted():
        audit.record(f"{party.kind.value}:read", party, by=current_actor(), at=datetime.now(UTC))
        db.session.commit()
    alike: Sequence[Party] = ()
    if form.validate_on_submit() and not (alike := _alike(form, party)):
        supporter = form.try_to(lambda: _enter(form, party, now=datetime.now(UTC)))
        if supporter:
            db.session.commit()
            flash(_("「%(name)s」の登録を入れました。", name=supporter.party.name), "success")
            return redirect(url_for(".show", supporter_id=supporter.id), code=303)
        db.session.rollback()
    return form_page("supporters/enter.html", form, for_organization=for_organization, party=party, alike=alike)


def _alike(form: Any, party: Party | None) -> Sequence[Party]:
    """Those whom the coordinator must look at first, so that nobody is written down twice."""
    if party or form.different.data or services.entered(form.form_key.data):
        return ()
    if isinstance(form, EnterOrganization):
        name, district_id = form.organization_name.data, form.district.data
        alike: Sequence[Party] = registry.organizations_like(name, district_id=district_id)
        message = _("同じ団体かどうかを確かめて、別の団体のときは印を付けてください。")
    else:
        people = registry.people_like(form.name.data, kana=form.kana.data, telephone=form.telephone.data)
        alike = [person for person in people if _may_be_named(person)]
        message = _("同じ人かどうかを確かめて、別の人のときは印を付けてください。")
    form.different.errors = [message] if alike else []
    return alike


def _named_party() -> Party | None:
    value = request.args.get("party", "")
    party = db.session.get(Party, int(value)) if value.isdecimal() and len(value) < 10 else None
    if party and not _may_be_named(party):
        abort(404)
    return party


def _may_be_named(party: Party) -> bool:
    return registry.is_known_to_desks(party) or not current_actor().contractor


def _desk_form(party: Party | None, *, for_organization: bool) -> Any:
    known: dict[str, Any] = {"given_on": today(datetime.now(UTC))}
    if party:
        known |= {"district": party.district_id, "consents": list(registry.active_consents(party.id))}
    if isinstance(party, Organization):
        known["organization_name"], known["organization_kana"] = party.name, party.kana
        known["organization_kind"] = party.organization_kind
    elif isinstance(party, Person):
        known |= {"name": party.name, "kana": party.kana, "birth_year": party.birth_year}
    form: Any = EnterOrganization(data=known) if for_organization else EnterPerson(data=known)
    if for_organization:
        form.offer_organizations([])
    if party and not form.is_submitted():
        form.show_contacts(party)
    return form


def _enter(form: Any, party: Any, *, now: datetime) -> Supporter:
    if first := services.entered(form.form_key.data):
        return first
    actor = current_actor().told_by(form.source.data)
    if isinstance(form, EnterOrganization):
        party = registry.write_organization(
            party,
            name=form.organization_name.data,
            kana=form.organization_kana.data,
            kind=form.organization_kind.data,
            district_id=form.district.data,
            contact_name=form.name.data,
            contact_kana=form.kana.data,
            title=form.title.data,
            by=actor,
            now=now,
        )
    else:
        party = registry.write_person(
            party,
            name=form.name.data,
            kana=form.kana.data,
            birth_year=form.birth_year.data,
            district_id=form.district.data,
            by=actor,
            now=now,
        )
    actor = actor.told_by(form.source.data, on_behalf_of=party.id)
    key, note = form.form_key.data, form.note_for_desk.data
    supporter = _take_in(form, party, by=actor, now=now, on=form.given_on.data, note_for_desk=note, form_key=key)
    if form.confirmed.data:
        services.confirm(supporter, by=actor, now=now)
    return supporter


def already_registered(supporter: Supporter) -> tuple[str, int]:
    db.session.rollback()
    return render_template("supporters/already.html", supporter=supporter), services.AlreadyRegistered.status


def form_page(template: str, form: Any, **values: Any) -> tuple[str, int]:
    """A form as it stands; with errors it is answered 422."""
    page = render_template(template, form=form, skills_at_first=SKILLS_AT_FIRST, **values)
    return page, 422 if form.errors else 200
