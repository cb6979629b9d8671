"""The list of registrations: narrowed, found by name or by what they can do, counted, and taken home as a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, false, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..engine.text import analyse, fold
from ..exports import MOST, and_others
from ..registry import services as registry
from ..registry.models import Consent, Party, PartyKind, Purpose, Registry, Skill
from ..registry.paging import AtLeast, Sifted, page_of_ids, parts_of
from ..registry.sifting import Sieve, counts_of, measured, sift
from ..registry.vocabulary import Support
from .finding import parties_saying, related
from .models import Supporter
from .sieves import BY_PARTY, COUNTING, ORDER, STATES, in_states, sieves_of
from .states import SupporterState

PER_PAGE = 50
LOADED = (joinedload(Supporter.party), selectinload(Supporter.districts))
PHRASES = 3  # of each, in the list
MOST_RELATED = 100
MOST_NAMED = 1_000  # who bear the words in the name


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
    counts: dict[SupporterState, int | None]  # None: many, and not counted
    phrases: dict[int, list[str]]  # party id → a few things they can do


def find(by: Narrowed, *, state: SupporterState | None, day: date, page: int) -> Found:
    """Registrations in this state; without one, all that are not ended. The counts are of every state."""
    sieves = measured(sieves_of(by.field, by.district, by.kind))
    if by.words:
        answers = _answering(by, sieves, day)
        sifted, counts = answers.of(_shown(state)), answers.counts()
    else:
        sifted, counts = _sifted(state, sieves), counts_of(STATES, sieves, COUNTING)
    found = page_of_ids(sifted, Supporter, page=page, per_page=PER_PAGE, options=LOADED)
    phrases = _phrases([supporter.party_id for supporter in found.items])
    told = {party_id: _telling(some, by.words)[:PHRASES] for party_id, some in phrases.items()}
    return Found(found, counts, told)


def _telling(phrases: list[str], words: str) -> list[str]:
    """Those first that hold what was searched for."""
    asked = {term.surface for term in analyse(words) if not term.role}
    return sorted(phrases, key=lambda phrase: not any(word in fold(phrase) for word in asked))


def _shown(state: SupporterState | None) -> list[SupporterState]:
    return [state] if state else [one for one in SupporterState if one is not SupporterState.ENDED]


def _sifted(state: SupporterState | None, sieves: list[Sieve], **bounds: Any) -> Sifted:
    """By kana; those who wait come first."""
    waits = SupporterState.SUBMITTED
    parts = [[waits], [one for one in _shown(None) if one is not waits]] if state is None else [[state]]
    found = [sift(ORDER, [in_states(states), *sieves], **bounds) for states in parts]
    return Sifted([id_ for part in found for id_ in part.ids], more=any(part.more for part in found))


@dataclass(frozen=True)
class _Answers:
    """Registrations that answer the words, best first."""

    rows: list[tuple[int, SupporterState]]
    more: bool

    def of(self, states: list[SupporterState]) -> Sifted:
        return Sifted([id_ for id_, state in self.rows if state in states], self.more)

    def counts(self) -> dict[SupporterState, int | None]:
        found = Counter(state for _id, state in self.rows)
        return {state: AtLeast(found[state]) if self.more else found[state] for state in SupporterState}


def _answering(by: Narrowed, sieves: list[Sieve], day: date) -> _Answers:
    """Who bears the words in the name, more or less, or can do what they say; whoever says just them stands before
    who means the same."""
    words, met = by.words, [one.met for one in sieves]
    registered = select(Supporter.id).where(Supporter.party_id == Party.id, *met).exists()
    named = registry.parties_named(words, admits=registered, limit=MOST_NAMED)
    alike = registry.parties_like(words, admits=registered).ids
    saying = parties_saying(words)
    skilled = {
        id_: place for place, id_ in enumerate(related(words, day=day, most=MOST_RELATED, as_written=by.as_written))
    }
    kinds = dict.fromkeys(saying.ids, 2) | dict.fromkeys(alike, 1) | dict.fromkeys(named.ids, 0)
    columns = select(Supporter.id, Supporter.state, Supporter.party_id, Party.kana_key, Party.name_key)
    columns = columns.join(Supporter.party).where(*met).with_hint(Party, "NOT INDEXED", "sqlite")
    of_parties = columns.with_hint(Supporter, BY_PARTY, "sqlite")
    rows = {row.id: row for row in db.session.execute(of_parties.where(Supporter.party_id.in_(list(kinds))))}
    for condition in (Supporter.id.in_(list(skilled)), _of_the_directory(words)):
        rows |= {row.id: row for row in db.session.execute(columns.where(condition))}

    def place(row: Any) -> tuple[Any, ...]:
        kind = kinds.get(row.party_id, 3)
        return kind, skilled.get(row.id, MOST_RELATED), row.kana_key, row.name_key, row.id

    ranked = [(row.id, row.state) for row in sorted(rows.values(), key=place)]
    return _Answers(ranked, more=named.more or saying.more)


def _of_the_directory(words: str) -> ColumnElement[bool]:
    """The number that a caller reads from a page of the directory, where no name may stand: how its key begins."""
    number = fold(words).strip()
    if not re.fullmatch(r"[0-9a-f]{6,16}", number):
        return false()
    return and_(Supporter.public_key >= number, Supporter.public_key < f"{number}g")


def _phrases(party_ids: list[int]) -> dict[int, list[str]]:
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
    """The whole list as a table, without contact points; a part of it at a time is read."""
    sieves = sieves_of(by.field, by.district, by.kind)
    found = _answering(by, sieves, day).of(_shown(state)) if by.words else _sifted(state, sieves, most=MOST, far=None)
    loading = (
        joinedload(Supporter.party).joinedload(Party.district),
        selectinload(Supporter.fields),
        selectinload(Supporter.districts),
    )
    for part in parts_of(found.ids[:MOST], Supporter, options=loading):
        yield from _lines(part)
    if found.more or len(found.ids) > MOST:
        yield and_others()


def _lines(supporters: list[Supporter]) -> Iterator[list[Any]]:
    party_ids = [one.party_id for one in supporters]
    phrases, public = _phrases(party_ids), _public_consents(party_ids)
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


def _public_consents(party_ids: list[int]) -> dict[int, str]:
    purposes = [Purpose.PUBLIC_NAMED, Purpose.PUBLIC_ANONYMOUS]
    given_now = select(Consent.party_id, Consent.purpose).where(Consent.party_id.in_(party_ids))
    rows = db.session.execute(given_now.where(Consent.withdrawn_at.is_(None), Consent.purpose.in_(purposes)))
    given: dict[int, set[Purpose]] = {}
    for party_id, purpose in rows:
        given.setdefault(party_id, set()).add(purpose)
    return {
        party_id: _("名前を出す") if Purpose.PUBLIC_NAMED in some else _("名前を出さない")
        for party_id, some in given.items()
    }
