"""What goes on in the demo city: each request is brought to its state by the same services that the pages call."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ..accounts.actor import Actor, Source, link_of
from ..dispatch.models import Candidate, Decision, Inquiry
from ..dispatch.services import agreeing, deciding, inquiring, reporting, shortlisting
from ..dispatch.services.drafting import outline_of
from ..dispatch.services.inquiries import inquiries_of, mail_of, promises
from ..help_requests import services as help_requests
from ..i18n import TOKYO, today
from ..profiles import services as profiles
from ..registry.models import Organization, Registry
from ..supporters.services import open_registration
from .asking import Asking
from .city import City, Life, Steps, read, spread
from .people import listed

DECIDED_BY = "協働推進課長"


def load_requests(city: City) -> None:
    for row in read("requests"):
        city.begin(row["key"], Story(city, row).tell())


class Story(Asking):
    """One request and how far it came."""

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
        if story in ("decided", "awaits_report"):
            return
        if story == "cancelled_typhoon":
            yield self.just_before_the_day()
            reporting.cancel(self.request, reason=self.words["cancel_reason"], by=self.desk, now=self.clock)
            return
        yield from self.report(decision, done=story != "not_done")
        if story != "reported":
            yield self.later(days=3)
            reporting.close(self.request, by=self.desk, now=self.clock)

    def just_before_the_day(self) -> datetime:
        """On the last working day before the first occasion."""
        self.clock = max(
            self.clock, min(self.until, self.city.last) - timedelta(minutes=20 + spread(self.row["key"], 400))
        )
        return self.clock

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

    def answering(self, inquiry: Inquiry) -> Actor:
        if inquiry.channel is Source.MAIL:
            return link_of(inquiry.party_id)
        return self.desk.told_by(inquiry.channel, on_behalf_of=inquiry.party_id)

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
