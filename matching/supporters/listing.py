"""Reading registrations for pages: the list with its counts, and what stands around one registration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import joinedload

from ..accounts.history import Happened, history_of
from ..database import db
from ..registry import services as registry
from ..registry.models import Import, Organization, Party, Provenance, Registry, Representation, Skill
from .models import Supporter
from .states import SupporterState

PER_PAGE = 50

HAPPENED = {
    "supporter:submit": _l("登録の申し込みを受け付けました。"),
    "supporter:confirm": _l("登録を確認しました。"),
    "supporter:return": _l("書き直しをお願いしました。"),
    "supporter:resubmit": _l("直して出し直しました。"),
    "supporter:edit": _l("登録の内容を直しました。"),
    "supporter:pause": _l("お休みにしました。"),
    "supporter:resume": _l("お休みを終えました。"),
    "supporter:end": _l("登録を終えました。"),
    "supporter:import": _l("ファイルから取り込みました。"),
    "supporter:update": _l("ファイルの新しい内容で更新しました。"),
    "basis:give": _l("同意のほかに、登録内容を使える理由を記録しました。"),
    "basis:end": _l("同意のほかの理由では、登録内容を使わないことにしました。"),
}

VALUES = {
    "name": _l("氏名"),
    "kana": _l("ふりがな"),
    "affiliation": _l("所属"),
    "base": _l("活動拠点"),
    "tags": _l("分野"),
    "speciality": _l("専門"),
    "career": _l("略歴"),
    "record": _l("実績"),
    "projects": _l("関わった事業"),
    "telephone": _l("電話"),
    "mail": _l("メール"),
    "address": _l("住所"),
}


@dataclass(frozen=True)
class Found:
    """One page of the list. ``page`` is a Flask-SQLAlchemy Pagination of supporters."""

    page: Any
    counts: dict[SupporterState, int]
    phrases: dict[int, list[str]]  # party id → the first few things they can do


def find(*, state: SupporterState | None, words: str, page: int) -> Found:
    """Registrations in this state (without one: all that are not ended) whose name or kana holds the words."""
    query = select(Supporter).join(Supporter.party).options(joinedload(Supporter.party))
    query = query.where(Supporter.state == state if state else Supporter.state != SupporterState.ENDED)
    query = query.where(*_named(words))
    waiting_first = case((Supporter.state == SupporterState.SUBMITTED, 0), else_=1)
    query = query.order_by(waiting_first, Party.kana_key, Party.name_key, Supporter.id)
    found = db.paginate(query, page=page, per_page=PER_PAGE)
    counted = select(Supporter.state, func.count()).join(Supporter.party).where(*_named(words))
    counts = {one: count for one, count in db.session.execute(counted.group_by(Supporter.state))}
    return Found(found, counts, _phrases([supporter.party_id for supporter in found.items]))


def _named(words: str) -> list[ColumnElement[bool]]:
    """Kana may be typed in hiragana or in katakana."""
    key = registry.name_key(words)
    if not key:
        return []
    kana = Party.kana_key.contains(registry.kana_key(words), autoescape=True)
    return [or_(Party.name_key.contains(key, autoescape=True), kana)]


def _phrases(party_ids: list[int], most: int = 3) -> dict[int, list[str]]:
    query = (
        select(Skill.party_id, Skill.phrase)
        .where(Skill.party_id.in_(party_ids), Skill.of_registry == Registry.SUPPORTER, Skill.position < most)
        .order_by(Skill.party_id, Skill.position)
    )
    phrases: dict[int, list[str]] = {}
    for party_id, phrase in db.session.execute(query):
        phrases.setdefault(party_id, []).append(phrase)
    return phrases


@dataclass(frozen=True)
class Around:
    """What the page of one registration shows besides the registration; what only the desk sees is empty for others."""

    findable: bool
    representations: list[Representation] = field(default_factory=list)
    provenance: list[tuple[str, Provenance, Import]] = field(default_factory=list)
    history: list[Happened] = field(default_factory=list)


def around(supporter: Supporter, *, for_desk: bool) -> Around:
    party = supporter.party
    findable = supporter.state is SupporterState.ACTIVE and registry.has_basis(party.id)
    if not for_desk:
        return Around(findable)
    acting = registry.representatives_of(party.id) if isinstance(party, Organization) else []
    rows = db.session.execute(
        select(Provenance, Import)
        .join(Import, Import.id == Provenance.import_id)
        .where(Provenance.party_id == party.id)
        .order_by(Import.read_at.desc(), Provenance.id)
        .limit(100)
    )
    provenance = [(str(VALUES.get(one.field, one.field)), one, file) for one, file in rows]
    return Around(findable, acting, provenance, history_of([supporter, *party.bases], HAPPENED))
