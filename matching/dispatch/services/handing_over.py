"""What a contractor's desk may not learn when a case is handed over to it: who sits on a council, and was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ...accounts.actor import Actor
from ...councils.models import Council
from ...database import db
from ...errors import Invalid
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest
from ...registry.models import Party, Registry
from ...registry.services import kana_key
from ..models import Agreement, Candidate, Dispatch, Inquiry, Notice, Shortlist
from ..states import WAITING, InquiryState
from .shortlisting import OPEN_TO_SEARCH, current_shortlist, make_shortlist

# Asked and not yet answered, or a yes that still counts: such a case stays at a desk of the city.
LIVE = frozenset({*WAITING, InquiryState.PROMISED})

# How people of councils are spoken of; committees and commissioners of a neighbourhood are none.
OF_COUNCILS = re.compile("審議会|(?<!実行)(?<!民生)(?<!児童)委員")
TITLE = "(?:さん|さま|様|氏|先生|会長|委員|殿|君|くん)"
NO_PLACE = "(?![市町村県])"
IN_KANA = re.compile("[ぁ-ゖー]+")


@dataclass(frozen=True)
class OfCouncils:
    """What a case holds of council members."""

    candidates: list[Candidate]  # on the current list
    inquiries: list[Inquiry]

    @property
    def is_live(self) -> bool:
        return any(inquiry.state in LIVE for inquiry in self.inquiries)

    def __bool__(self) -> bool:
        return bool(self.candidates or self.inquiries)


def of_councils(request: HelpRequest) -> OfCouncils:
    shortlist = current_shortlist(request)
    return OfCouncils(
        [one for one in shortlist.candidates if is_of_council(one)] if shortlist else [],
        list(
            db.session.scalars(
                select(Inquiry)
                .join(Candidate, Candidate.id == Inquiry.candidate_id)
                .where(Inquiry.request_id == request.id, Candidate.of_registry == Registry.COUNCIL)
                .options(joinedload(Inquiry.party))
                .order_by(Inquiry.id)
            )
        ),
    )


def is_of_council(candidate: Candidate) -> bool:
    """They are proposed as a member of a council, or the list says that they are one too."""
    return candidate.of_registry is Registry.COUNCIL or Registry.COUNCIL.value in _also_in(candidate)


def also_registered(candidate: Candidate, *, sees_councils: bool) -> bool:
    """Whether the list says that they have another registration, as far as the reader may know."""
    others = _also_in(candidate)
    return bool(others if sees_councils else others - {Registry.COUNCIL.value})


def _also_in(candidate: Candidate) -> set[str]:
    return {str(other[0]) for other in candidate.also_in or ()}


def council_parties(request: HelpRequest) -> set[int]:
    """Whoever was ever proposed or asked in this case as a member of a council."""
    query = (
        select(Candidate.party_id)
        .join(Shortlist, Shortlist.id == Candidate.shortlist_id)
        .where(Shortlist.request_id == request.id, Candidate.of_registry == Registry.COUNCIL)
    )
    return set(db.session.scalars(query))


def tells_of_councils(record: Inquiry | Agreement | Notice | Dispatch) -> bool:
    """Whether the page of this record says that somebody sits on a council."""
    match record:
        case Inquiry():
            return record.candidate.of_registry is Registry.COUNCIL
        case Agreement():  # its words describe whoever had said yes by then
            asked = of_councils(record.request).inquiries
            return any(inquiry.asked_at <= record.asked_at for inquiry in asked)
        case Notice():
            return bool(council_parties(record.request) & _goers(record.decision.dispatches))
    return bool(council_parties(record.request) & _goers([record]))


def _goers(dispatches: Iterable[Dispatch]) -> set[int]:
    return {member.party_id for dispatch in dispatches for member in dispatch.members}


@help_requests.desk_changed.connect
def _on_handover(request: HelpRequest, *, note: str, by: Actor, now: datetime, **_news: Any) -> None:
    """A contractor's desk gets the case without council members: nothing of them is live, told of, or on the list."""
    if not request.desk.is_contractor:
        return
    held = of_councils(request)
    if held.is_live:
        message = _("審議会等の委員に打診しているため、この窓口には渡せません。返事が済んでから引き継いでください。")
        raise Invalid(message, field="to_desk")
    _refuse_telling_of_councils(note, request)
    if held.candidates and request.state in OPEN_TO_SEARCH:
        make_shortlist(request, by=by, now=now)


def _refuse_telling_of_councils(note: str, request: HelpRequest) -> None:
    said = kana_key(note)
    of_case = db.session.scalars(select(Party).where(Party.id.in_(council_parties(request))))
    if any(_is_named(party, said) for party in of_case):
        message = _("審議会等の委員の名前があります。この窓口には伝えられないので、消してください。")
        raise Invalid(message, field="note")
    names = [kana_key(re.split("[（(]", name)[0]) for name in db.session.scalars(select(Council.name))]
    if OF_COUNCILS.search(said) or any(name and name in said for name in names):
        message = _(
            "審議会等やその委員のことは、この窓口には伝えられません。"
            "人のことは書かずに、「候補は改めて探してください」のように書き直してください。"
        )
        raise Invalid(message, field="note")


def _is_named(party: Party, said: str) -> bool:
    return any(kana_key(name) in said or re.search(_family(name), said) for name in (party.name, party.kana) if name)


def _family(name: str) -> str:
    """A pattern for the family name; where that is too short to tell (原則, いきいき), with a title after it."""
    key = kana_key(name.split()[0])
    return re.escape(key) + (TITLE if len(key) == 1 or IN_KANA.fullmatch(key) else NO_PLACE)
