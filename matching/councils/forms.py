"""The forms of councils: a council, a term, several renewals, a leave, a person, a consent; and the lists' filters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import wtforms
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, HiddenField, RadioField, StringField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..i18n import as_day, today
from ..registry.forms import (
    Day,
    Filters,
    Form,
    Rows,
    WholeNumber,
    form_key,
    lines,
    name_of,
    one_line,
    one_of,
    reference,
    versioned,
    words,
)
from ..registry.models import Gender, Person
from ..registry.vocabulary import Department
from ..workflow import N_, Labelled
from .models import Appointment, CouncilRole
from .services import Asked, Narrowing

NEW = "new"
MOST_SEATS = 500


class CouncilFilters(Filters):
    """What the list of councils is narrowed by."""

    q = StringField(_l("名称・扱うこと・所管課"), filters=[one_line], render_kw={"maxlength": 60})
    field = None
    district = None
    department = reference(_l("所管課"))
    narrowing = one_of(_l("任期・欠員"), Narrowing)

    @property
    def asked(self) -> Asked:
        form: Any = self
        return Asked(form.words, form.department.data, form.narrowing.data)


class Seating(Labelled):
    """Which people of the councils are asked for."""

    SITTING = "sitting", N_("いま委員の人")


class MemberFilters(Filters):
    """What the list of people is narrowed by."""

    q = StringField(_l("氏名・ふりがな"), filters=[one_line], render_kw={"maxlength": 60})
    field = None
    district = None
    seating = one_of(_l("いまの委員"), Seating)


class AsOf(wtforms.Form):
    """The day of a page: ``?on=2026-04-01``; none, or one that cannot be read, is today."""

    on = Day(_l("この日の委員を見る"))

    def __init__(self) -> None:
        super().__init__(request.args)
        self.validate()

    def day(self, now: datetime) -> Any:
        form: Any = self
        return form.on.data or today(now)


class CouncilForm(Form):
    """A council, as its ordinance describes it."""

    name = name_of(_l("名称"), longest=120, ask=_l("名称を入力してください。"))
    department = reference(_l("所管課"), ask=_l("所管課を選んでください。"))
    founded_on = words(_l("設置の根拠"), longest=200, description=_l("例：協働のまちづくり条例第18条"))
    seats = WholeNumber(
        _l("定数"), least=1, most=MOST_SEATS, description=_l("「20人以内」のときは、20と入れてください。")
    )
    topics = words(_l("扱うこと"), longest=300, rows=3)

    def offer_departments(self, departments: Sequence[Department]) -> None:
        form: Any = self
        blank = [SelectChoice("", _("選んでください"))] if len(departments) != 1 else []
        form.department.choices = blank + [SelectChoice(str(one.id), one.name) for one in departments]

    def validate_department(self, field: Any) -> None:
        if str(field.data) not in {str(choice.value) for choice in field.choices}:
            raise ValidationError(_("一覧から選んでください。"))


class EditCouncilForm(CouncilForm):
    version = versioned()


class EndCouncilForm(Form):
    on = Day(_l("廃止の日（最後の日）"), ask=_l("廃止の日を入力してください。"))
    members_leave = BooleanField(_l("任期の残る委員も、この日に退任とする"))
    version = versioned()


class VersionForm(Form):
    """A button that acts on one record."""

    version = versioned()


class PersonFields:
    """Mixin: who somebody is, and whether it is one of those who are known already."""

    same = RadioField(_l("同じ人がすでにいます"), choices=[], validate_choice=False)
    name = name_of(_l("氏名"), ask=_l("氏名を入力してください。"))
    kana = words(_l("氏名（ふりがな）"), longest=80)
    birth_year = WholeNumber(
        _l("生まれた年（西暦）"), least=1900, most=2100, description=_l("同じ名前の人と取り違えないために使います。")
    )
    gender = one_of(
        _l("性別"), Gender, blank=_l("聞いていない"), description=_l("委員の男女の割合を数えるときだけに使います。")
    )
    affiliation = words(_l("所属・肩書"), longest=300)
    form_key = form_key()

    def validate_birth_year(self, field: Any) -> None:
        if field.data is not None and field.data > today(datetime.now(UTC)).year:
            raise ValidationError(_("生まれた年は、今年までの西暦で入力してください。"))

    def offer_known(self, people: Sequence[Person]) -> bool:
        """Whether the clerk has said which of these it is, or that it is somebody else."""
        form: Any = self
        if not people:
            return True
        form.same.choices = [
            SelectChoice(
                str(one.id),
                _("%(name)s（%(y)s年生まれ）", name=one.name, y=one.birth_year) if one.birth_year else one.name,
            )
            for one in people
        ] + [SelectChoice(NEW, _("同じ名前の、別の人です"))]
        if form.same.data in {choice.value for choice in form.same.choices}:
            return True
        form.same.errors = [_("同じ人かどうかを選んでください。")]
        return False


class TermFields:
    """Mixin: one term, without the person."""

    category = words(_l("選出区分"), longest=60, description=_l("条例や規則の言い方で。例：学識経験者、公募"))
    role = one_of(_l("役職"), CouncilRole, ask=_l("役職を選んでください。"))
    ex_officio = BooleanField(_l("充て職（決まった職にある人が委員になる）"))
    starts = Day(_l("任期の始まり"), ask=_l("任期の始まりの日を入力してください。"))
    ends = Day(_l("任期の終わり"), description=_l("終わりが決まっていないときは、空けてください。"))


class SubstituteField:
    """Mixin: for whom somebody sits out the rest of a term."""

    substitute_for = reference(
        _l("だれの補欠ですか"),
        description=_l("補欠の任期は、前の方の任期の終わりまでです。任期の終わりは空けてかまいません。"),
    )

    def offer_predecessors(self, terms: Sequence[Appointment]) -> None:
        form: Any = self
        if not terms:
            del form.substitute_for
            return
        form.substitute_for.choices = [SelectChoice("", _("補欠ではありません"))] + [
            SelectChoice(str(term.id), _("%(name)s（%(day)sに退任）", name=term.person.name, day=as_day(term.left_on)))
            for term in terms
        ]


class AgreeingFields:
    """Mixin: the consent to be considered for councils, and what somebody is an expert of."""

    agreed = BooleanField(_l("審議会などの委員の候補として検討されることに、書面で同意した"))
    agreed_on = Day(_l("同意の書面の日"), description=_l("空けると、今日の日付になります。"))
    expertise = words(
        _l("専門・くわしいこと"), longest=1300, rows=4, description=_l("1行に1つずつ、12件まで。例：地方自治")
    )

    @property
    def phrases(self) -> list[str]:
        form: Any = self
        return list(dict.fromkeys(lines(form.expertise.data)))


class AppointForm(TermFields, SubstituteField, AgreeingFields, Form):
    """A term of somebody who is known."""

    form_key = form_key()


class AppointNewForm(PersonFields, TermFields, SubstituteField, AgreeingFields, Form):
    """A term of somebody who is written down with it."""


class MemberForm(PersonFields, AgreeingFields, Form):
    """Somebody who agreed to be considered, and sits nowhere yet."""


class CandidacyForm(AgreeingFields, Form):
    version = versioned()


class CorrectForm(TermFields, Form):
    version = versioned()


class LeaveForm(Form):
    on = Day(_l("退任の日（最後の日）"), ask=_l("退任の日を入力してください。"))
    because = words(
        _l("理由"), longest=200, description=_l("例：一身上の都合、異動。くわしい事情は書かないでください。")
    )
    version = versioned()


class RenewRow(PlainForm):
    """One member, who stays or not."""

    stays = BooleanField(_l("再任する"))
    term = HiddenField()
    version = versioned()
    role = one_of(_l("役職"), CouncilRole, ask=_l("役職を選んでください。"))
    category = words(_l("選出区分"), longest=60)


class RenewForm(Form):
    """Everybody whose term is over or ends soon, on one page."""

    ends = Day(_l("次の任期の終わり"), ask=_l("次の任期の終わりの日を入力してください。"))
    rows = Rows(FormField(RenewRow), max_entries=MOST_SEATS)
