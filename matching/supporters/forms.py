"""The forms of a supporter's registration, and of what may happen with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, SelectField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..accounts.actor import Source
from ..i18n import today
from ..registry.forms import (
    ContactFields,
    Day,
    Form,
    MultiCheckboxField,
    Rows,
    WholeNumber,
    form_key,
    name_of,
    one_of,
    reference,
    references,
    required,
    some_of,
    versioned,
    week_slots,
    words,
)
from ..registry.models import Person, Purpose, Registry, Representation, Skill
from ..registry.services import MAX_SKILLS, SkillWords, active_consents, skills_of
from ..registry.vocabulary import Level, Money, OrganizationKind, Support
from .models import Supporter
from .services import Told, registration_needs_consent

TOLD_BY = (Source.PAPER, Source.TELEPHONE)
LONGEST_INTRO = 2000
SKILLS_AT_FIRST = 3  # rows that the page shows open


class SkillRow(PlainForm):
    phrase = words(_l("できること"), longest=100)
    level = one_of(_l("どのくらいできますか"), Level, blank=_l("選ばない"))
    qualification = words(_l("資格・免許"), longest=60)

    def validate(self, *args: Any, **kw: Any) -> bool:
        valid = bool(super().validate(*args, **kw))
        if not self.phrase.data and (self.level.data or self.qualification.data):
            self.phrase.errors = [_("できることも書いてください。")]
            valid = False
        return valid

    @property
    def is_detailed(self) -> bool:
        return bool(self.level.data or self.qualification.data or self.level.errors or self.qualification.errors)


class Registration(Form):
    """A form with checks that look at several fields; each names a field and what is missing there."""

    checks: tuple[Callable[[Any], Iterator[tuple[str, str]]], ...] = ()

    def validate(self, *args: Any, **kw: Any) -> bool:
        valid = bool(super().validate(*args, **kw))
        for name, message in (found for check in self.checks for found in check(self)):
            if not self[name].errors:
                self[name].errors = [message]
                valid = False
        return valid


def unreachable(form: Any) -> Iterator[tuple[str, str]]:
    if not form.telephone.data and not form.mail.data:
        yield "telephone", _("電話番号かメールアドレスの、どちらかを入力してください。")


def without_skills(form: Any) -> Iterator[tuple[str, str]]:
    if not any(row.form.phrase.data for row in form.skills):
        yield "skills", _("できることを1つ以上書いてください。")


def without_consent(form: Any) -> Iterator[tuple[str, str]]:
    """Said together with the other mistakes; the service refuses it too."""
    if Purpose.MATCHING not in (form.consents.data or ()):
        yield "consents", registration_needs_consent()


def nameless_organization(form: Any) -> Iterator[tuple[str, str]]:
    if form.existing is None and not form.organization_name.data:
        yield "organization_name", _("団体名を入力してください。")
    if form.existing is None and form.organization_kind.data is None:
        yield "organization_kind", _("団体の種類を選んでください。")


# Mixins stand in the order of the page: the list of mistakes follows it.


class PersonFields:
    """Mixin: who somebody is."""

    name = name_of(_l("氏名"), ask=_l("氏名を入力してください。"), render_kw={"autocomplete": "name"})
    kana = words(_l("氏名（ふりがな）"), longest=80, ask=_l("ふりがなを入力してください。"))
    birth_year = WholeNumber(
        _l("生まれた年（西暦）"),
        least=1900,
        most=2100,
        description=_l("18歳未満の方は、必ず入力してください。例：昭和35年は1960年です。"),
    )
    guardian_name = name_of(_l("保護者の氏名"))
    guardian_agreed = BooleanField(_l("保護者が登録に同意しています"))
    district = reference(_l("お住まいの地域"))

    def validate_birth_year(self, field: Any) -> None:
        if field.data is not None and field.data > today(datetime.now(UTC)).year:
            raise ValidationError(_("生まれた年は、今年までの西暦で入力してください。"))


class OrganizationFields:
    """Mixin: an organization, and the person who speaks for it."""

    organization = SelectField(
        _l("登録する団体"), coerce=lambda value: int(value) if str(value).isdecimal() else None, validate_choice=False
    )
    organization_name = name_of(_l("団体名"), longest=120)
    organization_kana = words(_l("団体名（ふりがな）"), longest=120)
    organization_kind = one_of(_l("団体の種類"), OrganizationKind)
    district = reference(_l("主な活動の地域"))
    name = name_of(_l("担当者の氏名"), ask=_l("担当者の氏名を入力してください。"), render_kw={"autocomplete": "name"})
    kana = words(_l("担当者の氏名（ふりがな）"), longest=80, ask=_l("担当者のふりがなを入力してください。"))
    title = words(_l("担当者の役職"), longest=60, description=_l("例：会長、事務局"))

    def offer_organizations(self, representations: list[Representation]) -> None:
        """Organizations that the user already acts for; without any, the question is left out."""
        form: Any = self
        if representations:
            form.organization.choices = [SelectChoice("", _("新しい団体（下に書く）"))] + [
                SelectChoice(str(one.organization_id), one.organization.name) for one in representations
            ]
        else:
            del form.organization

    @property
    def existing(self) -> int | None:
        form: Any = self
        chosen = form.organization.data if "organization" in form else None
        offered = {choice.value for choice in form.organization.choices} if chosen else set()
        return chosen if str(chosen) in offered else None


class ContentFields:
    """Mixin: what somebody can do, where, when and how."""

    skills = Rows(
        FormField(SkillRow),
        _l("できること"),
        min_entries=MAX_SKILLS,
        max_entries=MAX_SKILLS,
        description=_l(
            "1つの欄に1つずつ、ふだんの言葉で書いてください。例：庭木の剪定、スマートフォンの使い方を教える、紙芝居"
        ),
    )
    intro = words(
        _l("自己紹介・これまでの経験"),
        longest=LONGEST_INTRO,
        rows=5,
        description=_l("どこで、だれに、何をしてきたかを書くと、合う依頼を見つけやすくなります。"),
    )
    supports = some_of(_l("どんな手伝いができますか"), Support)
    fields = references(
        _l("活動の分野"), description=_l("当てはまるものを選んでください。分からないときは、選ばなくて大丈夫です。")
    )
    anywhere = BooleanField(_l("市内どこでも行ける"))
    districts = references(
        _l("行ける地域"), description=_l("「市内どこでも行ける」に印を付けたときは、選ばなくて大丈夫です。")
    )
    availability = week_slots(
        _l("都合のよい曜日と時間帯"), description=_l("まだ分からないときは、何も選ばなくて大丈夫です。")
    )
    money = one_of(
        _l("謝礼・費用"), Money, blank=_l("決めていない"), description=_l("実費は、交通費や材料費のことです。")
    )
    heads = WholeNumber(
        _l("一度に行ける人数"), least=1, most=200, description=_l("グループで行けるときに入力してください。")
    )
    monthly_cap = WholeNumber(_l("1か月に引き受ける回数の上限"), least=1, most=31)
    yearly_cap = WholeNumber(_l("1年に引き受ける回数の上限"), least=1, most=366)
    conditions = words(
        _l("お願いしたいこと・条件"),
        longest=300,
        rows=3,
        description=_l("例：車がないので送り迎えがほしい、階段の多い会場は難しい"),
    )
    consents = some_of(_l("同意すること"), Purpose, description=_l("1つずつ選べます。あとから取り消すこともできます。"))

    def told(self) -> Told:
        form: Any = self
        seen: dict[str, SkillWords] = {}
        for row in form.skills:
            if row.form.phrase.data:
                level = int(row.form.level.data.value) if row.form.level.data else None
                skill = SkillWords(row.form.phrase.data, level, row.form.qualification.data or None)
                seen.setdefault(skill.phrase, skill)
        return Told(
            skills=tuple(seen.values()),
            intro=form.intro.data or "",
            fields=form.fields.data,
            districts=form.districts.data,
            anywhere=form.anywhere.data,
            supports=frozenset(form.supports.data) or None,
            availability=frozenset(form.availability.data) or None,
            money=form.money.data,
            heads=form.heads.data,
            monthly_cap=form.monthly_cap.data,
            yearly_cap=form.yearly_cap.data,
            conditions=form.conditions.data,
        )


def contents_of(supporter: Supporter) -> dict[str, Any]:
    """A registration as the form's values."""
    party = supporter.party
    return {
        "name": party.name,
        "kana": party.kana,
        "district": party.district_id,
        "birth_year": party.birth_year if isinstance(party, Person) else None,
        "guardian_name": supporter.guardian_name,
        "guardian_agreed": supporter.guardian_agreed_on is not None,
        "skills": [_skill_row(skill) for skill in skills_of(party.id, Registry.SUPPORTER)],
        "fields": [field.number for field in supporter.fields],
        "districts": [district.id for district in supporter.districts],
        "supports": supporter.supports or (),
        "availability": supporter.availability or (),
        "consents": list(active_consents(party.id)),
        **{
            name: getattr(supporter, name)
            for name in (
                "intro", "anywhere", "money", "heads", "monthly_cap", "yearly_cap", "conditions", "note_for_desk", "version",
            )
        },
    }  # fmt: skip


