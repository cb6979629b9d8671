"""The public face of a registration: what its party lets everybody read, with or without their name, and nothing else.

For the directory: ``public_entries(day=…, words=…, field=…, district=…, page=…, per_page=…)`` answers a Pagination (for
the macro ``pagination``) whose ``items`` are ``PublicSupporter``; ``public_entry(key)`` answers one of them or None.
Consent is joined when read: withdrawn, it shows nothing from that moment on. Without a name nothing is shown that tells
whose entry it is, and the order, by the random key, tells nothing either. A search finds what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..database import db
from ..engine.text import fold
from ..registry import services as registry
from ..registry.models import Consent, ContactKind, Party, PartyKind, Person, Purpose, Registry, Skill
from ..registry.services import kana_key, name_key
from ..registry.vocabulary import District, Field, Support
from .finding import parties_saying, related
from .models import Supporter
from .states import SupporterState

LONGEST = 60  # what is read of the words
FOUND = 200  # entries that words find at most
SHORTEST_READING = 3  # はな is in too many words to be taken for a name

PLACES = "市県町村区駅川山島湖池大小中高"  # 山口県 is not the family of that name
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
TELEPHONE = re.compile(r"(?<!\d)\+?\d[\d\-()\s]{7,16}\d(?!\d)")
LEGAL_FORMS = re.compile(
    r"npo法人|(特定非営利活動|[一公]般?益?(社団|財団)|社会福祉|医療|学校)法人|(株式|有限|合同)会社|\((株|有)\)"
)


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
        ids = _answering(query, words, day)
        place = {supporter_id: position for position, supporter_id in enumerate(ids)}
        query = query.where(Supporter.id.in_(ids))
        if place:
            query = query.order_by(None).order_by(case(place, value=Supporter.id))
    found: Any = db.paginate(query, page=page, per_page=per_page)
    found.items = _faces(found.items)
    return found


def how_many() -> int:
    """So many registrations are shown to everybody; one query."""
    return db.session.scalar(select(func.count()).select_from(Supporter).where(is_published())) or 0


def public_entry(key: str) -> PublicSupporter | None:
    """The one of this key, while it is shown."""
    supporter = db.session.scalar(_published().where(Supporter.public_key == key[:16]))
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


def _answering(query: Select[Any], words: str, day: date) -> list[int]:
    """Ids that the words find, best first: by what they can do, then by the names that are shown."""
    told = related(words, day=day, most=FOUND, among=select(Supporter.id).where(is_published()))
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
    return [_face(one, phrases.get(one.party_id, []), named=one.party_id in named) for one in supporters]


def _face(supporter: Supporter, phrases: Sequence[str], *, named: bool) -> PublicSupporter:
    party = supporter.party
    who = Identity.of(party)
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


@dataclass(frozen=True)
class Identity:
    """What must not be told of somebody who shows no name, and, of contact points, of nobody."""

    name: str
    kana: str | None
    is_person: bool
    contacts: tuple[tuple[ContactKind, str], ...] = ()

    @classmethod
    def of(cls, party: Party) -> Identity:
        contacts = tuple((point.kind, point.value) for point in party.contact_points)
        return cls(party.name, party.kana, isinstance(party, Person), contacts)

    def told_by(self, text: str, *, named: bool) -> list[str]:
        """What of it stands in the text, in words; empty: nothing. ``named``: the name may be told."""
        if not text:
            return []
        found = [] if named else self._names_in(text)
        folded = fold(text)
        if any(9 <= len(re.sub(r"\D", "", match)) <= 13 for match in TELEPHONE.findall(folded)):
            found.append(_("電話番号"))
        if MAIL.search(folded):
            found.append(_("メールアドレス"))
        key = name_key(text)
        addresses = (value for kind, value in self.contacts if kind is ContactKind.ADDRESS)
        if any(name_key(address) in key for address in addresses if name_key(address)):
            found.append(_("住所"))
        return found

    def _names_in(self, text: str) -> list[str]:
        key, read = name_key(text), kana_key(text)
        label = _("氏名") if self.is_person else _("団体名")
        name = name_key(self.name if self.is_person else LEGAL_FORMS.sub("", fold(self.name)))
        parts = self.name.split() if self.is_person else ()
        if (name and name in key) or any(_stands_in(name_key(part), key) for part in parts):
            return [label]
        kana = kana_key(self.kana or "")
        readings = [kana_key(part) for part in (self.kana or "").split()] if self.is_person else []
        if (len(kana) >= SHORTEST_READING and kana in read) or any(_is_read_in(one, read) for one in readings):
            return [_("ふりがな")]
        return []


def _stands_in(part: str, key: str) -> bool:
    """A family or given name of two letters or more, unless it is a part of a place's name."""
    return len(part) > 1 and re.search(rf"{re.escape(part)}(?![{PLACES}])", key) is not None


def _is_read_in(reading: str, key: str) -> bool:
    """A name written in kana, at the beginning of a run of them."""
    return len(reading) >= SHORTEST_READING and re.search(rf"(?<![ぁ-ゖー]){re.escape(reading)}", key) is not None


def refusal(texts: Iterable[str], who: Identity, *, named: bool) -> str | None:
    """Why these texts cannot be published as they are; None where they can."""
    found = list(dict.fromkeys(one for text in texts for one in who.told_by(text, named=named)))
    if not found:
        return None
    what = _("・").join(found)
    if named:
        return _("公開する文章に、%(what)sが書かれています。消してから、もう一度送ってください。", what=what)
    return _(
        "名前を出さずに公開する文章に、%(what)sが書かれています。消すか、公開の同意を選び直してください。", what=what
    )
