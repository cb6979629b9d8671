"""A group's registration: written down, changed, renewed, ended, found. The rooms above use these names."""

from .moving import begin_of_year, end_group, is_due, renew
from .registering import (
    PURPOSES,
    AlreadyRegistered,
    Told,
    edit,
    entered,
    next_free_number,
    refuse_ended,
    register_group,
)
from .searching import card_of, open_registration, refresh

__all__ = [
    "PURPOSES",
    "AlreadyRegistered",
    "Told",
    "begin_of_year",
    "card_of",
    "edit",
    "end_group",
    "entered",
    "is_due",
    "next_free_number",
    "open_registration",
    "refresh",
    "refuse_ended",
    "register_group",
    "renew",
]
