"""What goes on in the demo city: each request is brought to its state by the same services that the pages call."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ..accounts.actor import Actor, Source, actor_of, link_of
from ..dispatch.models import Candidate, Decision, Inquiry
from ..dispatch.services import agreeing, deciding, inquiring, reporting, shortlisting
from ..dispatch.services.drafting import outline_of
from ..dispatch.services.inquiries import inquiries_of, mail_of, promises
from ..help_requests import services as help_requests
from ..help_requests.models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from ..i18n import TOKYO, today
from ..profiles import services as profiles
from ..registry.models import Organization, Person, Registry
from ..registry.vocabulary import Money, Part
from ..supporters.services import open_registration
from .city import City, Facts, Life, Steps, last_at_work, read, spread
from .people import listed, party_of

DECIDED_BY = "協働推進課長"
HELD = ("done_closed", "reported", "not_done")


def load_requests(city: City) -> None:
    for row in read("requests"):
        city.begin(row["key"], Story(city, row).tell())


class Story:
    """One request and how far it came. Each step happens some time after the one before, never in the future."""

    request: HelpRequest

    def __init__(self, city: City, row: Facts) -> None:
        self.city, self.row, self.words = city, row, row["words"] or Facts()
        self.desk_code = row["desk"]
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

    def just_before_the_day(self) -> datetime:
        """On the last working day before the first occasion."""
        self.clock = max(
            self.clock, min(self.until, self.city.last) - timedelta(minutes=20 + spread(self.row["key"], 400))
        )
        return self.clock

    # -- Who acts

    @property
    def desk(self) -> Actor:
        return self.city.at_the_desk(self.desk_code, self.row["key"])

    def requester(self) -> Actor:
        """The requester on their own page, or the desk passing on what they said."""
        if self.by_web:
            return actor_of(self.city.users[self.row["representative"]])
        way = Source.PAPER if self.row["how"] == "paper" else Source.TELEPHONE
        return self.desk.told_by(way, on_behalf_of=self.request.requester_id)

    def answering(self, inquiry: Inquiry) -> Actor:
        if inquiry.channel is Source.MAIL:
            return link_of(inquiry.party_id)
        return self.desk.told_by(inquiry.channel, on_behalf_of=inquiry.party_id)

    # -- How it goes

    def tell(self) -> Life:
        yield self.clock
        self.submit()
        story = self.row["story"]
        if story == "submitted":
            return
        yield from self.take_in()
        for key, reason in self.declines():
            inquiry = yield from self.inquire(key)
            yield self.later(days=2)
            inquiring.decline(inquiry, reason=reason, by=self.answering(inquiry), now=self.clock)
        match story:
            case "accepted" | "declined_then_open":
                pass
            case "withdrawn":
                yield self.later(days=2)
                reason = self.words["cancel_reason"] or "都合が変わったため"
                help_requests.withdraw(self.request, reason, by=self.requester(), now=self.clock)
            case "not_possible" | "nobody_found":
                yield from self.give_up()
            case _:
                yield from self.find_somebody(story)

    def declines(self) -> list[tuple[str, str]]:
        keys = listed(self.row["declines"])
        reasons = self.words["decline_reasons"] or [self.words["decline_reason"]] * len(keys)
        return [(key, reason or "日時の都合がつかない") for key, reason in zip(keys, reasons, strict=True)]

    def find_somebody(self, story: str) -> Steps:
        inquiry = yield from self.inquire(self.row["candidate"])
        if story == "inquiring":
            return
        if story == "asked_question":
            yield self.later(hours=20)
            question = self.words["question"]
            inquiring.ask(inquiry, question=question, by=self.answering(inquiry), now=self.clock)
            return
        yield from self.promise(inquiry)
        if story == "supporter_ill":
            yield self.later(days=2)
            reason = self.words["ill_reason"]
            inquiring.decline(inquiry, reason=reason, by=self.answering(inquiry), now=self.clock)
            if not self.row["then"]:
                if self.words["not_possible_reason"]:
                    yield from self.give_up()
                return
            second = yield from self.inquire(self.row["then"])
            yield from self.promise(second)
        if story != "provisional":
            yield from self.settle(story)

    def settle(self, story: str) -> Steps:
        agreed = yield from self.consult(story)
        if not agreed or story == "agreed":
            return
        decision = yield from self.decide()
        if story == "decided":
            return
        if story == "cancelled_typhoon":
            yield self.just_before_the_day()
            reporting.cancel(self.request, reason=self.words["cancel_reason"], by=self.desk, now=self.clock)
            return
        yield from self.report(decision, done=story != "not_done")
        if story != "reported":
            yield self.later(days=3)
            reporting.close(self.request, by=self.desk, now=self.clock)

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

    def give_up(self) -> Steps:
        yield self.later(days=4)
        deciding.give_up(
            self.request,
            reason=self.words["not_possible_reason"],
            decided_on=today(self.clock),
            decided_by=DECIDED_BY,
            by=self.desk,
            now=self.clock,
        )

    # -- Who goes

    def candidate(self, key: str) -> Candidate:
        """On the shortlist, or added by hand where the matcher missed them."""
        party = self.city.parties[key]
        shortlist = shortlisting.current_shortlist(self.request)
        assert shortlist is not None
        for candidate in shortlist.candidates:
            if candidate.party_id == party.canonical:
                return candidate
        supporter = open_registration(party.id)
        number = supporter.id if supporter else 0
        profile = profiles.find(registry=Registry.SUPPORTER.value, registration_id=number)
        if profile is None:
            raise LookupError(f"{key} cannot be asked on {today(self.clock)}.")
        return shortlisting.add_by_hand(
            self.request,
            profile,
            missed_because="前に同じようなことを頼んだことがあり、窓口で覚えていたため",
            by=self.desk,
            now=self.clock,
        )

    def inquire(self, key: str) -> Steps:
        yield self.later(days=1)
        candidate, now = self.candidate(key), self.clock
        channel = Source(self.row["inquiry_channel"])
        if channel is Source.MAIL and not mail_of(candidate.party):
            channel = Source.TELEPHONE
        others = [one for one in candidate.shortlist.candidates if one is not candidate]
        warned = inquiring.warnings_now(candidate, now=now)
        return inquiring.inquire(
            candidate,
            channel=channel,
            answer_by=today(now) + timedelta(days=7),
            reserve=inquiring.next_to_ask(inquiries_of(self.request), others),
            override_reason="本人に予定を確かめてから打診しました。" if warned else None,
            by=self.desk,
            now=now,
        )

    def promise(self, inquiry: Inquiry) -> Steps:
        yield self.later(days=2)
        heads = self.request.head_count if isinstance(inquiry.party, Organization) else None
        inquiring.promise(inquiry, heads=heads, by=self.answering(inquiry), now=self.clock)

    def consult(self, story: str) -> Steps:
        """Ask the requester; answers whether they agreed."""
        yield self.later(hours=6)
        by_mail = self.by_web and help_requests.mail_of(self.request)
        agreement = agreeing.consult(
            self.request,
            outline=outline_of(promises(self.request)),
            channel=Source.MAIL if by_mail else Source.TELEPHONE,
            by=self.desk,
            now=self.clock,
        )
        if story == "consulting":
            return False
        yield self.later(hours=30)
        by = link_of(self.request.requester_id) if by_mail else self.requester()
        if story == "disagreed_then_open":
            agreeing.refuse(agreement, reason=self.words["disagree_reason"], by=by, now=self.clock)
            return False
        agreeing.agree(agreement, by=by, now=self.clock)
        return True

    def decide(self) -> Steps:
        yield self.later(days=1)
        decision = deciding.decide(
            self.request,
            settled=[
                deciding.Settled(occasion, occasion.on, occasion.starts, occasion.ends, occasion.note)
                for occasion in self.request.occasions
            ],
            decided_on=today(self.clock),
            decided_by=DECIDED_BY,
            by=self.desk,
            now=self.clock,
        )
        for notice in decision.notices:
            if notice.message is None:
                yield self.later(hours=2)
                deciding.record_told(notice, channel=Source.TELEPHONE, by=self.desk, now=self.clock)
        return decision

    def report(self, decision: Decision, *, done: bool) -> Steps:
        self.until = self.city.last
        for dispatch in decision.dispatches:
            if dispatch.on:
                held = datetime.combine(dispatch.on, dispatch.ends or time(17), tzinfo=TOKYO)
                self.clock = max(self.clock, min(held, self.city.now))
            yield self.later(days=2)
            reporting.report(
                dispatch,
                done=done,
                text=self.words["report"],
                attended=self.row["attendance"] if done else None,
                by=self.requester(),
                now=self.clock,
            )
