"""Appointing somebody: first who it is, then the term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _

from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.models import Person, Purpose, Registry
from ...registry.paging import page_of_ids
from .. import services
from ..forms import NEW, AppointForm, AppointNewForm, MemberFilters
from ..models import Appointment, Council, CouncilRole
from . import bp
from .base import Page, done, form_page, load_council, load_member, sees_birth_years

ONE = "/councils/<int:council_id>/appoint"
PER_PAGE = 30


@dataclass(frozen=True)
class Nomination:
    """Somebody who is to be appointed to a council."""

    council: Council
    person: Person

    @property
    def department_id(self) -> int:
        return self.council.department_id


def _load(council_id: int, person_id: int) -> Nomination | None:
    council, person = load_council(council_id), load_member(person_id)
    return Nomination(council, person) if council and person else None


@bp.get(ONE)
@requires(Permission.COUNCIL_EDIT, load_council)
def choose(council: Council) -> str:
    """Look for the person among those known to the councils, so that nobody is written down twice."""
    day = today(datetime.now(UTC))
    form: Any = MemberFilters()
    del form.seating
    found = None
    if form.words:
        found = page_of_ids(services.find_people(form.words), Person, page=form.page, per_page=PER_PAGE)
    ids = [person.id for person in found.items] if found else []
    return render_template(
        "councils/choose.html",
        council=council,
        form=form,
        found=found,
        seats_held=services.seats_held(ids, day),
        consenting=services.consenting(ids),
        sees_birth_years=sees_birth_years(),
        substitute_for=_predecessor(council),
    )


@bp.route(f"{ONE}/<int:person_id>", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, _load)
def appoint(nomination: Nomination) -> Page:
    council, person = nomination.council, nomination.person
    agrees = Purpose.COUNCIL in registry.active_consents(person.id)
    form: Any = AppointForm(data=_usual(council))
    form.offer_predecessors(services.substitutable(council))
    if agrees:
        for name in ("agreed", "agreed_on", "expertise"):
            del form[name]
    elif not form.is_submitted():
        form.expertise.data = "\n".join(skill.phrase for skill in registry.skills_of(person.id, Registry.COUNCIL))
    if form.validate_on_submit():
        answer = done(
            form,
            lambda: _appoint(form, council, person, now=datetime.now(UTC)),
            _("%(name)sさんを委嘱・任命しました。", name=person.name),
            url_for(".show", council_id=council.id),
        )
        if answer:
            _warn_if_beyond(council)
            return answer
    return form_page("councils/appoint.html", form, council=council, person=person)


@bp.route(f"{ONE}/new", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_council)
def appoint_new(council: Council) -> Page:
    """Somebody whom the search did not find: written down with the term, unless they are known after all."""
    form: Any = AppointNewForm(data={**_usual(council), "name": request.args.get("q", "")[:80]})
    form.offer_predecessors(services.substitutable(council))
    if form.validate_on_submit() and said_who_it_is(form):
        answer = done(
            form,
            lambda: _appoint(form, council, None, now=datetime.now(UTC)),
            _("%(name)sさんを委嘱・任命しました。", name=form.name.data),
            url_for(".show", council_id=council.id),
        )
        if answer:
            _warn_if_beyond(council)
            return answer
    return form_page("councils/appoint.html", form, council=council, person=None)


def said_who_it_is(form: Any) -> bool:
    """Whether the person is new, or the clerk has looked at those of the same name. Sent twice counts as said."""
    key = form.form_key.data
    if services.appointed_with(key) or registry.written_with(key):
        return True
    return bool(form.offer_known(services.alike(form.name.data, form.birth_year.data, by=current_actor())))


def person_told(form: Any, *, now: datetime) -> Person:
    """The person of the form: one of those offered, or a new one."""
    offered = {choice.value for choice in form.same.choices} - {NEW}
    known = db.session.get_one(Person, int(form.same.data)) if form.same.data in offered else None
    return services.write_member(
        known,
        name=form.name.data,
        kana=form.kana.data or None,
        birth_year=form.birth_year.data,
        gender=form.gender.data,
        affiliation=form.affiliation.data or None,
        form_key=form.form_key.data,
        by=current_actor(),
        now=now,
    )


def _appoint(form: Any, council: Council, person: Person | None, *, now: datetime) -> Appointment:
    actor = current_actor()
    if first := services.appointed_with(form.form_key.data):
        return first
    if person is None:
        person = person_told(form, now=now)
    predecessor = form.substitute_for.data if "substitute_for" in form else None
    if "agreed" in form:
        if form.agreed.data:
            services.agree(person, on=form.agreed_on.data, by=actor, now=now)
        if form.phrases:
            services.set_expertise(person, form.phrases, by=actor, now=now)
    return services.appoint(
        council,
        person,
        starts=form.starts.data,
        ends=form.ends.data,
        category=form.category.data or "",
        role=form.role.data,
        ex_officio=form.ex_officio.data,
        substitute_for=db.session.get_one(Appointment, predecessor) if predecessor else None,
        form_key=form.form_key.data,
        by=actor,
        now=now,
    )


def _predecessor(council: Council) -> Appointment | None:
    """``?for=``: whose term somebody is to sit out."""
    asked = request.args.get("for", type=int)
    return next((term for term in services.substitutable(council) if term.id == asked), None)


def _usual(council: Council) -> dict[str, Any]:
    """What a new term begins with: the predecessor's rest, or the end that most members have."""
    known: dict[str, Any] = {"role": CouncilRole.MEMBER}
    if predecessor := _predecessor(council):
        assert predecessor.left_on
        starts: date = predecessor.left_on + timedelta(days=1)
        rest = {"substitute_for": predecessor.id, "starts": starts, "ends": predecessor.ends}
        return known | rest | {"category": predecessor.category}
    usual = services.usual_term(council, today(datetime.now(UTC)))
    return known | ({"ends": usual[1]} if usual else {})


def _warn_if_beyond(council: Council) -> None:
    """More members than seats: said, not refused."""
    taken = services.seats_taken(today(datetime.now(UTC))).get(council.id, 0)
    if council.seats is not None and taken > council.seats:
        flash(_("定数の%(seats)s人を、%(n)s人超えています。", seats=council.seats, n=taken - council.seats), "warning")
