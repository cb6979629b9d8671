"""The forms of a request: sent in, entered by a desk, completed, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp

from ..accounts.actor import Source
from ..registry.forms import (
    Chosen,
    Clock,
    Day,
    Form,
    OfferedOrNone,
    Rows,
    WholeNumber,
    lines,
    mail_address,
    name_of,
    one_of,
    reference,
    telephone,
    versioned,
    words,
)
from ..registry.models import ContactKind, Organization, Person
from ..registry.services import Contact
from ..registry.vocabulary import Money, OrganizationKind, Part, all_desks
from .models import HelpRequest, Honorarium, Insurance, Materials, RequestKind, Travel
from .services import (
    LONGEST_OUTLINE,
    MAX_OCCASIONS,
    TOLD,
    Asked,
    Caller,
    Matter,
    NewOrganization,
    Terms,
    Wish,
    Words,
    can_be_reached,
    matter_of,
    terms_of,
    wrong_with,
)
from .states import OPEN_TO_CHANGE

NOT_DECIDED = _l("決まっていない")


def _line(text: str | None) -> str | None:
    """What fits in one line of a mail or a list."""
    return " ".join((text or "").split()) or None


class OccasionForm(wtforms.Form):
    """One time that somebody should come. The form around it says which day it is today."""

    today: date
    known: frozenset[date] = frozenset()
    is_needed = False

    on = Day(_l("来てほしい日（第1希望）"))
    part = one_of(_l("時間帯"), Part, blank=NOT_DECIDED)
    starts = Clock(_l("始まりの時刻"))
    ends = Clock(_l("終わりの時刻"))
    second_on = Day(_l("第2希望の日"))
    second_part = one_of(_l("第2希望の時間帯"), Part, blank=NOT_DECIDED)
    note = words(_l("日が決まっていないとき"), longest=120, description=_l("例：来週のどこか、毎月第2土曜日"))

    @property
    def is_untouched(self) -> bool:
        return not any(str(value).strip() for field in self for value in field.raw_data or ())

    def wish(self) -> Wish:
        return Wish(**{name: field.data or None for name, field in self._fields.items()})

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.is_untouched and not self.is_needed:
            return True
        if wrong := wrong_with(self.wish(), today=self.today, known=self.known):
            self[wrong[0]].errors = [wrong[1]]
        return wrong is None


class WordsFields:
    """Mixin: the requester's own words, their money, and the key that makes one request of one opened form."""

    form_key = HiddenField(
        default=lambda: uuid4().hex, validators=[Regexp(r"\A[0-9a-f]{32}\Z", message=_l("画面を開き直してください。"))]
    )
    trouble = words(
        _l("困っていること・してほしいこと"),
        longest=2000,
        rows=8,
        ask=_l("困っていることや、してほしいことを書いてください。"),
        description=_l("ふだんの言葉で大丈夫です。ここに書いたことは、窓口の人だけが読みます。"),
    )
    money = one_of(
        _l("お礼や費用"),
        Money,
        blank=_l("まだ決めていない"),
        description=_l("「実費のみ」は、交通費や材料費だけを払うことです。"),
    )
    budget_yen = WholeNumber(
        _l("用意できる金額（円）"), least=0, most=10_000_000, description=_l("決まっているときだけ入れてください。")
    )

    def own_words(self) -> Words:
        form: Any = self
        return Words(form.trouble.data, form.money.data, form.budget_yen.data)


class MatterFields:
    """Mixin: what is asked for."""

    title = words(
        _l("題名"),
        longest=80,
        ask=_l("題名を入れてください。"),
        description=_l("例：敬老会で見られる出し物をお願いしたい"),
    )
    needs = words(
        _l("お願いしたいこと（短い言葉で）"),
        longest=400,
        rows=4,
        description=_l("1行に1つ、6つまで書けます。例：手品、30分くらい、耳が遠くても楽しめるもの"),
    )
    field = reference(_l("分野"))
    district = reference(_l("地域"), description=_l("来てほしい場所がある地域を選んでください。"))
    place = words(_l("場所"), longest=120, description=_l("例：中央集会所の2階"))
    occasions = Rows(
        FormField(OccasionForm),
        label=_l("来てほしい日時"),
        min_entries=2,
        max_entries=MAX_OCCASIONS,
    )
    head_count = WholeNumber(
        _l("来てほしい人数"), least=1, most=200, default=1, ask=_l("来てほしい人数を入れてください。")
    )
    attendance = WholeNumber(_l("参加する人の数（だいたい）"), least=1, most=100_000)

    def begin(self, *, today: date, known: frozenset[date] = frozenset()) -> None:
        """Offer the empty choices in plain words, and tell every row the day."""
        form: Any = self
        form.field.choices[0] = SelectChoice("", _("分からない"))
        form.district.choices[0] = SelectChoice("", NOT_DECIDED)
        for entry in form.occasions:
            entry.form.today, entry.form.known = today, known
        form.occasions[0].form.is_needed = all(entry.form.is_untouched for entry in form.occasions)

    def add_occasion(self) -> None:
        form: Any = self
        if len(form.occasions) < MAX_OCCASIONS:
            form.occasions.append_entry()

    def matter(self) -> Matter:
        form: Any = self
        return Matter(
            title=_line(form.title.data) or "",
            needs=tuple(lines(form.needs.data)),
            field_number=form.field.data,
            district_id=form.district.data,
            place=_line(form.place.data),
            wishes=tuple(wish for entry in form.occasions if not (wish := entry.form.wish()).is_blank),
            head_count=form.head_count.data,
            attendance=form.attendance.data,
        )


