"""Who sees whose contact items: only after the decision, only what the other side chose to give, until the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ... import audit
from ...accounts.actor import Actor
from ...help_requests.models import HelpRequest
from ...help_requests.states import RequestState
from ...registry import services as registry
from ...registry.models import ContactPoint, Party, Purpose
from ..models import Decision, DecisionResult, Notice
from .deciding import decision_of


@dataclass(frozen=True)
class Shared:
    """What one party lets the other side see; ``points`` may be empty: then the desk passes messages on."""

    party: Party
    points: tuple[ContactPoint, ...] = ()
    also: tuple[tuple[str, str], ...] = ()  # 会場責任者, 当日責任者


def are_open(request: HelpRequest) -> bool:
    """From the decision to the report."""
    return request.state is RequestState.DECIDED


def members_of(decision: Decision) -> list[Party]:
    return [member.party for member in decision.members]


def _chosen(party: Party) -> tuple[ContactPoint, ...]:
    return tuple(point for point in party.contact_points if point.may_share)


def of_supporters(request: HelpRequest) -> list[Shared]:
    """What the requester may see: each one's chosen items, if their consent to it stands today."""
    decision = decision_of(request)
    if not are_open(request) or decision is None or decision.result is not DecisionResult.GRANTED:
        return []
    return [
        Shared(party, _chosen(party) if Purpose.CONTACT in registry.active_consents(party.id) else ())
        for party in members_of(decision)
    ]


def of_the_requester(request: HelpRequest, viewers: Iterable[int]) -> list[Shared]:
    """What those who go may see: the organization's and its contact person's chosen items, and whom to find there."""
    decision = decision_of(request)
    if not are_open(request) or decision is None or decision.result is not DecisionResult.GRANTED:
        return []
    if not {party.id for party in members_of(decision)} & set(viewers):
        return []
    there = [("会場責任者", request.venue_contact), ("当日責任者", request.day_contact)]
    shared = [Shared(request.requester, _chosen(request.requester), tuple((who, text) for who, text in there if text))]
    if request.contact_person:
        shared.append(Shared(request.contact_person, _chosen(request.contact_person)))
    return shared


def for_notice(notice: Notice) -> list[Shared]:
    """What the receiver of a notice may see of the other side."""
    if notice.to_requester:
        return of_supporters(notice.request)
    return of_the_requester(notice.request, [notice.party_id])


def note_reading(request: HelpRequest, shared: list[Shared], *, by: Actor, now: datetime) -> None:
    """Seeing somebody's contact items is written down."""
    for one in shared:
        if one.points or one.also:
            audit.record("contact:show", one.party, by=by, at=now, case=request.id)
