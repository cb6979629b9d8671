"""What goes on in the demo city: each request is brought to its state by the same services that the pages call."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ..accounts.actor import Actor, Source, actor_of
from ..database import db
from ..dispatch.models import Agreement, Candidate, Decision, Inquiry
from ..dispatch.services import agreeing, deciding, inquiring, reporting, shortlisting
from ..dispatch.services.drafting import outline_of
from ..dispatch.services.inquiries import mail_of, promises
from ..help_requests import services as help_requests
from ..help_requests.models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from ..i18n import today
from ..profiles import services as profiles
from ..registry.models import ContactKind, Organization, Person, Registry
from ..registry.services import Contact
from ..registry.vocabulary import Money, Part
from ..supporters.services import open_registration
from .city import City, read

DECIDED_BY = "協働推進課長"


def load_requests(city: City) -> None:
    for row in read("requests"):
        Story(city, row).tell()


class Story:
    """One request and how far it came. Each step happens some time after the one before, never in the future."""

    def __init__(self, city: City, row: dict[str, Any]) -> None:
        self.city, self.row = city, row
        self.clock = city.days_ago(row["submitted_days_ago"])
        self.desk = city.at_the_desk(row["desk"])
        self.request: HelpRequest

    def later(self, **by: float) -> datetime:
        self.clock = min(self.clock + timedelta(**by), self.city.now)
        return self.clock

    def tell(self) -> None:
        story = self.row["story"]
        self.submit()
        if story == "submitted":
            return
        self.accept()
        if story == "withdrawn":
            reason = self.row["words"].get("cancel_reason") or "都合が変わったため"
            help_requests.withdraw(self.request, reason, by=self.heard(), now=self.later(days=1))
        elif story == "not_possible":
            deciding.give_up(
                self.request,
                reason=self.row["words"]["not_possible_reason"],
                decided_on=today(self.later(days=3)),
                decided_by=DECIDED_BY,
                by=self.desk,
                now=self.clock,
            )
        elif story == "declined_then_open":
            self.decline(self.inquire(self.row["declines"]))
        elif story != "accepted":
            self.go_on(story)

    def go_on(self, story: str) -> None:
        """From the first inquiry as far as the story goes."""
        if self.row["declines"]:
            self.decline(self.inquire(self.row["declines"]))
        inquiry = self.inquire(self.row["candidate"])
        if story == "inquiring":
            return
        if story == "asked_question":
            question = self.row["words"]["question"]
            inquiring.ask(inquiry, question=question, by=self.answering(inquiry), now=self.later(hours=20))
            return
        inquiring.promise(inquiry, heads=None, settled=None, by=self.answering(inquiry), now=self.later(days=1))
        if story == "provisional":
            return
        self.agree()
        if story == "agreed":
            return
        decision = self.decide()
        if story == "cancelled_typhoon":
            reason = self.row["words"]["cancel_reason"]
            reporting.cancel(self.request, reason=reason, by=self.desk, now=self.later(days=2))
        elif story == "done_closed":
            self.report(decision)

    def heard(self) -> Actor:
        """The desk, passing on what the requester said."""
        way = Source(self.row["how"])
        return self.desk.told_by(
            way if way is not Source.WEB else Source.TELEPHONE, on_behalf_of=self.request.requester_id
        )

    def answering(self, inquiry: Inquiry) -> Actor:
        way = Source.PAPER if inquiry.channel is Source.PAPER else Source.TELEPHONE
        return self.desk.told_by(way, on_behalf_of=inquiry.party_id)

    def wishes(self) -> tuple[help_requests.Wish, ...]:
        def day(ahead: int | None) -> date | None:
            return None if ahead is None else self.city.day(ahead)

        def clock(text: str | None) -> time | None:
            return time.fromisoformat(text) if text else None

        return tuple(
            help_requests.Wish(
                on=day(o["days_ahead"]),
                part=Part(o["part"]) if o["part"] else None,
                starts=clock(o["starts"]),
                ends=clock(o["ends"]),
                second_on=day(o["second_days_ahead"]),
                second_part=Part(o["second_part"]) if o["second_part"] else None,
                note=o["note"],
            )
            for o in self.row["occasions"]
        )

    def matter(self) -> help_requests.Matter:
        row = self.row
        return help_requests.Matter(
            title=row["title"],
            needs=tuple(row["needs"]),
            field_number=row["field"],
            district_id=self.city.districts.get(row["district"]),
            place=row["place"],
            wishes=self.wishes(),
            head_count=row["head_count"],
            attendance=row["attendance"],
        )

    def submit(self) -> None:
        row, city = self.row, self.city
        requester, person = city.parties[row["organization"]], city.parties.get(row["representative"] or "")
        assert isinstance(requester, Organization)
        words = help_requests.Words(row["trouble"], Money(row["money"]) if row["money"] else None, row["budget_yen"])
        user = city.users.get(row["representative"] or "")
        if row["how"] == "web" and user and isinstance(person, Person):
            self.request = help_requests.submit(
                form_key=f"demo-{row['key']}",
                requester=requester,
                contact_person=person,
                matter=self.matter(),
                words=words,
                by=actor_of(user),
                now=self.clock,
            )
            return
        contacts = tuple(
            Contact(point.kind, point.value, point.may_share, point.hours)
            for point in (person.contact_points if person else requester.contact_points)
            if point.kind is ContactKind.TELEPHONE
        )
        way = Source(row["how"]) if row["how"] != "web" else Source.TELEPHONE
        self.request = help_requests.enter(
            form_key=f"demo-{row['key']}",
            requester=requester,
            caller=help_requests.Caller(person.name if person else requester.name, contacts),
            desk_id=city.desks[row["desk"]].id,
            matter=self.matter(),
            words=words,
            by=self.desk.told_by(way),
            now=self.clock,
        )

    def accept(self) -> None:
        row, now = self.row, self.later(hours=5)
        asked = help_requests.Asked(self.matter(), RequestKind(row["kind"]), row["outline"])
        help_requests.complete(
            self.request,
            asked=asked,
            terms=self.terms(),
            desk_id=self.city.desks[row["desk"]].id,
            by=self.desk,
            now=now,
        )
        help_requests.accept(self.request, kind=asked.kind, outline=asked.outline, by=self.desk, now=now)

    def terms(self) -> help_requests.Terms:
        def who(contact: dict[str, str] | None) -> str | None:
            return f"{contact['name']}　{contact['telephone']}" if contact else None

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

    def candidate(self, key: str) -> Candidate:
        """On the shortlist, or added by hand where the matcher missed them."""
        party = self.city.parties[key]
        shortlist = shortlisting.current_shortlist(self.request)
        assert shortlist is not None
        for candidate in shortlist.candidates:
            if candidate.party_id == party.canonical:
                return candidate
        supporter = open_registration(party.id)
        assert supporter is not None
        profile = profiles.find(registry=Registry.SUPPORTER.value, registration_id=supporter.id)
        assert profile is not None
        return shortlisting.add_by_hand(
            self.request,
            profile,
            missed_because="前に同じようなことを頼んだことがあり、窓口で覚えていたため",
            by=self.desk,
            now=self.later(hours=1),
        )

    def inquire(self, key: str) -> Inquiry:
        candidate = self.candidate(key)
        now = self.later(days=1)
        channel = Source(self.row["inquiry_channel"])
        if channel is Source.MAIL and not mail_of(candidate.party):
            channel = Source.TELEPHONE
        warned = inquiring.warnings_now(candidate, now=now)
        return inquiring.inquire(
            candidate,
            channel=channel,
            answer_by=today(now) + timedelta(days=7),
            reserve=next((c for c in candidate.shortlist.candidates if c is not candidate), None),
            override_reason="本人に予定を確かめてから打診しました。" if warned else None,
            by=self.desk,
            now=now,
        )

    def decline(self, inquiry: Inquiry) -> None:
        reason = self.row["words"].get("decline_reason") or "日時の都合がつかない"
        inquiring.decline(inquiry, reason=reason, by=self.answering(inquiry), now=self.later(days=1))

    def agree(self) -> Agreement:
        agreement = agreeing.consult(
            self.request,
            outline=outline_of(promises(self.request)),
            channel=Source.TELEPHONE,
            by=self.desk,
            now=self.later(hours=3),
        )
        agreeing.agree(agreement, by=self.heard(), now=self.later(hours=2))
        return agreement

    def decide(self) -> Decision:
        now = self.later(days=1)
        decision = deciding.decide(
            self.request,
            settled=[
                deciding.Settled(occasion, occasion.on, occasion.starts, occasion.ends, occasion.note)
                for occasion in self.request.occasions
            ],
            decided_on=today(now),
            decided_by=DECIDED_BY,
            by=self.desk,
            now=now,
        )
        for notice in decision.notices:
            if notice.message is None:
                deciding.record_told(notice, channel=Source.TELEPHONE, by=self.desk, now=self.later(hours=1))
        return decision

    def report(self, decision: Decision) -> None:
        for dispatch in decision.dispatches:
            held = datetime.combine(dispatch.on or self.city.today, time(18), tzinfo=self.clock.tzinfo)
            self.clock = max(self.clock, min(held, self.city.now))
            reporting.report(
                dispatch,
                done=True,
                text=self.row["words"]["report"],
                attended=self.row["attendance"],
                by=self.heard(),
                now=self.later(days=1),
            )
        reporting.close(self.request, by=self.desk, now=self.later(days=3))
        db.session.flush()
