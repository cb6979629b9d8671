"""Remembering what was worked out for a text: for so many texts, and for none that is long.

That bounds the bytes of the texts; what is worked out for one may be larger, and then fewer or shorter ones are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

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
