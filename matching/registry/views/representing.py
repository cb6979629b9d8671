"""Who acts for an organization: claims that wait for a desk, and what an organization told the desk by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.models import User
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from .. import services
from ..forms.parties import EndRepresentation, RepresentativeForm
from ..models import Organization, Party, PartyKind, Person, Representation, RepresentationState
from . import bp
from .organizations import ONE, load_organization, organization_page

OF_ONE = "/representations/<int:representation_id>"
FOUND = 10
Page = str | tuple[str, int] | Response


def _representation(representation_id: int) -> Representation | None:
    return db.session.get(Representation, representation_id)


@bp.get("/representations")
@requires(Permission.REPRESENTATION_READ)
def representations() -> str:
    return render_template("registry/representations.html", waiting=services.waiting_representations())


@bp.get(OF_ONE)
@requires(Permission.REPRESENTATION_READ, _representation, audited=True)
def representation(representation: Representation) -> str:
    """A claim beside what is known of the organization and of the person, for the desk to compare."""
    actor, now = current_actor(), datetime.now(UTC)
    audit.record("organization:read", representation.organization, by=actor, at=now)
    audit.record("person:read", representation.person, by=actor, at=now)
    db.session.commit()
    others = services.representatives_of(representation.organization_id)
    return render_template(
        "registry/representation.html",
        claim=representation,
        others=[one for one in others if one.id != representation.id],
        account=db.session.scalar(select(User).where(User.party_id == representation.person_id)),
        elsewhere=[one for one in services.representations_of(representation.person_id) if one.id != representation.id],
        waits=representation.state is RepresentationState.CLAIMED,
    )


@bp.post(f"{OF_ONE}/approve")
@requires(Permission.REPRESENTATION_APPROVE, _representation)
def approve(representation: Representation) -> Response:
    return _decide(
        representation,
        approve=True,
        done=_("「%(name)s」の担当者として確認しました。", name=representation.organization.name),
    )


@bp.post(f"{OF_ONE}/refuse")
@requires(Permission.REPRESENTATION_APPROVE, _representation)
def refuse(representation: Representation) -> Response:
    return _decide(representation, approve=False, done=_("「確認できませんでした」と記録しました。"))


def _decide(representation: Representation, *, approve: bool, done: str) -> Response:
    services.decide_representation(representation, approve=approve, by=current_actor(), now=datetime.now(UTC))
    db.session.commit()
    flash(done, "success")
    return redirect(url_for(".representations"), code=303)


@bp.post(f"{OF_ONE}/end")
@requires(Permission.ORGANIZATION_ENTER, _representation)
def end_representation(representation: Representation) -> Page:
    form: Any = EndRepresentation(representation)
    organization = representation.organization
    if not form.validate_on_submit():
        return organization_page(organization, ending=(representation.id, form)), 422
    actor = current_actor().told_by(form.source.data)
    services.end_representation(representation, by=actor, now=datetime.now(UTC))
    db.session.commit()
    flash(_("%(name)sさんは、担当者ではなくなりました。", name=representation.person.name), "success")
    return redirect(url_for(".organization", organization_id=organization.id), code=303)


@bp.route(f"{ONE}/representatives/new", methods=["GET", "POST"])
@requires(Permission.ORGANIZATION_ENTER, load_organization)
def add_representative(organization: Organization) -> Page:
    """The organization told the desk who acts for it: a person who is known already, or a new one."""
    words = request.args.get("q", "").strip()[:60]
    found = _people_like(words)
    form: Any = RepresentativeForm(data={"name": words if words and not services.telephone_ending(words) else None})
    form.offer(found)
    if form.validate_on_submit():
        if added := form.try_to(lambda: _add(form, organization, now=datetime.now(UTC))):
            db.session.commit()
            flash(_("%(name)sさんを、代表者・担当者として入れました。", name=added.person.name), "success")
            return redirect(url_for(".organization", organization_id=organization.id), code=303)
        db.session.rollback()
    page = render_template(
        "registry/representative_form.html", form=form, organization=organization, words=words, found=found
    )
    return page, 422 if form.errors else 200


def _add(form: Any, organization: Organization, *, now: datetime) -> Representation:
    return services.add_representative(
        organization,
        person=db.session.get_one(Person, form.chosen) if form.chosen else None,
        name=form.name.data or "",
        kana=form.kana.data,
        title=form.title.data or "",
        by=current_actor().told_by(form.source.data),
        now=now,
    )


def _people_like(words: str) -> list[Person]:
    """People of whom this reader may know, as PERSON_READ says it of a coordinator; two queries."""
    admits = Party.kind == PartyKind.PERSON
    if current_actor().contractor:
        admits = admits & services.known_to_desks().met
    ids = services.parties_like(words, admits=admits, by_telephone=True, limit=FOUND).ids
    people = db.session.scalars(select(Person).where(Person.id.in_(ids)).options(joinedload(Person.district)))
    return sorted(people, key=lambda person: ids.index(person.id))
