"""A supporter's registration: taken in, changed, moved on, found. The rooms above use these names."""

from .moving import (
    confirm,
    end,
    may_be_renewed,
    pause,
    renew,
    resubmit,
    resume,
    resume_rested,
    return_,
    turn_the_year,
    withdraw_consent,
)
from .registering import (
    AlreadyRegistered,
    Told,
    edit,
    entered,
    guardian_missing,
    needs_guardian,
    refuse_ended,
    register,
    registration_needs_consent,
)
from .searching import card_of, open_registration, refresh

__all__ = [
    "AlreadyRegistered",
    "Told",
    "card_of",
    "confirm",
    "edit",
    "end",
    "entered",
    "guardian_missing",
    "may_be_renewed",
    "needs_guardian",
    "open_registration",
    "pause",
    "refresh",
    "refuse_ended",
    "register",
    "registration_needs_consent",
    "renew",
    "resubmit",
    "resume",
    "resume_rested",
    "return_",
    "turn_the_year",
    "withdraw_consent",
]
