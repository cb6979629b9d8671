"""What a check finds, and how it is told."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Mark(enum.StrEnum):
    GOOD = "✓"
    DOUBTFUL = "！"
    WRONG = "✗"


@dataclass(frozen=True)
class Finding:
    """One sentence, and what to do where something is to be done."""

    mark: Mark
    sentence: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.sentence}" + (f"\n  → {self.todo}" if self.todo else "")


def good(sentence: str) -> Finding:
    return Finding(Mark.GOOD, sentence)


def doubtful(sentence: str, todo: str) -> Finding:
    return Finding(Mark.DOUBTFUL, sentence, todo)


def wrong(sentence: str, todo: str) -> Finding:
    return Finding(Mark.WRONG, sentence, todo)
