"""Remembering what was worked out for a text: for so many texts, and for none that is long.

That bounds the bytes of the texts; what is worked out for one may be larger, and then fewer or shorter ones are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, wraps
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST = 2_000  # characters: as much as a registrant may write about themselves


def remembered(most: int, *, longest: int = LONGEST) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Like ``lru_cache``, for a function of one text; what is longer than ``longest`` is worked out each time."""

    def remembering(work_out: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=most)(work_out)

        @wraps(work_out)
        def answer(text: str) -> T:
            return kept(text) if len(text) <= longest else work_out(text)

        answer.kept, answer.longest = kept, longest  # type: ignore[attr-defined]
        return answer

    return remembering


class Together(Generic[T]):
    """The same for a function that is quicker when it is asked of many texts at once; safe between threads."""

    def __init__(self, most: int, work_out: Callable[[Sequence[str]], Iterable[T]], *, longest: int = LONGEST) -> None:
        self.most, self.longest = most, longest
        self.kept: OrderedDict[str, T] = OrderedDict()  # the one that was asked last stands last
        self._work_out = work_out
        self._lock = Lock()

    def __call__(self, texts: Sequence[str]) -> list[T]:
        """One answer for each text, in their order; those that are not remembered are worked out together."""
        found: dict[str, T] = {}
        missing: dict[str, None] = {}
        with self._lock:
            for text in texts:
                if text in self.kept:
                    self.kept.move_to_end(text)
                    found[text] = self.kept[text]
                else:
                    missing[text] = None
        if missing:
            new = dict(zip(missing, self._work_out(list(missing)), strict=True))
            found |= new
            with self._lock:
                self.kept.update((text, one) for text, one in new.items() if len(text) <= self.longest)
                while len(self.kept) > self.most:
                    self.kept.popitem(last=False)
        return [found[text] for text in texts]