def _skill_row(skill: Skill) -> dict[str, Any]:
    return {
        "phrase": skill.phrase,
        "level": Level(str(skill.level)) if skill.level else None,
        "qualification": skill.qualification,
    }


class Pledge:
    """Mixin: the pledge that the city asks of everybody."""

    pledge = BooleanField(
        _l(
            "次のことを約束します。暴力団員や暴力団と関わりのある者ではありません。政治・宗教・営利を目的とした活動はしません。"
        ),
        validators=[required(_l("登録には、この約束が必要です。内容を確かめて、印を付けてください。"))],
    )


class RegisterPerson(PersonFields, ContactFields, ContentFields, Pledge, Registration):
    checks = (unreachable, without_skills, without_consent)


class RegisterOrganization(OrganizationFields, ContactFields, ContentFields, Pledge, Registration):
    checks = (unreachable, nameless_organization, without_skills, without_consent)


class DeskFields:
    """Mixin: what a coordinator adds when passing on what somebody said."""

    form_key = form_key()
    source = one_of(_l("受け付けた方法"), TOLD_BY, ask=_l("受け付けた方法を選んでください。"))
    given_on = Day(_l("受け付けた日"), ask=_l("受け付けた日を入力してください。"))
    pledge = BooleanField(_l("誓約をもらった（暴力団と関わりがない。政治・宗教・営利を目的としない）"))
    note_for_desk = words(_l("窓口のメモ"), longest=1000, rows=3, description=_l("窓口の職員だけが見ます。"))
    confirmed = BooleanField(_l("確認まで済ませる（すぐに依頼を紹介できるようになります）"))


