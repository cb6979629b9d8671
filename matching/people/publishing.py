"""What searches see of a party rests on facts that the registry keeps: when they change, it is published anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..councils import services as councils
from ..groups import services as groups
from ..registry import services as registry
from ..registry.models import Party, Person
from ..supporters import services as supporters

ON_CARDS = frozenset({"organization_kind", "affiliation"})


@registry.party_changed.connect
def _publish_anew(party: Party, *, fields: frozenset[str], now: datetime, **_news: Any) -> None:
    if not fields & ON_CARDS:
        return
    if supporter := supporters.open_registration(party.id):
        supporters.refresh(supporter, now=now)
    if group := groups.open_registration(party.id):
        groups.refresh(group, now=now)
    if isinstance(party, Person):
        councils.refresh_member(party, now=now)
