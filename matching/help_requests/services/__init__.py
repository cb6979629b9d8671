"""Help requests: coming in, completed by the desk, moving on. The rooms above use these names."""

from .completing import Asked, Terms, complete, terms_are_open, terms_of
from .entering import Caller, NewOrganization, Words, can_be_reached, enter, organizations_of, submit
from .matter import (
    LONGEST_OUTLINE,
    MAX_OCCASIONS,
    Matter,
    Wish,
    ask_of,
    draft_outline,
    matter_of,
    part_of,
    refuse_contact_data,
    when_in_words,
    wrong_with,
)
from .moving import accept, advance, mail_of, request_accepted, request_withdrawn, tell_requester, withdraw
from .reading import requests_of, visible_to

__all__ = [
    "LONGEST_OUTLINE",
    "MAX_OCCASIONS",
    "Asked",
    "Caller",
    "Matter",
    "NewOrganization",
    "Terms",
    "Wish",
    "Words",
    "accept",
    "advance",
    "ask_of",
    "can_be_reached",
    "complete",
    "draft_outline",
    "enter",
    "mail_of",
    "matter_of",
    "organizations_of",
    "part_of",
    "refuse_contact_data",
    "request_accepted",
    "request_withdrawn",
    "requests_of",
    "submit",
    "tell_requester",
    "terms_are_open",
    "terms_of",
    "visible_to",
    "when_in_words",
    "withdraw",
    "wrong_with",
]
