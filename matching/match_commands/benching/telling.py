"""What the bench prints: one block of figures for each size, and how times grow from one size to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .comparing.side_by_side import Comparison
from .filling.building import Built
from .measuring import Shortlists, Times, WebProcess
from .serving.loading import Load

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Figures:
    """All that was measured with one number of registrants on one kind of database."""

    people: int
    database: str  # SQLite | PostgreSQL
    built: Built
    size: int  # bytes on disk
    shortlists: Shortlists
    published: tuple[Times, Times]  # in old words, with new ones
    web: WebProcess
    comparison: Comparison
    load: Load | None = None


def lines(figures: Figures) -> Iterator[str]:
    built, found, web = figures.built, figures.shortlists, figures.web
    yield f"== {figures.people:,} registrants, {figures.database} =="
    if built.seconds is None or built.published is None:
        yield "building              was there (kept)"
    else:
        said = built.published
        yield (
            f"building              {built.seconds:,.0f} s: {said.postings:,} postings, {said.terms:,} words, "
            f"{said.neighbours:,} neighbours"
        )
    yield f"size on disk          {figures.size / MEGABYTE:,.0f} MB"
    yield f"shortlist             {_spread(found.fresh)} (asked again {_spread(found.again)}; first of all {found.first:,.0f} ms)"
    yield f"  of the processor    {_spread(found.processor)}"
    for name, took, candidates in found.hostile:
        yield f"  {name:<32}{took:8,.0f} ms, {candidates} candidates"
    for name, times in zip(("old words", "new words"), figures.published, strict=True):
        yield f"publishing, {name} {_spread(times)}"
    resident = "not told here" if web.resident is None else f"{web.resident / MEGABYTE:,.0f} MB resident"
    yield (
        f"web process           ready in {web.seconds_to_start:.1f} s, {resident} after two searches; "
        f"from button to page {web.next_page:,.0f} ms (first {web.first_page:,.0f})"
    )
    yield from _compared(figures.comparison)
    if figures.load is not None:
        yield from _loaded(figures.load)


def _compared(comparison: Comparison) -> Iterator[str]:
    yield f"{'beside others':<28}{'p50 ms':>12}{'p95 ms':>12}{'asks':>6}{'recall@20':>11}{'of asks':>9}{'filled in':>11}"
    for row in comparison.rows:
        filled = f"{row.filled_in:,.0f} s" if row.filled_in else ""
        yield f"  {row.name:<26}{row.times.p50:12,.1f}{row.times.p95:12,.1f}{len(row.times.values):6}{row.recall:11.2f}{row.exact:9}{filled:>11}"
    yield from (f"  left out: {why}" for why in comparison.left_out)
    yield (
        f"  recall is against everybody compared exactly, with neither budget nor pool: {comparison.exact_asks} asks in "
        f"{comparison.exact_seconds:,.0f} s ({comparison.compared_in_full:,} of them in full for each ask)"
    )


def _loaded(load: Load) -> Iterator[str]:
    many = len(load.searches)
    resident = ", ".join(f"{size / MEGABYTE:,.0f} MB" for size in load.resident)
    yield (
        f"ten coordinators, two processes, no pause: {many} searches in {load.seconds:.0f} s, {_spread(load.times)}, "
        f"{len(load.errors)} errors{f'; {resident} resident' if resident else ''}"
    )
    yield f"  changes meanwhile: {load.appeared} of {load.changes} showed in the next shortlist"
    yield from (f"  error: {error}" for error in load.errors[:5])


def growth(some: Sequence[Figures]) -> Iterator[str]:
    """How much slower a shortlist is where there are more people."""
    for before, after in pairwise(some):
        more = after.people / before.people
        slower = after.shortlists.fresh.p50 / max(before.shortlists.fresh.p50, 1e-6)
        slowest = after.shortlists.fresh.p95 / max(before.shortlists.fresh.p95, 1e-6)
        yield f"{before.people:,} → {after.people:,} ({more:g} times the people): p50 {slower:.1f} times, p95 {slowest:.1f} times"


def _spread(times: Times) -> str:
    return f"p50 {times.p50:,.1f} ms, p95 {times.p95:,.1f} ms"
