"""Taking a registration in, and changing what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor, Source
from ...concepts.services import with_concepts
from ...database import db
from ...errors import Invalid, MatchingError
from ...i18n import today
from ...registry import services as registry
from ...registry.models import Party, Person, Purpose, Registry
from ...registry.services import Contact, SkillWords
from ...registry.vocabulary import District, Field, Money, Support
from ..identity import Identity, refusal
from ..letters import tell
from ..models import Supporter
from ..states import SupporterState
from .searching import open_registration, refresh

OF_AGE = 18


class AlreadyRegistered(MatchingError):
    """A party has at most one registration that is not ended."""

    def __init__(self, supporter: Supporter) -> None:
        super().__init__(
            _("協働サポーターの登録が、すでにあります。"),
            advice=_(
                "新しく登録しないで、いまの登録を直してください。直し方が分からないときは、窓口へお知らせください。"
            ),
        )
        self.supporter = supporter


@dataclass(frozen=True)
class Told:
    """What somebody says they can do, where, when and how; None means they did not say."""

    skills: Sequence[SkillWords] = ()
    intro: str = ""
    fields: Collection[int] = ()
    districts: Collection[int] = ()
    anywhere: bool = False
    supports: frozenset[Support] | None = None
    availability: frozenset[int] | None = None
    money: Money | None = None
    heads: int | None = None
    monthly_cap: int | None = None
    yearly_cap: int | None = None
    conditions: str | None = None


def entered(form_key: str) -> Supporter | None:
    """The registration that this opened form brought already."""
    return db.session.scalar(select(Supporter).where(Supporter.form_key == form_key))


def registration_needs_consent() -> str:
    return _(
        "「%(purpose)s」に同意がないと、ご紹介ができません。登録するには、印を付けてください。",
        purpose=_(Purpose.MATCHING.label),
    )


def needs_guardian(birth_year: int | None, on: date) -> bool:
    """Under age in this calendar year, as far as the year of birth tells."""
    return birth_year is not None and on.year - birth_year < OF_AGE


def register(
    party: Party,
    told: Told,
    *,
    consents: Collection[Purpose],
    among: Collection[Purpose] = tuple(Purpose),
    contacts: Iterable[Contact],
    pledged: bool,
    by: Actor,
    now: datetime,
    on: date | None = None,
    guardian_name: str | None = None,
    guardian_agreed: bool = False,
    note_for_desk: str | None = None,
    form_key: str | None = None,
) -> Supporter:
    """Take a registration in. ``on`` is the day it was given, on paper or by telephone; it waits for confirmation.

    Of ``among``, the purposes that were asked about, those not in ``consents`` end.
    """
    if existing := open_registration(party.id):
        raise AlreadyRegistered(existing)
    on = on or today(now)
    if on > today(now):
        raise Invalid(_("受け付けた日は、今日までの日付にしてください。"), field="given_on")
    if by.source is Source.WEB and Purpose.MATCHING not in consents:
        raise Invalid(registration_needs_consent(), field="consents")
    contacts = list(contacts)
    _check(party, told, consents, contacts)
    supporter = Supporter(
        party=party,
        form_key=form_key,
        came_by=by.source,
        registered_on=on,
        pledged_on=on if pledged else None,
        note_for_desk=note_for_desk or None,
    )
    _set_guardian(supporter, guardian_name, guardian_agreed, on=on, now=now)
    db.session.add(supporter)
    _assign(supporter, told)
    registry.edit_contacts(party, contacts, by=by, now=now)
    registry.set_consents(party, consents, among=among, by=by, now=now, on=on)
    audit.record("supporter:submit", supporter, by=by, at=now)
    tell(supporter, "supporter_submitted", by=by, now=now)
    return supporter


def edit(
    supporter: Supporter,
    told: Told,
    *,
    name: str,
    kana: str | None,
    district_id: int | None,
    birth_year: int | None = None,
    consents: Collection[Purpose],
    among: Collection[Purpose] = tuple(Purpose),
    contacts: Iterable[Contact],
    guardian_name: str | None = None,
    guardian_agreed: bool = False,
    note_for_desk: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """Change what a registration says; its state stays, and searches see the change at once."""
    refuse_ended(supporter)
    party = supporter.party
    before = _facts(supporter)
    contacts = list(contacts)
    facts = {"name": name, "kana": kana, "district_id": district_id}
    if isinstance(party, Person):
        facts["birth_year"] = birth_year
    registry.edit_facts(party, contacts, by=by, now=now, **facts)
    _check(party, told, consents, contacts)
    _set_guardian(supporter, guardian_name, guardian_agreed, on=today(now), now=now)
    supporter.note_for_desk = note_for_desk or None
    supporter.updated_at = now  # a change of skills or contacts alone must refuse stale pages, too
    _assign(supporter, told)
    registry.set_consents(party, consents, among=among, by=by, now=now, on=today(now))
    db.session.flush()
    after = _facts(supporter)
    changed = [field for field in before if before[field] != after[field]]
    audit.record("supporter:edit", supporter, by=by, at=now, fields=changed)
    refresh(supporter, now=now)


def refuse_ended(supporter: Supporter) -> None:
    if supporter.state is SupporterState.ENDED:
        raise MatchingError(
            _("この登録は終わっているため、直せません。"), advice=_("続けるときは、新しく登録してください。")
        )


def _check(party: Party, told: Told, consents: Collection[Purpose], contacts: Collection[Contact]) -> None:
    if not told.skills:
        raise Invalid(_("できることを1つ以上書いてください。"), field="skills")
    if Purpose.COUNCIL in consents and not isinstance(party, Person):
        raise Invalid(
            _("団体の登録では「%(purpose)s」は選べません。印を外してください。", purpose=_(Purpose.COUNCIL.label)),
            field="consents",
        )
    _refuse_telling(party, told, consents, contacts)


def _refuse_telling(party: Party, told: Told, consents: Collection[Purpose], contacts: Collection[Contact]) -> None:
    """What everybody will read tells no contact point and, without a name, not who it is."""
    registry.refuse_telling_elsewhere(party, consents, contacts, than=Registry.SUPPORTER)
    named = Purpose.PUBLIC_NAMED in consents
    if not named and Purpose.PUBLIC_ANONYMOUS not in consents:
        return
    who = Identity.of(party, contacts)
    for field, texts in (("intro", [told.intro]), ("skills", [skill.phrase for skill in told.skills])):
        if message := refusal(texts, who, named=named):
            raise Invalid(message, field=field)


def guardian_missing(birth_year: int | None, name: str | None, agreed: bool, *, on: date) -> tuple[str, str] | None:
    """The field that a minor's registration still needs, and why."""
    if not needs_guardian(birth_year, on):
        return None
    if not (name or "").strip():
        return "guardian_name", _("18歳未満の方は、保護者の氏名を入力してください。")
    if not agreed:
        told = _("18歳未満の方は、保護者の同意が必要です。保護者と話してから、印を付けてください。")
        return "guardian_agreed", told
    return None


