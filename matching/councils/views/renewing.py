"""Renewing several terms on one page: what a clerk does every two years."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from ...accounts.permissions import Permission, current_actor, requires
from ...errors import Stale
from ...i18n import today
from ...registry.forms import refuse_stale
from .. import services
from ..forms import RenewForm
from ..models import Appointment, Council
from . import bp
from .base import Page, done, form_page, load_council


@bp.route("/councils/<int:council_id>/renew", methods=["GET", "POST"])
@requires(Permission.COUNCIL_EDIT, load_council)
def renew(council: Council) -> Page:
    now = datetime.now(UTC)
    terms = services.renewable(council, today(now))
    rows = [_row(term, today(now)) for term in terms]
    form: Any = RenewForm(data={"ends": services.next_end(terms), "rows": rows})
    if form.is_submitted():
        terms = services.terms_of_council(council)
    by_id = {str(term.id): term for term in terms}
    if form.is_submitted():
        _refuse_other_rows(form, by_id)
    chosen = [row.form for row in form.rows if row.form.stays.data]
    if form.validate_on_submit() and _somebody(form, chosen):
        answer = done(
            form,
            lambda: [
                services.renew(
                    by_id[row.term.data],
                    ends=form.ends.data,
                    category=row.category.data or "",
                    role=row.role.data,
                    by=current_actor(),
                    now=now,
                )
                for row in chosen
            ],
            _("%(n)s人を再任しました。", n=len(chosen)),
            url_for(".show", council_id=council.id),
        )
        if answer:
            return answer
    return form_page("councils/renew.html", form, council=council, by_id=by_id)


def _row(term: Appointment, day: date) -> dict[str, Any]:
    """Ticked where the term is about to run out, or just did."""
    assert term.ends
    return {
        "stays": abs(term.ends - day) <= services.SOON,
        "term": str(term.id),
        "version": term.version,
        "role": term.role,
        "category": term.category,
    }


def _refuse_other_rows(form: Any, by_id: dict[str, Appointment]) -> None:
    """Each row is a term of this council as the page showed it."""
    for row in form.rows:
        if row.form.term.data not in by_id:
            raise Stale
        refuse_stale(row.form, by_id[row.form.term.data])


def _somebody(form: Any, chosen: list[Any]) -> bool:
    if not chosen:
        form.form_errors.append(_("再任する人に印を付けてください。"))
    return bool(chosen)