class SubmitForm(WordsFields, MatterFields, Form):
    """A representative asks for help."""

    organization = SelectField(
        _l("団体"),
        coerce=lambda value: int(value) if str(value).isdecimal() else None,
        validators=[Chosen(_l("どの団体の依頼か、選んでください。")), OfferedOrNone()],
        validate_choice=False,
    )
    telephone = telephone(_l("電話番号"))
    telephone_hours = words(_l("電話してよい時間"), longest=80, description=_l("例：平日の夕方5時から8時"))
    share_telephone = BooleanField(_l("来てくれる人が決まったあと、この電話番号を相手に伝えてよい"))
    mail = mail_address(_l("メールアドレス"))
    share_mail = BooleanField(_l("来てくれる人が決まったあと、このメールアドレスを相手に伝えてよい"))

    def __init__(self, *, person: Person, organizations: list[Organization], today: date, **kw: Any) -> None:
        super().__init__(**kw)
        self.begin(today=today)
        self.by_id = {organization.id: organization for organization in organizations}
        self.organization.choices = [SelectChoice("", _("選んでください"))]
        self.organization.choices += [SelectChoice(str(each.id), each.name) for each in organizations]
        if len(organizations) == 1:
            self.organization.data = organizations[0].id
        if can_be_reached(person):
            for name in ("telephone", "telephone_hours", "share_telephone", "mail", "share_mail"):
                del self[name]

    def requester(self) -> Organization:
        return self.by_id[self.organization.data]

    def contacts(self) -> list[Contact]:
        """What the person adds when the desk does not know yet how to reach them."""
        if "telephone" not in self:
            return []
        return [
            Contact(
                ContactKind.TELEPHONE, self.telephone.data or "", self.share_telephone.data, self.telephone_hours.data
            ),
            Contact(ContactKind.MAIL, self.mail.data or "", self.share_mail.data),
        ]


class DeskFields:
    """Mixin: which desk handles the request."""

    desk = reference(_l("受け持つ窓口"), ask=_l("受け持つ窓口を選んでください。"))

    def offer_desks(self) -> None:
        form: Any = self
        form.desk.choices = [SelectChoice(str(desk.id), desk.name) for desk in all_desks()]
        form.desk.validators = [*form.desk.validators, OfferedOrNone()]


class OutlineFields:
    """Mixin: what makes a request ready to be taken in."""

    kind = one_of(
        _l("派遣・紹介"),
        RequestKind,
        blank=NOT_DECIDED,
        description=_l("派遣は、窓口が人を送ります。紹介は、相手を知らせて、あとは当事者どうしで決めてもらいます。"),
    )
    outline = words(
        _l("打診用の要約"),
        longest=LONGEST_OUTLINE,
        rows=8,
        description=_l("候補の人に伝える文です。個人の名前や電話番号は書かないでください。"),
    )


