"""Who lives in the demo city: staff, organizations with those who act for them, supporters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from ..accounts import staffing
from ..accounts.actor import SYSTEM, Actor, Source, actor_of
from ..accounts.models import Role, User
from ..database import db
from ..i18n import TOKYO, today
from ..registry import services as registry
from ..registry.models import ContactKind, Gender, Organization, Party, Person, Purpose
from ..registry.services import Contact, OrganizationFacts, PersonFacts, SkillWords
from ..registry.vocabulary import PARTS, Department, Desk, District, Money, OrganizationKind, Support
from ..supporters import services as supporters
from ..supporters.models import Supporter
from ..supporters.states import EndReason
from .city import OPENED, City, Facts, Life, read, spread

# How people say it, and as what it counts.
WHY_ENDED = {
    "転居|引っ越|転勤": EndReason.MOVED,
    "高齢|病|体調|亡く": EndReason.HEALTH,
    "勤め|仕事|介護|育児": EndReason.NO_TIME,
    "解散|やめ": EndReason.STOPPED,
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def load_people(city: City) -> None:
    """Staff are there from the beginning; whoever else is named in a file is known by the key."""
    city.desks = {desk.code: desk for desk in db.session.scalars(select(Desk))}
    city.districts = {district.name: district.id for district in db.session.scalars(select(District))}
    know_everybody(city)
    for row in read("staff"):
        _staff(city, row)
    city.begin("the years", _years(city))
    for row in read("organizations"):
        city.begin(row["key"], _organization(city, row))
    for row in read("supporters"):
        city.begin(row["key"], _supporter(city, row))
    for row in read("claims"):
        city.begin(row["key"], _claim(city, row))


def know_everybody(city: City) -> None:
    for kind, people in (("organizations", "representatives"), ("groups", "representatives"), ("councils", "members")):
        for row in read(kind):
            city.rows.update((one["key"], one) for one in (row, *(row[people] or ())))
    city.rows.update((row["key"], row) for kind in ("supporters", "claims") for row in read(kind))
    for row in read("requests"):
        before = city.days_ago(row["submitted_days_ago"] + 20, row["key"])
        for key in (row["organization"], row["candidate"], row["then"], *listed(row["declines"])):
            city.needed[key] = min(before, city.needed.get(key, before))


def listed(keys: str | list[str] | None) -> list[str]:
    """One key or several."""
    return [keys] if isinstance(keys, str) else keys or []


def _years(city: City) -> Life:
    """Each first of April, registrations go on for another year."""
    for year in range(OPENED.year + 1, city.today.year + 1):
        turn = datetime.combine(date(year, 4, 1), time(0, 10), tzinfo=TOKYO)
        if turn <= city.now:
            yield turn
            supporters.turn_the_year(renews=True, now=turn)


# -- Accounts


def _user(city: City, key: str, *, email: str, name: str, now: datetime, party: Party | None = None) -> User:
    """Not by ``staffing.account_of``, which hashes a password for each."""
    user = User(
        email=email,
        password=city.password,
        fs_uniquifier=uuid4().hex,
        confirmed_at=now,
        name=name,
        party_id=party.id if party else None,
    )
    db.session.add(user)
    db.session.flush()
    city.users[key] = user
    return user


def _staff(city: City, row: Facts) -> None:
    user = _user(city, row["key"], email=row["email"], name=row["name"], now=city.opened)
    for told in row["roles"]:
        role = Role(told["role"])
        desk = city.desks[told["desk"]] if told["desk"] else None
        place = department(told["department"]) if told["department"] else None
        where = {"desk_id": desk.id if desk else None, "department_id": place.id if place else None}
        staffing.give_role(user, role, **where, by=SYSTEM, now=city.opened)
        match role:
            case Role.COORDINATOR:
                city.coordinators.setdefault(told["desk"], []).append(user)
            case Role.CLERK:
                city.council_staff.setdefault(told["department"], user)
            case Role.PERSONNEL:
                city.council_staff.setdefault("", user)


def department(name: str) -> Department:
    found = db.session.scalar(select(Department).where(Department.name == name))
    if found is None:
        found = Department(name=name)
        db.session.add(found)
        db.session.flush()
    return found


# -- Parties


def contacts_of(row: Facts) -> list[Contact]:
    """Of two telephones the first: a party is reached by one way of each kind."""
    first: dict[str, Facts] = {}
    for told in row["contacts"] or []:
        first.setdefault(told["kind"], told)
    return [
        Contact(ContactKind(kind), told["value"], bool(told["may_share"]), told["hours"])
        for kind, told in first.items()
    ]


def party_of(city: City, key: str, contacts: Sequence[Contact] = (), *, by: Actor, now: datetime) -> Party:
    """Whoever stands behind this key: written down when first mentioned, whichever file that is in."""
    if key not in city.parties:
        row = city.rows[key]
        same = row["same_as"] or row["same_person_as"] or row["representative"]
        if same:
            city.parties[key] = party_of(city, same, by=by, now=now)
        else:
            city.parties[key] = _write_down(city, row, contacts, by=by, now=now)
    elif contacts:
        registry.edit_contacts(city.parties[key], contacts, by=by, now=now)
    return city.parties[key]


def _write_down(city: City, row: Facts, contacts: Sequence[Contact], *, by: Actor, now: datetime) -> Party:
    form_key = f"demo-{row['key']}"
    district_id = city.districts.get(row["district"] or "")
    if row["org_kind"]:
        body = OrganizationFacts(row["name"], OrganizationKind(row["org_kind"]), row["kana"], district_id)
        return registry.enter_organization(body, contacts, form_key=form_key, by=by, now=now)
    gender = Gender(row["gender"]) if row["gender"] else None
    person = PersonFacts(row["name"], row["kana"], row["birth_year"], gender, district_id, row["affiliation"])
    return registry.enter_person(person, contacts, form_key=form_key, by=by, now=now)


def _organization(city: City, row: Facts) -> Life:
    key = row["key"]
    now = city.since_opening(OPENED, key)
    now = min(now, city.needed.get(key, now))
    yield now
    by = city.at_the_desk(key=key).told_by(Source.PAPER)
    organization = party_of(city, key, contacts_of(row), by=by, now=now)
    assert isinstance(organization, Organization)
    represent(city, organization, row, by=by, now=now)


def represent(city: City, organization: Organization, row: Facts, *, by: Actor, now: datetime) -> None:
    """Those who act for an organization said so themselves, or it told the desk."""
    for one in row["representatives"] or []:
        person = party_of(city, one["key"], contacts_of(one), by=by, now=now)
        assert isinstance(person, Person)
        title = one["role"] or ""
        if one["account"] and person.mail:
            user = _user(city, one["key"], email=person.mail, name=one["name"], now=now, party=person)
            claimed = registry.claim(person, organization, title=title, by=actor_of(user), now=now)
            registry.decide_representation(claimed, approve=True, by=by, now=now)
        else:
            registry.add_representative(organization, person=person, title=title, by=by, now=now)


def _claim(city: City, row: Facts) -> Life:
    """Somebody who says that they act for an organization, and waits for the desk."""
    now = city.days_ago(row["claimed_days_ago"], row["key"], at_home=True)
    yield now
    organization, mail = city.parties[row["organization"]], row["contacts"][0]["value"]
    assert isinstance(organization, Organization)
    user = _user(city, row["key"], email=mail, name=row["name"], now=now)
    person = registry.become_person(user, name=row["name"], kana=row["kana"], by=actor_of(user), now=now)
    registry.edit_contacts(person, contacts_of(row), by=actor_of(user), now=now)
    registry.claim(person, organization, title=row["role"], by=actor_of(user), now=now)


# -- Supporters


def _slots(words: list[str] | None) -> frozenset[int] | None:
    if words is None:
        return None
    parts = [part.value for part in PARTS]
    return frozenset(DAYS.index(word.split("_")[0]) * 3 + parts.index(word.split("_")[1]) for word in words)


def skills_of(rows: list[Any]) -> list[SkillWords]:
    """A skill is a phrase, or a phrase with level and qualification."""
    return [
        SkillWords(row)
        if isinstance(row, str)
        else SkillWords(row["phrase"], row["level"], row["qualification"], bool(row["confirmed"]))
        for row in rows
    ]


def offer_of(city: City, row: Facts) -> dict[str, Any]:
    """What a supporter and a group tell alike."""
    anywhere = "全域" in row["districts"]
    return {
        "skills": skills_of(row["skills"]),
        "intro": row["intro"] or "",
        "fields": row["fields"],
        "districts": [] if anywhere else [city.districts[name] for name in row["districts"]],
        "anywhere": anywhere,
        "supports": frozenset(Support(value) for value in row["supports"]) if row["supports"] else None,
        "availability": _slots(row["availability"]),
        "money": Money(row["money"]) if row["money"] else None,
    }


def begins(city: City, row: Facts) -> datetime:
    """Registrations come in April; those that nobody has confirmed yet, in these days."""
    key = row["key"]
    match row["state"]:
        case "submitted":
            begins = city.days_ago(spread(key, 9), key, at_home=row["how"] == "web")
        case "returned":
            begins = city.days_ago(12 + spread(key, 12), key, at_home=row["how"] == "web")
        case _:
            begins = city.on(date(row["since"] or OPENED.year, 4, 3 + spread(key, 26)), key)
    return min(begins, city.needed.get(key, begins))


def _supporter(city: City, row: Facts) -> Life:
    key, state = row["key"], row["state"]
    now = begins(city, row)
    yield now
    supporter = _register(city, row, now=now)
    if state == "submitted":
        return
    now = city.later(now, timedelta(hours=5 + spread(key, 60)), key)
    yield now
    desk = city.at_the_desk(key=key)
    if state == "returned":
        supporters.return_(supporter, note=row["returned_note"], by=desk, now=now)
        return
    supporters.confirm(supporter, by=desk, now=now)
    said = desk.told_by(Source.TELEPHONE, on_behalf_of=supporter.party_id)
    if state == "paused":
        now = max(now, city.days_ago(4 + spread(key, 20), key))
        yield now
        rest = row["paused_for_days"]
        supporters.pause(supporter, until=city.today + timedelta(days=rest) if rest else None, by=said, now=now)
    elif state == "ended":
        now = max(now, city.days_ago(10 + spread(key, 60), key))
        yield now
        told = row["ended_because"] or ""
        why = next((reason for words, reason in WHY_ENDED.items() if re.search(words, told)), EndReason.OTHER)
        supporters.end(supporter, why=why, reason=told, by=said, now=now)


def _register(city: City, row: Facts, *, now: datetime) -> Supporter:
    way = Source(row["how"])
    # On the web they wrote it themselves; of most the account has been deleted since.
    by = Actor(kind="public") if way is Source.WEB else city.at_the_desk(key=row["key"]).told_by(way)
    party = party_of(city, row["key"], by=by, now=now)
    by = by.told_by(way, on_behalf_of=party.id)
    mail = next((told.value for told in contacts_of(row) if told.kind is ContactKind.MAIL), None)
    if row["account"] and mail:
        user = _user(city, row["key"], email=mail, name=row["name"], now=now, party=party)
        by = actor_of(user) if way is Source.WEB else by
    minor = supporters.needs_guardian(row["birth_year"], today(now))
    # What somebody told a council's clerk is not taken back by registering here.
    known = {purpose for purpose in registry.active_consents(party.id) if purpose is Purpose.COUNCIL}
    return supporters.register(
        party,
        supporters.Told(
            **offer_of(city, row),
            heads=row["heads"],
            monthly_cap=row["monthly_cap"],
            yearly_cap=row["yearly_cap"],
            conditions=row["conditions"],
        ),
        consents={Purpose(value) for value in row["consents"] or []} | known,
        contacts=contacts_of(row),
        pledged=bool(row["pledged"]),
        by=by,
        now=now,
        guardian_name="保護者（申込書に署名あり）" if minor else None,
        guardian_agreed=minor,
        note_for_desk=row["note_for_desk"],
    )
