"""What must not be told of somebody who shows no name; and of contact points, of nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import select

from ..database import db
from ..engine.text import fold
from ..registry import services as registry
from ..registry.models import ContactPoint, Organization, Party, Person, Representation, RepresentationState
from ..registry.services import Contact, kana_key, name_key

SHORTEST_READING = 3  # はな is in too many words to be taken for a name
PLACES = "市県町村区駅川山島湖池大小中高"  # 山口県 is not the family of that name
LEGAL_FORMS = re.compile(
    r"npo法人|(特定非営利活動|[一公]般?益?(社団|財団)|社会福祉|医療|学校)法人|(株式|有限|合同)会社|\((株|有)\)"
)
BODY = re.compile(
    "大学|短大|高専|高校|学校|学園|学院|幼稚園|保育園|こども園|病院|医院|診療所|クリニック|薬局|会社|商店|工務店|書店"
    "|銀行|金庫|農協|漁協|生協|組合|会議所|協会|協議会|連盟|連合会|財団|法人|研究所|研究会|事務所|センター|役所|役場"
    "|図書館|公民館|博物館|美術館|会館|神社|寺|教会|新聞|放送|自治会|町内会|保存会|愛好会|クラブ|の会|消防団"
)
ANY_OF_THEM = re.compile(r"(?:小|中|高等|専門|特別支援|盲|ろう|[市県国私公]立|総合|民間|[一公]般?益?社団)+\Z")
TITLE = re.compile(r"(?:社員|職員|役員|会員|代表|取締役|理事|[会社所部課店]?長|顧問)+\Z")
ACTING = (RepresentationState.CLAIMED, RepresentationState.APPROVED)


@dataclass(frozen=True)
class Identity:
    """By what somebody would be known: names, where they belong, for whom they act, how they are reached."""

    name: str
    kana: str | None
    is_person: bool
    points: Collection[Contact | ContactPoint] = ()
    affiliation: str | None = None
    acts_for: Collection[str] = field(default_factory=list)

    @classmethod
    def of(cls, party: Party, points: Collection[Contact] | None = None) -> Identity:
        """``points`` are those that the party is about to have."""
        return identities_of([party], points)[party.id]

    def told_by(self, text: str, *, named: bool) -> list[str]:
        """What of it stands in the text, in words; empty: nothing. ``named``: the name may be told."""
        if not text:
            return []
        told = [] if named else [*self._names_in(text), *self._bodies_in(text)]
        return told + registry.contact_data_in(text, self.points)

    def _names_in(self, text: str) -> list[str]:
        key, read = name_key(text), kana_key(text)
        label = _("氏名") if self.is_person else _("団体名")
        name = name_key(self.name) if self.is_person else _bare(self.name)
        parts = self.name.split() if self.is_person else ()
        if (name and name in key) or any(_stands_in(name_key(part), key) for part in parts):
            return [label]
        kana = kana_key(self.kana or "")
        readings = [kana_key(part) for part in (self.kana or "").split()] if self.is_person else []
        if (len(kana) >= SHORTEST_READING and kana in read) or any(_is_read_in(one, read) for one in readings):
            return [_("ふりがな")]
        return []

    def _bodies_in(self, text: str) -> list[str]:
        key = name_key(text)
        told = [_("所属")] if any(name_key(body) in key for body in _bodies_of(self.affiliation or "")) else []
        acts = any(name in key for one in self.acts_for if len(name := _bare(one)) > 1)
        return [*told, _("担当している団体")] if acts else told


def identities_of(parties: Collection[Party], points: Collection[Contact] | None = None) -> dict[int, Identity]:
    """By the party's id; two queries, besides the contact points."""
    ids = [party.id for party in parties]
    people = db.session.execute(select(Person.id, Person.affiliation).where(Person.id.in_(ids)))
    affiliations = {person_id: affiliation for person_id, affiliation in people}
    acts_for: dict[int, list[str]] = {}
    acting = select(Representation.person_id, Organization.name).join(Representation.organization)
    open_ones = acting.where(Representation.person_id.in_(ids), Representation.state.in_(ACTING))
    for person_id, name in db.session.execute(open_ones):
        acts_for.setdefault(person_id, []).append(name)
    return {
        party.id: Identity(
            name=party.name,
            kana=party.kana,
            is_person=isinstance(party, Person),
            points=party.contact_points if points is None else points,
            affiliation=affiliations.get(party.id),
            acts_for=acts_for.get(party.id, []),
        )
        for party in parties
    }


def _bare(name: str) -> str:
    """An organization's name as it is compared, without its legal form."""
    return name_key(LEGAL_FORMS.sub("", fold(name)))


def _bodies_of(affiliation: str) -> Iterator[str]:
    """The bodies that an affiliation names: 山口大学 of 山口大学教授; none of 元小学校教員, nor of 管理栄養士."""
    for part in re.split(r"[\s、，,。/;・]+", fold(affiliation)):
        bare = LEGAL_FORMS.sub("", part)
        for told in (bare, re.sub(r"\A[元前現]", "", bare)):
            ends = (word.end() for word in BODY.finditer(told) if len(ANY_OF_THEM.sub("", told[: word.start()])) > 1)
            if end := next(ends, None):
                yield told[:end]
        if bare != part and len(body := TITLE.sub("", bare)) > 1:
            yield body


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
