"""Lines while something takes long: how far it is, how fast, how long still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Tell = Callable[[str], None]
T = TypeVar("T")
_EVERY = 5.0  # seconds between two lines


class Progress:
    """Told how many are done; says so from time to time, and when all are."""

    def __init__(self, what: str, total: int, tell: Tell) -> None:
        self._what, self._total, self._tell = what, total, tell
        self._began = self._last = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last < _EVERY and done < self._total:
            return
        self._last = now
        rate = done / max(now - self._began, 1e-6)
        left = (self._total - done) / max(rate, 1e-6)
        self._tell(f"{self._what} {done:,} of {self._total:,}, {rate:,.0f} a second, {left:,.0f} s to go")

    def over(self, things: Iterable[T], *, counted_by: int = 1_000) -> Iterator[T]:
        """The things, counted as they are taken."""
        done = 0
        for done, thing in enumerate(things, start=1):
            if done % counted_by == 0:
                self(done)
            yield thing
        if done % counted_by:
            self(done)


@contextmanager
def meanwhile(what: str, tell: Tell) -> Iterator[None]:
    """Around one step that nothing can be counted of: that it goes on, and for how long by now."""
    began, over = time.monotonic(), threading.Event()

    def repeat() -> None:
        while not over.wait(_EVERY):
            tell(f"{what}: {time.monotonic() - began:,.0f} s by now")

    telling = threading.Thread(target=repeat, daemon=True)
    telling.start()
    try:
        yield
    finally:
        over.set()
        telling.join()
