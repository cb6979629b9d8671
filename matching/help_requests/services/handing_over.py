"""From one desk to another: the case, with what the next desk should know."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from ... import audit
from ...accounts.actor import Actor
from ...accounts.models import RoleGrant
from ...audit import AuditEntry
from ...database import db
from ...errors import Invalid, MatchingError
from ...registry.vocabulary import Desk
from ..models import Handover, HelpRequest
from .moving import desk_changed

HANDED_OVER = "request:hand_over"
# Whoever only looks has not taken the case up.
LOOKED = ("request:read", "contact:show")


def hand_over(request: HelpRequest, *, to_desk: Desk, note: str, by: Actor, now: datetime) -> Handover:
    """Give the case to another desk. Rooms above may refuse: their Invalid names ``to_desk`` or ``note``."""
    if request.has_ended:
        raise MatchingError(_("この依頼は終わっているため、引き継げません。"))
    if to_desk.id == request.desk_id:
        raise Invalid(_("いまの窓口とは別の窓口を選んでください。"), field="to_desk")
    if not note.strip():
        raise Invalid(_("次の窓口に伝えることを書いてください。"), field="note")
    handover = Handover(
        request_id=request.id,
        from_desk_id=request.desk_id,
        to_desk_id=to_desk.id,
        note=note.strip(),
        at=now,
        by_id=by.user_id,
    )
    db.session.add(handover)
    request.desk_id = to_desk.id
    audit.record(HANDED_OVER, request, by=by, at=now, case=request.id, fields=["desk_id"])
    db.session.flush()
    db.session.refresh(request, ["desk"])
    desk_changed.send(request, note=handover.note, by=by, now=now)
    return handover


def handovers_of(request: HelpRequest) -> list[Handover]:
    """Every time that the case went on, oldest first: as many as the log has entries of it."""
    query = (
        select(Handover)
        .where(Handover.request_id == request.id)
        .options(joinedload(Handover.from_desk), joinedload(Handover.to_desk))
        .order_by(Handover.id)
    )
    return list(db.session.scalars(query))


def waiting_handovers(requests: Collection[HelpRequest]) -> dict[int, Handover]:
    """Cases that came from another desk and that nobody of their desk has taken up yet; three queries for all."""
    at_desk = {request.id: request.desk_id for request in requests if not request.has_ended}
    if not at_desk:
        return {}
    rows = db.session.scalars(
        select(Handover)
        .where(Handover.request_id.in_(at_desk))
        .options(joinedload(Handover.from_desk), joinedload(Handover.to_desk))
        .order_by(Handover.id)
    )
    latest = {handover.request_id: handover for handover in rows}
    if not latest:
        return {}
    came = _last_entries(latest, AuditEntry.event == HANDED_OVER)
    members = select(RoleGrant.user_id).where(RoleGrant.desk_id.in_(set(at_desk.values())))
    taken_up = _last_entries(
        latest, AuditEntry.event.not_in([HANDED_OVER, *LOOKED]), AuditEntry.actor_user_id.in_(members)
    )
    return {case: handover for case, handover in latest.items() if taken_up.get(case, 0) < came.get(case, 0)}


def _last_entries(cases: Collection[int], *conditions: ColumnElement[bool]) -> dict[int, int]:
    """The number of the last entry of each case that meets the conditions: later entries have higher ones."""
    query = select(AuditEntry.case, func.max(AuditEntry.id)).where(AuditEntry.case.in_(cases), *conditions)
    return {case: number for case, number in db.session.execute(query.group_by(AuditEntry.case)) if case is not None}
