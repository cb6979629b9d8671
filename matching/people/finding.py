"""The box in the head of staff's pages: what somebody says at the counter or on the telephone leads to who and what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from ..accounts.actor import Actor
from ..database import db
from ..dispatch.models import Candidate, Decision, Inquiry
from ..engine.text import fold
from ..help_requests.models import HelpRequest
from ..help_requests.services.finding import requests_like
from ..help_requests.states import ENDED
from ..i18n import fiscal_year
from ..registry import services as registry
from ..registry.models import Organization, Party, Registry
from .belonging import Belonging, belonging_of, family_of
from .seeing import parties_seen_by, sight_of

LONGEST = 60  # what is read of the words
PARTIES = 20
CASES = 20
LIKELIEST = 5  # parties whose cases are shown too
FIRST_YEAR = 2018  # 令和n年度 began in April of FIRST_YEAR + n

_DASH = "[-ー−‐‑–—の/.]"
_OF_YEAR = re.compile(rf"(?:r|令和)(元|\d{{1,2}})(?:年度?|{_DASH})第?(\d{{1,4}})号?")
_SHORT = re.compile(rf"(\d{{1,2}}){_DASH}(\d{{1,4}})号?")
_OF_THIS_YEAR = re.compile(r"(?:第?(\d{1,3})号?|第(\d{1,4})号?|(\d{1,4})号)")


@dataclass(frozen=True)
class CaseNumber:
    """The number of a case as the product writes it, and the decision's that is read like it."""

    request: str  # R8-012
    decision: str  # 令和8年度第12号


def case_number(words: str, *, day: date) -> CaseNumber | None:
    """The number that the words are, written any way; without a year it is of the fiscal year of ``day``.

    >>> case_number("Ｒ８－０１２", day=date(2026, 11, 24)).request
    'R8-012'
    """
    text = re.sub(r"\s", "", fold(words[:LONGEST]))
    if match := _OF_YEAR.fullmatch(text) or _SHORT.fullmatch(text):
        year, number = 1 if match[1] == "元" else int(match[1]), int(match[2])
    elif match := _OF_THIS_YEAR.fullmatch(text):
        year, number = fiscal_year(day) - FIRST_YEAR, int(match[1] or match[2] or match[3])
    else:
        return None
    return CaseNumber(f"R{year}-{number:03d}", f"令和{'元' if year == 1 else year}年度第{number}号")


@dataclass(frozen=True)
class FoundParty:
    """A line of the results."""

    party: Party
    belonging: Belonging


@dataclass(frozen=True)
class Found:
    """What the words may mean. ``exact``: they are the number of this one case and of nothing else."""

    words: str
    by_telephone: bool
    cases: list[HelpRequest]
    parties: list[FoundParty]
    exact: HelpRequest | None = None


def find(words: str, *, by: Actor, day: date) -> Found:
    """Cases first, the open ones before those that ended, then parties, the likeliest first; only what ``by`` may see."""
    words = words.strip()[:LONGEST]
    if not words:
        return Found(words, by_telephone=False, cases=[], parties=[])
    sight = sight_of(by)
    number = case_number(words, day=day)
    numbered = _numbered(number, words) if sight.requests and number else []
    if len(numbered) == 1:
        return Found(words, by_telephone=False, cases=numbered, parties=[], exact=numbered[0])
    by_telephone = sight.contacts and registry.telephone_ending(words) is not None
    ids = registry.parties_like(words, admits=parties_seen_by(by), by_telephone=by_telephone, limit=PARTIES).ids
    query = select(Party).where(Party.id.in_(ids)).options(joinedload(Party.district))
    parties = {party.id: party for party in db.session.scalars(query)}
    belonging = belonging_of(ids, sight=sight, day=day)
    return Found(
        words,
        by_telephone=by_telephone,
        cases=numbered or (_cases("" if number else words, ids[:LIKELIEST], by) if sight.requests else []),
        parties=[FoundParty(parties[id_], belonging[id_]) for id_ in ids],
    )


def _numbered(number: CaseNumber, words: str) -> list[HelpRequest]:
    """The case of this number, and the one whose decision is numbered alike where the words may mean that."""
    meant: list[ColumnElement[bool]] = [HelpRequest.number == number.request]
    if "年" in words:
        meant.append(HelpRequest.id.in_(select(Decision.request_id).where(Decision.number == number.decision)))
    query = select(HelpRequest).where(or_(*meant)).options(*_SHOWN).order_by(HelpRequest.id)
    return list(db.session.scalars(query))


_SHOWN = (selectinload(HelpRequest.requester), joinedload(HelpRequest.desk))


def _cases(words: str, party_ids: list[int], by: Actor) -> list[HelpRequest]:
    """Those whose title has the words, and those of the parties: asked by them, told by them, or asking them."""
    family = list(family_of(party_ids))
    of_them = or_(HelpRequest.requester_id.in_(family), HelpRequest.contact_person_id.in_(family))
    spoken = bool(words) and registry.telephone_ending(words) is None
    titled = requests_like(words, among=true()) if spoken else false()
    query = (
        select(HelpRequest)
        .where(or_(of_them, titled, HelpRequest.id.in_(_asked(family, by))))
        .options(*_SHOWN)
        .order_by(HelpRequest.state.in_(ENDED), HelpRequest.submitted_at.desc(), HelpRequest.id.desc())
        .limit(CASES)
    )
    return list(db.session.scalars(query))


def _asked(party_ids: list[int], by: Actor) -> Select[int]:
    """Cases in which these were asked to help; to a contractor's staff, not those in which it was for their seat."""
    query = select(Inquiry.request_id).where(Inquiry.party_id.in_(party_ids))
    if by.contractor:
        query = query.join(Candidate, Candidate.id == Inquiry.candidate_id)
        query = query.where(Candidate.of_registry != Registry.COUNCIL)
    return query


def offers(found: FoundParty) -> list[tuple[int, str]]:
    """(organization, words) for entering a request of this party: its own, or of whom it acts for."""
    if isinstance(found.party, Organization):
        return [(found.party.id, _("この団体の依頼を入れる"))]
    return [
        (one.organization_id, _("「%(name)s」の依頼を入れる", name=one.organization.name))
        for one in found.belonging.acts_for
    ]
