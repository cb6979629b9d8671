"""Ranking: weigh what the criteria found, order the candidates and explain each; same input, same answer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from . import criteria
from .cards import ReadCard
from .criteria import Finding
from .evidence import Evidence, Measure
from .evidence import words as word_reasons
from .query import Query
from .types import Bar, Ranked, Reason, Standing


@dataclass(frozen=True)
class Weights:
    """Every number that a ranking turns on; ``version`` is frozen with each shortlist.

    Content, in units of evidence (see ``evidence.Evidence``): ``terms`` + ``bigrams`` make what the words say,
    ``nearest`` + ``whole`` what the meaning says; where there is none to compare, the words count ``alone`` times as much. ``needs``,
    ``field``, ``support``, ``level`` and ``limits`` add when they match, subtract when they do not, and do neither
    when unknown. A hinted kind of support counts half of a chosen one.
    The sum e becomes content = e / (e + half), 0…1, without ever looking at the other candidates.

    Circumstances multiply: score = content · (1 − C + Σ weight · (2·fit − 1)), where C is the sum of the asked
    circumstances' weights. So all matched leaves the content as it is, an unknown sits in the middle, and nobody
    rises on circumstances alone.

    Strength looks at content times what mismatches took away: unknown circumstances cost nothing there.
    """

    version: str = "2026.2"
    terms: float = 1.4
    bigrams: float = 0.25
    nearest: float = 0.35
    whole: float = 0.7
    alone: float = 2.5
    needs: float = 0.1
    limits: float = 0.3
    field: float = 0.07
    support: float = 0.01
    level: float = 0.02
    half: float = 0.3
    district: float = 0.05
    dates: float = 0.07
    money: float = 0.03
    heads: float = 0.03
    track: float = 0.02
    fairness: float = 0.05
    strong: float = 0.65
    possible: float = 0.5

    @property
    def words(self) -> float:
        return self.terms + self.bigrams

    @property
    def meaning(self) -> float:
        return self.nearest + self.whole


WEIGHTS = Weights()
CONTENT = ("words", "meaning", "needs", "field", "support", "level", "limits")
CIRCUMSTANCES = ("district", "dates", "money", "heads", "track", "fairness")
CRITERIA = (*CONTENT, *CIRCUMSTANCES, "conflict")
STRENGTHS = ("strong", "possible", "weak")


@dataclass(frozen=True)
class _Weighed:
    card: ReadCard
    evidence: Evidence
    findings: Mapping[str, tuple[Finding, float]]  # criterion → finding, weight
    order: float  # before clipping: tells apart those that all show 0
    score: float
    strength: str


def rank(
    query: Query,
    cards: Sequence[ReadCard],
    *,
    as_of: date,
    standings: Mapping[str, Standing] | None = None,
    distances: Mapping[int, Mapping[int, float]] | None = None,
    content_only: bool = False,
    same_as: Mapping[str, Hashable] | None = None,
    floor: float | None = None,
    limit: int | None = None,
    weights: Weights = WEIGHTS,
    measure: Measure | None = None,
    explain: bool = True,
) -> tuple[Ranked, ...]:
    """Order the cards by score (0…1, highest first, then by key) and explain the first ``limit`` (None: all).

    ``standings`` is by card key; ``distances`` in km between district ids. ``content_only`` leaves circumstances
    and conflicts out. ``same_as`` maps card keys to whoever they belong to: only the best card of each is kept.
    Cards below ``floor`` are left out; without it no card is. The order of ``cards`` does not matter. Without
    ``explain`` there are no bars and no reasons. A ``measure`` of this query that was used before is used again.
    """
    measure = measure or Measure(query)
    wanted, chosen = criteria.supports_wanted(query.ask)
    told = standings or {}
    weighed = [
        _weigh(measure, card, wanted, chosen, as_of, told.get(card.card.key), distances, content_only, weights)
        for card in cards
    ]

    def place(one: _Weighed) -> tuple[float, float, str]:
        return (-round(one.score, 9), -round(one.order, 9), one.card.card.key)

    first: list[_Weighed] = []
    seen: set[Hashable] = set()
    for one in sorted(weighed, key=place):
        if limit is not None and len(first) >= limit:
            break
        if floor is not None and one.score < floor:
            continue
        owner = same_as.get(one.card.card.key, one.card.card.key) if same_as is not None else one.card.card.key
        if owner not in seen:
            seen.add(owner)
            first.append(one)
    if not explain:
        return tuple(Ranked(one.card.card.key, round(one.score, 6), one.strength, (), ()) for one in first)
    return tuple(_explain(query, one, as_of, told.get(one.card.card.key), content_only, weights) for one in first)


def _weigh(
    measure: Measure,
    card: ReadCard,
    wanted: frozenset[str],
    chosen: bool,
    as_of: date,
    standing: Standing | None,
    distances: Mapping[int, Mapping[int, float]] | None,
    content_only: bool,
    weights: Weights,
) -> _Weighed:
    ask = measure.query.ask
    evidence = measure.evidence(card)
    findings: dict[str, tuple[Finding, float]] = {}
    if ask.field is not None:
        findings["field"] = (criteria.field(ask, card.card), weights.field)
    if wanted:
        findings["support"] = (
            criteria.support(wanted, card.card, chosen=chosen),
            weights.support * (1.0 if chosen else 0.5),
        )
    key = card.card.key
    findings["level"] = (
        measure.once((key, "level", wanted), lambda: criteria.level(card, evidence, wanted)),
        weights.level,
    )
    findings["limits"] = (
        measure.once((key, "limits", wanted), lambda: criteria.limits(card, wanted, measure.asked)),
        weights.limits,
    )
    if len(evidence.needs) > 1:
        findings["needs"] = (criteria.needs(evidence), weights.needs)
    order = (
        _words(evidence, weights)
        + _meaning(evidence, weights)
        + sum(weight * _lean(finding) for finding, weight in findings.values())
    )
    content = saturate(order, weights.half)
    kept = factor = 1.0
    if not content_only:
        around: dict[str, tuple[Finding, float]] = {}
        if ask.district is not None:
            around["district"] = (criteria.district(ask, card.card, distances), weights.district)
        if ask.when:
            around["dates"] = (criteria.dates(ask, card.card, standing), weights.dates)
        if ask.money is not None:
            around["money"] = (criteria.money(ask, card.card), weights.money)
        if ask.people is not None and ask.people > 0:
            around["heads"] = (criteria.heads(ask, card.card), weights.heads)
        around["track"] = (criteria.track(standing), weights.track)
        around["fairness"] = (criteria.fairness(standing, as_of), weights.fairness)
        leans = [weight * _lean(finding) for finding, weight in around.values()]
        factor = 1 - sum(weight for _, weight in around.values()) + sum(leans)
        kept = 1 + sum(lean for lean in leans if lean < 0)
        findings.update(around)
    return _Weighed(
        card=card,
        evidence=evidence,
        findings=findings,
        order=order,
        score=min(max(content * factor, 0.0), 1.0),
        strength=strength(content * kept, weights),
    )


def _words(evidence: Evidence, weights: Weights) -> float:
    said = weights.terms * evidence.terms + weights.bigrams * evidence.bigrams
    return said if evidence.compared else weights.alone * said


def _meaning(evidence: Evidence, weights: Weights) -> float:
    return weights.nearest * evidence.nearest + weights.whole * evidence.whole


def _lean(finding: Finding) -> float:
    """−1 (fits not at all) … 1 (fits); 0 when unknown."""
    return 0.0 if finding.fit is None else 2 * finding.fit - 1


def saturate(evidence: float, half: float) -> float:
    """Evidence (0 and more) as a share of 1: nothing or less is 0, ``half`` is ½, the ideal answer about .9."""
    evidence = max(evidence, 0.0)
    return evidence / (evidence + half)


def strength(value: float, weights: Weights = WEIGHTS) -> str:
    """strong | possible | weak, by fixed thresholds: a poor field of candidates has no strong one."""
    if value >= weights.strong:
        return "strong"
    return "possible" if value >= weights.possible else "weak"


def _explain(
    query: Query, one: _Weighed, as_of: date, standing: Standing | None, content_only: bool, weights: Weights
) -> Ranked:
    evidence = one.evidence
    total = weights.words
    bars = [Bar("words", round(saturate(_words(evidence, weights), weights.half) * total, 6), total)]
    if evidence.compared:
        near = saturate(_meaning(evidence, weights), weights.half) * weights.meaning
        bars.append(Bar("meaning", round(near, 6), weights.meaning))
    reasons: list[Reason] = list(word_reasons(query, one.card, evidence))
    for criterion in (*CONTENT, *CIRCUMSTANCES):
        if criterion not in one.findings:
            continue
        finding, weight = one.findings[criterion]
        bars.append(Bar(criterion, None if finding.fit is None else round(finding.fit * weight, 6), weight))
        reasons.extend(finding.reasons)
    if not content_only:
        reasons.extend(criteria.conflicts(query.ask, standing, as_of))
    return Ranked(
        key=one.card.card.key,
        score=round(one.score, 6),
        strength=one.strength,
        bars=tuple(bars),
        reasons=tuple(reasons),
    )
