"""Who lives in the demo city: staff, organizations, supporters, groups, councils."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask_security.utils import hash_password
from sqlalchemy import select

from ..accounts.actor import Actor, Source, actor_of
from ..accounts.models import Role, RoleGrant, User
from ..councils import services as councils
from ..councils.models import CouncilRole
from ..database import db
from ..groups import services as groups
from ..i18n import TOKYO, fiscal_year
from ..registry import services as registry
from ..registry.models import (
    ContactKind,
    Gender,
    Organization,
    Party,
    Person,
    Purpose,
    Representation,
    RepresentationState,
)
from ..registry.services import Contact, SkillWords
from ..registry.vocabulary import PARTS, Department, Desk, District, Money, OrganizationKind, Support
from ..supporters import services as supporters

FOLDER = Path(__file__).parent / "city"
PASSWORD = "kyodo-musubi-demo"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Facts(dict[str, Any]):
    """An entry of a file: a fact that is not written is None."""

    def __missing__(self, key: str) -> None:
        return None


def read(name: str) -> list[dict[str, Any]]:
    """The entries of one kind, from all files of its folder; a fact that is not written is not known."""
    files = sorted((FOLDER / name).glob("*.json"))
    return [entry for file in files for entry in json.loads(file.read_text(encoding="utf-8"), object_hook=Facts)]


@dataclass
class City:
    """What was loaded so far, by its key in the files; ``today`` is the day of loading, in Tokyo."""

    now: datetime
    parties: dict[str, Party] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    coordinators: dict[str, User] = field(default_factory=dict)  # by desk
    desks: dict[str, Desk] = field(default_factory=dict)
    districts: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(TOKYO).date()

    def day(self, ahead: int) -> date:
        """So many days from the coming Sunday: the stories were written with their weekdays in mind."""
        return self.today + timedelta(days=(6 - self.today.weekday()) + ahead)

    def at_the_desk(self, desk: str = "kyodo") -> Actor:
        return actor_of(self.coordinators[desk])

    def days_ago(self, days: float, *, hour: int = 10) -> datetime:
        """A moment in office hours, so many days ago, never later than now."""
        day = self.today - timedelta(days=days)
        return min(datetime.combine(day, time(hour, 15), tzinfo=TOKYO).astimezone(UTC), self.now)

    def this_fiscal_year(self) -> datetime:
        """Registrations are renewed in April; in the first weeks of the year, today."""
        day = date(fiscal_year(self.today), 4, 8)
        return min(datetime.combine(day, time(9, 30), tzinfo=TOKYO).astimezone(UTC), self.now)


def load_people(city: City) -> None:
    """Everything but the requests, in an order in which each finds what it points at."""
    city.desks = {desk.code: desk for desk in db.session.scalars(select(Desk))}
    city.districts = {district.name: district.id for district in db.session.scalars(select(District))}
    for row in read("staff"):
        _staff(city, row)
    for row in read("organizations"):
        _organization(city, row)
    for row in read("supporters"):
        _supporter(city, row)
    for row in read("groups"):
        _group(city, row)
    for row in read("councils"):
        _council(city, row)


def _user(city: City, key: str, *, email: str, name: str, party: Party | None = None) -> User:
    user = User(
        email=email,
        password=hash_password(PASSWORD),
        fs_uniquifier=uuid4().hex,
        confirmed_at=city.now,
        name=name,
        party_id=party.id if party else None,
    )
    db.session.add(user)
    db.session.flush()
    city.users[key] = user
    return user


def _staff(city: City, row: dict[str, Any]) -> None:
    user = _user(city, row["key"], email=row["email"], name=row["name"])
    for role in row["roles"]:
        desk = city.desks.get(role["desk"] or "")
        place = _department(role["department"]) if role["department"] else None
        user.roles.append(
            RoleGrant(role=Role(role["role"]), desk_id=desk and desk.id, department_id=place and place.id)
        )
        if role["role"] == Role.COORDINATOR.value:
            city.coordinators.setdefault(role["desk"], user)
    db.session.flush()


def _department(name: str) -> Department:
    department = db.session.scalar(select(Department).where(Department.name == name))
    if department is None:
        department = Department(name=name)
        db.session.add(department)
        db.session.flush()
    return department


def _contacts(rows: list[dict[str, Any]]) -> list[Contact]:
    return [Contact(ContactKind(row["kind"]), row["value"], bool(row["may_share"]), row["hours"]) for row in rows]


def _organization(city: City, row: dict[str, Any]) -> None:
    organization = registry.create_organization(
        row["name"],
        kind=OrganizationKind(row["org_kind"]),
        kana=row["kana"],
        district_id=city.districts.get(row["district"]),
    )
    registry.set_contacts(organization, _contacts(row["contacts"]))
    city.parties[row["key"]] = organization
    for one in row["representatives"]:
        person = registry.create_person(one["name"], kana=one["kana"])
        registry.set_contacts(person, _contacts(one["contacts"]))
        city.parties[one["key"]] = person
        db.session.add(
            Representation(
                person=person,
                organization=organization,
                title=one["role"],
                state=RepresentationState.APPROVED,
                decided_at=city.this_fiscal_year(),
                decided_by_id=city.coordinators["kyodo"].id,
            )
        )
        if one["account"] and person.mail:
            _user(city, one["key"], email=person.mail, name=one["name"], party=person)


def _slots(words: list[str] | None) -> frozenset[int] | None:
    if words is None:
        return None
    parts = [part.value for part in PARTS]
    return frozenset(DAYS.index(word.split("_")[0]) * 3 + parts.index(word.split("_")[1]) for word in words)


def _skills(rows: list[Any]) -> list[SkillWords]:
    """A skill is a phrase, or a phrase with level and qualification."""
    return [
        SkillWords(row)
        if isinstance(row, str)
        else SkillWords(row["phrase"], row["level"], row["qualification"], bool(row["confirmed"]))
        for row in rows
    ]


def _supporter(city: City, row: dict[str, Any]) -> None:
    if row["kind"] == "person":
        gender = Gender(row["gender"]) if row["gender"] else None
        party: Party = registry.create_person(
            row["name"], kana=row["kana"], birth_year=row["birth_year"], gender=gender
        )
    else:
        party = registry.create_organization(row["name"], kind=OrganizationKind(row["org_kind"]), kana=row["kana"])
    city.parties[row["key"]] = party
    anywhere = "全域" in row["districts"]
    if row["account"] and (mail := next((c["value"] for c in row["contacts"] if c["kind"] == "mail"), None)):
        _user(city, row["key"], email=mail, name=row["name"], party=party)
    source = Source(row["how"])
    by = city.at_the_desk().told_by(source, on_behalf_of=party.id)
    told = supporters.Told(
        skills=_skills(row["skills"]),
        intro=row["intro"],
        fields=row["fields"],
        districts=[] if anywhere else [city.districts[name] for name in row["districts"]],
        anywhere=anywhere,
        supports=frozenset(Support(value) for value in row["supports"]),
        availability=_slots(row["availability"]),
        money=Money(row["money"]),
        monthly_cap=row["monthly_cap"],
        yearly_cap=row["yearly_cap"],
    )
    minor = row["birth_year"] is not None and supporters.needs_guardian(row["birth_year"], city.today)
    supporter = supporters.register(
        party,
        told,
        consents=[Purpose(value) for value in row["consents"]],
        contacts=_contacts(row["contacts"]),
        pledged=bool(row["pledged"]),
        by=by,
        now=city.this_fiscal_year() if row["state"] != "submitted" else city.days_ago(2),
        guardian_name="保護者（申込書に署名あり）" if minor else None,
        guardian_agreed=minor,
        note_for_desk=row["note_for_desk"],
    )
    if row["state"] != "submitted":
        supporters.confirm(supporter, by=city.at_the_desk(), now=city.this_fiscal_year())
    if row["state"] == "ended":
        supporters.end(supporter, by=city.at_the_desk(), now=city.days_ago(20))


def _group(city: City, row: dict[str, Any]) -> None:
    organization = city.parties.get(row["same_as"] or "")
    if organization is None:
        organization = registry.create_organization(
            row["name"], kind=OrganizationKind(row["org_kind"]), kana=row["kana"]
        )
        registry.set_contacts(organization, _contacts(row["contacts"]))
    assert isinstance(organization, Organization)
    city.parties[row["key"]] = organization
    anywhere = "全域" in row["districts"]
    groups.register_group(
        organization,
        number=row["number"],
        intro=row["intro"],
        skills=_skills(row["skills"]),
        fields=row["fields"],
        districts=[] if anywhere else [city.districts[name] for name in row["districts"]],
        anywhere=anywhere,
        supports=frozenset(Support(value) for value in row["supports"]),
        money=Money(row["money"]),
        members=row["members"],
        consents=[Purpose(value) for value in row["consents"]],
        registered_on=date.fromisoformat(row["registered_on"]),
        by=city.at_the_desk("saporant").told_by(Source.PAPER, on_behalf_of=organization.id),
        now=city.this_fiscal_year(),
    )


def _council(city: City, row: dict[str, Any]) -> None:
    by, now = city.at_the_desk(), city.this_fiscal_year()
    council = councils.found_council(
        row["name"],
        department=_department(row["department"]),
        founded_on=row["basis"],
        seats=row["seats"],
        by=by,
        now=now,
    )
    for member in row["members"]:
        person = _member(city, member)
        consents = [Purpose.COUNCIL] if member["council_candidacy"] else []
        registry.set_consents(
            person,
            consents,
            among=consents,
            by=by.told_by(Source.PAPER, on_behalf_of=person.id),
            now=now,
            on=date.fromisoformat(member["starts"]),
        )
        councils.appoint(
            council,
            person,
            category=member["category"],
            role=next(role for role in CouncilRole if role.label == member["role"]),
            ex_officio=bool(member["ex_officio"]),
            starts=date.fromisoformat(member["starts"]),
            ends=date.fromisoformat(member["ends"]),
            skills=None if member["same_person_as"] else _skills(member["expertise"]),
            by=by,
            now=city.now,
        )


def _member(city: City, row: dict[str, Any]) -> Person:
    same = row["same_as"] or row["same_person_as"] or row["representative"]
    person = city.parties.get(same or "")
    if person is None:
        person = registry.create_person(row["name"], kana=row["kana"])
    assert isinstance(person, Person)
    person.birth_year, person.affiliation = row["birth_year"], row["affiliation"]
    person.gender = Gender(row["gender"]) if row["gender"] else None
    city.parties[row["key"]] = person
    return person
