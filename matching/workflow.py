"""A workflow is a table: (state, action) -> state. Whatever is not in it is not allowed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Generic, TypeVar


def N_(text: str) -> str:
    """Mark words for translation where they are written; they are translated where they are shown."""
    return text


class Labelled(enum.StrEnum):
    """An enum whose members carry the Japanese words that people see: ``MEMBER = "value", N_("label")``."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Labelled:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class NotAllowed(Exception):
    """This action cannot be taken in this state."""

    def __init__(self, state: Labelled, action: Labelled) -> None:
        super().__init__(f"{action} is not allowed in state {state}")
        self.state = state
        self.action = action


State = TypeVar("State", bound=Labelled)
Action = TypeVar("Action", bound=Labelled)


class Workflow(Generic[State, Action]):
    """The one place that says which action leads from which state to which."""

    def __init__(self, table: Mapping[tuple[State, Action], State]) -> None:
        self.table = dict(table)

    def allows(self, state: State, action: Action) -> bool:
        return (state, action) in self.table

    def after(self, state: State, action: Action) -> State:
        """The state that follows; raises NotAllowed where the table has no cell."""
        try:
            return self.table[state, action]
        except KeyError:
            raise NotAllowed(state, action) from None

    def actions(self, state: State) -> list[Action]:
        return [action for (start, action) in self.table if start == state]
