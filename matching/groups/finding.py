"""Groups that can do what some words say: by the search of profiles, and by the words as they stand."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Select, select

from ..profiles import finding
from ..registry.models import Registry, Skill

related = partial(finding.related, registry=Registry.GROUP)


def parties_saying(words: str) -> Select[Any]:
    """A select of the organizations that say they can do just these words, whatever state they are in."""
    return select(Skill.party_id).where(
        Skill.of_registry == Registry.GROUP, Skill.phrase.contains(words, autoescape=True)
    )
