"""What all forms share: fields that bound their input and speak Japanese, and the parts that describe a party."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

from flask import abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional, Regexp, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from ..engine.text import fold
from ..errors import Invalid, Stale
from ..workflow import Labelled
from .models import ContactKind
from .services import Contact
from .vocabulary import WEEKDAYS, all_districts, all_fields

DAYS_AHEAD = 3 * 366
LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
UNSEEN = {"Cc", "Cf"}  # control characters, and those that only steer how others look
READABLE = re.compile(r"[^\W_\u115f\u1160\u3164\uffa0]")  # a letter or a digit, but not Hangul's empty ones


def tidy(value: str | None) -> str | None:
    """Without characters that cannot be seen and without outer spaces; line ends are \\n."""
    if value is None:
        return None
    text = LINE_ENDS.sub("\n", value)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in UNSEEN).strip()


def one_line(value: str | None) -> str | None:
    """Tidy, and on one line."""
    tidied = tidy(value)
    return tidied and re.sub(r"[\n\t]+", " ", tidied)


def required(message: Any) -> InputRequired:
    return InputRequired(message=message)


class NotBlank:
    """Spaces alone do not count as an answer."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.process_errors:
            raise StopValidation  # what was typed could not be read: that message says more
        if field.data is None or not str(field.data).strip():
            field.errors = []
            raise StopValidation(str(self.message))


def words(
    label: Any, *, longest: int, ask: Any = None, description: Any = "", rows: int | None = None, **kw: Any
) -> StringField:
    """A bounded text field; ``ask`` is the message where it must be filled, ``rows`` makes it a text area."""
    validators: list[Any] = [NotBlank(ask) if ask else Optional()]
    validators.append(Length(max=longest, message=_l("%(max)d文字までで入力してください。")))
    validators += kw.pop("validators", ())
    render = {"maxlength": longest, **kw.pop("render_kw", {})}
    if rows:
        render["rows"] = rows
    kind, neat = (TextAreaField, tidy) if rows else (StringField, one_line)
    return kind(label, validators=validators, filters=[neat], description=description, render_kw=render, **kw)


def _is_readable(form: Any, field: Any) -> None:
    if field.data and not READABLE.search(field.data):
        raise ValidationError(_("名前を入力してください。"))


def name_of(label: Any, *, longest: int = 80, **kw: Any) -> StringField:
    """A name: marks alone would leave nothing to find it by."""
    return words(label, longest=longest, validators=[_is_readable], **kw)


class WholeNumber(IntegerField):
    """A whole number in bounds; full-width digits are read, blank is None, and one mistake gives one message."""

    def __init__(self, label: Any = None, *, least: int, most: int, unit: str = "", ask: Any = None, **kw: Any) -> None:
        self.least, self.most = least, most
        validators = [NotBlank(ask)] if ask else [Optional()]
        super().__init__(label, validators=validators, render_kw={"inputmode": "numeric", "maxlength": 12}, **kw)
        self.unit = unit

    widget = StringField.widget

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = fold(valuelist[0]).replace(",", "").strip() if valuelist else ""
        if not text:
            return
        if not re.fullmatch(r"-?\d{1,9}", text) or not self.least <= int(text) <= self.most:
            raise ValueError(_("%(least)sから%(most)sまでの数字で入力してください。", least=self.least, most=self.most))
        self.data = int(text)


class Day(DateField):
    """A day; a bad one says how to write it."""

    def __init__(self, label: Any = None, *, ask: Any = None, **kw: Any) -> None:
        super().__init__(label, validators=[NotBlank(ask)] if ask else [Optional()], **kw)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = fold(valuelist[0]).strip() if valuelist else ""
        if not text:
            return
        match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
        try:
            if not match:
                raise ValueError
            self.data = date(*(int(part) for part in match.groups()))
        except ValueError:
            raise ValueError(_("日付は 2026-04-01 のように入力してください。")) from None
        if not date(1900, 1, 1) <= self.data <= date(2199, 12, 31):
            self.data = None
            raise ValueError(_("日付は 2026-04-01 のように入力してください。"))


class Clock(TimeField):
    """A time of day."""

    def __init__(self, label: Any = None, **kw: Any) -> None:
        super().__init__(label, validators=[Optional()], **kw)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([fold(valuelist[0]).strip()] if valuelist and valuelist[0].strip() else [])
        except ValueError:
            raise ValueError(_("時刻は 13:30 のように入力してください。")) from None


def mail_address(label: Any, *, ask: Any = None, description: Any = "") -> StringField:
    return StringField(
        label,
        validators=[
            NotBlank(ask) if ask else Optional(),
            Length(max=254, message=_l("%(max)d文字までで入力してください。")),
            Email(message=_l("メールアドレスは name@example.jp のように入力してください。")),
        ],
        filters=[lambda value: fold(value).replace(" ", "") if value else value],
        description=description,
        render_kw={"inputmode": "email", "autocomplete": "email", "maxlength": 254},
    )


