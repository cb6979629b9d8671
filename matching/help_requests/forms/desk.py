"""What a desk fills in: a request for somebody who called, and everything that is added before somebody is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from ...accounts.actor import Source
from ...registry.forms import (
    Form,
    OfferedOrNone,
    WholeNumber,
    mail_address,
    name_of,
    one_of,
    reference,
    telephone,
    versioned,
    words,
)
from ...registry.models import ContactKind, Organization
from ...registry.services import Contact
from ...registry.vocabulary import OrganizationKind, all_desks
from ..models import HelpRequest, Honorarium, Insurance, Materials, Travel
from ..services import TOLD, Asked, Caller, NewOrganization, Terms, matter_of, terms_of
from ..states import OPEN_TO_CHANGE
from .matter import NOT_DECIDED, MatterFields, OutlineFields, WordsFields, one_line_of


class EnterForm(OutlineFields, WordsFields, MatterFields, Form):
    """A coordinator writes down what somebody asked for."""

    organization = HiddenField(validators=[Length(max=9)])  # as the view reads it
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
    desk = reference(_l("受け持つ窓口"), ask=_l("受け持つ窓口を選んでください。"))
    caller_mail = mail_address(_l("連絡してきた人のメールアドレス"))

    def __init__(self, *, organization: Organization | None, today: date, **kw: Any) -> None:
        super().__init__(**kw)
        self.begin(today=today)
        self.desk.choices = [SelectChoice(str(desk.id), desk.name) for desk in all_desks()]
        self.desk.validators = [*self.desk.validators, OfferedOrNone()]
        self.released.description = _(
            "依頼者に聞いて、よいと言われたときだけ選んでください。要約は受け付けたあとに出ます。"
        )
        self.organization_district.choices = [SelectChoice("", _("分からない")), *self.district.choices[1:]]
        if organization:
            self.organization.data = str(organization.id)
            for name in ("organization_name", "organization_kind", "organization_district", "organization_telephone"):
                del self[name]

    def new_organization(self) -> NewOrganization:
        return NewOrganization(
            name=one_line_of(self.organization_name.data) or "",
            kind=self.organization_kind.data,
            district_id=self.organization_district.data,
            telephone=self.organization_telephone.data,
        )

    def who_called(self) -> Caller:
        return Caller(
            one_line_of(self.caller.data) or "",
            (
                Contact(ContactKind.TELEPHONE, self.caller_telephone.data or "", self.share_telephone.data),
                Contact(ContactKind.MAIL, self.caller_mail.data or ""),
            ),
        )


class TermsForm(Form):
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
        super().__init__(data={**data, "version": of.version, **kw.pop("data", {})}, **kw)
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
        self.heard = of.trouble

    def asked(self) -> Asked:
        return Asked(self.matter(), self.kind.data, self.outline.data or None)
