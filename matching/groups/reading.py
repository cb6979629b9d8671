"""What pages show besides the registration itself: what stands around one group, and what could become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ..accounts.history import Happened, history_of
from ..audit import AuditEntry
from ..database import db
from ..registry import services as registry
from ..registry.models import Organization, Party, PartyKind, Registry, Representation, Skill
from .models import Group
from .publishing import PublicGroup, face_of
from .states import GroupState

FACTS = {
    "number": _l("登録番号"),
    "skills": _l("できること"),
    "intro": _l("紹介"),
    "supports": _l("手伝いの種類"),
    "fields": _l("分野"),
    "anywhere": _l("行ける地域"),
    "districts": _l("行ける地域"),
    "availability": _l("曜日と時間帯"),
    "money": _l("謝礼・費用"),
    "members": _l("会員の数"),
    "contacts": _l("連絡先"),
    "consents": _l("同意"),
}


def _edited(entry: AuditEntry) -> str:
    changed = entry.fields or ()
    names = dict.fromkeys(str(label) for name, label in FACTS.items() if name in changed)
    return _("%(facts)sを直しました。", facts=_("・").join(names)) if names else _("内容を確かめました。")


HAPPENED: dict[str, Any] = {
    "group:register": _l("登録しました。"),
    "group:edit": _edited,
    "group:renew": _l("内容がいまのとおりであることを確かめ、登録を更新しました。"),
    "group:end": _l("登録を終えました。"),
}


@dataclass(frozen=True)
class Around:
    """What only staff sees is empty for others."""

    skills: Sequence[Skill]
    findable: bool
    face: PublicGroup | None  # what everybody reads of it now
    acting: Sequence[Representation]
    history: Sequence[Happened] = field(default_factory=list)


def around(group: Group, *, for_staff: bool) -> Around:
    return Around(
        skills=registry.skills_of(group.organization_id, Registry.GROUP),
        findable=group.state is GroupState.ACTIVE and registry.has_basis(group.organization_id),
        face=face_of(group),
        acting=registry.representatives_of(group.organization_id),
        history=history_of([group], HAPPENED) if for_staff else [],
    )


@dataclass(frozen=True)
class Choice:
    """An organization that a caller may mean, and its registration where it stands already."""

    organization: Organization
    group: Group | None


def choices(words: str) -> list[Choice]:
    """Organizations of this name, more or less, or of this telephone, best first."""
    ids = registry.parties_like(words, admits=Party.kind == PartyKind.ORGANIZATION, by_telephone=True).ids
    named = select(Organization).where(Organization.id.in_(ids)).options(joinedload(Organization.district))
    organizations = {one.id: one for one in db.session.scalars(named)}
    registered = select(Group).where(Group.organization_id.in_(ids), Group.state == GroupState.ACTIVE)
    groups = {group.organization_id: group for group in db.session.scalars(registered)}
    return [Choice(organizations[id_], groups.get(id_)) for id_ in ids]
