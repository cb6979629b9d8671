"""One person's term on one council: begun, corrected, renewed, left early, struck out when it was a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import as_day
from ...registry import services as registry
from ...registry.models import Person, Registry
from ...registry.services import SkillWords
from ..models import Appointment, Council, CouncilRole
from ..states import TERM, TermAction, TermState
from .publishing import refresh_member
from .reading import terms_of_person
from .turn import take_turn


def appoint(
    council: Council,
    person: Person,
    *,
    starts: date,
    ends: date | None = None,
    category: str = "",
    role: CouncilRole = CouncilRole.MEMBER,
    ex_officio: bool = False,
    substitute_for: Appointment | None = None,
    skills: Sequence[SkillWords] | None = None,
    form_key: str | None = None,
    by: Actor,
    now: datetime,
) -> Appointment:
    """One term of one person. ``skills`` replaces what the person told this registry; None leaves it.

    A substitute (補欠) sits for the rest of the predecessor's term. The same form a second time shows the first term.
    """
    take_turn(council, *([substitute_for] if substitute_for else []))
    if form_key and (first := appointed_with(form_key)):
        return first
    if substitute_for is not None:
        ends = _rest_of_the_term(substitute_for, council, starts=starts, ends=ends)
    _check_term(council, person, starts, ends)
    appointment = Appointment(
        council=council,
        person=person,
        starts=starts,
        ends=ends,
        category=category,
        role=role,
        ex_officio=ex_officio,
        substitute_for=substitute_for,
        form_key=form_key,
    )
    db.session.add(appointment)
    audit.record("appointment:appoint", appointment, by=by, at=now)
    if skills is not None:
        registry.set_skills(person.id, Registry.COUNCIL, skills)
    refresh_member(person, now=now)
    return appointment


def appointed_with(form_key: str) -> Appointment | None:
    """The term that this opened form has made already."""
    return db.session.scalar(select(Appointment).where(Appointment.form_key == form_key))


def renew(
    appointment: Appointment, *, ends: date, category: str, role: CouncilRole, by: Actor, now: datetime
) -> Appointment:
    """再任: the next term begins the day after. Told twice, it is written down once."""
    take_turn(appointment.council, appointment)
    TERM.after(appointment.state, TermAction.RENEW)
    name = appointment.person.name
    if appointment.ends is None:
        raise Invalid(_("%(name)sさんの任期には終わりがありません。", name=name))
    starts = appointment.ends + timedelta(days=1)
    if ends < starts:
        raise Invalid(
            _(
                "%(name)sさんの次の任期は%(day)sからです。それよりあとの日付にしてください。",
                name=name,
                day=as_day(starts),
            ),
            field="ends",
        )
    for term in terms_of_person(appointment.person):
        if term.council_id == appointment.council_id and (term.starts, term.ends) == (starts, ends):
            return term
    try:
        return appoint(
            appointment.council,
            appointment.person,
            starts=starts,
            ends=ends,
            category=category,
            role=role,
            ex_officio=appointment.ex_officio,
            by=by,
            now=now,
        )
    except Invalid as refused:
        raise Invalid(_("%(name)sさん：%(why)s", name=name, why=refused.message)) from refused


def correct(
    appointment: Appointment,
    *,
    starts: date,
    ends: date | None,
    category: str,
    role: CouncilRole,
    ex_officio: bool,
    by: Actor,
    now: datetime,
) -> set[str]:
    """Mend a slip of what was written; answers the names of what changed. A substitute's term ends with this one."""
    take_turn(appointment.council, appointment)
    if appointment.substitute_for is not None:
        ends = _rest_of_the_term(
            appointment.substitute_for, appointment.council, starts=starts, ends=ends, substitute=appointment
        )
    left_on = appointment.left_on
    if left_on is not None and (left_on < starts or (ends is not None and ends < left_on)):
        raise Invalid(_("退任の日（%(day)s）が任期の中に入るようにしてください。", day=as_day(left_on)), field="starts")
    _check_term(appointment.council, appointment.person, starts, ends, apart_from=appointment, left_on=left_on)
    if ends != appointment.ends:
        _move_substitutes(appointment, ends, by=by, now=now)
    told: dict[str, Any] = {
        "starts": starts,
        "ends": ends,
        "category": category,
        "role": role,
        "ex_officio": ex_officio,
    }
    changed = {field for field, value in told.items() if getattr(appointment, field) != value}
    for field in changed:
        setattr(appointment, field, told[field])
    if changed:
        audit.record("appointment:edit", appointment, by=by, at=now, fields=changed)
        refresh_member(appointment.person, now=now)
    return changed


def leave(appointment: Appointment, *, on: date, because: str | None = None, by: Actor, now: datetime) -> None:
    """A member leaves before the term is over; ``on`` is the last day."""
    take_turn(appointment.council, appointment)
    end_term(appointment, on=on, because=because, by=by, now=now)


