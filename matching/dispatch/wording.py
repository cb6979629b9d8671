"""Words for warnings that this room adds, and for days and terms as they were told."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from ..engine.types import Reason
from ..help_requests.models import Honorarium, Insurance, Materials, Travel
from ..i18n import as_day, label
from ..profiles import wording as profiles
from ..registry.vocabulary import Part


def say(reason: Reason) -> str:
    """A reason of the engine, or one that only this room knows."""
    if reason.code == "conflict.declined_this":
        return _("この依頼を一度辞退したか、見送りになっています")
    if reason.code == "conflict.yearly_cap":
        return _("今年度の上限（%(cap)s件）に達しています", cap=reason.params["cap"])
    return profiles.say(reason)


def _wish(on: str | None, part: str | None, starts: str | None = None, ends: str | None = None) -> str:
    if not on:
        return ""
    hours = f"{starts or ''}〜{ends or ''}" if starts or ends else ""
    return " ".join(word for word in (as_day(date.fromisoformat(on)), label(Part(part)) if part else "", hours) if word)


def first_wish(occasion: dict[str, Any]) -> str:
    """The first choice as it was told: day, part of the day, hours; or the note where no day is fixed."""
    day = _wish(occasion["on"], occasion["part"], occasion["starts"], occasion["ends"])
    return "、".join(word for word in (day, occasion["note"]) if word)


def second_wish(occasion: dict[str, Any]) -> str:
    return _wish(occasion["second_on"], occasion["second_part"])


def terms_in_words(terms: dict[str, Any]) -> list[tuple[str, str]]:
    """What is told about money and insurance: (name, words)."""
    yen = _("%(yen)s円", yen=f"{terms['honorarium_yen']:,}") if terms["honorarium_yen"] else ""
    honorarium = label(Honorarium(terms["honorarium"])) if terms["honorarium"] else ""
    rows = [
        (_("謝礼"), " ".join(word for word in (honorarium, yen) if word)),
        (_("交通費"), label(Travel(terms["travel"])) if terms["travel"] else ""),
        (_("材料費"), label(Materials(terms["materials"])) if terms["materials"] else ""),
        (_("支払う人"), terms["payer"] or ""),
        (_("保険"), label(Insurance(terms["insurance"])) if terms["insurance"] else ""),
        (_("そのほか"), terms["note"] or ""),
    ]
    return [(name, words or _("未定")) for name, words in rows if words or name != _("そのほか")]
