"""The forms of a supporter's registration. The views use these names."""

from .content import AGREEING, SKILLS_AT_FIRST, contacts_of, contents_of, told_of
from .moving import EndForm, PauseForm, RenewForm, ResumeForm, WithdrawForm
from .organization import ORGANIZATION_STEPS, EditOrganization, EnterOrganization, RegisterOrganization
from .person import PERSON_STEPS, EditPerson, EnterPerson, RegisterPerson
from .staff import ConfirmForm, ReturnForm, SupporterFilters

__all__ = [
    "AGREEING",
    "ORGANIZATION_STEPS",
    "PERSON_STEPS",
    "SKILLS_AT_FIRST",
    "ConfirmForm",
    "EditOrganization",
    "EditPerson",
    "EndForm",
    "EnterOrganization",
    "EnterPerson",
    "PauseForm",
    "RegisterOrganization",
    "RegisterPerson",
    "RenewForm",
    "ResumeForm",
    "ReturnForm",
    "SupporterFilters",
    "WithdrawForm",
    "contacts_of",
    "contents_of",
    "told_of",
]
