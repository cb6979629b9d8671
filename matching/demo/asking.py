"""How a request of the demo city comes in: who asks for what, when, and what the desk makes of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ..accounts.actor import Actor, Source, actor_of
from ..help_requests import services as help_requests
from ..help_requests.models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from ..i18n import TOKYO, today
from ..registry.models import Organization, Person
from ..registry.vocabulary import Money, Part
from .city import City, Facts, Steps, last_at_work, spread
from .people import party_of

HELD = ("done_closed", "reported", "not_done", "awaits_report")


class Asking:
    """One request up to its acceptance. Each step happens some time after the one before, never in the future."""

    request: HelpRequest

    def __init__(self, city: City, row: Facts) -> None:
        self.city, self.row, self.words = city, row, row["words"] or Facts()
        acting = city.rows.get(row["representative"] or "") or Facts()
        self.by_web = row["how"] == "web" and bool(acting["account"])  # else the desk wrote it down
        self.clock = city.days_ago(row["submitted_days_ago"], row["key"], at_home=self.by_web)
        self.steps = 0
        self.until = city.last
        days = [wish.on for wish in self.wishes() if wish.on]
        if days and min(days) > today(self.clock):  # all is settled before the first day
            self.until = max(self.clock, last_at_work(datetime.combine(min(days), time(), tzinfo=TOKYO)))

    def later(self, **by: float) -> datetime:
        """About so much later: some are quick, some take their time."""
        self.steps += 1
        key = f"{self.row['key']}.{self.steps}"
        wait = timedelta(**by) * (0.5 + spread(key, 100) / 100)
        self.clock = self.city.later(self.clock, wait, key, until=self.until)
        return self.clock

    # -- Who acts

    @property
    def desk(self) -> Actor:
        return self.city.at_the_desk(self.row["desk"], self.row["key"])

    def requester(self) -> Actor:
        """The requester on their own page, or the desk passing on what they said."""
        if self.by_web:
            return actor_of(self.city.users[self.row["representative"]])
        way = Source.PAPER if self.row["how"] == "paper" else Source.TELEPHONE
        return self.desk.told_by(way, on_behalf_of=self.request.requester_id)

    # -- The request

    @property
    def has_taken_place(self) -> bool:
        """Its days have come and gone, whoever went in the end."""
        return self.row["story"] in HELD or self.row["then"] is not None

    def day(self, ahead: int | None) -> date | None:
        """Of what has taken place, last week's day where this week's is still to come."""
        if ahead is None:
            return None
        day = self.city.day(ahead)
        return day - timedelta(days=7) if self.has_taken_place and ahead < 0 and day >= self.city.today else day

    def wishes(self) -> tuple[help_requests.Wish, ...]:
        def clock(text: str | None) -> time | None:
            return time.fromisoformat(text) if text else None

        return tuple(
            help_requests.Wish(
                on=self.day(o["days_ahead"]),
                part=Part(o["part"]) if o["part"] else None,
                starts=clock(o["starts"]),
                ends=clock(o["ends"]),
                second_on=self.day(o["second_days_ahead"]),
                second_part=Part(o["second_part"]) if o["second_part"] else None,
                note=o["note"],
            )
            for o in self.row["occasions"]
        )

    def matter(self) -> help_requests.Matter:
        row = self.row
        return help_requests.Matter(
            title=row["title"],
            needs=tuple(row["needs"] or ()),
            field_number=row["field"],
            district_id=self.city.districts.get(row["district"] or ""),
            place=row["place"],
            wishes=self.wishes(),
            head_count=row["head_count"] or 1,
            attendance=row["attendance"],
        )

    def submit(self) -> None:
        row, city = self.row, self.city
        came_to = row["handed_over"]["from"] if row["handed_over"] else row["desk"]
        by = city.at_the_desk(came_to, row["key"])
        requester = party_of(city, row["organization"], by=by, now=self.clock)
        assert isinstance(requester, Organization)
        words = help_requests.Words(row["trouble"], Money(row["money"]) if row["money"] else None, row["budget_yen"])
        told: dict[str, Any] = {"form_key": f"demo-{row['key']}", "matter": self.matter(), "words": words}
        if self.by_web:
            person = city.parties[row["representative"]]
            assert isinstance(person, Person)
            self.request = help_requests.submit(
                requester=requester, contact_person=person, by=self.requester(), now=self.clock, **told
            )
            return
        caller = city.rows.get(row["representative"] or "") or city.rows[row["organization"]]["representatives"][0]
        self.request = help_requests.enter(
            requester=requester,
            caller=help_requests.Caller(caller["name"], ()),  # the desk has their number already
            desk_id=city.desks[came_to].id,
            by=by.told_by(Source(row["how"]) if row["how"] != "web" else Source.TELEPHONE),
            now=self.clock,
            **told,
        )

    def take_in(self) -> Steps:
        """The desk completes it and takes it in, after another one has handed it over."""
        row = self.row
        desk = self.city.desks[row["desk"]]
        if self.request.desk_id != desk.id:
            came_to = self.request.desk.code
            note = row["handed_over"]["note"] if row["handed_over"] else "依頼者の希望により引き継ぎます。"
            yield self.later(hours=5)
            by = self.city.at_the_desk(came_to, row["key"])
            help_requests.hand_over(self.request, to_desk=desk, note=note, by=by, now=self.clock)
        yield self.later(hours=8)
        asked = help_requests.Asked(self.matter(), RequestKind(row["kind"]), row["outline"])
        help_requests.complete(self.request, asked=asked, terms=self.terms(), by=self.desk, now=self.clock)
        help_requests.accept(self.request, kind=asked.kind, outline=asked.outline, by=self.desk, now=self.clock)
        if row["released"]:
            yield self.later(hours=2)
            help_requests.release(self.request, by=self.requester(), now=self.clock)

    def terms(self) -> help_requests.Terms:
        def who(contact: dict[str, str] | None) -> str | None:
            return f"{contact['name']}　{contact['telephone'] or ''}".strip() if contact else None

        told = self.row["terms"]
        venue, on_the_day = who(self.row["venue_contact"]), who(self.row["day_contact"])
        if told is None and self.row["story"] == "accepted":
            return help_requests.Terms(venue, on_the_day)  # the desk still has to ask
        told = told or {}
        return help_requests.Terms(
            venue,
            on_the_day,
            honorarium=Honorarium(told.get("honorarium", "none")),
            honorarium_yen=told.get("honorarium_yen"),
            travel=Travel(told.get("travel", "actual")),
            materials=Materials(told.get("materials", "none")),
            payer=told.get("payer") or self.request.requester.name,
            insurance=Insurance(told.get("insurance", "city")),
            terms_note=told.get("note"),
        )
