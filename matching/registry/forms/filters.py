"""The search box and the filters above a list: a GET form, so that a list has an address."""

from __future__ import annotations

from typing import Any

import wtforms
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.fields.choices import SelectChoice

from .choices import offer_reference_tables, reference
from .typed import one_line

LAST_PAGE = 10_000
LONGEST = 60


class Filters(wtforms.Form):
    """What a list is narrowed by. A room adds its own: ``kind = one_of(…)``; what is not offered counts as not asked."""

    q = StringField(_l("名前・ふりがな・できること"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = reference(_l("分野"))
    district = reference(_l("地域"))

    def __init__(self) -> None:
        super().__init__(request.args)
        offer_reference_tables(self)
        for one in self:
            if hasattr(one, "choices") and one.choices and str(one.choices[0].value) == "":
                one.choices[0] = SelectChoice("", _("すべて"))
        if not self.validate():
            for one in self:
                if one.errors:
                    one.data, one.errors = None, []

    @property
    def words(self) -> str:
        field: Any = self["q"]
        return (field.data or "")[:LONGEST]

    @property
    def as_written(self) -> bool:
        """Only what the words say as they stand; what they mean is left out."""
        return bool(self.words) and request.args.get("as") == "written"

    @property
    def page(self) -> int:
        return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)

    @property
    def address(self) -> dict[str, str]:
        """The filters in use, as they stand in the address: for links to other pages of the same list."""
        used = {name: request.args[name] for name, field in self._fields.items() if field.data and name in request.args}
        return used | {"as": "written"} if self.as_written else used
