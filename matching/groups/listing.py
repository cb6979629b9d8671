"""The list of groups: narrowed, found by name, number or what they can do, counted, and taken home as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..engine.text import fold
from ..exports import MOST
from ..registry import services as registry
from ..registry.models import Consent, Organization, Party, Purpose, Registry, Skill
from ..registry.paging import page_of
from ..registry.vocabulary import District, Field, OrganizationKind, Support
from ..workflow import N_, Labelled
from .finding import parties_saying, related
from .models import Group
from .services import begin_of_year
from .states import GroupState

PER_PAGE = 50
MOST_RELATED = 100
PHRASES_SHOWN = 3


class Part(Labelled):
    """Which groups the list shows."""

    ACTIVE = "active", N_("登録中")
    DUE = "due", N_("今年度の更新がまだ")
    ENDED = "ended", N_("登録終了")


@dataclass(frozen=True)
class Narrowed:
    """What the list is narrowed by, besides its part; None and no words: all."""

    words: str = ""
    as_written: bool = False
    field: int | None = None
    district: int | None = None
    kind: OrganizationKind | None = None


@dataclass(frozen=True)
class Found:
    """One page of the list. ``page`` is a Flask-SQLAlchemy Pagination of groups."""

    page: Any
    counts: dict[Part, int]
    phrases: dict[int, list[str]]  # organization id → the first few things it can do


def find(by: Narrowed, part: Part, *, day: date, page: int) -> Found:
    """Groups of this part of the list. The counts are of every part."""
    conditions, order = _meeting(by, day)
    query = select(Group).join(Group.organization).where(_is_of(part, day), *conditions).order_by(*order)
    loading = (joinedload(Group.organization).joinedload(Organization.district), selectinload(Group.fields))
    found = page_of(query.options(*loading), page=page, per_page=PER_PAGE)
    counts = [func.count(case((_is_of(one, day), 1))) for one in Part]
    counted = db.session.execute(select(*counts).select_from(Group).join(Group.organization).where(*conditions)).one()
    phrases = _phrases([group.organization_id for group in found.items], most=PHRASES_SHOWN)
    return Found(found, dict(zip(Part, counted, strict=True)), phrases)


def _is_of(part: Part, day: date) -> ColumnElement[bool]:
    if part is Part.ENDED:
        return Group.state == GroupState.ENDED
    active = Group.state == GroupState.ACTIVE
    if part is Part.ACTIVE:
        return active
    return and_(active, func.coalesce(Group.renewed_on, Group.registered_on) < begin_of_year(day))


def _meeting(by: Narrowed, day: date) -> tuple[list[ColumnElement[bool]], list[Any]]:
    """What a group must meet, and the order: by kana, or those that answer the words best."""
    conditions: list[ColumnElement[bool]] = []
    if by.field is not None:
        conditions.append(Group.fields.any(Field.number == by.field))
    if by.district is not None:
        conditions.append(or_(Group.anywhere, Group.districts.any(District.id == by.district)))
    if by.kind is not None:
        conditions.append(Organization.organization_kind == by.kind)
    order: list[Any] = []
    if by.words:
        answers, order = _answering(by.words, day, as_written=by.as_written)
        conditions.append(answers)
    return conditions, [*order, Party.kana_key, Party.name_key, Group.id]


def _answering(words: str, day: date, *, as_written: bool) -> tuple[ColumnElement[bool], list[Any]]:
    """Who has the number, bears the words in the name, more or less, or can do what they say; and the order:
    whoever says just them stands before who means the same."""
    numbered = func.lower(Group.number) == fold(words)
    named = registry.holds_the_name(words) if registry.name_key(words) else false()
    alike = registry.parties_like(words, admits=Party.id.in_(select(Group.organization_id)))
    skilled = related(words, day=day, most=MOST_RELATED, as_written=as_written)
    known, saying = Group.organization_id.in_(alike), Group.organization_id.in_(parties_saying(words))
    kinds: list[Any] = [(numbered, 0), (named, 1), (known, 2), (saying, 3)]
    places: list[Any] = [(Group.id == id_, place) for place, id_ in enumerate(skilled)]
    order = [case(*kinds, else_=4), *([case(*places, else_=MOST_RELATED)] if places else [])]
    return or_(numbered, named, known, saying, Group.id.in_(skilled)), order


def _phrases(party_ids: list[int] | Select[Any], *, most: int) -> dict[int, list[str]]:
    query = (
        select(Skill.party_id, Skill.phrase)
        .where(Skill.party_id.in_(party_ids), Skill.of_registry == Registry.GROUP, Skill.position < most)
        .order_by(Skill.party_id, Skill.position)
    )
    phrases: dict[int, list[str]] = {}
    for party_id, phrase in db.session.execute(query):
        phrases.setdefault(party_id, []).append(phrase)
    return phrases


def table_head() -> list[str]:
    return [
        _("登録番号"), _("団体名"), _("ふりがな"), _("団体の種類"), _("主な活動の地域"), _("状態"), _("できること"),
        _("分野"), _("行ける地域"), _("手伝いの種類"), _("謝礼・費用"), _("会員の数"), _("登録した日"),
        _("更新した日"), _("登録を終えた日"), _("公開"),
    ]  # fmt: skip


def table_rows(by: Narrowed, part: Part, *, day: date) -> Iterator[list[Any]]:
    """The whole list as a table, without contact points."""
    conditions, order = _meeting(by, day)
    query = select(Group).join(Group.organization).where(_is_of(part, day), *conditions)
    loading = (
        joinedload(Group.organization).joinedload(Organization.district),
        selectinload(Group.fields),
        selectinload(Group.districts),
    )
    groups = db.session.scalars(query.options(*loading).order_by(*order).limit(MOST)).all()
    phrases = _phrases(select(Group.organization_id), most=registry.MAX_SKILLS)
    public = set(
        db.session.scalars(
            select(Consent.party_id).where(Consent.purpose == Purpose.PUBLIC_NAMED, Consent.withdrawn_at.is_(None))
        )
    )
    for group in groups:
        organization = group.organization
        yield [
            group.number,
            organization.name,
            organization.kana,
            _(organization.organization_kind.label),
            organization.district.name if organization.district else None,
            _(group.state.label),
            _("、").join(phrases.get(organization.id, [])),
            _("、").join(field.name for field in group.fields),
            _("市内どこでも") if group.anywhere else _("、").join(district.name for district in group.districts),
            _("、").join(_(support.label) for support in Support if support in (group.supports or ())),
            _(group.money.label) if group.money else None,
            group.members,
            group.registered_on,
            group.renewed_on,
            group.ended_on,
            _("する") if group.state is GroupState.ACTIVE and organization.id in public else _("しない"),
        ]
