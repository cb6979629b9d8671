"""The forms of a group's registration: entered by the desk, changed, renewed, ended; and the filters of the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..accounts.actor import Source
from ..errors import Stale
from ..registry.forms import (
    READABLE,
    ContactFields,
    Day,
    Filters,
    Form,
    MultiCheckboxField,
    Version,
    WholeNumber,
    form_key,
    lines,
    name_of,
    one_line,
    one_of,
    reference,
    references,
    some_of,
    versioned,
    week_slots,
    words,
)
from ..registry.forms.filters import LONGEST
from ..registry.models import Organization, Purpose, Registry, Skill
from ..registry.services import MAX_SKILLS, SkillWords, active_consents, skills_of
from ..registry.vocabulary import Money, OrganizationKind, Support
from .models import Group
from .services import PURPOSES, Told

TOLD_BY = (Source.PAPER, Source.TELEPHONE)
LONGEST_SKILL = 100
CONTENT = ("intro", "anywhere", "money", "members")


class GroupFilters(Filters):
    """What the list is narrowed by, besides its part."""

    q = StringField(_l("名前・番号・できること"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = reference(_l("分野"))
    district = reference(_l("行ける地域"))
    kind = one_of(_l("団体の種類"), OrganizationKind)


def how_told(id_: str) -> Any:
    return one_of(_l("どのように聞きましたか"), TOLD_BY, ask=_l("聞いた方法を選んでください。"), id=id_)


def number_of_group() -> StringField:
    return words(_l("登録番号"), longest=20, ask=_l("登録番号を入力してください。"))


class GroupFields(ContactFields):
    """Mixin: what a group can do, where, when and how, how to reach it, and what it agrees to."""

    organization_version = Version()  # its contact points may be changed on another page, too
    skills = words(
        _l("できること"),
        longest=MAX_SKILLS * (LONGEST_SKILL + 2),
        rows=6,
        ask=_l("できることを1つ以上書いてください。"),
        description=_l("1行に1つずつ、ふだんの言葉で書いてください。例：竹林の整備、紙芝居、防災の話"),
    )
    intro = words(
        _l("団体の紹介"),
        longest=2000,
        rows=5,
        description=_l("どこで、だれに、何をしてきたかを書くと、合う依頼を見つけやすくなります。"),
    )
    supports = some_of(_l("どんな手伝いができますか"), Support)
    fields = references(_l("活動の分野"))
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
    members = WholeNumber(_l("会員の数"), least=1, most=100_000)
    consents = MultiCheckboxField(
        _l("同意すること"),
        choices=[SelectChoice(purpose.value, _l(purpose.label)) for purpose in PURPOSES],
        coerce=lambda value: {purpose.value: purpose for purpose in PURPOSES}.get(str(value), value),
        description=_l("1つずつ選べます。あとから取り消すこともできます。"),
    )

    def validate_skills(self, field: Any) -> None:
        told = lines(field.data)
        if not any(READABLE.search(line) for line in told):
            raise ValidationError(_("できることを1つ以上書いてください。"))
        if len(told) > MAX_SKILLS:
            raise ValidationError(_("できることは%(count)s件までです。", count=MAX_SKILLS))
        if any(len(line) > LONGEST_SKILL for line in told):
            raise ValidationError(_("1行は%(most)s文字までで書いてください。", most=LONGEST_SKILL))

    def described(self) -> str:
        form: Any = self
        return "\n".join(part for part in (form.skills.data, form.intro.data) if part)

    def told_lines(self) -> list[str]:
        form: Any = self
        return lines(form.skills.data)

    def take(self, label: str) -> bool:
        """One thing more that the group can do, as far as there is room."""
        form: Any = self
        told = self.told_lines()
        if label not in told:
            if len(told) >= MAX_SKILLS:
                return False
            form.skills.data = "\n".join([*told, label])
        return True

    def told(self, known: Iterable[Skill] = ()) -> Told:
        """A skill that stays word for word keeps its level and its qualification, which are not asked here."""
        form: Any = self
        before = {skill.phrase: skill for skill in known}
        skills = [
            SkillWords(line, before[line].level, before[line].qualification) if line in before else SkillWords(line)
            for line in dict.fromkeys(lines(form.skills.data))
        ]
        return Told(
            skills=skills,
            intro=form.intro.data or "",
            fields=form.fields.data,
            districts=form.districts.data,
            anywhere=form.anywhere.data,
            supports=frozenset(form.supports.data) or None,
            availability=frozenset(form.availability.data) or None,
            money=form.money.data,
            members=form.members.data,
        )

    def refuse_other_contacts(self, organization: Organization) -> None:
        """Raise Stale when the organization changed after the page was opened."""
        form: Any = self
        if str(form.organization_version.data) != str(organization.version):
            raise Stale


class EnterGroup(GroupFields, Form):
    """A coordinator writes a group down, of an organization that is known already or of a new one."""

    form_key = form_key()
    organization_name = name_of(_l("団体名"), longest=120, ask=_l("団体名を入力してください。"))
    organization_kana = words(_l("団体名（ふりがな）"), longest=120)
    organization_kind = one_of(_l("団体の種類"), OrganizationKind, ask=_l("団体の種類を選んでください。"))
    district = reference(_l("主な活動の地域"))
    different = BooleanField(_l("別の団体です（新しく入れる）"))  # asked where one of this name is known
    representative = name_of(_l("代表者・担当者の氏名"))
    representative_kana = words(_l("代表者・担当者の氏名（ふりがな）"), longest=80)
    title = words(_l("役職"), longest=60, description=_l("例：会長、事務局"))
    source = one_of(_l("受け付けた方法"), TOLD_BY, ask=_l("受け付けた方法を選んでください。"))
    registered_on = Day(_l("登録した日"), ask=_l("登録した日を入力してください。"))
    number = number_of_group()

    def only_for_known(self) -> None:
        """The organization is written down already, and who acts for it."""
        for name in (
            "organization_name", "organization_kana", "organization_kind", "district", "different", "representative",
            "representative_kana", "title",
        ):  # fmt: skip
            del self[name]


class EditGroup(GroupFields, Form):
    """Those who act for the group change what it says, or a coordinator passes a change on."""

    version = versioned()
    source = how_told("source")
    number = number_of_group()

    def only_for_owner(self) -> None:
        del self.source
        del self.number


class MovingForm(Form):
    """What those who act for the group do, or a coordinator on their word: then how and when is asked."""

    version = versioned()

    def only_for_owner(self) -> None:
        for name in ("source", "on"):
            del self[name]


class RenewForm(MovingForm):
    source = how_told("renew-source")
    on = Day(_l("確かめた日"), ask=_l("確かめた日を入力してください。"), id="renew-on")


class EndForm(MovingForm):
    source = how_told("end-source")
    on = Day(_l("終えた日"), ask=_l("終えた日を入力してください。"), id="end-on")
    reason = words(_l("終える理由"), longest=300, rows=3, id="end-reason")


def contents_of(group: Group) -> dict[str, Any]:
    """A registration as the form's values."""
    organization = group.organization
    return {
        "version": group.version,
        "number": group.number,
        "skills": "\n".join(skill.phrase for skill in skills_of(organization.id, Registry.GROUP)),
        "fields": [field.number for field in group.fields],
        "districts": [district.id for district in group.districts],
        "supports": group.supports or (),
        "availability": group.availability or (),
        "consents": consents_of(organization),
        "organization_version": organization.version,
        **{name: getattr(group, name) for name in CONTENT},
    }


def consents_of(organization: Organization) -> list[Purpose]:
    return [purpose for purpose in active_consents(organization.id) if purpose in PURPOSES]
