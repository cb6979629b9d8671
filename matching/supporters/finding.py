"""Registrations whose party can do what some words say: by the search of profiles, and by the words as they stand."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Select, select

from ..profiles import finding
from ..registry.models import Registry, Skill

related = partial(finding.related, registry=Registry.SUPPORTER)


def parties_saying(words: str) -> Select[int]:
    """A select of the parties who say they can do just these words, whatever state they are in."""
    return select(Skill.party_id).where(
        Skill.of_registry == Registry.SUPPORTER, Skill.phrase.contains(words, autoescape=True)
    )
