"""A first draft of what the requester is told about who would come: no names, no contact data; the desk edits it."""

from __future__ import annotations

from flask_babel import gettext as _

from ...i18n import label
from ...registry import services as registry
from ...registry.models import Organization
from ..models import Inquiry


def outline_of(promised: list[Inquiry]) -> str:
    """One line for each who said yes."""
    return "\n".join(_line(inquiry) for inquiry in promised)


def _line(inquiry: Inquiry) -> str:
    skills = registry.skills_of(inquiry.party_id, inquiry.candidate.of_registry)
    what = "・".join(skill.phrase for skill in skills[:3])
    who = _("団体") if isinstance(inquiry.party, Organization) else _("個人の方")
    registry_name = label(inquiry.candidate.of_registry)
    heads = _("%(heads)s人", heads=inquiry.heads) if inquiry.heads else ""
    return "／".join(word for word in (f"{registry_name}（{who}）", what, heads) if word)
