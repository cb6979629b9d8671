"""The smallest valid concept, as the city adds one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from matching.accounts.actor import SYSTEM
from matching.concepts import keeping
from matching.concepts.keeping import Kept
from matching.engine.lexicon import Concept

PROGRAMS = "health-promotion"  # one that comes with the program


def a_concept(label: str = "ほたる見守り", **facts: Any) -> Kept:
    told = Concept(id="", label=label, **{"fields": (7,), **facts})
    return keeping.add(told, form_key=uuid4().hex, by=SYSTEM, now=datetime.now(UTC))