def _is_telephone(form: Any, field: Any) -> None:
    digits = re.sub(r"[\s()\-ー‐−]", "", fold(field.data or ""))
    if not re.fullmatch(r"\+?\d{9,14}", digits):
        raise ValidationError(_("電話番号は 083-000-0000 のように数字で入力してください。"))


def telephone(label: Any, *, ask: Any = None, description: Any = "") -> StringField:
    return StringField(
        label,
        validators=[
            NotBlank(ask) if ask else Optional(),
            Length(max=20, message=_l("%(max)d文字までで入力してください。")),
            _is_telephone,
        ],
        filters=[one_line],
        description=description,
        render_kw={"inputmode": "tel", "autocomplete": "tel", "maxlength": 20},
    )


def one_of(
    label: Any,
    members: Iterable[Labelled] | type[Labelled],
    *,
    ask: Any = None,
    blank: Any = None,
    description: Any = "",
    **kw: Any,
) -> SelectField:
    """One member of an enum. ``blank`` names the empty choice; without ``ask`` the answer may be None."""
    by_value = {member.value: member for member in members}
    choices = [SelectChoice("", blank or _l("選んでください"))]
    choices += [SelectChoice(member.value, _l(member.label)) for member in by_value.values()]
    return SelectField(
        label,
        choices=choices,
        coerce=lambda value: by_value.get(str(value)) if value else None,
        validators=[required(ask), Chosen(ask)] if ask else [Optional()],
        description=description,
        validate_choice=False,
        **kw,
    )


class Chosen:
    """A choice was made, and it is one of those offered."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None:
            raise StopValidation(str(self.message))


class MultiCheckboxField(SelectMultipleField):
    """Any number of choices, drawn as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        offered = {self.coerce(choice[0]) for choice in self.iter_choices()}
        if any(item not in offered for item in self.data or ()):
            raise StopValidation(_("一覧から選んでください。"))


def some_of(label: Any, members: type[Labelled], *, ask: Any = None, description: Any = "") -> MultiCheckboxField:
    """Any members of an enum."""
    by_value = {member.value: member for member in members}
    return MultiCheckboxField(
        label,
        choices=[SelectChoice(member.value, _l(member.label)) for member in members],
        coerce=lambda value: by_value.get(str(value), value),
        validators=[AtLeastOne(ask)] if ask else [],
        description=description,
    )


class AtLeastOne:
    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data:
            raise StopValidation(str(self.message))


def week_slots(label: Any, *, description: Any = "") -> MultiCheckboxField:
    """Seven days × three parts of the day, values 0…20; drawn by the macro ``availability_grid``."""
    parts = (_l("午前"), _l("午後"), _l("夜間"))
    return MultiCheckboxField(
        label,
        choices=[SelectChoice(str(slot), f"{WEEKDAYS[slot // 3]} {parts[slot % 3]}") for slot in range(21)],
        coerce=lambda value: int(value) if str(value).isdecimal() else -1,
        description=description,
    )


def offer_reference_tables(form: Any) -> None:
    """Fill the choices of ``field``/``fields`` and ``district``/``districts`` where the form has them."""
    for name, rows, key in (("field", all_fields, "number"), ("district", all_districts, "id")):
        for part, is_single in ((name, True), (name + "s", False)):
            if part in form:
                blank = [SelectChoice("", _("選んでください"))] if is_single else []
                form[part].choices = blank + [SelectChoice(str(getattr(row, key)), row.name) for row in rows()]


def reference(label: Any, *, ask: Any = None, description: Any = "") -> SelectField:
    """One row of a reference table, by its number."""
    return SelectField(
        label,
        choices=[],
        coerce=lambda value: int(value) if str(value).isdecimal() else None,
        validators=[required(ask), Chosen(ask)] if ask else [Optional(), OfferedOrNone()],
        description=description,
        validate_choice=False,
    )


class OfferedOrNone:
    """A number that is not among the choices is refused."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and str(field.data) not in {str(choice[0]) for choice in field.iter_choices()}:
            raise ValidationError(_("一覧から選んでください。"))


def references(label: Any, *, ask: Any = None, description: Any = "") -> MultiCheckboxField:
    """Any rows of a reference table, by their numbers."""
    return MultiCheckboxField(
        label,
        choices=[],
        coerce=lambda value: int(value) if str(value).isdecimal() else -1,
        validators=[AtLeastOne(ask)] if ask else [],
        description=description,
    )


class Rows(FieldList):
    """A field for several. Rows are numbered as the page numbers them; other numbers are nobody's."""

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


def form_key() -> HiddenField:
    """One per opened form: what is sent twice is written down once."""
    bad = _l("画面を開き直してください。")
    return HiddenField(default=lambda: uuid4().hex, validators=[Regexp(r"\A[0-9a-f]{32}\Z", message=bad)])


def refuse_stale(form: Any, record: Any) -> None:
    """Raise Stale when the record changed after the page was opened."""
    if str(form.version.data) != str(record.version):
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


def lines(text: str | None) -> list[str]:
    """The non-empty lines of a text area, without leading bullets."""
    found = [re.sub(r"^[\s・\-*●○■□]+", "", line).strip() for line in (text or "").split("\n")]
    return [line for line in found if line]
