"""Words for what the engine found: short Japanese for chips and bars, translatable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..concepts.services import knowledge
from ..engine.reasons import CODES
from ..engine.types import Reason
from ..i18n import as_day
from ..registry.vocabulary import DISTRICTS, FIELDS, Money, Support

Params = dict[str, Any]


def say(reason: Reason) -> str:
    """One reason as a short sentence; a code from a newer engine is shown as it is."""
    sentence = _SENTENCES.get(reason.code)
    return sentence({**dict.fromkeys(CODES[reason.code]), **reason.params}) if sentence is not None else reason.code


_CRITERIA: Mapping[str, Any] = {
    "words": _l("言葉"),
    "meaning": _l("意味"),
    "needs": _l("してほしいこと"),
    "field": _l("分野"),
    "support": _l("支援の種類"),
    "level": _l("資格・程度"),
    "limits": _l("断り書き"),
    "district": _l("地域"),
    "dates": _l("日程"),
    "money": _l("費用"),
    "heads": _l("人数"),
    "track": _l("実績"),
    "fairness": _l("打診の間隔"),
    "conflict": _l("注意"),
}
_STRENGTHS: Mapping[str, Any] = {"strong": _l("有力"), "possible": _l("可能性あり"), "weak": _l("弱い")}


def criterion_label(criterion: str) -> str:
    """The name of a bar."""
    return str(_CRITERIA.get(criterion, criterion))


def strength_label(strength: str) -> str:
    return str(_STRENGTHS.get(strength, strength))


def field_name(number: Any) -> str:
    return _(FIELDS[number]) if number in FIELDS else str(number)


def _support(value: Any) -> str:
    return _(Support(value).label) if value in set(Support) else str(value)


def money_name(value: Any) -> str:
    return _(Money(value).label) if value in set(Money) else str(value)


def district_name(id_: Any) -> str:
    # District ids are the places in this list, see registry.vocabulary.load_reference_tables.
    return DISTRICTS[id_ - 1][0] if isinstance(id_, int) and 1 <= id_ <= len(DISTRICTS) else str(id_)


def concept_label(id_: Any) -> str | None:
    """What the lexicon calls a concept today; None where it does not know it (any more)."""
    concept = knowledge().lexicon.get(str(id_)) if id_ else None
    return concept.label if concept is not None else None


def _concept(params: Params) -> str | None:
    """The concept's name as it was frozen with the reason, else as it is today."""
    return params["label"] if "label" in params else concept_label(params["concept"])


def _day(value: Any) -> str:
    return as_day(date.fromisoformat(value)) if value else ""