def end_term(
    appointment: Appointment,
    *,
    on: date,
    because: str | None = None,
    with_the_council: bool = False,
    by: Actor,
    now: datetime,
) -> None:
    """What ``leave`` does, and abolishing a council for each of its terms, for whoever has the turn."""
    left = TERM.after(appointment.state, TermAction.LEAVE)
    if on < appointment.starts:
        raise Invalid(_("退任の日は、任期の始まりか、それよりあとの日付にしてください。"), field="on")
    if appointment.ends is not None and on > appointment.ends:
        raise Invalid(
            _("任期は%(day)sまでです。それより前の日付にしてください。", day=as_day(appointment.ends)), field="on"
        )
    appointment.left_on, appointment.left_because = on, because or None
    appointment.left_with_the_council = with_the_council
    assert appointment.state is left
    audit.record("appointment:leave", appointment, by=by, at=now)
    refresh_member(appointment.person, now=now)


def take_back_leave(appointment: Appointment, *, by: Actor, now: datetime) -> None:
    """The leave was written down by mistake: the term goes on as it was."""
    take_turn(appointment.council, appointment)
    resume_term(appointment, by=by, now=now)


def resume_term(appointment: Appointment, *, by: Actor, now: datetime) -> None:
    """What ``take_back_leave`` does, and opening a council again for each of its terms, for whoever has the turn."""
    running = TERM.after(appointment.state, TermAction.TAKE_BACK)
    if substitutes_of(appointment):
        raise MatchingError(_("この方の補欠の委員がいます。先に、補欠の方の任期を取り消してください。"))
    _check_term(appointment.council, appointment.person, appointment.starts, appointment.ends, apart_from=appointment)
    appointment.left_on = appointment.left_because = None
    appointment.left_with_the_council = False
    assert appointment.state is running
    audit.record("appointment:return", appointment, by=by, at=now)
    refresh_member(appointment.person, now=now)


def strike(appointment: Appointment, *, by: Actor, now: datetime) -> None:
    """The term was written down by mistake: it is gone, and the council's log says that one was, and whose."""
    take_turn(appointment.council, appointment)
    if substitutes_of(appointment):
        raise MatchingError(_("この方の補欠の委員がいます。先に、補欠の方の任期を取り消してください。"))
    person = appointment.person
    audit.record("appointment:strike", appointment.council, by=by.told_by(by.source, on_behalf_of=person.id), at=now)
    db.session.delete(appointment)
    refresh_member(person, now=now)


def substitutes_of(appointment: Appointment) -> list[Appointment]:
    query = select(Appointment).where(Appointment.substitute_for_id == appointment.id).order_by(Appointment.id)
    return list(db.session.scalars(query))


def _check_term(
    council: Council,
    person: Person,
    starts: date,
    ends: date | None,
    *,
    apart_from: Appointment | None = None,
    left_on: date | None = None,
) -> None:
    """``left_on``: the term is over on that day already, whatever ``ends`` says."""
    if ends is not None and ends < starts:
        raise Invalid(_("任期の終わりは、始まりよりあとの日付にしてください。"), field="ends")
    last = min((day for day in (ends, left_on) if day is not None), default=None)
    if council.ended_on is not None and (last is None or last > council.ended_on):
        raise Invalid(
            _("この審議会等は%(day)sに廃止です。任期はその日までにしてください。", day=as_day(council.ended_on)),
            field="ends",
        )
    for other in terms_of_person(person):
        if other.council_id == council.id and other is not apart_from and _overlap(other, starts, last):
            raise Invalid(_("この方は、同じ期間にこの審議会等の委員になっています。"), field="starts")


def _overlap(term: Appointment, starts: date, last: date | None) -> bool:
    return (term.last_day is None or starts <= term.last_day) and (last is None or term.starts <= last)


def _rest_of_the_term(
    predecessor: Appointment,
    council: Council,
    *,
    starts: date,
    ends: date | None,
    substitute: Appointment | None = None,
) -> date | None:
    """When a substitute's term ends: with the predecessor's."""
    if predecessor.council_id != council.id or predecessor.state is not TermState.LEFT:
        raise Invalid(_("補欠は、この審議会等を任期の途中で退任した方にだけ付けられます。"), field="substitute_for")
    if any(other is not substitute for other in substitutes_of(predecessor)):
        raise Invalid(_("この方の補欠は、すでに決まっています。"), field="substitute_for")
    if predecessor.left_on is not None and starts <= predecessor.left_on:
        raise Invalid(
            _("前の方の退任（%(day)s）よりあとの日付にしてください。", day=as_day(predecessor.left_on)), field="starts"
        )
    if ends is not None and ends != predecessor.ends:
        until = as_day(predecessor.ends) if predecessor.ends else _("期限なし")
        raise Invalid(_("補欠の任期は、前の方と同じ日（%(day)s）までです。", day=until), field="ends")
    return predecessor.ends


def _move_substitutes(appointment: Appointment, ends: date | None, *, by: Actor, now: datetime) -> None:
    for substitute in substitutes_of(appointment):
        left_on = substitute.left_on
        if ends is not None and (ends < substitute.starts or (left_on is not None and ends < left_on)):
            raise Invalid(
                _("補欠の%(name)sさんの任期が、その日までに収まりません。", name=substitute.person.name), field="ends"
            )
        council, person = substitute.council, substitute.person
        _check_term(council, person, substitute.starts, ends, apart_from=substitute, left_on=left_on)
        _move_substitutes(substitute, ends, by=by, now=now)
        substitute.ends = ends
        audit.record("appointment:edit", substitute, by=by, at=now, fields=["ends"])
        refresh_member(substitute.person, now=now)
