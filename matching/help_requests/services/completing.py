"""What the desk adds to a request: kind, outline, terms, who to meet on the day."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from flask_babel import gettext as _

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import today
from ..models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from ..states import ENDED, OPEN_TO_CHANGE, RequestState
from .matter import Matter, refuse_contact_data, write_matter
from .moving import matter_changed
from .releasing import conceal


@dataclass(frozen=True)
class Terms:
    """What a supporter wants to know before saying yes, and whom to meet; told step by step until the decision."""

    venue_contact: str | None = None
    day_contact: str | None = None
    honorarium: Honorarium | None = None
    honorarium_yen: int | None = None
    travel: Travel | None = None
    materials: Materials | None = None
    payer: str | None = None
    insurance: Insurance | None = None
    terms_note: str | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked for as the desk words it; fixed once somebody has been told."""

    matter: Matter
    kind: RequestKind | None
    outline: str | None


# What decides who fits.
ASKED = (*(part.name for part in fields(Matter)), "kind")
# What somebody was told and said yes to. Only whom to meet may still change then.
TOLD = ("honorarium", "honorarium_yen", "travel", "materials", "payer", "insurance", "terms_note")


def terms_are_open(request: HelpRequest) -> bool:
    """After the decision the letters have gone out."""
    return request.state not in ENDED | {RequestState.DECIDED, RequestState.REPORTED}


def terms_of(request: HelpRequest) -> Terms:
    return Terms(*(getattr(request, part.name) for part in fields(Terms)))


def complete(request: HelpRequest, *, asked: Asked | None, terms: Terms, by: Actor, now: datetime) -> list[str]:
    """Write down what the desk found out; answers the names of what changed. ``asked`` only while it is open."""
    if not terms_are_open(request) or (asked and request.state not in OPEN_TO_CHANGE):
        raise MatchingError(_("この依頼は、もう内容を変えられません。"))
    if request.state not in OPEN_TO_CHANGE and any(getattr(terms, part) != getattr(request, part) for part in TOLD):
        raise MatchingError(_("打診を始めたあとでは、謝礼や保険などの条件は変えられません。"))
    if terms.honorarium is Honorarium.FIXED and not terms.honorarium_yen:
        raise Invalid(_("謝礼の金額を入れてください。"), field="honorarium_yen")
    if terms.honorarium is not Honorarium.FIXED and terms.honorarium_yen:
        raise Invalid(_("金額を入れるときは、謝礼で「あり」を選んでください。"), field="honorarium")
    changed = _write_asked(request, asked, now=now) if asked else []
    for name, value in _values(terms).items():
        if getattr(request, name) != value:
            setattr(request, name, value)
            changed.append(name)
    if changed:
        request.updated_at = now  # also when only its rows changed: the version must move on
        audit.record("request:complete", request, by=by, at=now, case=request.id, fields=changed)
        if "outline" in changed and request.state is not RequestState.SUBMITTED:
            conceal(request, by=by, now=now)  # the requester let other words be shown
        db.session.flush()
        db.session.refresh(request, ["field", "district"])
    if asked and request.state is not RequestState.SUBMITTED and any(name in changed for name in ASKED):
        matter_changed.send(request, by=by, now=now)
    return changed


def _values(terms: Terms) -> dict[str, object]:
    return {part.name: getattr(terms, part.name) for part in fields(Terms)}


def _write_asked(request: HelpRequest, asked: Asked, *, now: datetime) -> list[str]:
    if request.state is not RequestState.SUBMITTED and not (asked.kind and asked.outline):
        raise Invalid(
            _("受け付けた依頼では、打診用の要約を空にできません。"), field="outline" if asked.kind else "kind"
        )
    refuse_contact_data(asked.outline or "", of=(request.requester, request.contact_person))
    changed = write_matter(request, asked.matter, today=today(now))
    for name in ("kind", "outline"):
        if getattr(request, name) != getattr(asked, name):
            setattr(request, name, getattr(asked, name))
            changed.append(name)
    return changed
