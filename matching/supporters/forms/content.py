"""What every registration asks: what somebody can do, where, when and how, and what they agree to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField
from wtforms import Form as PlainForm

from ...registry.forms import (
    Form,
    Rows,
    Step,
    WholeNumber,
    form_key,
    one_of,
    references,
    required,
    some_of,
    week_slots,
    words,
)
from ...registry.models import ContactKind, Party, Person, Purpose, Registry, Skill
from ...registry.services import MAX_SKILLS, SkillWords, active_consents, skills_of
from ...registry.vocabulary import Level, Money, Support
from ..models import Supporter
from ..services import Told, registration_needs_consent

LONGEST_INTRO = 2000
SKILLS_AT_FIRST = 3  # rows that the page shows open
CONTENT = (
    "intro", "anywhere", "money", "heads", "monthly_cap", "yearly_cap", "conditions",
)  # fmt: skip

SKILLS = Step(_l("できること"), ("skills", "intro", "supports", "fields"))
TERMS = Step(
    _l("場所と日時"),
    ("anywhere", "districts", "availability", "money", "conditions", "heads", "monthly_cap", "yearly_cap"),
)
REACHING = ("telephone", "telephone_hours", "share_telephone", "mail", "share_mail", "address", "share_address")
AGREEING = Step(_l("連絡先と同意"), (*REACHING, "consents", "pledge"))


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


class ContentFields:
    """Mixin: what somebody can do, where, when and how."""

    skills = Rows(
        FormField(SkillRow),
        _l("できること"),
        min_entries=SKILLS_AT_FIRST,
        max_entries=MAX_SKILLS,
        description=_l(
            "1つの欄に1つずつ、ふだんの言葉で書いてください。例：庭木の剪定、スマートフォンの使い方を教える、紙芝居"
        ),
    )
    intro = words(
        _l("自己紹介・これまでの経験"),
        longest=LONGEST_INTRO,
        rows=5,
        description=_l(
            "どこで、だれに、何をしてきたかを書くと、合う依頼を見つけやすくなります。"
            "名前を出さずに公開するときは、名前・所属・担当している団体の名前・連絡先を書かないでください。"
        ),
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

    def leave_out_councils(self) -> None:
        """That purpose is neither shown nor asked, so what is sent says nothing of it; see ``purposes``."""
        form: Any = self
        form.consents.choices = [one for one in form.consents.choices if one.value != Purpose.COUNCIL]

    @property
    def purposes(self) -> list[Purpose]:
        """Those that the form asks about: of others, a consent stays as it is."""
        form: Any = self
        return [Purpose(one.value) for one in form.consents.choices]

    def add_skill_rows(self, most: int = SKILLS_AT_FIRST) -> None:
        """More empty rows, as far as there is room."""
        form: Any = self
        for _number in range(min(most, MAX_SKILLS - len(form.skills.entries))):
            form.skills.append_entry()

    def described(self) -> str:
        form: Any = self
        return "\n".join([*self.told_lines(), form.intro.data or ""]).strip()

    def told_lines(self) -> list[str]:
        form: Any = self
        return [row.form.phrase.data for row in form.skills if row.form.phrase.data]

    def take(self, label: str) -> bool:
        """One thing more that they can do, in the first empty row or a new one, as far as there is room."""
        form: Any = self
        if label not in self.told_lines():
            empty = (row for row in form.skills if not row.form.phrase.data and not row.form.is_detailed)
            row = next(empty, None)
            if row is None:
                if len(form.skills.entries) >= MAX_SKILLS:
                    return False
                row = form.skills.append_entry()
            row.form.phrase.data = label
        return True

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


class AllSkillRows:
    """Mixin: a page that shows every row there may be, because nobody adds some."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        form: Any = self
        form.add_skill_rows(MAX_SKILLS)


class Pledge:
    """Mixin: the pledge that the city asks of everybody; what is sent twice is registered once."""

    form_key = form_key()

    pledge = BooleanField(
        _l(
            "次のことを約束します。暴力団員や暴力団と関わりのある者ではありません。政治・宗教・営利を目的とした活動はしません。"
        ),
        validators=[required(_l("登録には、この約束が必要です。内容を確かめて、印を付けてください。"))],
    )


def contents_of(supporter: Supporter) -> dict[str, Any]:
    """A registration as the form's values."""
    party = supporter.party
    return {
        "name": party.name,
        "kana": party.kana,
        "district": party.district_id,
        "birth_year": party.birth_year if isinstance(party, Person) else None,
        "consents": list(active_consents(party.id)),
        "note_for_desk": supporter.note_for_desk,
        "version": supporter.version,
        "party_version": party.version,
        **told_of(supporter),
    }


def told_of(supporter: Supporter) -> dict[str, Any]:
    """What a registration says, for another one that begins with it."""
    return {
        "guardian_name": supporter.guardian_name,
        "guardian_agreed": supporter.guardian_agreed_on is not None,
        "skills": [_skill_row(skill) for skill in skills_of(supporter.party_id, Registry.SUPPORTER)],
        "fields": [field.number for field in supporter.fields],
        "districts": [district.id for district in supporter.districts],
        "supports": supporter.supports or (),
        "availability": supporter.availability or (),
        **{name: getattr(supporter, name) for name in CONTENT},
    }


def contacts_of(party: Party) -> dict[str, Any]:
    """How a party is reached, as the form's values."""
    known: dict[str, Any] = {}
    for kind in ContactKind:
        if point := party.contact(kind):
            known |= {kind.value: point.value, f"share_{kind.value}": point.may_share}
            if kind is ContactKind.TELEPHONE:
                known["telephone_hours"] = point.hours
    return known


def _skill_row(skill: Skill) -> dict[str, Any]:
    return {
        "phrase": skill.phrase,
        "level": Level(str(skill.level)) if skill.level else None,
        "qualification": skill.qualification,
    }
