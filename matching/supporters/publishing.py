"""The public face of a registration: what its party lets everybody read, with or without their name, and nothing else.

For the directory: ``public_entries(day=…, words=…, field=…, district=…, page=…, per_page=…)`` answers a Pagination (for
the macro ``pagination``) whose ``items`` are ``PublicSupporter``; ``public_entry(key)`` answers one of them or None.
Consent is joined when read: withdrawn, it shows nothing from that moment on. Of an entry without a name, a text is
withheld that holds the name, the affiliation or the organization acted for, as far as ``identity`` sees them; of every
entry, one that holds contact data. The order, by the random key, tells nothing. A search finds what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, literal_column, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..registry import services as registry
from ..registry.models import Consent, Party, PartyKind, Purpose, Registry, Skill
from ..registry.paging import Sifted, counted, in_parts, page_of_ids
from ..registry.services import name_key
from ..registry.sifting import Order, Sieve, sift, size
from ..registry.vocabulary import District, Field, Support
from .finding import parties_saying, related
from .identity import Identity, identities_of
from .models import Supporter
from .sieves import BY_PARTY, sieves_of
from .states import SupporterState

LONGEST = 60  # what is read of the words
FOUND = 200  # entries that words find at most


@dataclass(frozen=True)
class PublicSupporter:
    """A registration as everybody may read it. ``name`` is None where the party shows none."""

    key: str  # random; tells neither the party nor how many there are
    name: str | None
    kind: PartyKind
    skills: tuple[str, ...]
    intro: str  # empty also where it would tell who it is
    fields: tuple[Field, ...]
    districts: tuple[District, ...]  # empty with ``anywhere``
    anywhere: bool
    supports: tuple[Support, ...]
    withheld: bool = False  # something that stands in the registration is not shown

    @property
    def shown_name(self) -> str:
        return self.name or _("名前は出していません")


def public_entries(
    *,
    day: date,
    words: str = "",
    as_written: bool = False,
    field: int | None = None,
    district: int | None = None,
    page: int = 1,
    per_page: int = 20,
) -> Any:
    """One page of the directory. With ``words`` the best come first; the number of queries does not grow with it."""
    sieves = [_PUBLISHED, *sieves_of(field, district)]
    words = words.strip()[:LONGEST]
    sifted = _answering(sieves, words, day, as_written=as_written) if words else sift(_ORDER, sieves)
    found: Any = page_of_ids(sifted, Supporter, page=page, per_page=per_page, options=_LOADED)
    found.items = _faces(found.items)
    return found


def how_many() -> int:
    """So many registrations are shown to everybody; one query."""
    return counted(db.session.scalar(select(size(_PUBLISHED.ids))) or 0)


def public_entry(key: str) -> PublicSupporter | None:
    """The one of this key, while it is shown."""
    supporter = db.session.scalar(_published().where(Supporter.public_key == key))
    return _faces([supporter])[0] if supporter else None


def face_of(supporter: Supporter) -> PublicSupporter | None:
    """What is shown of this registration at this moment: for its owner and the desk."""
    found = db.session.scalar(_published().where(Supporter.id == supporter.id))
    return _faces([found])[0] if found else None


def _consenting(*purposes: Purpose) -> Select[Any]:
    return select(Consent.party_id).where(Consent.purpose.in_(purposes), Consent.withdrawn_at.is_(None))


def _is_named() -> ColumnElement[bool]:
    return _consenting(Purpose.PUBLIC_NAMED).where(Consent.party_id == Supporter.party_id).exists()


def is_published() -> ColumnElement[bool]:
    """A condition on ``Supporter``: everybody may read of it."""
    shown = _consenting(*_SHOWN).where(Consent.party_id == Supporter.party_id).exists()
    return and_(Supporter.state == _ACTIVE, shown)


_SHOWN = (Purpose.PUBLIC_NAMED, Purpose.PUBLIC_ANONYMOUS)
_ACTIVE: Any = literal_column(
    f"'{SupporterState.ACTIVE.value}'"
)  # SQLite uses an index of such rows for no value to come
_LOADED = (
    joinedload(Supporter.party).selectinload(Party.contact_points),
    selectinload(Supporter.fields),
    selectinload(Supporter.districts),
)
_PUBLISHED = Sieve(
    select(Supporter.id)
    .distinct()
    .join(Consent, Consent.party_id == Supporter.party_id)
    .where(Consent.purpose.in_(_SHOWN), Consent.withdrawn_at.is_(None), Supporter.state == _ACTIVE)
    .with_hint(Consent, "INDEXED BY ix_consent_purpose", "sqlite")
    .with_hint(Supporter, BY_PARTY, "sqlite"),
    is_published(),
)
_ORDER = Order(
    key=Supporter.id,
    rows=select(Supporter.id).where(Supporter.state == _ACTIVE),
    by=(Supporter.public_key,),
    along=((Supporter, "ix_supporter_of_the_directory"),),
    among=Supporter.state == _ACTIVE,
)


def _published() -> Select[Any]:
    return select(Supporter).where(is_published()).options(*_LOADED)


def _answering(sieves: Sequence[Sieve], words: str, day: date, *, as_written: bool) -> Sifted:
    """Those whom the words find, best first: by what they can do, then by the names that are shown."""
    met = [one.met for one in sieves]
    told = related(words, day=day, most=FOUND, among=select(Supporter.id).where(*met), as_written=as_written)
    bears = select(Supporter.id).where(Supporter.party_id == Party.id, _is_named(), *met).exists()
    saying = parties_saying(
        words, admits=lambda party_id: _consenting(*_SHOWN).where(Consent.party_id == party_id).exists(), active=True
    )
    named = registry.parties_named(words, admits=bears, limit=FOUND)
    parties = [*saying.ids, *named.ids]
    others = select(Supporter.id).where(Supporter.party_id.in_(parties), *met).with_hint(Supporter, BY_PARTY, "sqlite")
    ids = list(dict.fromkeys([*told, *db.session.scalars(others.order_by(Supporter.public_key))]))
    rows = list(in_parts(ids[:FOUND], Supporter, options=_LOADED))
    place = {supporter_id: position for position, supporter_id in enumerate(told)}
    shown = []
    for row, face in zip(rows, _faces(rows), strict=True):
        if not face.withheld or _holds(face, words):
            shown.append((place.get(row.id, FOUND), row.public_key, row.id))
    more = saying.more or named.more or len(ids) > FOUND
    return Sifted([supporter_id for _place, _key, supporter_id in sorted(shown)], more)


def _holds(face: PublicSupporter, words: str) -> bool:
    """Whether what is shown has the words: what is withheld must not be found."""
    return name_key(words) in name_key(" ".join([face.name or "", *face.skills, face.intro]))


def _faces(supporters: Sequence[Supporter]) -> list[PublicSupporter]:
    party_ids = [supporter.party_id for supporter in supporters]
    named = set(db.session.scalars(_consenting(Purpose.PUBLIC_NAMED).where(Consent.party_id.in_(party_ids))))
    phrases: dict[int, list[str]] = {}
    rows = select(Skill.party_id, Skill.phrase).where(
        Skill.party_id.in_(party_ids), Skill.of_registry == Registry.SUPPORTER
    )
    for party_id, phrase in db.session.execute(rows.order_by(Skill.party_id, Skill.position)):
        phrases.setdefault(party_id, []).append(phrase)
    known = identities_of([supporter.party for supporter in supporters])
    return [
        _face(one, phrases.get(one.party_id, []), known[one.party_id], named=one.party_id in named)
        for one in supporters
    ]


def _face(supporter: Supporter, phrases: Sequence[str], who: Identity, *, named: bool) -> PublicSupporter:
    party = supporter.party
    skills = tuple(phrase for phrase in phrases if not who.told_by(phrase, named=named))
    intro = "" if who.told_by(supporter.intro, named=named) else supporter.intro
    return PublicSupporter(
        key=supporter.public_key,
        name=party.name if named else None,
        kind=party.kind,
        skills=skills,
        intro=intro,
        fields=tuple(supporter.fields),
        districts=tuple(supporter.districts),
        anywhere=supporter.anywhere,
        supports=tuple(one for one in Support if one in (supporter.supports or ())),
        withheld=len(skills) < len(phrases) or intro != supporter.intro,
    )
