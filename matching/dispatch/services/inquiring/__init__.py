"""Inquiries (打診): asking one candidate at a time, and what they answer. Nobody is sent without saying yes."""

from . import leaving  # hears of those who leave while they are asked
from .answering import ask, decline, promise, reply
from .asking import hold_as_reserve, inquire, next_to_ask, warnings_now
from .retracting import retract, undo

__all__ = [
    "ask",
    "decline",
    "hold_as_reserve",
    "inquire",
    "leaving",
    "next_to_ask",
    "promise",
    "reply",
    "retract",
    "undo",
    "warnings_now",
]
