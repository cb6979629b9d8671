"""Cases brought to each step by the services themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from matching.accounts.actor import SYSTEM, Actor, Source, link_of
from matching.database import db
from matching.dispatch.models import Agreement, Candidate, Decision, Inquiry, Shortlist
from matching.dispatch.services import agreeing, deciding, inquiring, shortlisting
from matching.dispatch.services.inquiries import promises
from matching.help_requests import services as help_requests
from matching.help_requests.models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from matching.i18n import today
from matching.registry.models import ContactKind, Party, Purpose
from matching.registry.services import Contact, set_contacts
from matching.supporters.models import Supporter
from tests.factories import a_person
from tests.help_requests.factories import a_request
from tests.supporters.factories import a_supporter

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday, ten in the morning in Tokyo
BOTH = (Purpose.MATCHING, Purpose.CONTACT)
TERMS: dict[str, Any] = {
    "honorarium": Honorarium.NONE,
    "travel": Travel.ACTUAL,
    "materials": Materials.NONE,
    "payer": "さくら台自治会",
    "insurance": Insurance.CITY,
}
OUTLINE = "敬老会で40分ほど楽しめる演目をお願いします。"


def a_conjurer(
    name: str = "石川 笑子", *, mail: str | None = None, telephone: str | None = None, **told: Any
) -> Supporter:
    """A supporter who fits the request of these tests; their telephone may be given on, their address may not."""
    party = a_person(name, kana=told.pop("kana", None))
    supporter = a_supporter(party, *told.pop("skills", ("手品",)), consents=told.pop("consents", BOTH), **told)
    contacts = [Contact(ContactKind.ADDRESS, "山口市仁保1-2-3")]
    if mail:
        contacts.append(Contact(ContactKind.MAIL, mail))
    if telephone:
        contacts.append(Contact(ContactKind.TELEPHONE, telephone, may_share=True))
    set_contacts(party, contacts)
    db.session.flush()
    return supporter


def a_case(
    *, kind: RequestKind = RequestKind.DISPATCH, by: Actor = SYSTEM, now: datetime = NOW, **facts: Any
) -> HelpRequest:
    """Accepted, its terms answered, its shortlist made of whoever is registered by now."""
    request = a_request(now=now, **{**TERMS, **facts})
    return help_requests.accept(request, kind=kind, outline=OUTLINE, by=by, now=now)


def shortlist_of(request: HelpRequest) -> Shortlist:
    found = shortlisting.current_shortlist(request)
    assert found is not None
    return found


def names_on(shortlist: Shortlist) -> list[str]:
    return [candidate.party.name for candidate in shortlist.candidates]


def candidate_of(request: HelpRequest, party: Party | None = None) -> Candidate:
    """The candidate of this party, or the first."""
    candidates = shortlist_of(request).candidates
    return next(c for c in candidates if party is None or c.party_id == party.id)


def asked(
    request: HelpRequest,
    party: Party | None = None,
    *,
    channel: Source = Source.TELEPHONE,
    by: Actor = SYSTEM,
    now: datetime = NOW,
    **how: Any,
) -> Inquiry:
    how.setdefault("answer_by", today(now) + timedelta(days=7))
    return inquiring.inquire(candidate_of(request, party), channel=channel, by=by, now=now, **how)


def promised(request: HelpRequest, party: Party | None = None, **how: Any) -> Inquiry:
    inquiry = asked(request, party, **how)
    inquiring.promise(inquiry, by=link_of(inquiry.party_id), now=how.get("now", NOW))
    return inquiry


def consulted(request: HelpRequest, *, channel: Source = Source.TELEPHONE, now: datetime = NOW) -> Agreement:
    if not promises(request):
        promised(request)
    return agreeing.consult(request, outline="手品のできる方が1人で伺います。", channel=channel, by=SYSTEM, now=now)


def agreed(request: HelpRequest, **how: Any) -> Agreement:
    agreement = consulted(request, **how)
    agreeing.agree(agreement, by=link_of(request.requester_id), now=how.get("now", NOW))
    return agreement


def settled(request: HelpRequest, *, on: date | None = None) -> list[deciding.Settled]:
    return [deciding.Settled(occasion, on=on or occasion.on) for occasion in request.occasions]


def decide(request: HelpRequest, *, on: date | None = None, now: datetime = NOW, **how: Any) -> Decision:
    how = {"decided_on": today(now), "decided_by": "協働推進課長", "by": SYSTEM} | how
    return deciding.decide(request, settled=settled(request, on=on), now=now, **how)


def decided(request: HelpRequest | None = None, **how: Any) -> Decision:
    request = request or a_case()
    agreed(request)
    return decide(request, **how)


def inquiries_in(request_id: int) -> list[Inquiry]:
    return list(db.session.scalars(select(Inquiry).where(Inquiry.request_id == request_id).order_by(Inquiry.id)))