def _set_guardian(supporter: Supporter, name: str | None, agreed: bool, *, on: date, now: datetime) -> None:
    """A minor registers with the consent of a guardian; of others no guardian is kept."""
    party = supporter.party
    if not isinstance(party, Person) or not needs_guardian(party.birth_year, today(now)):
        supporter.guardian_name = supporter.guardian_agreed_on = None
        return
    if missing := guardian_missing(party.birth_year, name, agreed, on=today(now)):
        field, message = missing
        raise Invalid(message, field=field)
    supporter.guardian_name = str(name).strip()
    supporter.guardian_agreed_on = supporter.guardian_agreed_on or on


def _assign(supporter: Supporter, told: Told) -> None:
    supporter.intro = told.intro
    supporter.supports = told.supports
    supporter.availability = told.availability
    supporter.anywhere = told.anywhere
    supporter.money = told.money
    supporter.heads = told.heads
    supporter.monthly_cap, supporter.yearly_cap = told.monthly_cap, told.yearly_cap
    supporter.conditions = told.conditions or None
    supporter.fields = list(db.session.scalars(select(Field).where(Field.number.in_(told.fields))))
    chosen = () if told.anywhere else told.districts
    supporter.districts = list(db.session.scalars(select(District).where(District.id.in_(chosen))))
    db.session.flush()
    registry.set_skills(supporter.party_id, Registry.SUPPORTER, with_concepts(told.skills))


def _facts(supporter: Supporter) -> dict[str, Any]:
    """What an edit can change, under the names that the audit log uses."""
    party = supporter.party
    names = (
        "intro", "supports", "availability", "anywhere", "money", "heads", "monthly_cap", "yearly_cap", "conditions",
        "guardian_name", "note_for_desk",
    )  # fmt: skip
    return {
        **{name: getattr(supporter, name) for name in names},
        "name": party.name,
        "kana": party.kana,
        "district": party.district_id,
        "birth_year": party.birth_year if isinstance(party, Person) else None,
        "fields": {field.number for field in supporter.fields},
        "districts": {district.id for district in supporter.districts},
        "skills": [
            (skill.phrase, skill.level, skill.qualification)
            for skill in registry.skills_of(party.id, Registry.SUPPORTER)
        ],
        "contacts": {(point.kind, point.value, point.may_share, point.hours) for point in party.contact_points},
        "consents": set(registry.active_consents(party.id)),
    }
