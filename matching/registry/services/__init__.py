"""People and organizations: written down, reached, agreeing, skilled, represented. The rooms above use these names."""

from .consents import (
    active_consents,
    consent_given,
    consent_withdrawn,
    give_basis,
    has_basis,
    parties_with_basis,
    set_consents,
    withdraw_consent,
)
from .naming import kana_key, name_key, value_key
from .numbering import next_number
from .parties import (
    Contact,
    become_person,
    create_organization,
    create_person,
    find_organizations,
    people_like,
    person_of,
    rename,
    set_contacts,
    write_person,
)
from .representing import (
    claim,
    claim_new,
    decide_representation,
    representations_of,
    representatives_of,
    unchecked_claim,
    waiting_representations,
    write_organization,
)
from .skills import MAX_SKILLS, SkillWords, set_skills, skills_of

__all__ = [
    "MAX_SKILLS",
    "Contact",
    "SkillWords",
    "active_consents",
    "become_person",
    "claim",
    "claim_new",
    "consent_given",
    "consent_withdrawn",
    "create_organization",
    "create_person",
    "decide_representation",
    "find_organizations",
    "give_basis",
    "has_basis",
    "kana_key",
    "name_key",
    "next_number",
    "parties_with_basis",
    "people_like",
    "person_of",
    "rename",
    "representations_of",
    "representatives_of",
    "set_consents",
    "set_contacts",
    "set_skills",
    "skills_of",
    "unchecked_claim",
    "value_key",
    "waiting_representations",
    "withdraw_consent",
    "write_organization",
    "write_person",
]
