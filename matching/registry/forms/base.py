"""What a form of ours is: sent as a form, not stale, and its mistakes beside the fields; with the parts of a party."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from flask import abort, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    HiddenField,
)
from wtforms.validators import Regexp

from ...errors import Invalid, Stale
from ..models import ContactKind
from ..services import Contact
from .choices import offer_reference_tables
from .typed import mail_address, telephone, words


class Rows(FieldList):
    """A field for several. Rows are numbered as the page numbers them; other numbers are nobody's."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.type = "FieldList"  # templates tell fields apart by their type, which WTForms takes from the class

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for name in formdata:
            if match := re.match(rf"{re.escape(prefix)}-([0-9]{{1,3}})-", name):
                yield int(match[1])


class Version(HiddenField):
    """What was not sent is not filled in from the record: it would always agree."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else None


def versioned() -> HiddenField:
    """The version of the record that the page showed; see ``refuse_stale``."""
    return Version()


FORM_KEY = re.compile(r"\A[0-9a-f]{32}\Z")


def form_key() -> HiddenField:
    """One per opened form: what is sent twice is written down once."""
    bad = _l("画面を開き直してください。")
    return HiddenField(default=lambda: uuid4().hex, validators=[Regexp(FORM_KEY, message=bad)])


def form_key_sent() -> str:
    """The key that was sent, for looking up before the form is checked; empty where it is none of ours."""
    key = request.form.get("form_key", "")
    return key if FORM_KEY.match(key) else ""


def refuse_stale(form: Any, record: Any, *, shown: str = "version") -> None:
    """Raise Stale when the record changed after the page was opened; ``shown`` names the field with its version."""
    if str(form[shown].data) != str(record.version):
        raise Stale


def sent(form: Any, record: Any) -> bool:
    """Whether the form was sent and can be carried out; a stale page is refused before its mistakes are shown."""
    if not form.is_submitted():
        return False
    refuse_stale(form, record)
    return bool(form.validate())


class Form(FlaskForm):
    """A form of ours: its reference tables are filled in, and a service's Invalid lands beside its field."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        if self.is_submitted() and not request.form:
            abort(400)  # else the form would take the record's own values for what was sent
        super().__init__(*args, **kw)
        offer_reference_tables(self)

    def try_to(self, act: Callable[[], Any]) -> Any:
        """Run a service; its Invalid becomes the message of the field. None when refused."""
        try:
            return act()
        except Invalid as error:
            field = error.field if error.field in self else None
            if field:
                self[field].errors = [*self[field].errors, error.message]
            else:
                self.form_errors.append(error.message)
            return None


class ContactFields:
    """Mixin: telephone, mail and address, each with whether it may be given to the other side."""

    telephone = telephone(_l("電話番号"))
    telephone_hours = words(_l("電話してよい時間"), longest=80, description=_l("例：平日の夕方5時から8時"))
    share_telephone = BooleanField(_l("決定したあと、電話番号を相手に伝えてよい"))
    mail = mail_address(_l("メールアドレス"))
    share_mail = BooleanField(_l("決定したあと、メールアドレスを相手に伝えてよい"))
    address = words(_l("住所"), longest=200)
    share_address = BooleanField(_l("決定したあと、住所を相手に伝えてよい"))

    def contacts(self) -> list[Contact]:
        form: Any = self
        return [
            Contact(
                ContactKind.TELEPHONE, form.telephone.data or "", form.share_telephone.data, form.telephone_hours.data
            ),
            Contact(ContactKind.MAIL, form.mail.data or "", form.share_mail.data),
            Contact(ContactKind.ADDRESS, form.address.data or "", form.share_address.data),
        ]

    def show_contacts(self, party: Any) -> None:
        """Fill in what is known."""
        form: Any = self
        for kind, value, share in (
            (ContactKind.TELEPHONE, form.telephone, form.share_telephone),
            (ContactKind.MAIL, form.mail, form.share_mail),
            (ContactKind.ADDRESS, form.address, form.share_address),
        ):
            if point := party.contact(kind):
                value.data, share.data = point.value, point.may_share
                if kind is ContactKind.TELEPHONE:
                    form.telephone_hours.data = point.hours
