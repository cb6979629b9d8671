"""A frozen list as pages show it: bars, reasons in groups, what was left out and what could be."""

from __future__ import annotations

from typing import Any

from ..engine.reasons import MATCHED, MISSING, UNKNOWN, WARNING
from ..engine.types import Reason
from ..profiles.wording import criterion_label
from .models import Candidate, Shortlist
from .services.explaining import bars_of
from .services.relaxing import fitting
from .services.searching import LENGTH
from .wording import condition_in_words

KINDS = (WARNING, MATCHED, MISSING, UNKNOWN)
# Having said nothing of limits, or never having gone anywhere, is nothing that somebody would have to find out.
NOTHING_TO_FIND_OUT = frozenset({"limits", "track"})


def rows_of(candidate: Candidate) -> list[tuple[str, int | None, int]]:
    """A candidate's bars as (label, got, of): each criterion by itself, of a hundred."""
    return [
        (criterion_label(bar.criterion), None if bar.got is None else round(100 * bar.got / bar.of), 100)
        for bar in bars_of(candidate)
        if bar.of and not (bar.got is None and bar.criterion in NOTHING_TO_FIND_OUT)
    ]


def grouped(reasons: list[Reason]) -> list[tuple[str, list[Reason]]]:
    """What warns, what fits, what is missing, what nobody knows; a kind without reasons is left out."""
    kinds = ((kind, [reason for reason in reasons if reason.kind == kind]) for kind in KINDS)
    return [(kind, those) for kind, those in kinds if those]


def relaxed_of(shortlist: Shortlist) -> list[dict[str, Any]]:
    """Each condition that could be left out, in words, with how many candidates there would be."""
    return [
        {
            "condition": one["condition"],
            "words": condition_in_words(one["condition"], shortlist.ask),
            "candidates": one["candidates"],
            "or_more": one["candidates"] >= LENGTH,
        }
        for one in shortlist.relaxed or ()
    ]


def fitting_of(shortlist: Shortlist) -> int:
    """How many of those whom the search found were strong or possible when the list was made."""
    return fitting(candidate.strength for candidate in shortlist.candidates if not candidate.by_hand)


def left_out_of(shortlist: Shortlist) -> list[str]:
    return [condition_in_words(condition, {}) for condition in shortlist.left_out]
