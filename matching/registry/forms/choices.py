"""Fields that somebody chooses from: enums, reference tables, the slots of a week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from ...workflow import Labelled
from ..vocabulary import WEEKDAYS, all_departments, all_districts, all_fields
from .typed import required


def number_of(value: Any) -> int | None:
    """The number that was sent; −1, which is never offered, where it is longer than any; None where it is none."""
    digits = str(value)
    if not digits.isdecimal():
        return None
    return int(digits) if len(digits) < 10 else -1


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
        coerce=number_of,
        description=description,
    )


def offer_reference_tables(form: Any) -> None:
    """Fill the choices of ``field``, ``district`` and ``department``, one or several, where the form has them."""
    tables = (("field", all_fields, "number"), ("district", all_districts, "id"), ("department", all_departments, "id"))
    for name, rows, key in tables:
        for part, is_single in ((name, True), (name + "s", False)):
            if part in form:
                blank = [SelectChoice("", _("選んでください"))] if is_single else []
                form[part].choices = blank + [SelectChoice(str(getattr(row, key)), row.name) for row in rows()]


def reference(label: Any, *, ask: Any = None, description: Any = "") -> SelectField:
    """One row of a reference table, by its number."""
    return SelectField(
        label,
        choices=[],
        coerce=number_of,
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
        coerce=number_of,
        validators=[AtLeastOne(ask)] if ask else [],
        description=description,
    )
