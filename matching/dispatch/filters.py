"""What the desk's two lists are narrowed by: the open requests and those that came to an end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from ..accounts.permissions import current_actor
from ..help_requests.states import ENDED, RequestState
from ..i18n import era_year, today
from ..registry.forms import Filters, one_line, one_of, reference
from ..registry.forms.filters import LONGEST
from ..registry.vocabulary import all_desks
from .services import archive
from .services.archive import Narrowed

MINE, ALL = "mine", "all"


def _desks() -> list[SelectChoice]:
    return [SelectChoice(str(desk.id), desk.name) for desk in all_desks()]


def _whose() -> list[SelectChoice]:
    """One's own desk first, for those who have one."""
    mine = [SelectChoice(MINE, _("自分の窓口"))] if current_actor().desks else []
    return [*mine, SelectChoice(ALL, _("すべての窓口")), *_desks()]


def _years() -> list[SelectChoice]:
    years = archive.years_until(today(datetime.now(UTC)))
    return [SelectChoice("", ""), *(SelectChoice(str(year), year_in_words(year)) for year in years)]


def year_in_words(year: int) -> str:
    """「2026年度（令和8年度）」"""
    era = era_year(today(datetime(year, 5, 1, tzinfo=UTC)))
    return _("%(year)s年度（%(era)s年度）", year=year, era=era)


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() and len(str(value)) < 10 else None


class QueueFilters(Filters):
    """The open requests."""

    q = StringField(_l("題名・番号・団体"), filters=[one_line], render_kw={"maxlength": LONGEST})
    desk = SelectField(_l("窓口"), choices=_whose, default=lambda: MINE if current_actor().desks else ALL)
    state = one_of(_l("状態"), [state for state in RequestState if state not in ENDED])
    field: Any = None
    district: Any = None

    @property
    def desks(self) -> frozenset[int] | None:
        """Those that are asked for; None is all."""
        own = current_actor().desks
        chosen = self.desk.data or (MINE if own else ALL)
        return own if chosen == MINE else None if chosen == ALL else frozenset({int(chosen)})


class EndedFilters(Filters):
    """The requests that came to an end."""

    q = StringField(_l("題名・番号・団体"), filters=[one_line], render_kw={"maxlength": LONGEST})
    year = SelectField(_l("受けた年度"), choices=_years, coerce=lambda value: _number(value) or "")
    desk = SelectField(
        _l("窓口"), choices=lambda: [SelectChoice("", ""), *_desks()], coerce=lambda value: _number(value) or ""
    )
    ending = one_of(_l("結果"), [state for state in RequestState if state in ENDED])
    field = reference(_l("分野"))
    district = reference(_l("地域"))

    @property
    def narrowed(self) -> Narrowed:
        values: dict[str, Any] = {
            name: self[name].data or None for name in ("year", "desk", "ending", "field", "district")
        }
        return Narrowed(words=self.words, **values)
