"""The smallest valid registrations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from matching.accounts.actor import SYSTEM, Actor
from matching.accounts.models import User
from matching.registry.models import Party, Purpose
from matching.registry.services import SkillWords
from matching.supporters import services
from matching.supporters.models import Supporter
from tests.factories import a_person, a_user

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def a_registration(party: Party | None = None, *phrases: str, by: Actor = SYSTEM, **told: Any) -> Supporter:
    """Submitted, with consent to matching."""
    consents = told.pop("consents", [Purpose.MATCHING])
    words = [phrase if isinstance(phrase, SkillWords) else SkillWords(phrase) for phrase in phrases or ("庭木の剪定",)]
    return services.register(
        party or a_person(kana="やまだ はなこ"),
        services.Told(skills=words, **told),
        consents=consents,
        contacts=[],
        pledged=True,
        by=by,
        now=NOW,
    )


def a_supporter(party: Party | None = None, *phrases: str, **told: Any) -> Supporter:
    """Confirmed."""
    supporter = a_registration(party, *phrases, **told)
    services.confirm(supporter, by=SYSTEM, now=NOW)
    return supporter


def a_volunteer(name: str = "山田 花子", *, active: bool = True) -> tuple[User, Supporter]:
    """Somebody with an account and a registration of their own."""
    person = a_person(name, kana="やまだ はなこ")
    user = a_user(party=person, name=name)
    return user, (a_supporter if active else a_registration)(person)
