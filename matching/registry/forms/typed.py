"""Fields that somebody types into: bounded, tidied, and speaking Japanese when something cannot be read."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    IntegerField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import Email, InputRequired, Length, Optional, StopValidation, ValidationError

from ...engine.text import fold

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


def lines(text: str | None) -> list[str]:
    """The non-empty lines of a text area, without leading bullets."""
    found = [re.sub(r"^[\s・\-*●○■□]+", "", line).strip() for line in (text or "").split("\n")]
    return [line for line in found if line]
