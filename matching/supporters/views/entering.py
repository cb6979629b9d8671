"""Entering what was told to a coordinator on paper, by telephone, at the counter: one page, as the paper form is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from ... import audit
from ...accounts.actor import Actor
from ...accounts.permissions import Permission, current_actor, may, requires
from ...concepts.suggesting import Offer, pressed, take_pressed
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import refuse_stale
from ...registry.forms.parties import say_what_is_shown
from ...registry.models import Organization, Party, Person, Registry
from .. import services
from ..forms import EnterOrganization, EnterPerson, told_of
from ..models import Supporter
from . import bp
from .signup import Page, already_registered, form_page, former_registration, take_in


@bp.route("/supporters/enter", methods=["GET", "POST"])
@requires(Permission.SUPPORTER_ENTER, audited=True)
def enter() -> Page:
    """A coordinator writes down what somebody said. What is known already of ``?party=`` or ``?again=`` is read.

    ``again`` is a registration that ended, and the new one begins with what it says.
    """
    former = former_registration(Permission.SUPPORTER_READ)
    party = former.party if former else _named_party()
    for_organization = isinstance(party, Organization) or (party is None and request.args.get("as") == "organization")
    if party and (existing := services.open_registration(party.id)):
        return already_registered(existing)
    form = _desk_form(party, former, for_organization=for_organization)
    if party and not form.is_submitted():
        audit.record(f"{party.kind.value}:read", party, by=current_actor(), at=datetime.now(UTC))
        db.session.commit()
    if party and form.is_submitted():
        refuse_stale(form, party, shown="party_version")
    alike: Sequence[Party] = ()
    chips = Offer()
    if pressed() is not None:
        chips = take_pressed(form)
    elif form.validate_on_submit() and not (alike := _alike(form, party)):
        supporter = form.try_to(lambda: _enter(form, party, now=datetime.now(UTC)))
        if supporter:
            db.session.commit()
            flash(_("「%(name)s」の登録を入れました。", name=supporter.party.name), "success")
            return redirect(url_for(".show", supporter_id=supporter.id), code=303)
        db.session.rollback()
    return form_page(
        "supporters/enter.html", form, for_organization=for_organization, party=party, alike=alike, chips=chips
    )


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
    party = registry.load_party(Party, request.args.get("party", ""))
    if party and not _may_be_named(party):
        abort(404)
    return party


def _may_be_named(party: Party) -> bool:
    return registry.is_known_to_desks(party) or not current_actor().contractor


def _desk_form(party: Party | None, former: Supporter | None, *, for_organization: bool) -> Any:
    known: dict[str, Any] = {"given_on": today(datetime.now(UTC))}
    if party:
        known |= {"district": party.district_id, "consents": list(registry.active_consents(party.id))}
        known["party_version"] = party.version
    if former:
        known |= told_of(former)
    if isinstance(party, Organization):
        known["organization_name"], known["organization_kana"] = party.name, party.kana
        known["organization_kind"] = party.organization_kind
    elif isinstance(party, Person):
        known |= {"name": party.name, "kana": party.kana, "birth_year": party.birth_year}
    form: Any = EnterOrganization(data=known) if for_organization else EnterPerson(data=known)
    if for_organization:
        form.offer_organizations([])
    if not may(current_actor(), Permission.COUNCIL_READ):
        form.leave_out_councils()
    if party:
        say_what_is_shown(form.consents, party, than=Registry.SUPPORTER)
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
        party = _person(form, party, by=actor, now=now)
    actor = actor.told_by(form.source.data, on_behalf_of=party.id)
    key, note = form.form_key.data, form.note_for_desk.data
    supporter = take_in(form, party, by=actor, now=now, on=form.given_on.data, note_for_desk=note, form_key=key)
    if form.confirmed.data:
        services.confirm(supporter, by=actor, now=now)
    return supporter


def _person(form: Any, person: Person | None, *, by: Actor, now: datetime) -> Person:
    told = {
        "name": form.name.data,
        "kana": form.kana.data,
        "birth_year": form.birth_year.data,
        "district_id": form.district.data,
    }
    if person is None:
        return registry.enter_person(registry.PersonFacts(**told), form_key=form.form_key.data, by=by, now=now)
    registry.edit_facts(person, by=by, now=now, **told)
    return person
