"""The public face of a group: what its organization lets everybody read under its name, and nothing else.

For the directory: ``public_entries(day=…, words=…, field=…, district=…, page=…, per_page=…)`` answers a Pagination (for
the macro ``pagination``) whose ``items`` are ``PublicGroup``; ``public_entry(key)`` answers one of them or None.
A group without its name would be known by its number and its words, so there is no anonymous entry: PUBLIC_NAMED shows
it, joined when read, and nothing else does. Contact points are never shown, whatever ``may_share`` says: that consent
is about the other side after a decision. Whoever wants to reach a group asks the desk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import selectinload

from ..database import db
from ..registry import services as registry
from ..registry.models import Consent, ContactPoint, Organization, Party, Purpose, Registry, Skill
from ..registry.paging import Sifted, counted, in_parts, page_of_ids
from ..registry.services import Contact, name_key
from ..registry.sifting import Sieve, sift, size
from ..registry.vocabulary import District, Field, OrganizationKind, Support
from .finding import numbered, parties_saying, related
from .models import Group
from .sieves import BY_ORGANIZATION, ORDER, sieves_of
from .states import GroupState

LONGEST = 60  # what is read of the words
FOUND = 200  # entries that words find at most


@dataclass(frozen=True)
class PublicGroup:
    """A group as everybody may read it."""

    key: str  # random; tells neither the organization nor how many there are
    name: str
    kana: str | None
    kind: OrganizationKind
    number: str
    skills: tuple[str, ...]
    intro: str
    fields: tuple[Field, ...]
    districts: tuple[District, ...]  # empty with ``anywhere``
    anywhere: bool
    supports: tuple[Support, ...]
    members: int | None
    since: date
    withheld: bool = False  # something that stands in the registration is not shown: it tells a contact point


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
    """One page of the directory, by kana; with ``words`` the best first. The number of queries stays the same."""
    sieves = [_PUBLISHED, *sieves_of(field, district)]
    words = words.strip()[:LONGEST]
    sifted = _answering(sieves, words, day, as_written=as_written) if words else sift(ORDER, sieves)
    found: Any = page_of_ids(sifted, Group, page=page, per_page=per_page, options=_LOADED)
    found.items = _faces(found.items)
    return found


def public_entry(key: str) -> PublicGroup | None:
    """The one of this key, while it is shown."""
    group = db.session.scalar(_published().where(Group.public_key == key))
    return _faces([group])[0] if group else None


def face_of(group: Group) -> PublicGroup | None:
    """What is shown of this group at this moment: for those who act for it, and for the desk."""
    found = db.session.scalar(_published().where(Group.id == group.id))
    return _faces([found])[0] if found else None


def how_many() -> int:
    """So many groups are shown to everybody; one query."""
    return counted(db.session.scalar(select(size(_PUBLISHED.ids))) or 0)


def is_published() -> ColumnElement[bool]:
    """A condition on ``Group``: everybody may read of it."""
    shown = _consenting().where(Consent.party_id == Group.organization_id).exists()
    return and_(Group.state == GroupState.ACTIVE, shown)


def _consenting() -> Select[Any]:
    return select(Consent.party_id).where(Consent.purpose == Purpose.PUBLIC_NAMED, Consent.withdrawn_at.is_(None))


_LOADED = (
    selectinload(Group.organization).selectinload(Organization.contact_points),
    selectinload(Group.fields),
    selectinload(Group.districts),
)
_PUBLISHED = Sieve(
    select(Group.id)
    .join(Consent, Consent.party_id == Group.organization_id)
    .where(Consent.purpose == Purpose.PUBLIC_NAMED, Consent.withdrawn_at.is_(None), Group.state == GroupState.ACTIVE)
    .with_hint(Consent, "INDEXED BY ix_consent_purpose", "sqlite")
    .with_hint(Group, BY_ORGANIZATION, "sqlite"),
    is_published(),
)


def _published() -> Select[Any]:
    return select(Group).where(is_published()).options(*_LOADED)


def _answering(sieves: Sequence[Sieve], words: str, day: date, *, as_written: bool) -> Sifted:
    """Those whom the words find, best first: by the name, then by what the group can do."""
    met = [one.met for one in sieves]
    skilled = related(words, day=day, most=FOUND, among=select(Group.id).where(*met), as_written=as_written)
    registered = select(Group.id).where(Group.organization_id == Party.id, *met).exists()
    alike = registry.parties_like(words, admits=registered).ids
    named = registry.parties_named(words, admits=registered, limit=FOUND)
    saying = parties_saying(
        words, admits=lambda party_id: _consenting().where(Consent.party_id == party_id).exists(), active=True
    )
    parties = [*alike, *named.ids, *saying.ids]
    others = select(Group.id).where(*met)
    of_parties = others.where(Group.organization_id.in_(parties)).with_hint(Group, BY_ORGANIZATION, "sqlite")
    of_number = others.where(numbered(words))
    ids = list(dict.fromkeys([*db.session.scalars(of_number), *db.session.scalars(of_parties), *skilled]))
    rows = list(in_parts(ids[:FOUND], Group, options=_LOADED))
    places = {group_id: position for position, group_id in enumerate(skilled, FOUND)}
    of_names = {party_id: position for position, party_id in enumerate(alike)}
    found = []
    for row, face in zip(rows, _faces(rows), strict=True):
        if row.organization_id in of_names or not face.withheld or _holds(face, words):
            place = of_names.get(row.organization_id, places.get(row.id, 2 * FOUND))
            found.append((place, row.organization.kana_key, row.id))
    more = named.more or saying.more or len(ids) > FOUND
    return Sifted([group_id for _place, _kana, group_id in sorted(found)], more)


def _holds(face: PublicGroup, words: str) -> bool:
    """Whether what is shown has the words: what is withheld must not be found."""
    return name_key(words) in name_key(" ".join([face.name, face.kana or "", face.number, *face.skills, face.intro]))


def _faces(groups: Sequence[Group]) -> list[PublicGroup]:
    phrases: dict[int, list[str]] = {}
    rows = select(Skill.party_id, Skill.phrase).where(
        Skill.party_id.in_([group.organization_id for group in groups]), Skill.of_registry == Registry.GROUP
    )
    for party_id, phrase in db.session.execute(rows.order_by(Skill.party_id, Skill.position)):
        phrases.setdefault(party_id, []).append(phrase)
    return [_face(group, phrases.get(group.organization_id, [])) for group in groups]


def _face(group: Group, phrases: Sequence[str]) -> PublicGroup:
    organization = group.organization
    points = organization.contact_points
    skills = tuple(phrase for phrase in phrases if not registry.contact_data_in(phrase, points))
    intro = "" if registry.contact_data_in(group.intro, points) else group.intro
    return PublicGroup(
        key=group.public_key,
        name=organization.name,
        kana=organization.kana,
        kind=organization.organization_kind,
        number=group.number,
        skills=skills,
        intro=intro,
        fields=tuple(group.fields),
        districts=tuple(group.districts),
        anywhere=group.anywhere,
        supports=tuple(one for one in Support if one in (group.supports or ())),
        members=group.members,
        since=group.registered_on,
        withheld=len(skills) < len(phrases) or intro != group.intro,
    )


def refusal(texts: Iterable[str], points: Collection[Contact | ContactPoint]) -> str | None:
    """Why these texts cannot be published as they are; None where they can."""
    found = list(dict.fromkeys(one for text in texts for one in registry.contact_data_in(text, points)))
    if not found:
        return None
    return _("公開する文章に、%(what)sが書かれています。消してから、もう一度送ってください。", what=_("・").join(found))
