"""The people of the councils: finding them, all seats of one person, and their consent to be considered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from ... import audit
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import sent
from ...registry.models import Person, Purpose, Registry
from ...registry.paging import page_of_ids
from .. import services
from ..forms import CandidacyForm, MemberFilters, MemberForm
from ..history import history_of_person
from . import bp
from .appointing import person_told, said_who_it_is
from .base import Page, done, form_page, load_member, sees_birth_years

ONE = "/councils/members/<int:person_id>"
PER_PAGE = 50


@bp.get("/councils/members")
@requires(Permission.COUNCIL_READ)
def members() -> str:
    """Everybody who sits or sat, or agreed to be considered, across departments."""
    day = today(datetime.now(UTC))
    form: Any = MemberFilters()
    people = services.find_people(form.words, sitting_on=day if form.seating.data else None)
    found = page_of_ids(people, Person, page=form.page, per_page=PER_PAGE)
    ids = [person.id for person in found.items]
    return render_template(
        "councils/members.html",
        form=form,
        found=found,
        seats_held=services.seats_held(ids, day),
        consenting=services.consenting(ids),
        sees_birth_years=sees_birth_years(),
    )


@bp.get(ONE)
@requires(Permission.COUNCIL_READ, load_member, audited=True)
def member(person: Person) -> Page:
    """That it was read is written down, as on the person's other page."""
    audit.record("person:read", person, by=current_actor(), at=datetime.now(UTC))
    db.session.commit()
    return _page(person)


def _page(person: Person, form: Any = None) -> Page:
    """Every seat of one person; a form that was refused stands on it as it was filled in."""
    day = today(datetime.now(UTC))
    terms = services.terms_of_person(person)
    consents = [one for one in person.consents if one.purpose is Purpose.COUNCIL]
    skills = registry.skills_of(person.id, Registry.COUNCIL)
    consent = next((one for one in consents if one.withdrawn_at is None), None)
    if form is None:
        known = {
            "version": person.version,
            "agreed": consent is not None,
            "expertise": "\n".join(skill.phrase for skill in skills),
        }
        form = _candidacy_form(person, formdata=None, data=known)
    return form_page(
        "councils/member.html",
        form,
        person=person,
        services=services.services_of(terms, day),
        present=services.seats_held([person.id], day).get(person.id, 0),
        day=day,
        consent=consent,
        skills=skills,
        sees_birth_years=sees_birth_years(),
        history=history_of_person(terms, consents),
    )


@bp.post(f"{ONE}/candidacy")
@requires(Permission.COUNCIL_CONSENT, load_member)
def candidacy(person: Person) -> Page:
    """What the person said on paper; without the mark, the consent is taken back."""
    form = _candidacy_form(person)
    if sent(form, person):
        answer = done(
            form,
            lambda: _set_candidacy(form, person, now=datetime.now(UTC)),
            _("同意と専門を記録しました。"),
            url_for(".member", person_id=person.id),
        )
        if answer:
            return answer
    return _page(person, form)


def _candidacy_form(person: Person, **known: Any) -> Any:
    """The day of a consent that stands is not asked again: another one is given after this one is taken back."""
    form: Any = CandidacyForm(**known)
    if services.consenting([person.id]):
        del form.agreed_on
    return form


def _set_candidacy(form: Any, person: Person, *, now: datetime) -> Person:
    actor = current_actor()
    if form.agreed.data:
        services.agree(person, on=form.agreed_on.data if "agreed_on" in form else None, by=actor, now=now)
    else:
        services.withdraw_candidacy(person, by=actor, now=now)
    services.set_expertise(person, form.phrases, by=actor, now=now)
    return person


@bp.route("/councils/members/new", methods=["GET", "POST"])
@requires(Permission.COUNCIL_CONSENT)
def enter_member() -> Page:
    """Somebody agreed on paper to be considered, and sits nowhere yet."""
    form: Any = MemberForm(data={"agreed": True})
    if form.validate_on_submit() and _has_agreed(form) and said_who_it_is(form):
        answer = done(
            form,
            lambda: _set_candidacy(form, person_told(form, now=datetime.now(UTC)), now=datetime.now(UTC)),
            _("%(name)sさんを候補として書きとめました。", name=form.name.data),
            lambda person: url_for(".member", person_id=person.id),
        )
        if answer:
            return answer
    return form_page("councils/enter_member.html", form)


def _has_agreed(form: Any) -> bool:
    if not form.agreed.data:
        form.agreed.errors = [_("同意した人だけを書きとめます。同意の書面を確かめて、印を付けてください。")]
    return bool(form.agreed.data)
