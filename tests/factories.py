"""The smallest valid things. Each adds and flushes; the test commits when the web must see it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from uuid import uuid4

from flask_security.utils import hash_password
from sqlalchemy import select

from matching.accounts.actor import SYSTEM, Actor, actor_of
from matching.accounts.models import Role, RoleGrant, User
from matching.database import db
from matching.registry import services as registry
from matching.registry.models import Organization, Person, Representation, RepresentationState
from matching.registry.vocabulary import Desk, OrganizationKind

from .conftest import PASSWORD

_numbers = itertools.count(1)


def a_user(*, email: str | None = None, party: Person | None = None, name: str = "試験 太郎") -> User:
    user = User(
        email=email or f"user{next(_numbers)}@example.jp",
        password=hash_password(PASSWORD),
        fs_uniquifier=uuid4().hex,
        confirmed_at=datetime.now(UTC),
        name=name,
        party_id=party.id if party else None,
    )
    db.session.add(user)
    db.session.flush()
    return user


def a_desk(code: str = "kyodo") -> Desk:
    return db.session.execute(select(Desk).where(Desk.code == code)).scalar_one()


def a_coordinator(desk: str = "kyodo", *, email: str | None = None) -> User:
    user = a_user(email=email, name="窓口 花子")
    db.session.add(RoleGrant(user=user, role=Role.COORDINATOR, desk_id=a_desk(desk).id))
    db.session.flush()
    return user


def staff(role: Role) -> User:
    user = a_user()
    db.session.add(RoleGrant(user=user, role=role))
    db.session.flush()
    return user


def acting(user: User) -> Actor:
    return actor_of(user)


def a_person(name: str = "山田 花子", **facts: object) -> Person:
    return registry.create_person(name, **facts)


def an_organization(
    name: str = "さくら台自治会", kind: OrganizationKind = OrganizationKind.NEIGHBORHOOD
) -> Organization:
    return registry.create_organization(name, kind=kind)


def a_representative(organization: Organization, *, email: str | None = None) -> User:
    """A signed-up person whose link to the organization is approved."""
    person = a_person("代表 一郎")
    user = a_user(email=email, party=person, name=person.name)
    db.session.add(
        Representation(person=person, organization=organization, title="会長", state=RepresentationState.APPROVED)
    )
    db.session.flush()
    return user


def rename(party: Person | Organization, *, name: str, kana: str | None) -> None:
    registry.edit_facts(party, name=name, kana=kana, by=SYSTEM, now=datetime.now(UTC))
