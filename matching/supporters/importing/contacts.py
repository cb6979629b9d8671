"""Contact cells: the same rules as where somebody types them."""

from __future__ import annotations

from collections.abc import Mapping

import wtforms
from werkzeug.datastructures import MultiDict

from ...registry.forms import ContactFields
from ...registry.services import Contact
from .table import Cell

TARGETS = ("telephone", "mail", "address")


class _Contacts(ContactFields, wtforms.Form):
    """What the web asks for, without a page around it."""


def read_contacts(cells: Mapping[str, Cell]) -> tuple[list[Contact], list[str]]:
    """What can be used, and for the rest what is wrong with it."""
    given = {target: cells[target].text for target in TARGETS if target in cells}
    if not given:
        return [], []
    form = _Contacts(MultiDict(given))
    form.validate()
    wrong = [form[target] for target in given if form[target].errors]
    bad = {field.name for field in wrong}
    return (
        [one for one in form.contacts() if one.value and one.kind.value not in bad],
        [f"{field.label.text}を入れていません。{field.errors[0]}" for field in wrong],
    )
