"""Writing a registration down, and changing what it says."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor
from ...concepts.services import with_concepts
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import today
from ...registry import services as registry
from ...registry.models import ContactPoint, Organization, Purpose, Registry
from ...registry.services import Contact, SkillWords
from ...registry.vocabulary import District, Field, Money, Support
from ..models import Group
from ..publishing import refusal
from ..states import GroupState
from .searching import open_registration, refresh

SERIES = "さ-"
DIGITS = 6  # of a number that counts: longer ones are something else
# What a group is asked to agree to. It sits on no council, and without its name nobody could publish it.
PURPOSES = (Purpose.MATCHING, Purpose.PUBLIC_NAMED, Purpose.CONTACT)


class AlreadyRegistered(MatchingError):
    """An organization has at most one registration that stands."""

    def __init__(self, group: Group) -> None:
        super().__init__(
            _("この団体は、すでに登録されています。"),
            advice=_("新しく登録しないで、いまの登録を直してください。"),
        )
        self.group = group


@dataclass(frozen=True)
class Told:
    """What a group says it can do, where, when and how; None means it did not say."""

    skills: Sequence[SkillWords] = ()
    intro: str = ""
    fields: Collection[int] = ()
    districts: Collection[int] = ()
    anywhere: bool = False
    supports: frozenset[Support] | None = None
    availability: frozenset[int] | None = None
    money: Money | None = None
    members: int | None = None


def entered(form_key: str) -> Group | None:
    """The registration that this opened form brought already."""
    return db.session.scalar(select(Group).where(Group.form_key == form_key))


def next_free_number() -> str:
    """The number after the highest of the series; one of an ended registration is not given again."""
    numbers = db.session.scalars(select(Group.number).where(Group.number.startswith(SERIES, autoescape=True)))
    counted = [rest for number in numbers if (rest := number.removeprefix(SERIES)).isdecimal()]
    last = max((int(rest) for rest in counted if len(rest) <= DIGITS), default=0)
    return f"{SERIES}{last + 1:03d}"


def register_group(
    organization: Organization,
    told: Told,
    *,
    number: str,
    consents: Collection[Purpose] = (),
    among: Collection[Purpose] | None = None,
    contacts: Iterable[Contact] = (),
    registered_on: date | None = None,
    form_key: str | None = None,
    by: Actor,
    now: datetime,
) -> Group:
    """Write a registration down.

    The consents named are given; of the organization's others, those of ``among`` end and the rest stay. Its contacts
    stay where none are named.
    """
    if existing := open_registration(organization.id):
        raise AlreadyRegistered(existing)
    on = registered_on or today(now)
    if on > today(now):
        raise Invalid(_("登録した日は、今日までの日付にしてください。"), field="registered_on")
    contacts = list(contacts)
    _refuse_telling(organization, told, consents, contacts or organization.contact_points)
    group = Group(organization=organization, number=_free(number), form_key=form_key, registered_on=on)
    db.session.add(group)
    _assign(group, told)
    if contacts:
        registry.edit_contacts(organization, contacts, by=by, now=now)
    registry.set_consents(organization, consents, among=consents if among is None else among, by=by, now=now, on=on)
    audit.record("group:register", group, by=by, at=now)
    refresh(group, now=now)
    return group


def edit(
    group: Group,
    told: Told,
    *,
    number: str | None = None,
    consents: Collection[Purpose],
    contacts: Iterable[Contact],
    by: Actor,
    now: datetime,
) -> None:
    """Change what a registration says, and let searches see it at once. Without a number it keeps its own."""
    refuse_ended(group)
    contacts = list(contacts)
    _refuse_telling(group.organization, told, consents, contacts)
    before = _facts(group)
    if number is not None and _written(number) != group.number:
        group.number = _free(number)
    group.updated_at = now  # a change of skills or contacts alone must refuse stale pages, too
    _assign(group, told)
    registry.edit_contacts(group.organization, contacts, by=by, now=now)
    registry.set_consents(group.organization, consents, among=PURPOSES, by=by, now=now, on=today(now))
    db.session.flush()
    after = _facts(group)
    audit.record("group:edit", group, by=by, at=now, fields=[name for name in before if before[name] != after[name]])
    refresh(group, now=now)


def refuse_ended(group: Group) -> None:
    if group.state is GroupState.ENDED:
        raise MatchingError(
            _("この登録は終わっているため、直せません。"), advice=_("続けるときは、新しく登録してください。")
        )


def _written(number: str) -> str:
    """Full-width digits and dashes are the same number."""
    return unicodedata.normalize("NFKC", number).strip()


def _free(number: str) -> str:
    number = _written(number)
    if db.session.scalar(select(Group.id).where(Group.number == number)):
        free = next_free_number()
        message = _("この登録番号は、ほかの団体で使われています。いま空いている番号は %(free)s です。", free=free)
        raise Invalid(message, field="number")
    return number


def _refuse_telling(
    organization: Organization,
    told: Told,
    consents: Collection[Purpose],
    contacts: Collection[Contact | ContactPoint],
) -> None:
    """What everybody will read tells no contact point."""
    registry.refuse_telling_elsewhere(organization, consents, contacts, than=Registry.GROUP)
    if Purpose.PUBLIC_NAMED not in consents:
        return
    for field, texts in (("intro", [told.intro]), ("skills", [skill.phrase for skill in told.skills])):
        if message := refusal(texts, contacts):
            raise Invalid(message, field=field)


def _assign(group: Group, told: Told) -> None:
    group.intro = told.intro
    group.supports = told.supports
    group.availability = told.availability
    group.anywhere = told.anywhere
    group.money = told.money
    group.members = told.members
    group.fields = list(db.session.scalars(select(Field).where(Field.number.in_(told.fields))))
    chosen = () if told.anywhere else told.districts
    group.districts = list(db.session.scalars(select(District).where(District.id.in_(chosen))))
    db.session.flush()
    registry.set_skills(group.party_id, Registry.GROUP, with_concepts(told.skills))


def _facts(group: Group) -> dict[str, Any]:
    """What an edit can change, under the names that the audit log uses."""
    names = ("number", "intro", "supports", "availability", "anywhere", "money", "members")
    organization = group.organization
    return {
        **{name: getattr(group, name) for name in names},
        "fields": {field.number for field in group.fields},
        "districts": {district.id for district in group.districts},
        "skills": [
            (skill.phrase, skill.level, skill.qualification)
            for skill in registry.skills_of(organization.id, Registry.GROUP)
        ],
        "contacts": {(point.kind, point.value, point.may_share, point.hours) for point in organization.contact_points},
        "consents": set(registry.active_consents(organization.id)),
    }
