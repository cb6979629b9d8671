"""The list of registrations, and the same list as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from ...accounts.permissions import Permission, requires
from ...accounts.taking import take_home
from ...concepts.services import understood
from ...i18n import today
from .. import listing
from ..forms import SupporterFilters
from ..listing import Narrowed
from ..states import SupporterState
from . import bp


def _asked() -> tuple[Any, Narrowed, SupporterState | None]:
    """The filters as they stand in the address."""
    form: Any = SupporterFilters()
    narrowed = Narrowed(form.words, form.as_written, form.field.data, form.district.data, form.kind.data)
    return form, narrowed, {state.value: state for state in SupporterState}.get(request.args.get("state", ""))


@bp.get("/supporters")
@requires(Permission.SUPPORTER_LIST)
def index() -> str:
    form, narrowed, state = _asked()
    found = listing.find(narrowed, state=state, day=today(datetime.now(UTC)), page=form.page)
    return render_template(
        "supporters/index.html",
        found=found,
        form=form,
        meant=() if form.as_written else understood(form.words),
        state=state,
        states=list(SupporterState),
        address=form.address,
    )


@bp.get("/supporters/export")
@requires(Permission.SUPPORTER_EXPORT, audited=True)
def export() -> Response:
    """The list as a file, with the same filters; who took it is written down."""
    form, narrowed, state = _asked()
    now = datetime.now(UTC)
    rows = listing.table_rows(narrowed, state=state, day=today(now))
    narrowed_by = [*form.address, *(["state"] if state else [])]
    return take_home(
        _("協働サポーター"), listing.table_head(), rows, what="supporter", narrowed_by=narrowed_by, now=now
    )
