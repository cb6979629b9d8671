"""The smallest valid group."""

from __future__ import annotations

import itertools
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


def a_group(organization: Organization | None = None, *phrases: str, **told: Any) -> Group:
    told.setdefault("consents", [Purpose.MATCHING])
    told.setdefault("number", f"さ-{next(_numbers):03d}")
    skills = [SkillWords(phrase) for phrase in phrases or ("ハーモニカの演奏",)]
    return services.register_group(
        organization or an_organization("さざなみ"), skills=skills, by=SYSTEM, now=NOW, **told
    )
