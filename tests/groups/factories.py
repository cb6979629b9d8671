"""The smallest valid group."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from matching.accounts.actor import SYSTEM
from matching.groups import services
from matching.groups.models import Group
from matching.registry.models import Organization, Purpose
from matching.registry.services import SkillWords
from tests.factories import an_organization

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_numbers = itertools.count(1)


TOLD = {fact.name for fact in fields(services.Told)}


def a_group(organization: Organization | None = None, *phrases: str, **given: Any) -> Group:
    """``given`` are facts of ``Told`` and arguments of ``register_group``, as they come."""
    given.setdefault("consents", [Purpose.MATCHING])
    given.setdefault("number", f"さ-{next(_numbers):03d}")
    given.setdefault("now", NOW)
    skills = [SkillWords(phrase) for phrase in phrases or ("ハーモニカの演奏",)]
    told = services.Told(skills=skills, **{name: given.pop(name) for name in TOLD & given.keys()})
    return services.register_group(organization or an_organization("さざなみ"), told, by=SYSTEM, **given)
