"""A group's registration at the support centre: writing it down, ending it, and what searches see of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from .. import audit
from ..accounts.actor import Actor
from ..database import db
from ..engine.types import Card
from ..errors import Invalid, MatchingError
from ..i18n import today
from ..profiles import services as profiles
from ..registry import cards
from ..registry import services as registry
from ..registry.models import Basis, Consent, Organization, Purpose, Registry
from ..registry.services import Contact, SkillWords
from ..registry.vocabulary import District, Field, Money, Support
from .models import Group
from .states import WORKFLOW, GroupAction, GroupState


def open_registration(organization_id: int) -> Group | None:
    return db.session.scalar(
        select(Group).where(Group.organization_id == organization_id, Group.state == GroupState.ACTIVE)
    )


def register_group(
    organization: Organization,
    *,
    number: str,
    skills: Sequence[SkillWords] = (),
    intro: str = "",
    fields: Collection[int] = (),
    districts: Collection[int] = (),
    anywhere: bool = False,
    supports: frozenset[Support] | None = None,
    availability: frozenset[int] | None = None,
    money: Money | None = None,
    members: int | None = None,
    consents: Collection[Purpose] = (),
    contacts: Iterable[Contact] = (),
    registered_on: date | None = None,
    by: Actor,
    now: datetime,
) -> Group:
    """Write a registration down. Consents named are given; others of the organization, and its contacts, stay."""
    if open_registration(organization.id):
        raise MatchingError(_("この団体は、すでに登録されています。"))
    if db.session.scalar(select(Group.id).where(Group.number == number)):
        raise Invalid(_("この登録番号は、ほかの団体で使われています。"), field="number")
    group = Group(
        organization=organization,
        number=number,
        intro=intro,
        anywhere=anywhere,
        supports=supports,
        availability=availability,
        money=money,
        members=members,
        registered_on=registered_on or today(now),
    )
    db.session.add(group)
    group.fields = list(db.session.scalars(select(Field).where(Field.number.in_(fields))))
    group.districts = list(db.session.scalars(select(District).where(District.id.in_(districts))))
    if contacts := list(contacts):
        registry.set_contacts(organization, contacts)
    registry.set_skills(organization.id, Registry.GROUP, skills)
    registry.set_consents(organization, consents, among=consents, by=by, now=now, on=group.registered_on)
    audit.record("group:register", group, by=by, at=now)
    refresh(group, now=now)
    return group


def end_group(group: Group, *, on: date | None = None, by: Actor, now: datetime) -> None:
    group.state = WORKFLOW.after(group.state, GroupAction.END)
    group.ended_on = on or today(now)
    audit.record("group:end", group, by=by, at=now)
    refresh(group, now=now)


def renew(group: Group, *, on: date | None = None, by: Actor, now: datetime) -> None:
    """The group says that what stands here is still so; asked of every group once a year."""
    on = on or today(now)
    if group.state is not GroupState.ACTIVE:
        raise MatchingError(_("この登録は終わっているため、更新できません。"))
    if not (group.renewed_on or group.registered_on) <= on <= today(now):
        raise Invalid(_("更新の日は、前の更新より後で、今日までの日付にしてください。"), field="on")
    group.renewed_on = on
    audit.record("group:renew", group, by=by, at=now, fields=["renewed_on"])
    db.session.flush()


def refresh(group: Group, *, now: datetime) -> None:
    """Let searches find an active group that stands on consent or another basis; and no other."""
    db.session.flush()
    if group.state is GroupState.ACTIVE and registry.has_basis(group.party_id):
        profiles.publish(
            registry=Registry.GROUP.value,
            registration_id=group.id,
            party_id=group.party_id,
            card=card_of(group),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.GROUP.value, registration_id=group.id, now=now)


def card_of(group: Group) -> Card:
    return Card(
        key=f"{Registry.GROUP.value}:{group.id}",
        kind=cards.card_kind(group.organization),
        phrases=cards.phrases(group.party_id, Registry.GROUP),
        intro=group.intro,
        fields=frozenset(field.number for field in group.fields),
        districts=cards.districts_served(group.anywhere, frozenset(district.id for district in group.districts)),
        availability=group.availability,
        supports=None if group.supports is None else frozenset(support.value for support in group.supports),
        money=group.money.value if group.money else None,
    )


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    if consent.purpose is Purpose.MATCHING and (group := open_registration(consent.party_id)):
        refresh(group, now=now)


@registry.basis_ended.connect
def _basis_ended(basis: Basis, *, now: datetime, **_news: Any) -> None:
    if group := open_registration(basis.party_id):
        refresh(group, now=now)
