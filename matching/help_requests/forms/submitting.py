"""What the requester fills in: a new request in steps, letting it be shown, taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from ...accounts.actor import Source
from ...registry.forms import (
    Chosen,
    Form,
    OfferedOrNone,
    Step,
    mail_address,
    number_of,
    one_of,
    telephone,
    versioned,
    words,
)
from ...registry.models import ContactKind, Organization, Person
from ...registry.services import Contact
from ..models import HelpRequest
from ..services import can_be_reached, matter_to_repeat
from .matter import MatterFields, WordsFields


class SubmitForm(WordsFields, MatterFields, Form):
    """A representative asks for help."""

    organization = SelectField(
        _l("団体"),
        coerce=number_of,
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


STEPS = (
    Step(_l("どんなことですか"), ("organization", "trouble", "title", "needs", "field")),
    Step(_l("いつ・どこで"), ("occasions", "district", "place")),
    Step(
        _l("人数・費用・連絡先"),
        (
            "head_count",
            "attendance",
            "money",
            "budget_yen",
            "telephone",
            "telephone_hours",
            "share_telephone",
            "mail",
            "share_mail",
            "released",
        ),
    ),
)


def known_of(earlier: HelpRequest) -> dict[str, Any]:
    """What a form begins with that asks for the same once more."""
    matter, own = matter_to_repeat(earlier)
    return {
        "organization": earlier.requester_id,
        "title": matter.title,
        "trouble": own.trouble,
        "needs": "\n".join(matter.needs),
        "field": matter.field_number,
        "district": matter.district_id,
        "place": matter.place,
        "head_count": matter.head_count,
        "attendance": matter.attendance,
        "money": own.money,
        "budget_yen": own.budget_yen,
    }


class WithdrawForm(Form):
    """The requester no longer asks."""

    version = versioned()
    came_by = one_of(
        _l("取り下げの連絡を受けた方法"), (Source.TELEPHONE, Source.PAPER), ask=_l("連絡を受けた方法を選んでください。")
    )
    reason = words(_l("取り下げの理由"), longest=300, rows=3, ask=_l("取り下げの理由を書いてください。"))


class ReleaseForm(Form):
    """The requester lets everybody read the outline; a desk writes down who heard it how."""

    version = versioned()
    came_by = one_of(
        _l("公開してよいと聞いた方法"),
        (Source.TELEPHONE, Source.PAPER),
        ask=_l("依頼者から聞いた方法を選んでください。"),
    )
