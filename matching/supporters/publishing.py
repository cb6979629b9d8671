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
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..registry import services as registry
from ..registry.models import Consent, Party, PartyKind, Purpose, Registry, Skill
from ..registry.paging import page_of
from ..registry.services import name_key
from ..registry.vocabulary import District, Field, Support
from .finding import parties_saying, related
from .identity import Identity, identities_of
from .models import Supporter
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
    query = _published()
    if field is not None:
        query = query.where(Supporter.fields.any(Field.number == field))
    if district is not None:
        query = query.where(or_(Supporter.anywhere, Supporter.districts.any(District.id == district)))
    words = words.strip()[:LONGEST]
    if words:
        ids = _answering(query, words, day, as_written=as_written)
        place = {supporter_id: position for position, supporter_id in enumerate(ids)}
        query = query.where(Supporter.id.in_(ids))
        if place:
            query = query.order_by(None).order_by(case(place, value=Supporter.id))
    found: Any = page_of(query, page=page, per_page=per_page)
    found.items = _faces(found.items)
    return found


def how_many() -> int:
    """So many registrations are shown to everybody; one query."""
    return db.session.scalar(select(func.count()).select_from(Supporter).where(is_published())) or 0


def public_entry(key: str) -> PublicSupporter | None:
    """The one of this key, while it is shown."""
    supporter = db.session.scalar(_published().where(Supporter.public_key == key))
    return _faces([supporter])[0] if supporter else None


def face_of(supporter: Supporter) -> PublicSupporter | None:
    """What is shown of this registration at this moment: for its owner and the desk."""
    found = db.session.scalar(_published().where(Supporter.id == supporter.id))
    return _faces([found])[0] if found else None


def _consenting(purpose: Purpose) -> Select[Any]:
    return select(Consent.party_id).where(Consent.purpose == purpose, Consent.withdrawn_at.is_(None))


def _is_named() -> ColumnElement[bool]:
    return Supporter.party_id.in_(_consenting(Purpose.PUBLIC_NAMED))


def is_published() -> ColumnElement[bool]:
    """A condition on ``Supporter``: everybody may read of it."""
    shown = or_(_is_named(), Supporter.party_id.in_(_consenting(Purpose.PUBLIC_ANONYMOUS)))
    return and_(Supporter.state == SupporterState.ACTIVE, shown)


def _published() -> Select[Any]:
    return (
        select(Supporter)
        .join(Supporter.party)
        .where(is_published())
        .options(
            joinedload(Supporter.party).selectinload(Party.contact_points),
            selectinload(Supporter.fields),
            selectinload(Supporter.districts),
        )
        .order_by(Supporter.public_key, Supporter.id)
    )


def _answering(query: Select[Any], words: str, day: date, *, as_written: bool) -> list[int]:
    """Ids that the words find, best first: by what they can do, then by the names that are shown."""
    told = related(words, day=day, most=FOUND, among=select(Supporter.id).where(is_published()), as_written=as_written)
    named = and_(_is_named(), registry.holds_the_name(words)) if name_key(words) else None
    asked = or_(
        Supporter.id.in_(told), Supporter.party_id.in_(parties_saying(words)), *([named] if named is not None else [])
    )
    rows = list(db.session.scalars(query.where(asked).limit(FOUND)))
    place = {supporter_id: position for position, supporter_id in enumerate(told)}
    shown = []
    for row, face in zip(rows, _faces(rows), strict=True):
        if not face.withheld or _holds(face, words):
            shown.append((place.get(row.id, FOUND), row.public_key, row.id))
    return [supporter_id for _place, _key, supporter_id in sorted(shown)]


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