class EnterForm(OutlineFields, DeskFields, WordsFields, MatterFields, Form):
    """A coordinator writes down what somebody asked for."""

    organization = HiddenField()
    organization_name = name_of(_l("団体の名前"), longest=120, ask=_l("団体の名前を入れてください。"))
    organization_kind = one_of(_l("団体の種類"), OrganizationKind, ask=_l("団体の種類を選んでください。"))
    organization_district = reference(_l("団体の地域"))
    organization_telephone = telephone(_l("団体の電話番号"))
    came_by = one_of(
        _l("受け方"), (Source.TELEPHONE, Source.PAPER), ask=_l("受け方を選んでください。"), default=Source.TELEPHONE
    )
    caller = name_of(_l("連絡してきた人の名前"), ask=_l("連絡してきた人の名前を入れてください。"))
    caller_telephone = telephone(
        _l("連絡してきた人の電話番号"), ask=_l("折り返し連絡するための電話番号を入れてください。")
    )
    share_telephone = BooleanField(
        _l("来てくれる人が決まったあと、この電話番号を相手に伝えてよい（本人に確かめました）")
    )
    caller_mail = mail_address(_l("連絡してきた人のメールアドレス"))

    def __init__(self, *, organization: Organization | None, today: date, **kw: Any) -> None:
        super().__init__(**kw)
        self.begin(today=today)
        self.offer_desks()
        self.organization_district.choices = [SelectChoice("", _("分からない")), *self.district.choices[1:]]
        if organization:
            self.organization.data = str(organization.id)
            for name in ("organization_name", "organization_kind", "organization_district", "organization_telephone"):
                del self[name]

    def new_organization(self) -> NewOrganization:
        return NewOrganization(
            name=_line(self.organization_name.data) or "",
            kind=self.organization_kind.data,
            district_id=self.organization_district.data,
            telephone=self.organization_telephone.data,
        )

    def who_called(self) -> Caller:
        return Caller(
            _line(self.caller.data) or "",
            (
                Contact(ContactKind.TELEPHONE, self.caller_telephone.data or "", self.share_telephone.data),
                Contact(ContactKind.MAIL, self.caller_mail.data or ""),
            ),
        )


class TermsForm(DeskFields, Form):
    """What the desk may still change: everything at first; whom to meet, once somebody was told the terms."""

    version = versioned()
    venue_contact = words(_l("会場の責任者"), longest=120, description=_l("名前と電話番号を書いてください。"))
    day_contact = words(_l("当日の責任者"), longest=120, description=_l("名前と電話番号を書いてください。"))
    honorarium = one_of(_l("謝礼"), Honorarium, blank=NOT_DECIDED)
    honorarium_yen = WholeNumber(_l("謝礼の金額（円）"), least=1, most=10_000_000)
    travel = one_of(_l("交通費"), Travel, blank=NOT_DECIDED)
    materials = one_of(_l("材料費"), Materials, blank=NOT_DECIDED)
    payer = words(
        _l("お金を払う人・団体"),
        longest=80,
        description=_l("候補の人に伝わります。団体名を伏せるときは「依頼した団体」と書いてください。"),
    )
    insurance = one_of(_l("保険"), Insurance, blank=NOT_DECIDED)
    terms_note = words(_l("条件のほかの説明"), longest=300, rows=3)

    def __init__(self, *, of: HelpRequest, **kw: Any) -> None:
        data = {name: getattr(terms_of(of), name) for name in Terms.__dataclass_fields__}
        super().__init__(data={**data, "desk": of.desk_id, "version": of.version, **kw.pop("data", {})}, **kw)
        self.offer_desks()
        self.known = terms_of(of)
        if of.state not in OPEN_TO_CHANGE:
            for name in TOLD:
                del self[name]

    def asked(self) -> Asked | None:
        """What is asked for is closed."""
        return None

    def terms(self) -> Terms:
        names = Terms.__dataclass_fields__
        return Terms(**{name: self[name].data or None if name in self else getattr(self.known, name) for name in names})


class CompleteForm(OutlineFields, MatterFields, TermsForm):
    """Everything that the desk adds before somebody is asked."""

    def __init__(self, *, of: HelpRequest, draft: str, today: date) -> None:
        matter = matter_of(of)
        data = {
            "title": matter.title,
            "needs": "\n".join(matter.needs),
            "field": matter.field_number,
            "district": matter.district_id,
            "place": matter.place,
            "occasions": [vars(wish) for wish in matter.wishes],
            "head_count": matter.head_count,
            "attendance": matter.attendance,
            "kind": of.kind,
            "outline": of.outline or draft,
        }
        super().__init__(of=of, data=data)
        days = {day for wish in matter.wishes for day in (wish.on, wish.second_on) if day}
        self.begin(today=today, known=frozenset(days))

    def asked(self) -> Asked:
        return Asked(self.matter(), self.kind.data, self.outline.data or None)


class WithdrawForm(Form):
    """The requester no longer asks."""

    version = versioned()
    came_by = one_of(
        _l("取り下げの連絡を受けた方法"), (Source.TELEPHONE, Source.PAPER), ask=_l("連絡を受けた方法を選んでください。")
    )
    reason = words(_l("取り下げの理由"), longest=300, rows=3, ask=_l("取り下げの理由を書いてください。"))
