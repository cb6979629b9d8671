"""What people belong to in the demo city: registered groups, councils and who sits on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ..accounts.actor import Source
from ..councils import services as councils
from ..councils.models import Appointment, Council, CouncilRole
from ..groups import services as groups
from ..registry.models import Gender, Organization, Person, Purpose
from .city import OPENED, City, Facts, Life, read
from .people import contacts_of, department, offer_of, party_of, represent, skills_of


def load_bodies(city: City) -> None:
    for row in read("groups"):
        city.begin(row["key"], _group(city, row))
    for row in read("councils"):
        council = _Council(city, row)
        city.begin(row["key"], council.found())
        for member in row["members"]:
            city.begin(member["key"], council.sit(member))


def _group(city: City, row: Facts) -> Life:
    key, registered_on = row["key"], date.fromisoformat(row["registered_on"])
    if registered_on > city.today:
        return
    now = city.since_opening(registered_on, key)
    yield now
    desk = city.at_the_desk("saporant", key)
    by = desk.told_by(Source.PAPER)
    organization = party_of(city, key, by=by, now=now)
    assert isinstance(organization, Organization)
    by = by.told_by(Source.PAPER, on_behalf_of=organization.id)
    group = groups.register_group(
        organization,
        groups.Told(**offer_of(city, row), members=row["members"]),
        number=row["number"],
        consents=[Purpose(value) for value in row["consents"] or []],
        contacts=[] if row["same_as"] else contacts_of(row),
        registered_on=registered_on,
        by=by,
        now=now,
    )
    represent(city, organization, row, by=by, now=now)
    for day in _renewals(row, max(registered_on, OPENED), city.today):
        now = max(now, city.on(day, key))
        yield now
        groups.renew(group, on=day, by=by, now=now)
    ended_on = date.fromisoformat(row["ended_on"]) if row["state"] == "ended" else date.max
    if ended_on <= city.today:
        now = max(now, city.on(ended_on, key))
        yield now
        groups.end_group(group, on=ended_on, by=by, now=now)


def _renewals(row: Facts, since: date, until: date) -> Iterator[date]:
    """Each year at about the same day, up to the last time."""
    if row["renewed_on"]:
        last = date.fromisoformat(row["renewed_on"])
        days = (last.replace(year=year) for year in range(since.year, last.year + 1))
        yield from (day for day in days if since < day <= until)


@dataclass
class _Council:
    """One council while its members come and go."""

    city: City
    row: Facts

    def __post_init__(self) -> None:
        self.council: Council
        self.terms: dict[str, Appointment] = {}  # by the member's key: the latest one

    def found(self) -> Life:
        now = self.city.since_opening(OPENED, self.row["department"])
        yield now
        self.council = councils.found_council(
            self.row["name"],
            department=department(self.row["department"]),
            founded_on=self.row["basis"],
            seats=self.row["seats"],
            topics=self.row["topics"],
            by=self.city.for_councils(self.row["department"]),
            now=now,
        )

    def sit(self, member: Facts) -> Life:
        """Every term of one member, the earliest first."""
        key, now = member["key"], self.city.since_opening(OPENED, self.row["department"])
        for starts, ends in [*(member["earlier"] or []), (member["starts"], member["ends"])]:
            begins = date.fromisoformat(starts)
            now = max(now, self.city.since_opening(begins, self.row["department"]))
            yield now
            before = self.terms.get(member["substitute_for"] or "")
            if before and before.left_on is None:
                return  # the seat is not free yet
            self._appoint(member, begins, ends and date.fromisoformat(ends), substitute_for=before, now=now)
        left_on = date.fromisoformat(member["left_on"]) if member["left_on"] else date.max
        if left_on <= self.city.today:
            now = max(now, self.city.on(left_on, key))
            yield now
            because, by = member["left_because"], self.city.for_councils(self.row["department"])
            councils.leave(self.terms[key], on=left_on, because=because, by=by, now=now)

    def _appoint(
        self, member: Facts, starts: date, ends: date | None, *, substitute_for: Appointment | None, now: datetime
    ) -> None:
        key, by = member["key"], self.city.for_councils(self.row["department"])
        known = party_of(self.city, key, by=by, now=now)
        assert isinstance(known, Person)
        person = councils.write_member(
            known,
            name=known.name,
            kana=member["kana"],
            birth_year=member["birth_year"],
            gender=Gender(member["gender"]) if member["gender"] else None,
            affiliation=member["affiliation"],
            form_key=f"demo-{key}",
            by=by,
            now=now,
        )
        if member["council_candidacy"]:
            councils.agree(person, on=None, by=by, now=now)
        first = key not in self.terms and not member["same_person_as"]
        self.terms[key] = councils.appoint(
            self.council,
            person,
            category=member["category"] or "",
            role=next(role for role in CouncilRole if role.label == member["role"]),
            ex_officio=bool(member["ex_officio"]),
            starts=starts,
            ends=ends,
            substitute_for=substitute_for,
            skills=skills_of(member["expertise"] or []) if first else None,
            by=by,
            now=now,
        )
