"""Criteria: one small function for each thing besides words that makes a candidate fit.

Each function answers a ``Finding``: how well the card fits (0…1, None when nothing is known) and why.
An unknown is neither a match nor a mismatch. Conflicts are findings without a fit: they warn and never remove.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .cards import ReadCard, Wording
from .disclaimers import disclaimers, without_disclaimers
from .evidence import NEED_COVERED, Evidence
from .reasons import MATCHED, MISSING, UNKNOWN, WARNING, Params
from .text import analyse, fold
from .types import Ask, Card, Reason, Standing

NEED_FULL = 0.8  # answered so far, a need is answered
MONEY_ORDER = ("free", "expenses", "fee")
FAR_KM = 20.0  # from here on a district is as far as it can be
RESTED_DAYS = 180  # asked longer ago than this counts as never asked

# Wishes for a kind of support, as people write them: (support, pattern on folded text).
_SUPPORT_WORDS = tuple(
    (support, re.compile(pattern))
    for support, pattern in (
        ("lecture", "講演|講話|講義|講座|セミナー|研修|話を聞|お話を|話してくれ|話してもら|聞かせてほし|学習会|勉強会"),
        (
            "instruct",
            "教え|おしえ|習い|習う|教わ|指導|実技|体験|教室|レッスン|作り方|やり方|使い方|ワークショップ|先生",
        ),
        (
            "advise",
            "相談|助言|アドバイス|見てほし|見てもら|診て|どうしたら|どうすれば|よいか|いいのか|分から|わから|専門家",
        ),
        ("assist", "手伝|てつだ|人手|手が足り|片付け|片づけ|運搬|草刈|清掃|見守り|付き添|スタッフ|ボランティア|手を貸"),
        ("perform", "演奏|出演|披露|上演|公演|ステージ|余興|コンサート|ライブ|聴かせ"),
        ("operate", "運営|司会|受付|進行|設営|音響|配信|当日の"),
        ("lend", "貸して|借り|貸し出|機材|会場を"),
    )
)


@dataclass(frozen=True)
class Finding:
    fit: float | None  # 0…1; None is "not known"
    reasons: tuple[Reason, ...] = ()


def field(ask: Ask, card: Card) -> Finding:
    if not card.fields:
        return Finding(None, (Reason(UNKNOWN, "field", "field.unknown"),))
    if ask.field in card.fields:
        return Finding(1.0, (Reason(MATCHED, "field", "field.same", {"field": ask.field}),))
    return Finding(0.0, (Reason(MISSING, "field", "field.other", {"field": ask.field}),))


def supports_wanted(ask: Ask) -> tuple[frozenset[str], bool]:
    """The kinds of support asked for, and whether the asker chose them; else what their words hint at."""
    if ask.supports:
        return ask.supports, True
    said = fold("\n".join((ask.title, *ask.needs, ask.detail)))
    return frozenset(support for support, pattern in _SUPPORT_WORDS if pattern.search(said)), False


def support(wanted: frozenset[str], card: Card, *, chosen: bool = True) -> Finding:
    """How many of the wanted kinds are offered; one of several is already half a fit.

    Of kinds that were only hinted at, it is not said that they are missing: nobody asked for them.
    """
    if card.supports is None:
        return Finding(None, (Reason(UNKNOWN, "support", "support.unknown"),) if chosen else ())
    offered = sorted(wanted & card.supports)
    if offered:
        reasons = tuple(Reason(MATCHED, "support", "support.offered", {"support": s}) for s in offered)
        return Finding(0.5 + 0.5 * len(offered) / len(wanted), reasons)
    missing = tuple(Reason(MISSING, "support", "support.not_offered", {"support": s}) for s in sorted(wanted))
    return Finding(0.0, missing if chosen else ())


def needs(evidence: Evidence) -> Finding:
    """How many of several needs are answered, each for itself: none pays for another."""
    covered = sum(answered >= NEED_COVERED for answered in evidence.needs)
    fit = sum(min(answered / NEED_FULL, 1.0) for answered in evidence.needs) / len(evidence.needs)
    if covered == len(evidence.needs):
        return Finding(fit, (Reason(MATCHED, "needs", "needs.all", {"of": covered}),))
    return Finding(fit, (Reason(MISSING, "needs", "needs.some", {"covered": covered, "of": len(evidence.needs)}),))


def limits(card: ReadCard, wanted: frozenset[str], asked: Mapping[str, str]) -> Finding:
    """What the registrant says they do not do, held against what is wanted; always told, whether it matters or not.

    ``asked`` are the asked words by their normalized form. Without a conflict nothing is known: nobody gains by having
    no limits.
    """
    found = [one for text in (*(p.text for p in card.card.phrases), card.card.intro) for one in disclaimers(text)]
    reasons: list[Reason] = []
    fit: float | None = None
    for one in found:
        if one.modest:
            continue
        reasons.append(Reason(WARNING, "limits", "limit.stated", {"theirs": one.words}))
        if any(wanted & _DENIED_BY[about] for about in one.about):
            fit = 0.0
        denied = next((asked[term.text] for term in analyse(one.words) if term.text in asked), None)
        if denied is not None:
            fit = 0.0
            reasons.append(Reason(MISSING, "limits", "limit.content", {"theirs": one.words, "asked": denied}))
    return Finding(fit, tuple(reasons))


_DENIED_BY = {
    "teach": frozenset({"instruct", "lecture"}),
    "advise": frozenset({"advise"}),
    "assist": frozenset({"assist", "operate"}),
}


def level(card: ReadCard, evidence: Evidence, wanted: frozenset[str]) -> Finding:
    """The level and qualification of the phrases that answer the ask; confirmed ones count most.

    Where neither is recorded and advice or teaching is wanted, what they say of themselves tells a little.
    """
    if not any(p.qualification or p.level is not None for p in card.card.phrases) and wanted & _WANTS_SKILL:
        return _self_told(card, evidence)
    if not any(p.qualification or p.level is not None for p in card.card.phrases):
        return Finding(None, (Reason(UNKNOWN, "level", "level.unknown"),))
    answered = {expansion.term for expansion, _ in evidence.answered.values()}
    best: tuple[float, Reason] | None = None
    for phrase, wording in zip(card.card.phrases, card.phrases, strict=True):
        if not _answers(wording, answered):
            continue
        theirs = phrase.text
        if phrase.qualification:
            fit, code = (1.0, "level.confirmed") if phrase.confirmed else (0.85, "level.qualified")
            reason = Reason(MATCHED, "level", code, {"theirs": theirs, "qualification": phrase.qualification})
        elif phrase.level is not None:
            fit = min(max(phrase.level, 0) / 4, 1.0)
            params: Params = {"theirs": theirs, "level": phrase.level}
            reason = (
                Reason(MATCHED, "level", "level.stated", params)
                if fit >= 0.5
                else Reason(MISSING, "level", "level.low", params)
            )
        else:
            continue
        if best is None or fit > best[0]:
            best = (fit, reason)
    if best is None:
        return Finding(None, (Reason(UNKNOWN, "level", "level.unknown"),))
    return Finding(best[0], (best[1],))


_WANTS_SKILL = frozenset({"advise", "lecture", "instruct"})
_EXPERT = re.compile(
    r"[司書理計務護健産剤養教師療]士|医師|歯科医|看護師|保健師|助産師|薬剤師|保育士|教諭|教員|教授|研究員|学芸員|司書|技師|"
    r"建築士|弁護士|診断士|カウンセラー|プランナー|インストラクター|トレーナー|師範|名人|杜氏|職人|板前|宮司|住職|記者|編集者|"
    r"元[^、。]{0,10}(?:職員|教|官|署|社員|長)|[^、。]{1,8}(?:ob|経営|勤務)|歴[0-9一二三四五六七八九十]+年|"
    r"(?:[2-9][0-9]|[二三四五]十)年|[1２2一][ 級]?級|準?[1一]級|有資格|認定|公認|指導員|講師"
)


def _self_told(card: ReadCard, evidence: Evidence) -> Finding:
    if not evidence.answered:
        return Finding(None, (Reason(UNKNOWN, "level", "level.unknown"),))
    answered = {expansion.term for expansion, _ in evidence.answered.values()}
    texts = [p.text for p, said in zip(card.card.phrases, card.phrases, strict=True) if _answers(said, answered)]
    texts.append(card.card.intro)
    modest = next((one.words for text in texts for one in disclaimers(text) if one.modest), None)
    if modest is not None:
        return Finding(0.0, (Reason(MISSING, "level", "level.amateur", {"theirs": modest}),))
    for text in texts:
        expert = _EXPERT.search(fold(without_disclaimers(text)))
        if expert is not None:
            return Finding(0.75, (Reason(MATCHED, "level", "level.expert", {"theirs": expert.group()}),))
    return Finding(None, (Reason(UNKNOWN, "level", "level.unknown"),))


def _answers(wording: Wording, answered: set[str]) -> bool:
    return any(text in answered for text, _, _ in wording.words)


def district(ask: Ask, card: Card, distances: Mapping[int, Mapping[int, float]] | None) -> Finding:
    """1 in the asked district, then falling with the distance in km to nothing at ``FAR_KM``."""
    if card.districts is None:
        return Finding(None, (Reason(UNKNOWN, "district", "district.unknown"),))
    assert ask.district is not None
    if ask.district in card.districts:
        return Finding(1.0, (Reason(MATCHED, "district", "district.same", {"district": ask.district}),))
    known = (distances or {}).get(ask.district, {})
    nearest = min(((known[d], d) for d in card.districts if d in known), default=None)
    if nearest is None:
        return Finding(0.25, (Reason(MISSING, "district", "district.elsewhere", {"district": ask.district}),))
    km, place = nearest
    fit = min(max(0.0, 1 - km / FAR_KM), 0.9)
    kind, code = (MATCHED, "district.near") if fit >= 0.5 else (MISSING, "district.far")
    return Finding(fit, (Reason(kind, "district", code, {"district": place, "km": round(km, 1)}),))


def dates(ask: Ask, card: Card, standing: Standing | None) -> Finding:
    """The share of the wished dates on which they say they can come and are not sent elsewhere."""
    busy = standing.busy_on if standing is not None else frozenset()
    taken = [when for when in ask.when if when.on is not None and when.on in busy]
    if card.availability is None:
        if len(taken) == len(ask.when):
            return Finding(0.0, (Reason(MISSING, "dates", "dates.none", {"of": len(ask.when)}),))
        return Finding(None, (Reason(UNKNOWN, "dates", "dates.unknown"),))
    free = sum(1 for when in ask.when if when not in taken and when.slots & card.availability)
    params: Params = {"free": free, "of": len(ask.when)}
    if free == len(ask.when):
        return Finding(1.0, (Reason(MATCHED, "dates", "dates.free", params),))
    if free:
        return Finding(0.5 + 0.5 * free / len(ask.when), (Reason(MATCHED, "dates", "dates.some", params),))
    return Finding(0.0, (Reason(MISSING, "dates", "dates.none", {"of": len(ask.when)}),))


def money(ask: Ask, card: Card) -> Finding:
    if card.money not in MONEY_ORDER or ask.money not in MONEY_ORDER:
        return Finding(None, (Reason(UNKNOWN, "money", "money.unknown"),))
    params: Params = {"theirs": card.money, "asked": ask.money}
    if MONEY_ORDER.index(card.money) <= MONEY_ORDER.index(ask.money):
        return Finding(1.0, (Reason(MATCHED, "money", "money.fits", params),))
    return Finding(0.0, (Reason(MISSING, "money", "money.more", params),))


def heads(ask: Ask, card: Card) -> Finding:
    assert ask.people is not None
    if card.heads is None:
        return Finding(None, (Reason(UNKNOWN, "heads", "heads.unknown"),))
    params: Params = {"heads": card.heads, "people": ask.people}
    if card.heads >= ask.people:
        return Finding(1.0, (Reason(MATCHED, "heads", "heads.enough", params),))
    return Finding(max(card.heads, 0) / ask.people / 2, (Reason(MISSING, "heads", "heads.fewer", params),))


def track(standing: Standing | None) -> Finding:
    """Having come before helps a little; never having come is no fault and counts as unknown."""
    if standing is None or standing.done <= 0:
        return Finding(None)
    return Finding(
        0.5 + 0.5 * standing.done / (standing.done + 2),
        (Reason(MATCHED, "track", "track.done", {"done": standing.done}),),
    )


def fairness(standing: Standing | None, as_of: date) -> Finding:
    """Whoever was asked last longest ago comes first; never asked counts as rested."""
    if standing is None:
        return Finding(None)
    if standing.last_asked is None:
        return Finding(1.0, (Reason(MATCHED, "fairness", "fairness.never_asked"),))
    days = max((as_of - standing.last_asked).days, 0)
    fit = min(days / RESTED_DAYS, 1.0)
    kind = MATCHED if fit >= 0.5 else MISSING
    params: Params = {"on": standing.last_asked.isoformat(), "days": days}
    return Finding(fit, (Reason(kind, "fairness", "fairness.last_asked", params),))


def conflicts(ask: Ask, standing: Standing | None, as_of: date) -> tuple[Reason, ...]:
    """Everything a coordinator must see before asking; none of it removes a candidate."""
    if standing is None:
        return ()
    found: list[Reason] = []
    days = sorted({when.on for when in ask.when if when.on is not None})

    def warn(code: str, **params: str | int | float | None) -> None:
        found.append(Reason(WARNING, "conflict", code, params))

    for day in days:
        if day in standing.busy_on:
            warn("conflict.busy", on=day.isoformat())
    if standing.monthly_cap is not None and standing.asked_this_month >= standing.monthly_cap:
        warn("conflict.cap", asked=standing.asked_this_month, cap=standing.monthly_cap)
    if standing.of_the_requester:
        warn("conflict.own")
    ends = standing.registration_ends
    if ends is not None and ends < as_of:
        warn("conflict.ended", ends=ends.isoformat())
    elif ends is not None:
        late = next((day for day in days if day > ends), None)
        if late is not None:
            warn("conflict.ends", ends=ends.isoformat(), on=late.isoformat())
    if standing.open_inquiries > 0:
        warn("conflict.inquiry", open=standing.open_inquiries)
    return tuple(found)
