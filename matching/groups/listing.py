"""The list of groups: narrowed, found by name, number or what they can do, counted, and taken home as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..database import db
from ..engine.text import fold
from ..exports import MOST, and_others
from ..registry import services as registry
from ..registry.models import Consent, Organization, Party, Purpose, Registry, Skill
from ..registry.paging import AtLeast, Sifted, page_of_ids, parts_of
from ..registry.sifting import Sieve, count_of, measured, sift
from ..registry.vocabulary import OrganizationKind, Support
from ..workflow import N_, Labelled
from .finding import numbered, parties_saying, related
from .models import Group
from .services import begin_of_year
from .sieves import BY_ORGANIZATION, ORDER, ROWS, in_state, sieves_of
from .states import GroupState

PER_PAGE = 50
MOST_RELATED = 100
MOST_NAMED = 1_000  # who bear the words in the name
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
    counts: dict[Part, int | None]  # None: many, and not counted
    phrases: dict[int, list[str]]  # organization id → the first few things it can do


def find(by: Narrowed, part: Part, *, day: date, page: int) -> Found:
    """Groups of this part of the list. The counts are of every part."""
    sieves, parts = measured(sieves_of(by.field, by.district, by.kind), ORDER.rare), _parts(day)
    counts: dict[Part, int | None]
    if by.words:
        answers = _answering(by, sieves, day)
        sifted = answers.of(part)
        counts = {one: AtLeast(len(ids)) if answers.more else len(ids) for one, ids in answers.ids.items()}
    else:
        sifted = sift(ORDER, [parts[part], *sieves])
        counts = {one: count_of(ORDER, [of_part, *sieves]) for one, of_part in parts.items()}
    loading = (selectinload(Group.organization).joinedload(Organization.district), selectinload(Group.fields))
    found = page_of_ids(sifted, Group, page=page, per_page=PER_PAGE, options=loading)
    phrases = _phrases([group.organization_id for group in found.items], most=PHRASES_SHOWN)
    return Found(found, counts, phrases)


def _parts(day: date) -> dict[Part, Sieve]:
    return {
        Part.ACTIVE: in_state(GroupState.ACTIVE),
        Part.DUE: _is_due(day),
        Part.ENDED: in_state(GroupState.ENDED),
    }


def _is_due(day: date) -> Sieve:
    """Registered, and not renewed in this fiscal year."""
    due = (Group.state == GroupState.ACTIVE) & (
        func.coalesce(Group.renewed_on, Group.registered_on) < begin_of_year(day)
    )
    return Sieve(select(Group.id).where(due), due)


@dataclass(frozen=True)
class _Answers:
    """Of each part the groups that answer the words, best first."""

    ids: dict[Part, list[int]]
    more: bool

    def of(self, part: Part) -> Sifted:
        return Sifted(self.ids[part], self.more)


def _answering(by: Narrowed, sieves: list[Sieve], day: date) -> _Answers:
    """Who has the number, bears the words in the name, more or less, or can do what they say; whoever says just them
    stands before who means the same."""
    words, met = by.words, [one.met for one in sieves]
    registered = select(Group.id).where(Group.organization_id == Party.id, *met).exists()
    named = registry.parties_named(words, admits=registered, limit=MOST_NAMED)
    alike = registry.parties_like(words, admits=registered).ids
    saying = parties_saying(words)
    related_to = related(words, day=day, most=MOST_RELATED, as_written=by.as_written)
    skilled = {id_: place for place, id_ in enumerate(related_to)}
    kinds = dict.fromkeys(saying.ids, 3) | dict.fromkeys(alike, 2) | dict.fromkeys(named.ids, 1)
    number = fold(words)
    parts = _parts(day)
    columns = ROWS.add_columns(
        Group.organization_id, Group.number, Party.kana_key, Party.name_key, *(one.met for one in parts.values())
    )
    columns = columns.where(*met).with_hint(Party, "NOT INDEXED", "sqlite")
    of_organizations = columns.with_hint(Group, BY_ORGANIZATION, "sqlite")
    conditions = (Group.id.in_(list(skilled)), numbered(words))
    queries = [
        of_organizations.where(Group.organization_id.in_(list(kinds))),
        *(columns.where(one) for one in conditions),
    ]
    rows = {row[0]: row for query in queries for row in db.session.execute(query)}

    def place(row: Any) -> tuple[Any, ...]:
        id_, organization_id, own_number, kana, name, *_of_parts = row
        kind = 0 if fold(own_number) == number else kinds.get(organization_id, 4)
        return kind, skilled.get(id_, MOST_RELATED), kana, name, id_

    ranked = sorted(rows.values(), key=place)
    ids = {part: [row[0] for row in ranked if row[5 + at]] for at, part in enumerate(parts)}
    return _Answers(ids, more=named.more or saying.more)


def _phrases(party_ids: list[int], *, most: int) -> dict[int, list[str]]:
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
    """The whole list as a table, without contact points; a part of it at a time is read."""
    sieves = sieves_of(by.field, by.district, by.kind)
    if by.words:
        found = _answering(by, sieves, day).of(part)
    else:
        found = sift(ORDER, [_parts(day)[part], *sieves], most=MOST, far=None)
    loading = (
        selectinload(Group.organization).joinedload(Organization.district),
        selectinload(Group.fields),
        selectinload(Group.districts),
    )
    for some in parts_of(found.ids[:MOST], Group, options=loading):
        yield from _lines(some)
    if found.more or len(found.ids) > MOST:
        yield and_others()


def _lines(groups: list[Group]) -> Iterator[list[Any]]:
    party_ids = [group.organization_id for group in groups]
    phrases = _phrases(party_ids, most=registry.MAX_SKILLS)
    named = select(Consent.party_id).where(Consent.purpose == Purpose.PUBLIC_NAMED, Consent.withdrawn_at.is_(None))
    public = set(db.session.scalars(named.where(Consent.party_id.in_(party_ids))))
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
