"""A supporter's registration: taking it in, confirming, changing, pausing and ending it, and what searches see of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from .. import audit
from ..accounts.actor import SYSTEM, Actor, Source
from ..database import db
from ..engine.types import Card
from ..errors import Invalid, MatchingError
from ..i18n import fiscal_year, today
from ..profiles import services as profiles
from ..registry import cards
from ..registry import services as registry
from ..registry.models import Basis, Consent, Party, Person, Purpose, Registry
from ..registry.services import Contact, SkillWords
from ..registry.vocabulary import District, Field, Money, Support
from .letters import take_back, tell
from .models import Supporter
from .states import WORKFLOW, SupporterAction, SupporterState

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


def open_registration(party_id: int) -> Supporter | None:
    return db.session.scalar(
        select(Supporter).where(Supporter.party_id == party_id, Supporter.state != SupporterState.ENDED)
    )


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
    """Take a registration in. ``on`` is the day it was given, on paper or by telephone; it waits for confirmation."""
    if existing := open_registration(party.id):
        raise AlreadyRegistered(existing)
    on = on or today(now)
    if on > today(now):
        raise Invalid(_("受け付けた日は、今日までの日付にしてください。"), field="given_on")
    if by.source is Source.WEB and Purpose.MATCHING not in consents:
        raise Invalid(registration_needs_consent(), field="consents")
    _check(party, told, consents)
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
    registry.set_contacts(party, contacts)
    registry.set_consents(party, consents, among=Purpose, by=by, now=now, on=on)
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
    if (name.strip(), (kana or "").strip() or None) != (party.name, party.kana):
        registry.rename(party, name=name, kana=kana)
    party.district_id = district_id
    if isinstance(party, Person):
        party.birth_year = birth_year
    _check(party, told, consents)
    _set_guardian(supporter, guardian_name, guardian_agreed, on=today(now), now=now)
    supporter.note_for_desk = note_for_desk or None
    supporter.updated_at = now  # a change of skills or contacts alone must refuse stale pages, too
    _assign(supporter, told)
    registry.set_contacts(party, contacts)
    registry.set_consents(party, consents, among=Purpose, by=by, now=now, on=today(now))
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


def _end_of_year(now: datetime) -> date:
    return date(fiscal_year(today(now)) + 1, 3, 31)


def turn_the_year(*, renews: bool, now: datetime) -> int:
    """What becomes of registrations whose year is over: they go on by themselves, or, by the city's setting, end."""
    over = select(Supporter).where(
        Supporter.state.in_([SupporterState.ACTIVE, SupporterState.PAUSED]), Supporter.runs_until < today(now)
    )
    supporters = db.session.scalars(over.order_by(Supporter.id)).all()
    for supporter in supporters:
        if renews:
            supporter.runs_until = _end_of_year(now)
            audit.record("supporter:renew", supporter, by=SYSTEM, at=now, fields=["runs_until"])
        else:
            end(supporter, reason=_("登録の期間が終わったため"), by=SYSTEM, now=now)
    return len(supporters)


def confirm(supporter: Supporter, *, confirmed_skills: Collection[int] = (), by: Actor, now: datetime) -> None:
    """A coordinator looked at it; it runs to the end of this fiscal year. ``confirmed_skills``: certificates seen."""
    _move(supporter, SupporterAction.CONFIRM, by=by, now=now)
    supporter.confirmed_at, supporter.confirmed_by_id = now, by.user_id
    supporter.runs_until = _end_of_year(now)
    supporter.returned_note = None
    for skill in registry.skills_of(supporter.party_id, Registry.SUPPORTER):
        skill.confirmed = skill.confirmed or (skill.id in confirmed_skills and skill.qualification is not None)
    refresh(supporter, now=now)
    take_back(supporter, "supporter_submitted")
    tell(supporter, "supporter_confirmed", by=by, now=now)


def return_(supporter: Supporter, *, note: str, by: Actor, now: datetime) -> None:
    """Ask for another writing and say why."""
    if not note.strip():
        raise Invalid(_("直していただきたいところを書いてください。"), field="note")
    _move(supporter, SupporterAction.RETURN, by=by, now=now)
    supporter.returned_note = note.strip()
    refresh(supporter, now=now)
    tell(supporter, "supporter_returned", by=by, now=now, once=False)


def resubmit(supporter: Supporter, *, by: Actor, now: datetime) -> None:
    _move(supporter, SupporterAction.RESUBMIT, by=by, now=now)
    supporter.returned_note = None
    refresh(supporter, now=now)