_SENTENCES: dict[str, Callable[[Params], str]] = {
    "words.exact": lambda p: (
        _("「%(theirs)s」（同じ言葉）", theirs=p["theirs"])
        if p["theirs"] == p["asked"]
        else _("「%(theirs)s」↔「%(asked)s」（同じ言葉）", theirs=p["theirs"], asked=p["asked"])
    ),
    "words.reading": lambda p: _("「%(theirs)s」↔「%(asked)s」（同じ読み）", theirs=p["theirs"], asked=p["asked"]),
    "words.synonym": lambda p: _("「%(theirs)s」↔「%(asked)s」（言いかえ）", theirs=p["theirs"], asked=p["asked"]),
    "words.fuzzy": lambda p: _("「%(theirs)s」↔「%(asked)s」（つづりが近い）", theirs=p["theirs"], asked=p["asked"]),
    "words.similar": lambda p: _("「%(theirs)s」↔「%(asked)s」（一部が同じ）", theirs=p["theirs"], asked=p["asked"]),
    "words.concept": lambda p: (
        _(
            "「%(theirs)s」↔「%(asked)s」（辞書：%(label)s）",
            theirs=p["theirs"],
            asked=p["asked"],
            label=_concept(p),
        )
        if _concept(p)
        else _("「%(theirs)s」↔「%(asked)s」（辞書）", theirs=p["theirs"], asked=p["asked"])
    ),
    "meaning.related": lambda p: _("「%(theirs)s」↔「%(asked)s」（意味が近い）", theirs=p["theirs"], asked=p["asked"]),
    "needs.all": lambda p: (
        _("してほしいことに当たる登録がある")
        if p["of"] == 1
        else _("してほしいこと%(of)s件のすべてに当たる", of=p["of"])
    ),
    "needs.some": lambda p: (
        _("してほしいこと%(of)s件のうち、当たるのは%(covered)s件", of=p["of"], covered=p["covered"])
        if p["covered"]
        else _("してほしいことに当たる登録がない")
    ),
    "words.none": lambda p: _("共通する言葉がない"),
    "words.nothing_asked": lambda p: _("依頼の内容がまだ書かれていない"),
    "need.uncovered": lambda p: _("「%(need)s」に当たる登録がない", need=p["need"]),
    "field.same": lambda p: _("同じ分野：%(field)s", field=field_name(p["field"])),
    "field.other": lambda p: _("分野が違う：希望は%(field)s", field=field_name(p["field"])),
    "field.unknown": lambda p: _("分野は未確認"),
    "support.offered": lambda p: _("%(support)sができる", support=_support(p["support"])),
    "support.not_offered": lambda p: _("%(support)sは登録されていない", support=_support(p["support"])),
    "support.unknown": lambda p: _("支援の種類は未確認"),
    "level.confirmed": lambda p: _(
        "%(theirs)s：%(qualification)s（確認済み）", qualification=p["qualification"], theirs=p["theirs"]
    ),
    "level.qualified": lambda p: _(
        "%(theirs)s：%(qualification)s（資格証は未確認）", qualification=p["qualification"], theirs=p["theirs"]
    ),
    "level.stated": lambda p: _("%(theirs)s：程度は5段階の%(level)s", theirs=p["theirs"], level=p["level"]),
    "level.low": lambda p: _("%(theirs)s：程度は低め（5段階の%(level)s）", theirs=p["theirs"], level=p["level"]),
    "level.expert": lambda p: _("「%(theirs)s」：専門の資格や仕事", theirs=p["theirs"]),
    "level.amateur": lambda p: _("「%(theirs)s」：教える・相談を受けるほどの経験は書かれていない", theirs=p["theirs"]),
    "level.unknown": lambda p: _("資格・程度は未確認"),
    "limit.stated": lambda p: _("本人の断り書き：「%(theirs)s」", theirs=p["theirs"]),
    "limit.content": lambda p: _(
        "「%(asked)s」は、本人の断り書きに合わない：「%(theirs)s」", theirs=p["theirs"], asked=p["asked"]
    ),
    "district.same": lambda p: _("%(district)sで活動できる", district=district_name(p["district"])),
    "district.near": lambda p: _(
        "近くの%(district)sで活動（%(km)sキロ）", district=district_name(p["district"]), km=p["km"]
    ),
    "district.far": lambda p: _(
        "活動は遠くの%(district)s（%(km)sキロ）", district=district_name(p["district"]), km=p["km"]
    ),
    "district.elsewhere": lambda p: _("%(district)sは活動地域に入っていない", district=district_name(p["district"])),
    "district.unknown": lambda p: _("活動地域は未確認"),
    "dates.free": lambda p: _("希望日に都合がつく") if p["of"] == 1 else _("希望日すべてに都合がつく"),
    "dates.some": lambda p: _("希望日%(of)s件のうち%(free)s件に都合がつく", of=p["of"], free=p["free"]),
    "dates.none": lambda p: _("希望日に都合がつかない"),
    "dates.unknown": lambda p: _("都合のよい日は未確認"),
    "money.fits": lambda p: _("費用が合う：%(theirs)s", theirs=money_name(p["theirs"])),
    "money.more": lambda p: _(
        "費用が合わない：相手の希望は%(theirs)s、依頼は%(asked)s",
        theirs=money_name(p["theirs"]),
        asked=money_name(p["asked"]),
    ),
    "money.unknown": lambda p: _("費用は未確認"),
    "heads.enough": lambda p: _("%(heads)s人まで来られる", heads=p["heads"]),
    "heads.fewer": lambda p: _("来られるのは%(heads)s人、希望は%(people)s人", heads=p["heads"], people=p["people"]),
    "heads.unknown": lambda p: _("来られる人数は未確認"),
    "track.done": lambda p: _("派遣の実績 %(done)s回", done=p["done"]),
    "fairness.never_asked": lambda p: _("まだ打診していない"),
    "fairness.last_asked": lambda p: _("前回の打診は%(days)s日前", days=p["days"]),
    "conflict.busy": lambda p: _("%(on)sは別の派遣がある", on=_day(p["on"])),
    "conflict.cap": lambda p: _(
        "今月の打診が上限に達している（%(cap)s件のうち%(asked)s件）", asked=p["asked"], cap=p["cap"]
    ),
    "conflict.own": lambda p: _("依頼した団体の関係者"),
    "conflict.ends": lambda p: _("%(on)sより前に登録が終わる（%(ends)s）", on=_day(p["on"]), ends=_day(p["ends"])),
    "conflict.ended": lambda p: _("登録が終わっている（%(ends)s）", ends=_day(p["ends"])),
    "conflict.inquiry": lambda p: _("ほかの依頼で打診中（%(open)s件）", open=p["open"]),
}