class EnterPerson(DeskFields, PersonFields, ContactFields, ContentFields, Registration):
    different = BooleanField(_l("別の人です（新しく登録する）"))  # asked where somebody alike is known
    kana = words(_l("氏名（ふりがな）"), longest=80)


class EnterOrganization(DeskFields, OrganizationFields, ContactFields, ContentFields, Registration):
    different = BooleanField(_l("別の団体です（新しく登録する）"))
    checks = (nameless_organization,)
    name = name_of(_l("担当者の氏名"))
    kana = words(_l("担当者の氏名（ふりがな）"), longest=80)


class EditFields:
    """Mixin: a coordinator says from whom a change came; the owner is not asked."""

    source = one_of(_l("どのように聞きましたか"), TOLD_BY, ask=_l("聞いた方法を選んでください。"))
    note_for_desk = words(_l("窓口のメモ"), longest=1000, rows=3, description=_l("窓口の職員だけが見ます。"))
    version = versioned()

    def only_for_owner(self) -> None:
        form: Any = self
        del form.source
        del form.note_for_desk


class EditPerson(EditFields, PersonFields, ContactFields, ContentFields, Registration):
    kana = words(_l("氏名（ふりがな）"), longest=80)


class EditOrganization(EditFields, ContactFields, ContentFields, Registration):
    name = name_of(_l("団体名"), longest=120, ask=_l("団体名を入力してください。"))
    kana = words(_l("団体名（ふりがな）"), longest=120)
    district = reference(_l("主な活動の地域"))


class ConfirmForm(Form):
    """Skills whose certificate was seen."""

    skills = MultiCheckboxField(
        _l("資格証を確認したもの"), choices=[], coerce=lambda value: int(value) if str(value).isdecimal() else -1
    )
    version = versioned()

    def offer(self, skills: list[Skill]) -> None:
        qualified = [skill for skill in skills if skill.qualification and not skill.confirmed]
        if not qualified:
            del self.skills
            return
        self.skills.choices = [
            SelectChoice(
                str(skill.id),
                _("%(qualification)s（%(phrase)s）", qualification=skill.qualification, phrase=skill.phrase),
            )
            for skill in qualified
        ]


class ReturnForm(Form):
    note = words(
        _l("直していただきたいところ"), longest=300, rows=3, ask=_l("直していただきたいところを書いてください。"),
        description=_l("登録した方の画面に、そのまま表示されます。"),
    )  # fmt: skip
    version = versioned()


class MovingForm(Form):
    """What the owner does, or a coordinator on their word: then the way it was told is asked."""

    version = versioned()

    def only_for_owner(self) -> None:
        del self.source


def how_told(id_: str) -> SelectField:
    return one_of(_l("どのように聞きましたか"), TOLD_BY, ask=_l("聞いた方法を選んでください。"), id=id_)


class PauseForm(MovingForm):
    source = how_told("pause-source")
    until = Day(_l("お休みの終わりの日"), description=_l("決まっていないときは、空けておいてください。"))


class ResumeForm(MovingForm):
    source = how_told("resume-source")


class EndForm(MovingForm):
    source = how_told("end-source")
    reason = words(_l("終える理由"), longest=300, rows=3)
