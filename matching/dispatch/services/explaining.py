"""Why this order: what a frozen list says about its own numbers, in points that add up."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

from ...engine import ranking
from ...engine.ranking import Weights
from ...engine.types import Bar, Reason
from ..models import Candidate, Shortlist

COMPARED = 3  # the first, and those whom it stands before
FIRST = 3  # reasons that are read before the others
SATURATED = frozenset({"words", "meaning"})  # their bars are bent like the score, see engine.ranking
NEVER_GAINS = frozenset({"limits"})  # whoever states none is no better for it
ALIKE = 0.001  # two contents that differ by less evidence than this are told apart by the curve at their place
MIDDLE = 50  # points of content, for which the table of weights is worked out
NEEDED = frozenset({"content", "around", "half", "strong", "possible"})
Numbers = Mapping[str, Any]


def numbers(weights: Weights) -> dict[str, Any]:
    """Every number of a ranking and which criteria there are, to be frozen with a list."""
    return {
        **dataclasses.asdict(weights),
        "content": {name: getattr(weights, name) for name in ranking.CONTENT},
        "around": {name: getattr(weights, name) for name in ranking.CIRCUMSTANCES},
    }


def numbers_of(shortlist: Shortlist) -> Numbers | None:
    """The numbers that the list was made with; None where they were not kept: those of today would tell a lie."""
    kept = shortlist.versions.get("numbers") or {}
    return kept if kept.keys() >= NEEDED else None


def reasons_of(candidate: Candidate) -> list[Reason]:
    return [Reason(r["kind"], r["criterion"], r["code"], r["params"]) for r in candidate.reasons or ()]


def bars_of(candidate: Candidate) -> list[Bar]:
    return [Bar(bar["criterion"], bar["got"], bar["of"]) for bar in candidate.bars or ()]


# -- One candidate


def telling_first(reasons: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    """The most telling reasons, and the rest, each in the order of the engine.

    Whoever asks somebody must have read every warning. Beside these, three: what speaks most for them, by different
    ways of finding it where there are several; and where something speaks against them, that in place of the third.
    """
    warnings = [reason for reason in reasons if reason.kind == "warning"]
    against = sorted((r for r in reasons if r.kind == "missing"), key=lambda r: r.code != "limit.content")[:1]
    seen: Counter[str] = Counter()
    for_them: list[tuple[tuple[bool, int], Reason]] = []
    for reason in reasons:
        if reason.kind == "matched" and not _tells_little(reason):
            seen[reason.code] += 1
            # The circumstances come after all that is said of the matter itself.
            for_them.append(((reason.criterion in ranking.CIRCUMSTANCES, seen[reason.code]), reason))
    for_them.sort(key=lambda item: item[0])
    little = [reason for reason in reasons if reason.kind == "matched" and _tells_little(reason)]
    speaking = [*(reason for _, reason in for_them), *little][: FIRST - len(against)]
    chosen = {id(reason) for reason in (*warnings, *speaking, *against)}
    return [r for r in reasons if id(r) in chosen], [r for r in reasons if id(r) not in chosen]


def _tells_little(reason: Reason) -> bool:
    """Characters in common, and a word of one character, are often there by chance."""
    return reason.code == "words.similar" or (reason.code == "words.exact" and len(str(reason.params["theirs"])) < 2)


def points_between(above: Candidate, below: Candidate, with_numbers: Numbers) -> dict[str, float]:
    """By how many points of a hundred each criterion sets one candidate above another; together the whole difference.

    The score is content times a factor: the difference of the contents is shared out by the difference of the
    evidence behind them, that of the factors by what each circumstance takes off.
    """
    one, other = _worth(above, with_numbers), _worth(below, with_numbers)
    apart = 100 * ((above.score or 0.0) - (below.score or 0.0))
    if one is None or other is None:
        return {"words": apart}
    slope = _slope(one, other, float(with_numbers["half"])) * (one.factor + other.factor) / 2
    middle = (one.content + other.content) / 2
    points = {
        name: slope * (one.evidence.get(name, 0.0) - other.evidence.get(name, 0.0))
        for name in dict.fromkeys((*one.evidence, *other.evidence))
    }
    for name in dict.fromkeys((*one.takes, *other.takes)):
        points[name] = middle * (other.takes.get(name, 0.0) - one.takes.get(name, 0.0))
    # What rounding has left, and what a score that stops at 0 hides.
    points["words"] = points.get("words", 0.0) + apart - sum(points.values())
    return points


@dataclass(frozen=True)
class _Worth:
    """A score taken apart again."""

    content: float  # points of a hundred
    factor: float
    evidence: Mapping[str, float]
    takes: Mapping[str, float]  # shares of the content


def _worth(candidate: Candidate, with_numbers: Numbers) -> _Worth | None:
    bars = [bar for bar in bars_of(candidate) if bar.of]
    if not bars or candidate.score is None:
        return None
    takes = {bar.criterion: 2 * bar.of * (1 - _fit(bar)) for bar in bars if bar.criterion in with_numbers["around"]}
    evidence = {bar.criterion: _evidence(bar, with_numbers) for bar in bars if bar.criterion in with_numbers["content"]}
    factor = max(1 - sum(takes.values()), 0.01)
    return _Worth(100 * candidate.score / factor, factor, evidence, takes)


def _slope(one: _Worth, other: _Worth, half: float) -> float:
    """Points of content for one unit of evidence between the two; where they hardly differ, at the place itself."""
    here, there = sum(one.evidence.values()), sum(other.evidence.values())
    if abs(here - there) > ALIKE and (one.content - other.content) * (here - there) > 0:
        return (one.content - other.content) / (here - there)
    return 100 * half / (max((here + there) / 2, 0.0) + half) ** 2


def _fit(bar: Bar) -> float:
    return 0.5 if bar.got is None else bar.got / bar.of


def _evidence(bar: Bar, with_numbers: Numbers) -> float:
    if bar.criterion not in SATURATED:
        return bar.of * (2 * _fit(bar) - 1)
    shown = min(_fit(bar), 0.999)
    return float(with_numbers["half"]) * shown / (1 - shown)


# -- The list


@dataclass(frozen=True)
class Step:
    """By how many points one candidate stands before another, and what makes it; the parts add up, where it is known."""

    above: Candidate
    below: Candidate
    apart: int
    parts: tuple[tuple[str, int], ...]  # (criterion, points), largest first, none of them 0


@dataclass(frozen=True)
class Why:
    """What the page says about a list."""

    steps: tuple[Step, ...]
    unknown: tuple[tuple[str, int], ...]  # (criterion, of how many candidates nobody knew), most first
    ranked: int
    by_hand: int
    ties: tuple[tuple[Candidate, Candidate], ...]  # neighbours that show the same points


def why(shortlist: Shortlist, candidates: Iterable[Candidate]) -> Why:
    """``candidates`` are those of the list that the reader may see."""
    shown = list(candidates)
    ranked = [candidate for candidate in shown if candidate.score is not None and not candidate.by_hand]
    with_numbers = numbers_of(shortlist)
    return Why(
        steps=tuple(_step(ranked[0], below, with_numbers) for below in ranked[1:COMPARED]),
        unknown=_unknown(ranked),
        ranked=len(ranked),
        by_hand=len(shown) - len(ranked),
        ties=tuple((above, below) for above, below in pairwise(ranked) if shown_points(above) == shown_points(below)),
    )


def shown_points(candidate: Candidate) -> int:
    """A score as the pages show it."""
    return round(100 * (candidate.score or 0))


def _step(above: Candidate, below: Candidate, with_numbers: Numbers | None) -> Step:
    apart = shown_points(above) - shown_points(below)
    if with_numbers is None:
        return Step(above=above, below=below, apart=apart, parts=())
    between = points_between(above, below, with_numbers)
    whole = _whole(list(between.values()), apart)
    parts = sorted(
        ((name, points) for name, points in zip(between, whole, strict=True) if points), key=lambda p: -abs(p[1])
    )
    return Step(above=above, below=below, apart=apart, parts=tuple(parts))


def _whole(values: Sequence[float], total: int) -> list[int]:
    """The values as whole numbers that add up to the total: those nearest to the next one are rounded up."""
    down = [floor(value) for value in values]
    missing = total - sum(down)
    order = sorted(range(len(values)), key=lambda at: (down[at] - values[at], at))
    for at in order[: max(missing, 0)]:
        down[at] += 1
    for at in order[::-1][: max(-missing, 0)]:
        down[at] -= 1
    return down


def _unknown(candidates: Iterable[Candidate]) -> tuple[tuple[str, int], ...]:
    counted: Counter[str] = Counter()
    for candidate in candidates:
        counted.update({reason.criterion for reason in reasons_of(candidate) if reason.kind == "unknown"})
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Weighing:
    """How far one criterion can move the points, as the page about the order has it."""

    criterion: str
    alone: int | None = None  # the most points that it brings without any other; for what people say they can do
    up: int = 0  # points that it adds at most to a content of fifty
    down: int = 0  # points that it takes away at most from them


def weighings(with_numbers: Numbers) -> list[Weighing]:
    """What counts and how much, as the numbers have it: first what somebody can do, then the circumstances."""
    half = float(with_numbers["half"])
    found = []
    for name, weight in with_numbers["content"].items():
        if name in SATURATED:
            found.append(Weighing(name, alone=round(100 * ranking.saturate(weight, half))))
            continue
        more, less = ranking.saturate(half + weight, half), ranking.saturate(half - weight, half)
        up = 0 if name in NEVER_GAINS else round(100 * more) - MIDDLE
        found.append(Weighing(name, up=up, down=MIDDLE - round(100 * less)))
    # Of circumstances an unknown one stands in the middle; one that fits takes nothing away.
    found += [Weighing(name, down=round(2 * weight * MIDDLE)) for name, weight in with_numbers["around"].items()]
    return found
