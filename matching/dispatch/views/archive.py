"""Requests of the past: the list of those that came to an end, and a fiscal year as a file."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ...accounts.permissions import Permission, requires
from ...accounts.taking import take_home
from ...i18n import fiscal_year, today
from ..filters import EndedFilters, year_in_words
from ..services import archive
from .base import bp, utcnow


@bp.get("/desk/ended")
@requires(Permission.REQUEST_LIST)
def ended() -> str:
    form = EndedFilters()
    year = form.narrowed.year or fiscal_year(today(utcnow()))
    return render_template(
        "dispatch/ended.html",
        found=archive.ended(form.narrowed, page=form.page),
        form=form,
        year=year,
        year_words=year_in_words(year),
    )


@bp.get("/desk/requests.csv")
@requires(Permission.REQUEST_LIST, audited=True)
def export() -> Response:
    """All requests of a fiscal year, open ones too, without names and words; who took it is written down."""
    now = utcnow()
    years = archive.years_until(today(now))
    year = request.args.get("year", years[0], type=int)
    year = year if year in years else years[0]
    rows = archive.table_of(year)
    name = _("依頼_%(year)s年度", year=year)
    return take_home(name, archive.table_head(), rows, what="request", narrowed_by=["year"], now=now)
