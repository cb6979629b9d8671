"""Requests in every state: the smallest that the tables accept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from matching.accounts.actor import Source
from matching.database import db
from matching.help_requests.models import HelpRequest, Need, Occasion, RequestKind
from matching.help_requests.states import ENDED, RequestState
from matching.registry.models import Organization
from matching.registry.vocabulary import Part
from tests.factories import a_desk, an_organization


def a_request(
    *,
    now: datetime,
    state: RequestState = RequestState.SUBMITTED,
    requester: Organization | None = None,
    desk: str = "kyodo",
    **facts: Any,
) -> HelpRequest:
    request = HelpRequest(
        form_key=uuid4().hex,
        requester=requester or an_organization(),
        desk=a_desk(desk),
        came_by=facts.pop("came_by", Source.WEB),
        title=facts.pop("title", "敬老会の出し物をお願いしたい"),
        trouble=facts.pop("trouble", "毎年カラオケばかりで困っています。"),
        submitted_at=now,
        state=state,
        needs=[Need(position=1, phrase="手品")],
        occasions=[Occasion(position=1, on=date(2026, 12, 5), part=Part.AFTERNOON)],
        **facts,
    )
    if state is not RequestState.SUBMITTED:
        request.number, request.accepted_at = f"R8-{uuid4().hex[:6]}", now
        request.kind = request.kind or RequestKind.DISPATCH
        request.outline = request.outline or "敬老会で楽しめる演目をお願いします。"
    if state in ENDED:
        request.ended_at, request.ending = now, "都合がつかないため"
    db.session.add(request)
    db.session.flush()
    return request
