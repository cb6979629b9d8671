"""Long lists in parts that one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

CHUNK = 500  # SQLite takes 32,766 parameters, PostgreSQL 65,535; short lists also keep their plans
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Lists short enough for one IN (…)."""
    everything = list(values)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]
