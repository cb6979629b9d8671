"""What the pages of councils share: loading records, whose departments, a form as it stands, doing one thing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template
from werkzeug.wrappers import Response

from ...accounts.actor import Actor, lookups
from ...accounts.models import Role
from ...accounts.permissions import council_office, current_actor, keeps_rosters
from ...database import db
from ...registry import services as registry
from ...registry.forms import sent
from ...registry.models import Person
from ...registry.vocabulary import Department, all_departments
from ..forms import VersionForm
from ..models import Appointment, Council

Page = str | tuple[str, int] | Response


def load_council(council_id: int) -> Council | None:
    return db.session.get(Council, council_id)


def load_term(appointment_id: int) -> Appointment | None:
    return db.session.get(Appointment, appointment_id)


def load_member(person_id: int) -> Person | None:
    """Somebody known to the councils, and nobody else."""
    person = registry.load_party(Person, person_id)
    return person if person and lookups.is_known_to_councils(person.id) else None


def departments_of(actor: Actor) -> list[Department]:
    """For whose councils somebody writes: the offices for all, a clerk for those of the grant."""
    own = actor.departments_as(Role.CLERK)
    return [one for one in all_departments() if council_office(actor, None) or one.id in own]


def sees_birth_years() -> bool:
    return keeps_rosters(current_actor(), None)


def form_page(template: str, form: Any, **values: Any) -> Page:
    """A form as it stands; with errors it is answered 422."""
    return render_template(template, form=form, **values), 422 if form.errors else 200


def done(form: Any, act: Callable[[], Any], said: str, url: str | Callable[[Any], str]) -> Response | None:
    """Carry out what a checked form asks, keep it, and go on; None where a service refused.

    ``url`` may be a function of what the service answered.
    """
    made: list[Any] = []

    def acted() -> bool:
        made.append(act())
        return True

    if not form.try_to(acted):
        db.session.rollback()
        return None
    db.session.commit()
    flash(said, "success")
    return redirect(url(made[0]) if callable(url) else url, code=303)


def pressed(record: Any, act: Callable[[Any, datetime], Any], said: str, url: str) -> Response:
    """A button that acts on one record as its page showed it; what a service refuses is a page of its own."""
    if not sent(VersionForm(), record):
        abort(400)
    act(current_actor(), datetime.now(UTC))
    db.session.commit()
    flash(said, "success")
    return redirect(url, code=303)
