"""The forms of a request: one module for the requester, one for the desk."""

from .desk import CompleteForm, EnterForm, TermsForm
from .submitting import STEPS, ReleaseForm, SubmitForm, WithdrawForm, known_of

__all__ = [
    "STEPS",
    "CompleteForm",
    "EnterForm",
    "ReleaseForm",
    "SubmitForm",
    "TermsForm",
    "WithdrawForm",
    "known_of",
]
