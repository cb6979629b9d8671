"""Words for warnings that this room adds, and for days and terms as they were told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..engine.types import Reason
from ..help_requests.models import Honorarium, Insurance, Materials, Travel
from ..i18n import as_day, label
from ..profiles import wording as profiles
from ..registry.vocabulary import Part
from .services.relaxing import NEED


def say(reason: Reason) -> str:
    """A reason of the engine, or one that only this room knows."""
    if reason.code == "conflict.declined_this":
        return _("この依頼を一度辞退したか、見送りになっています")
    if reason.code == "conflict.yearly_cap":
        return _("今年度の上限（%(cap)s件）に達しています", cap=reason.params["cap"])
    return profiles.say(reason)


def condition_in_words(condition: str, ask: dict[str, Any]) -> str:
    """A condition of a frozen ask, as it is said in a sentence: 「地域（仁保）の条件」"""
    if condition.startswith(NEED):
        return _("「%(need)s」の希望", need=condition.removeprefix(NEED))
    value = ask.get(condition)
    match condition:
        case "district":
            return _("地域（%(name)s）の条件", name=profiles.district_name(value)) if value else _("地域の条件")
        case "field":
            return _("分野（%(name)s）の条件", name=profiles.field_name(value)) if value else _("分野の条件")
        case "when":
            return _("日程の条件")
        case "money":
            return _("費用の条件")
        case "people":
            return _("人数の条件")
        case "supports":
            return _("支援の種類の条件")
    return condition


_COUNTS: Mapping[str, Any] = {
    "words": _l(
        "依頼の言葉が、登録の言葉と重なるか。同じ言葉のほか、同じ読み、言いかえ、辞書のことがら、近いつづりも見ます。"
    ),
    "meaning": _l("言葉は違っても、言っていることの意味が近いか。"),
    "needs": _l("してほしいことが2つ以上あるとき、そのどれにも応えられるか。"),
    "field": _l("依頼の分野が、登録の分野に入っているか。"),
    "support": _l("教える、手伝うなど、求められた手伝い方が登録にあるか。"),
    "level": _l("教わりたい・相談したい依頼のとき、資格や経験が書かれているか。"),
    "limits": _l("「教えるのは未経験」「相談は受けません」のような、本人の断り書きに触れないか。"),
    "district": _l("活動できる地域か、近いか。"),
    "dates": _l("希望の日に都合がつくか。"),
    "money": _l("謝礼や交通費の希望が、依頼の予算に合うか。"),
    "heads": _l("希望の人数で来られるか。"),
    "track": _l("これまでに派遣された回数。はじめての人は、まん中として数えます。"),
    "fairness": _l("最後に声をかけてから、どのくらいたつか。同じ人にばかり頼まないためです。"),
}


def what_counts(criterion: str) -> str:
    """What a criterion looks at, for somebody who reads it for the first time."""
    return str(_COUNTS.get(criterion, ""))


def _wish(on: str | None, part: str | None, starts: str | None = None, ends: str | None = None) -> str:
    if not on:
        return ""
    hours = f"{starts or ''}〜{ends or ''}" if starts or ends else ""
    return " ".join(word for word in (as_day(date.fromisoformat(on)), label(Part(part)) if part else "", hours) if word)


def first_wish(occasion: dict[str, Any]) -> str:
    """The first choice as it was told: day, part of the day, hours; or the note where no day is fixed."""
    day = _wish(occasion["on"], occasion["part"], occasion["starts"], occasion["ends"])
    return _("、").join(word for word in (day, occasion["note"]) if word)


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
