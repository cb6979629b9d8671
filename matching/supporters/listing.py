"""The list of registrations: narrowed, found by name or by what they can do, counted, and taken home as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, case, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..engine.text import analyse, fold
from ..exports import MOST
from ..registry import services as registry
from ..registry.models import Consent, Party, PartyKind, Purpose, Registry, Skill
from ..registry.paging import page_of
from ..registry.vocabulary import District, Field, Support
from .finding import parties_saying, related
from .models import Supporter
from .states import SupporterState

PER_PAGE = 50
PHRASES = 3  # of each, in the list
MOST_RELATED = 100


@dataclass(frozen=True)
class Narrowed:
    """What the list is narrowed by, besides the state; None and no words: everybody."""

    words: str = ""
    as_written: bool = False
    field: int | None = None
    district: int | None = None
    kind: PartyKind | None = None


@dataclass(frozen=True)
class Found:
    """One page of the list. ``page`` is a Flask-SQLAlchemy Pagination of supporters."""

    page: Any
    counts: dict[SupporterState, int]
    phrases: dict[int, list[str]]  # party id → a few things they can do


def find(by: Narrowed, *, state: SupporterState | None, day: date, page: int) -> Found:
    """Registrations in this state; without one, all that are not ended. The counts are of every state."""
    conditions, order = _meeting(by, day)
    query = select(Supporter).join(Supporter.party).options(joinedload(Supporter.party))
    query = query.options(selectinload(Supporter.districts))
    query = query.where(_in_state(state), *conditions).order_by(*order)
    found = page_of(query, page=page, per_page=PER_PAGE)
    counted = select(Supporter.state, func.count()).join(Supporter.party).where(*conditions)
    counts = {one: count for one, count in db.session.execute(counted.group_by(Supporter.state))}
    phrases = _phrases([supporter.party_id for supporter in found.items])
    told = {party_id: _telling(some, by.words)[:PHRASES] for party_id, some in phrases.items()}
    return Found(found, counts, told)


def _telling(phrases: list[str], words: str) -> list[str]:
    """Those first that hold what was searched for."""
    asked = {term.surface for term in analyse(words) if not term.role}
    return sorted(phrases, key=lambda phrase: not any(word in fold(phrase) for word in asked))


def _in_state(state: SupporterState | None) -> ColumnElement[bool]:
    return Supporter.state == state if state else Supporter.state != SupporterState.ENDED


def _meeting(by: Narrowed, day: date) -> tuple[list[ColumnElement[bool]], list[Any]]:
    """What a registration must meet, and the order: those who wait first, or those who answer the words best."""
    conditions: list[ColumnElement[bool]] = []
    if by.field is not None:
        conditions.append(Supporter.fields.any(Field.number == by.field))
    if by.district is not None:
        conditions.append(or_(Supporter.anywhere, Supporter.districts.any(District.id == by.district)))
    if by.kind is not None:
        conditions.append(Party.kind == by.kind)
    order: list[Any] = [case((Supporter.state == SupporterState.SUBMITTED, 0), else_=1)]
    if by.words:
        answers, order = _answering(by.words, day, as_written=by.as_written)
        conditions.append(answers)
    return conditions, [*order, Party.kana_key, Party.name_key, Supporter.id]


def _answering(words: str, day: date, *, as_written: bool) -> tuple[ColumnElement[bool], list[Any]]:
    """Who bears the words in the name, more or less, or can do what they say; and the order: whoever says just them
    stands before who means the same."""
    registered = Party.id.in_(select(Supporter.party_id))
    alike = registry.parties_like(words, admits=registered)
    named = registry.holds_the_name(words) if registry.name_key(words) else false()
    skilled = related(words, day=day, most=MOST_RELATED, as_written=as_written)
    saying = Supporter.party_id.in_(parties_saying(words))
    able = or_(saying, Supporter.id.in_(skilled), _of_the_directory(words))
    kinds: list[Any] = [(named, 0), (Supporter.party_id.in_(alike), 1), (saying, 2)]
    places: list[Any] = [(Supporter.id == id_, place) for place, id_ in enumerate(skilled)]
    order = [case(*kinds, else_=3), *([case(*places, else_=MOST_RELATED)] if places else [])]
    return or_(named, Supporter.party_id.in_(alike), able), order


def _of_the_directory(words: str) -> ColumnElement[bool]:
    """The number that a caller reads from a page of the directory, where no name may stand: how its key begins."""
    number = fold(words).strip()
    return Supporter.public_key.startswith(number) if re.fullmatch(r"[0-9a-f]{6,16}", number) else false()


def _phrases(party_ids: list[int] | Select[Any]) -> dict[int, list[str]]:
    query = (
        select(Skill.party_id, Skill.phrase)
        .where(Skill.party_id.in_(party_ids), Skill.of_registry == Registry.SUPPORTER)
        .order_by(Skill.party_id, Skill.position)
    )
    phrases: dict[int, list[str]] = {}
    for party_id, phrase in db.session.execute(query):
        phrases.setdefault(party_id, []).append(phrase)
    return phrases


def table_head() -> list[str]:
    return [
        _("番号"), _("名前"), _("ふりがな"), _("個人・団体"), _("状態"), _("できること"), _("分野"), _("地域"),
        _("行ける地域"), _("手伝いの種類"), _("謝礼・費用"), _("申し込んだ日"), _("登録の期間"), _("公開"),
    ]  # fmt: skip


def table_rows(by: Narrowed, *, state: SupporterState | None, day: date) -> Iterator[list[Any]]:
    """The whole list as a table, without contact points."""
    conditions, order = _meeting(by, day)
    query = select(Supporter).join(Supporter.party).where(_in_state(state), *conditions)
    loading = (
        joinedload(Supporter.party).joinedload(Party.district),
        selectinload(Supporter.fields),
        selectinload(Supporter.districts),
    )
    supporters = db.session.scalars(query.options(*loading).order_by(*order).limit(MOST)).all()
    phrases = _phrases(select(Supporter.party_id))
    public = _public_consents()
    for one in supporters:
        party = one.party
        yield [
            one.id,
            party.name,
            party.kana,
            _(party.kind.label),
            _(one.state.label),
            _("、").join(phrases.get(party.id, [])),
            _("、").join(field.name for field in one.fields),
            party.district.name if party.district else None,
            _("市内どこでも") if one.anywhere else _("、").join(district.name for district in one.districts),
            _("、").join(_(support.label) for support in Support if support in (one.supports or ())),
            _(one.money.label) if one.money else None,
            one.registered_on,
            one.runs_until,
            public.get(party.id, _("しない")),
        ]


def _public_consents() -> dict[int, str]:
    purposes = [Purpose.PUBLIC_NAMED, Purpose.PUBLIC_ANONYMOUS]
    rows = db.session.execute(
        select(Consent.party_id, Consent.purpose).where(Consent.withdrawn_at.is_(None), Consent.purpose.in_(purposes))
    )
    given: dict[int, set[Purpose]] = {}
    for party_id, purpose in rows:
        given.setdefault(party_id, set()).add(purpose)
    return {
        party_id: _("名前を出す") if Purpose.PUBLIC_NAMED in some else _("名前を出さない")
        for party_id, some in given.items()
    }
