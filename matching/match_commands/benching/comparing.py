"""The product beside other ways of searching: how long each takes, and how much of the exact ranking it finds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ...concepts.services import knowledge
from ...database import db
from ...dispatch.services.searching import distances
from ...engine.types import Ask
from ...profiles.services import search
from ...registry.models import Registry
from .asking import troubles
from .cluster import throw_away_cluster
from .exact import exact_rankings
from .measuring import LIMIT, Times, timed
from .rivals import Rival, Scan, everybody, rivals

_SCANNED = 2_000_000  # profiles that the slow ones look through, over all their asks
_FEWEST = 3


@dataclass(frozen=True)
class Compared:
    """One way to search: its times, and the mean share of the exact ranking's best that it finds, over some asks."""

    name: str
    filled_in: float  # seconds
    times: Times
    recall: float
    asks: int


@dataclass(frozen=True)
class Comparison:
    rows: tuple[Compared, ...]
    left_out: tuple[str, ...]
    exact_asks: int
    exact_seconds: float
    compared_in_full: int  # profiles a query, to know the exact ranking


@dataclass
class _Trial:
    name: str
    top: Callable[[Ask], list[int]]
    filled_in: float = 0.0
    times: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)

    def run(self, asks: Sequence[Ask], exact: Sequence[list[int]]) -> Compared:
        self.top(asks[0])  # nobody is timed cold
        for ask, best in zip(asks, exact, strict=True):
            found: list[list[int]] = []
            self.times.append(timed(lambda ask=ask, found=found: found.append(self.top(ask))))  # type: ignore[misc]
            if best:
                self.recalls.append(len(set(best) & set(found[0])) / len(best))
        recall = sum(self.recalls) / len(self.recalls) if self.recalls else 1.0
        return Compared(self.name, self.filled_in, Times(tuple(self.times)), recall, len(asks))


def compare(people: int, asks: int, *, as_of: date, tell: Callable[[str], None]) -> Comparison:
    """All ways on the same people and asks; the slowest ones on fewer asks where there are many people."""
    known = knowledge()
    asked = [one.ask for one in troubles(known.lexicon, asks, seed=as_of.year)]
    tell(f"ranking everybody exactly for {asks} asks")
    began = time.monotonic()
    exact = exact_rankings(asked, known, as_of=as_of, limit=LIMIT, distances=distances())
    seconds = time.monotonic() - began
    best = [[int(one.key) for one in found.ranked] for found in exact]

    def product(ask: Ask) -> list[int]:
        db.session.remove()
        found = search(ask, as_of=as_of, registries=[Registry.SUPPORTER.value], limit=LIMIT, distances=distances())
        return [hit.profile_id for hit in found.hits]

    rows = [_Trial("this search", product).run(asked, best)]
    with _rivals() as (others, left_out):
        for other in others:
            tell(f"filling and asking {other.name}")
            began = time.monotonic()
            other.fill(everybody())
            trial = _Trial(other.name, _top_of(other), filled_in=time.monotonic() - began)
            few = max(_FEWEST, _SCANNED // max(people, 1)) if isinstance(other, Scan) else asks
            rows.append(trial.run(asked[:few], best[:few]))
    db.session.remove()
    return Comparison(
        tuple(rows), tuple(left_out), asks, seconds, sum(one.compared for one in exact) // max(len(exact), 1)
    )


def _top_of(rival: Rival) -> Callable[[Ask], list[int]]:
    return lambda ask: rival.top(ask, LIMIT)


@contextmanager
def _rivals() -> Iterator[tuple[list[Rival], list[str]]]:
    with (
        tempfile.TemporaryDirectory(prefix="musubi-rivals-", ignore_cleanup_errors=True) as folder,
        throw_away_cluster() as server,
        rivals(Path(folder), postgresql=server) as found,
    ):
        yield found
