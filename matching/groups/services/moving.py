"""How a registration goes on: said to be still so, once a year, or ended."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import fiscal_year, today
from ..models import Group
from ..states import WORKFLOW, GroupAction, GroupState
from .searching import refresh


def begin_of_year(day: date) -> date:
    """The first of April of the fiscal year."""
    return date(fiscal_year(day), 4, 1)


def is_due(group: Group, day: date) -> bool:
    """Nobody has said in this fiscal year that what stands here is still so."""
    return group.state is GroupState.ACTIVE and (group.renewed_on or group.registered_on) < begin_of_year(day)


def renew(group: Group, *, on: date | None = None, by: Actor, now: datetime) -> None:
    """The group says that what stands here is still so; asked of every group once a year."""
    on = on or today(now)
    if group.state is not GroupState.ACTIVE:
        raise MatchingError(_("この登録は終わっているため、更新できません。"))
    if not (group.renewed_on or group.registered_on) <= on <= today(now):
        raise Invalid(_("更新の日は、前の更新より後で、今日までの日付にしてください。"), field="on")
    group.renewed_on = on
    audit.record("group:renew", group, by=by, at=now, fields=["renewed_on"])
    db.session.flush()


def end_group(group: Group, *, on: date | None = None, reason: str | None = None, by: Actor, now: datetime) -> None:
    """Take a group out. Whoever was asked for it just now hears of it: ``profiles`` tells the rooms above."""
    state = WORKFLOW.after(group.state, GroupAction.END)
    on = on or today(now)
    if not group.registered_on <= on <= today(now):
        raise Invalid(_("終えた日は、登録した日から今日までの日付にしてください。"), field="on")
    group.state, group.ended_on = state, on
    group.ended_because = (reason or "").strip() or None
    audit.record("group:end", group, by=by, at=now)
    refresh(group, now=now)
