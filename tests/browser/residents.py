"""Who is there before a walk begins: written down by the services as of today, each walk its own people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from flask_security.utils import hash_password
from sqlalchemy import select

from matching.accounts.actor import SYSTEM, Source, actor_of
from matching.accounts.models import User
from matching.councils import services as councils
from matching.councils.models import Appointment, Council
from matching.database import db
from matching.groups import services as groups
from matching.groups.models import Group
from matching.help_requests import services as help_requests
from matching.help_requests.models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from matching.i18n import today
from matching.registry import services as registry
from matching.registry.models import ContactKind, Organization, Person, Purpose
from matching.registry.services import Contact, SkillWords
from matching.registry.vocabulary import Department, Desk, OrganizationKind
from matching.supporters import services as supporters
from matching.supporters.models import Supporter

from .conftest import PEOPLE, City
from .walking import PASSWORD

BOTH = (Purpose.MATCHING, Purpose.CONTACT)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def of(city: City) -> Iterator[None]:
    """What is written down here is there for everybody afterwards."""
    with city.app.app_context():
        yield
        db.session.commit()


def a_person(name: str, kana: str, *, telephone: str = "", mail: str = "") -> Person:
    person = registry.create_person(name, kana=kana)
    points = [Contact(ContactKind.TELEPHONE, telephone, may_share=True), Contact(ContactKind.MAIL, mail)]
    registry.set_contacts(person, points)
    return person


def an_account(person: Person, mail: str) -> User:
    """Signs in with the password of ``walking``."""
    user = User(
        email=mail,
        password=hash_password(PASSWORD),
        fs_uniquifier=uuid4().hex,
        confirmed_at=now(),
        name=person.name,
        party_id=person.id,
    )
    db.session.add(user)
    db.session.flush()
    return user


def an_organization(name: str, *, acts: Person, kind: OrganizationKind = OrganizationKind.CHILDREN) -> Organization:
    organization = registry.create_organization(name, kind=kind)
    registry.add_representative(organization, person=acts, title="会長", by=SYSTEM, now=now())
    return organization


def a_supporter(person: Person, *skills: str) -> Supporter:
    told = supporters.Told(skills=[SkillWords(skill) for skill in skills], anywhere=True)
    points = [Contact(point.kind, point.value, point.may_share) for point in person.contact_points]
    supporter = supporters.register(person, told, consents=BOTH, contacts=points, pledged=True, by=SYSTEM, now=now())
    supporters.confirm(supporter, by=SYSTEM, now=now())
    return supporter


def a_group(organization: Organization, number: str, *skills: str, registered_on: date) -> Group:
    told = groups.Told(skills=[SkillWords(skill) for skill in skills])
    return groups.register_group(
        organization, told, number=number, consents=BOTH, registered_on=registered_on, by=SYSTEM, now=now()
    )


def a_council(name: str, *, department: str, seats: int) -> Council:
    found = db.session.scalars(select(Department).where(Department.name == department)).one()
    return councils.found_council(name, department=found, seats=seats, by=SYSTEM, now=now())


def a_member(council: Council, person: Person, *expertise: str, days_left: int = 400) -> Appointment:
    """Agrees to be considered for others, too, where they are an expert of something."""
    day = today(now())
    if expertise:
        agrees = [Purpose.COUNCIL]
        registry.set_consents(person, agrees, among=agrees, by=SYSTEM, now=now(), on=day)
    return councils.appoint(
        council,
        person,
        starts=day - timedelta(days=700),
        ends=day + timedelta(days=days_left),
        skills=[SkillWords(one) for one in expertise] or None,
        by=SYSTEM,
        now=now(),
    )


def a_case(title: str, need: str, *, requester: Organization, caller: Person, kind: RequestKind) -> HelpRequest:
    """Taken in by the city's desk, its terms answered, its shortlist made of whoever is registered by now."""
    desk = db.session.scalars(select(Desk).where(Desk.code == "kyodo")).one()
    wish = help_requests.Wish(on=today(now()) + timedelta(days=20))
    case = help_requests.enter(
        form_key=uuid4().hex,
        requester=requester,
        caller=help_requests.Caller(caller.name, ()),
        desk_id=desk.id,
        matter=help_requests.Matter(title=title, needs=(need,), wishes=(wish,), head_count=1),
        words=help_requests.Words(trouble="内緒の話です。"),
        by=SYSTEM.told_by(Source.TELEPHONE),
        now=now(),
    )
    case.honorarium, case.travel, case.materials = Honorarium.NONE, Travel.NONE, Materials.NONE
    case.payer, case.insurance = requester.name, Insurance.NONE
    coordinator = actor_of(db.session.scalars(select(User).where(User.email == PEOPLE["coordinator"])).one())
    outline = f"{need}をお願いします。"
    return help_requests.accept(case, kind=kind, outline=outline, by=coordinator, now=now())
