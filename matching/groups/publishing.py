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
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..engine.text import fold
from ..registry import services as registry
from ..registry.models import Consent, ContactPoint, Organization, Party, Purpose, Registry, Skill
from ..registry.paging import page_of
from ..registry.services import Contact, name_key
from ..registry.vocabulary import District, Field, OrganizationKind, Support
from .finding import parties_saying, related
from .models import Group
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
    query = _published()
    if field is not None:
        query = query.where(Group.fields.any(Field.number == field))
    if district is not None:
        query = query.where(or_(Group.anywhere, Group.districts.any(District.id == district)))
    words = words.strip()[:LONGEST]
    if words:
        ids = _answering(query, words, day, as_written=as_written)
        query = query.where(Group.id.in_(ids))
        if ids:
            place = {group_id: position for position, group_id in enumerate(ids)}
            query = query.order_by(None).order_by(case(place, value=Group.id))
    found: Any = page_of(query, page=page, per_page=per_page)
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
    return db.session.scalar(select(func.count()).select_from(Group).where(is_published())) or 0


def is_published() -> ColumnElement[bool]:
    """A condition on ``Group``: everybody may read of it."""
    consenting = select(Consent.party_id).where(Consent.purpose == Purpose.PUBLIC_NAMED, Consent.withdrawn_at.is_(None))
    return and_(Group.state == GroupState.ACTIVE, Group.organization_id.in_(consenting))


def _published() -> Select[Any]:
    return (
        select(Group)
        .join(Group.organization)
        .where(is_published())
        .options(
            joinedload(Group.organization).selectinload(Organization.contact_points),
            selectinload(Group.fields),
            selectinload(Group.districts),
        )
        .order_by(Party.kana_key, Party.name_key, Group.id)
    )


def _answering(query: Select[Any], words: str, day: date, *, as_written: bool) -> list[int]:
    """Ids that the words find, best first: by the name, then by what the group can do."""
    skilled = related(words, day=day, most=FOUND, among=select(Group.id).where(is_published()), as_written=as_written)
    registered = Party.id.in_(select(Group.organization_id).where(is_published()))
    alike = registry.parties_like(words, admits=registered)
    named = registry.holds_the_name(words) if name_key(words) else false()
    asked = or_(
        named,
        Group.number == fold(words),
        Group.organization_id.in_(alike),
        Group.organization_id.in_(parties_saying(words)),
        Group.id.in_(skilled),
    )
    rows = list(db.session.scalars(query.where(asked).limit(FOUND)))
    places = {group_id: position for position, group_id in enumerate(skilled, FOUND)}
    of_names = {party_id: position for position, party_id in enumerate(alike)}
    found = []
    for row, face in zip(rows, _faces(rows), strict=True):
        if row.organization_id in of_names or not face.withheld or _holds(face, words):
            place = of_names.get(row.organization_id, places.get(row.id, 2 * FOUND))
            found.append((place, row.organization.kana_key or "", row.id))
    return [group_id for _place, _kana, group_id in sorted(found)]


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
