"""People written down and corrected by staff. The pages that show them gather from all rooms: see ``matching.people``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.permissions import Permission, current_actor, keeps_rosters, may, requires
from ...database import db
from .. import services
from ..forms import sent
from ..forms.parties import EditPerson, EnterPerson, contents_of
from ..models import Person
from . import bp

Page = str | tuple[str, int] | Response


def _person(person_id: int) -> Person | None:
    return services.load_party(Person, person_id)


def _need_to_know() -> dict[str, bool]:
    """Gender is for the rosters of councils, contact points are for the desks."""
    actor = current_actor()
    return {"gender": keeps_rosters(actor, None), "contacts": may(actor, Permission.CONTACT_READ)}


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.PERSON_ENTER)
def enter_person() -> Page:
    form: Any = EnterPerson()
    knows = _need_to_know()
    form.only_for(**knows)
    alike: Sequence[Person] = ()
    if form.validate_on_submit() and not (alike := _alike(form)):
        actor = current_actor().told_by(form.source.data)
        contacts = form.contacts() if knows["contacts"] else ()
        entered = services.enter_person(
            form.facts(), contacts, form_key=form.form_key.data, by=actor, now=datetime.now(UTC)
        )
        db.session.commit()
        flash(_("「%(name)s」さんを入れました。", name=entered.name), "success")
        return redirect(url_for("people.show", party_id=entered.id), code=303)
    page = render_template("people/form.html", form=form, alike=alike, person=None)
    return page, 422 if form.errors else 200


def _alike(form: Any) -> Sequence[Person]:
    """Those at whom the reader must look first; of whom they must not know, they are not told."""
    if form.different.data or services.written_with(form.form_key.data):
        return ()
    telephone = form.telephone.data if "telephone" in form else None
    people = services.people_like(form.name.data, kana=form.kana.data, telephone=telephone)
    alike = [person for person in people if may(current_actor(), Permission.PERSON_READ, person)]
    message = _("同じ人かどうかを確かめて、別の人のときは印を付けてください。")
    form.different.errors = [message] if alike else []
    return alike


@bp.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@requires(Permission.PERSON_EDIT, _person, audited=True)
def edit_person(person: Person) -> Page:
    actor, now, knows = current_actor(), datetime.now(UTC), _need_to_know()
    form: Any = EditPerson(data=contents_of(person))
    form.only_for(**knows)
    if sent(form, person):
        by = actor.told_by(form.source.data, on_behalf_of=person.id)
        contacts = form.contacts() if knows["contacts"] else None
        changed = services.edit_party(person, form.facts(person), contacts, by=by, now=now)
        db.session.commit()
        flash(_("直しました。") if changed else _("変わったところはありませんでした。"), "success")
        return redirect(url_for("people.show", party_id=person.id), code=303)
    if not form.is_submitted():
        if knows["contacts"]:
            form.show_contacts(person)
        audit.record("person:read", person, by=actor, at=now)
        db.session.commit()
    page = render_template("people/form.html", form=form, alike=(), person=person)
    return page, 422 if form.errors else 200
