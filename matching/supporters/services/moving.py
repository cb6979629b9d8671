"""How a registration goes on: confirmed, returned, paused, prolonged, ended; and what a day of the year brings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import SYSTEM, Actor
from ...accounts.permissions import of_others
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import fiscal_year, today
from ...registry import services as registry
from ...registry.models import Purpose, Registry
from ..letters import take_back, tell
from ..models import Supporter
from ..states import WORKFLOW, EndReason, SupporterAction, SupporterState
from .searching import refresh

RENEWED_FROM = 2  # February: two months before the year is over


def _move(supporter: Supporter, action: SupporterAction, *, by: Actor, now: datetime) -> None:
    """The one place where a registration's state changes."""
    supporter.state = WORKFLOW.after(supporter.state, action)
    audit.record(f"supporter:{action.value}", supporter, by=by, at=now)


def _end_of_year(now: datetime) -> date:
    return date(fiscal_year(today(now)) + 1, 3, 31)


def turn_the_year(*, renews: bool, now: datetime) -> int:
    """What becomes of registrations whose year is over: they go on by themselves, or, by the city's setting, end."""
    over = select(Supporter).where(
        Supporter.state.in_([SupporterState.ACTIVE, SupporterState.PAUSED]), Supporter.runs_until < today(now)
    )
    supporters = db.session.scalars(over.order_by(Supporter.id)).all()
    for supporter in supporters:
        if renews:
            _prolong(supporter, _end_of_year(now), by=SYSTEM, now=now)
        else:
            end(supporter, why=EndReason.TERM_OVER, by=SYSTEM, now=now)
    return len(supporters)


def may_be_renewed(supporter: Supporter, day: date) -> bool:
    """Its year is over soon: from February on, and until it was prolonged."""
    if supporter.state not in (SupporterState.ACTIVE, SupporterState.PAUSED) or supporter.runs_until is None:
        return False
    return day >= date(supporter.runs_until.year, RENEWED_FROM, 1)


def renew(supporter: Supporter, *, by: Actor, now: datetime) -> None:
    """Prolong a registration by hand to the end of the coming fiscal year."""
    day = today(now)
    if not may_be_renewed(supporter, day) or supporter.runs_until is None:
        raise MatchingError(
            _("この登録は、いまは来年度まで延ばせません。"),
            advice=_("延ばせるのは、登録の期間が終わる年の2月からです。登録の期間を確かめてください。"),
        )
    _prolong(supporter, max(date(supporter.runs_until.year + 1, 3, 31), _end_of_year(now)), by=by, now=now)


def _prolong(supporter: Supporter, until: date, *, by: Actor, now: datetime) -> None:
    supporter.runs_until = until
    audit.record("supporter:renew", supporter, by=by, at=now, fields=["runs_until"])


def confirm(supporter: Supporter, *, confirmed_skills: Collection[int] = (), by: Actor, now: datetime) -> None:
    """A coordinator looked at what somebody else wrote; it runs to the end of this fiscal year.

    ``confirmed_skills``: certificates seen.
    """
    if not of_others(by, supporter):
        message = _("ご自分や、ご自分の団体の登録は確認できません。ほかの担当者に頼んでください。")
        raise Invalid(message, field="confirmed")
    _move(supporter, SupporterAction.CONFIRM, by=by, now=now)
    supporter.confirmed_at, supporter.confirmed_by_id = now, by.user_id
    supporter.runs_until = _end_of_year(now)
    supporter.returned_note = None
    for skill in registry.skills_of(supporter.party_id, Registry.SUPPORTER):
        skill.confirmed = skill.confirmed or (skill.id in confirmed_skills and skill.qualification is not None)
    refresh(supporter, now=now)
    take_back(supporter, "supporter_submitted")
    tell(supporter, "supporter_confirmed", by=by, now=now)


def return_(supporter: Supporter, *, note: str, by: Actor, now: datetime) -> None:
    """Ask for another writing and say why."""
    if not note.strip():
        raise Invalid(_("直していただきたいところを書いてください。"), field="note")
    _move(supporter, SupporterAction.RETURN, by=by, now=now)
    supporter.returned_note = note.strip()
    refresh(supporter, now=now)
    tell(supporter, "supporter_returned", by=by, now=now, once=False)


def resubmit(supporter: Supporter, *, by: Actor, now: datetime) -> None:
    _move(supporter, SupporterAction.RESUBMIT, by=by, now=now)
    supporter.returned_note = None
    refresh(supporter, now=now)


def pause(supporter: Supporter, *, until: date | None = None, by: Actor, now: datetime) -> None:
    """Not to be asked for a while; without a day, until told otherwise."""
    if until is not None and until < today(now):
        raise Invalid(_("お休みの終わりは、今日からあとの日付にしてください。"), field="until")
    _move(supporter, SupporterAction.PAUSE, by=by, now=now)
    supporter.paused_until = until
    refresh(supporter, now=now)


def resume(supporter: Supporter, *, by: Actor, now: datetime) -> None:
    _move(supporter, SupporterAction.RESUME, by=by, now=now)
    supporter.paused_until = None
    refresh(supporter, now=now)


def resume_rested(*, now: datetime) -> int:
    """Bring back everybody whose last day of pause has passed; how many."""
    rested = select(Supporter).where(Supporter.state == SupporterState.PAUSED, Supporter.paused_until < today(now))
    back = list(db.session.scalars(rested.order_by(Supporter.id).with_for_update()))
    for supporter in back:
        resume(supporter, by=SYSTEM, now=now)
    return len(back)


def end(
    supporter: Supporter, *, why: EndReason | None = None, reason: str | None = None, by: Actor, now: datetime
) -> None:
    """``why`` is counted, ``reason`` says it in somebody's own words; neither has to be told."""
    _move(supporter, SupporterAction.END, by=by, now=now)
    supporter.ended_on = today(now)
    supporter.end_reason = why
    supporter.ended_because = (reason or "").strip() or None
    supporter.paused_until = None
    refresh(supporter, now=now)
    tell(supporter, "supporter_ended", by=by, now=now)


def withdraw_consent(supporter: Supporter, purpose: Purpose, *, by: Actor, now: datetime) -> None:
    """Take one consent back; what rested on it alone stops at once."""
    consent = registry.active_consents(supporter.party_id).get(purpose)
    if consent is None:
        raise Invalid(_("この同意は、いまはありません。"), field="purpose")
    supporter.updated_at = now  # pages that still show the consent are stale
    registry.withdraw_consent(consent, by=by, now=now)