def pause(supporter: Supporter, *, until: date | None = None, by: Actor, now: datetime) -> None:
    """Not to be asked for a while; without a day, until told otherwise."""
    if until is not None and until < today(now):
        raise Invalid(_("お休みの終わりは、今日からあとの日付にしてください。"), field="until")
    _move(supporter, SupporterAction.PAUSE, by=by, now=now)
    supporter.paused_until = until
    refresh(supporter, now=now)


def resume(supporter: Supporter, *, by: Actor, now: datetime) -> None:
    _move(supporter, SupporterAction.RESUME, by=by, now=now)
    supporter.paused_until = None
    refresh(supporter, now=now)


def resume_rested(*, now: datetime) -> int:
    """Bring back everybody whose last day of pause has passed; how many."""
    rested = select(Supporter).where(Supporter.state == SupporterState.PAUSED, Supporter.paused_until < today(now))
    back = list(db.session.scalars(rested.order_by(Supporter.id).with_for_update()))
    for supporter in back:
        resume(supporter, by=SYSTEM, now=now)
    return len(back)


def end(supporter: Supporter, *, reason: str | None = None, by: Actor, now: datetime) -> None:
    _move(supporter, SupporterAction.END, by=by, now=now)
    supporter.ended_on = today(now)
    supporter.ended_because = (reason or "").strip() or None
    supporter.paused_until = None
    refresh(supporter, now=now)
    tell(supporter, "supporter_ended", by=by, now=now)


def refresh(supporter: Supporter, *, now: datetime) -> None:
    """Let searches find an active registration that stands on consent or another basis; and no other."""
    db.session.flush()
    if supporter.state is SupporterState.ACTIVE and registry.has_basis(supporter.party_id):
        profiles.publish(
            registry=Registry.SUPPORTER.value,
            registration_id=supporter.id,
            party_id=supporter.party_id,
            card=card_of(supporter),
            now=now,
        )
    else:
        profiles.withdraw(registry=Registry.SUPPORTER.value, registration_id=supporter.id, now=now)


def card_of(supporter: Supporter) -> Card:
    return Card(
        key=f"{Registry.SUPPORTER.value}:{supporter.id}",
        kind=cards.card_kind(supporter.party),
        phrases=cards.phrases(supporter.party_id, Registry.SUPPORTER),
        intro=supporter.intro,
        fields=frozenset(field.number for field in supporter.fields),
        districts=cards.districts_served(
            supporter.anywhere, frozenset(district.id for district in supporter.districts)
        ),
        availability=supporter.availability,
        supports=None if supporter.supports is None else frozenset(support.value for support in supporter.supports),
        money=supporter.money.value if supporter.money else None,
        heads=supporter.heads,
    )


def _move(supporter: Supporter, action: SupporterAction, *, by: Actor, now: datetime) -> None:
    """The one place where a registration's state changes."""
    supporter.state = WORKFLOW.after(supporter.state, action)
    audit.record(f"supporter:{action.value}", supporter, by=by, at=now)


def _check(party: Party, told: Told, consents: Collection[Purpose]) -> None:
    if not told.skills:
        raise Invalid(_("できることを1つ以上書いてください。"), field="skills")
    if Purpose.COUNCIL in consents and not isinstance(party, Person):
        raise Invalid(
            _("団体の登録では「%(purpose)s」は選べません。印を外してください。", purpose=_(Purpose.COUNCIL.label)),
            field="consents",
        )


def _set_guardian(supporter: Supporter, name: str | None, agreed: bool, *, on: date, now: datetime) -> None:
    """A minor registers with the consent of a guardian; of others no guardian is kept."""
    party = supporter.party
    if not isinstance(party, Person) or not needs_guardian(party.birth_year, today(now)):
        supporter.guardian_name = supporter.guardian_agreed_on = None
        return
    if not (name or "").strip():
        raise Invalid(_("18歳未満の方は、保護者の氏名を入力してください。"), field="guardian_name")
    if not agreed:
        raise Invalid(
            _("18歳未満の方は、保護者の同意が必要です。保護者と話してから、印を付けてください。"),
            field="guardian_agreed",
        )
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
    registry.set_skills(supporter.party_id, Registry.SUPPORTER, told.skills)


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


@registry.consent_given.connect
@registry.consent_withdrawn.connect
def _consent_changed(consent: Consent, *, now: datetime, **_news: Any) -> None:
    """Without consent to matching, and no other basis, a registration leaves every search at once."""
    if consent.purpose is Purpose.MATCHING and (supporter := open_registration(consent.party_id)):
        refresh(supporter, now=now)


@registry.basis_ended.connect
def _basis_ended(basis: Basis, *, now: datetime, **_news: Any) -> None:
    if supporter := open_registration(basis.party_id):
        refresh(supporter, now=now)
