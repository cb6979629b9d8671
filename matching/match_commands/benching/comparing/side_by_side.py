"""The product beside other ways of searching: how long each takes, and how much of the exact ranking it finds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ....concepts.services import knowledge
from ....database import db
from ....dispatch.services.searching import distances
from ....engine.types import Ask
from ....profiles.services import search
from ....registry.models import Registry
from ..cluster import missing, throw_away_cluster
from ..inventing.asking import troubles
from ..measuring import LIMIT, Times
from ..progress import Tell, meanwhile
from .exact import exact_rankings
from .rivals import Rival, everybody, rivals

_FEWEST = 3  # asks, of whoever is slow
_LONGEST = 60.0  # seconds after which a slow one is asked no more
_EXACTLY = 10_000_000  # profiles that are ranked exactly, over all asks


@dataclass(frozen=True)
class Compared:
    """One way to search: its times, and the mean share of the exact ranking's best that it finds, over some asks."""

    name: str
    filled_in: float  # seconds
    times: Times
    recall: float
    exact: int  # asks of which the exact ranking is known


@dataclass(frozen=True)
class Comparison:
    rows: tuple[Compared, ...]
    left_out: tuple[str, ...]
    exact_asks: int
    exact_seconds: float
    compared_in_full: int  # profiles a query, to know the exact ranking


def _tried(
    name: str, top: Callable[[Ask], list[int]], asks: Sequence[Ask], exact: Sequence[list[int]], filled_in: float = 0.0
) -> Compared:
    """Asked one after the other, as long as it takes no more than some time; ``exact`` is of the first ones."""
    top(asks[0])  # nobody is timed cold
    began = time.monotonic()
    times: list[float] = []
    recalls: list[float] = []
    for number, ask in enumerate(asks):
        if number >= _FEWEST and time.monotonic() - began > _LONGEST:
            break
        started = time.perf_counter()
        found = top(ask)
        times.append((time.perf_counter() - started) * 1000)
        if number < len(exact) and exact[number]:
            recalls.append(len(set(exact[number]) & set(found)) / len(exact[number]))
    recall = sum(recalls) / len(recalls) if recalls else 1.0
    return Compared(name, filled_in, Times(tuple(times)), recall, len(recalls))


def compare(people: int, asks: int, *, as_of: date, tell: Tell) -> Comparison:
    """All ways on the same people and asks; of many people only the first asks are ranked exactly."""
    known = knowledge()
    asked = [one.ask for one in troubles(known.lexicon, asks, seed=as_of.year)]
    first = asked[: max(_FEWEST, _EXACTLY // max(people, 1))]
    began = time.monotonic()
    with meanwhile(f"ranking everybody exactly for {len(first)} asks", tell):
        exact = exact_rankings(first, known, as_of=as_of, limit=LIMIT, distances=distances())
    seconds = time.monotonic() - began
    best = [[int(one.key) for one in found.ranked] for found in exact]

    def product(ask: Ask) -> list[int]:
        db.session.remove()
        found = search(ask, as_of=as_of, registries=[Registry.SUPPORTER.value], limit=LIMIT, distances=distances())
        return [hit.profile_id for hit in found.hits]

    rows = [_tried("this search", product, asked, best)]
    with _rivals() as (others, left_out):
        while others:
            other = others.pop(0)  # some hold everybody in memory: no longer than they are asked
            began = time.monotonic()
            with meanwhile(f"filling {other.name}", tell):
                other.fill(everybody())
            filled_in = time.monotonic() - began
            with meanwhile(f"asking {other.name}", tell):
                rows.append(_tried(other.name, _top_of(other), asked, best, filled_in))
    db.session.remove()
    compared = sum(one.compared for one in exact) // max(len(exact), 1)
    return Comparison(tuple(rows), tuple(left_out), len(first), seconds, compared)


def _top_of(rival: Rival) -> Callable[[Ask], list[int]]:
    return lambda ask: rival.top(ask, LIMIT)


@contextmanager
def _rivals() -> Iterator[tuple[list[Rival], list[str]]]:
    lacking = missing()
    with (
        tempfile.TemporaryDirectory(prefix="musubi-rivals-", ignore_cleanup_errors=True) as folder,
        nullcontext() if lacking else throw_away_cluster() as server,
        rivals(Path(folder), postgresql=server) as (found, left_out),
    ):
        yield found, [*([f"PostgreSQL pg_trgm: {lacking}"] if lacking else []), *left_out]
