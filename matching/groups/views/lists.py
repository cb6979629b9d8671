"""The list of groups, and the same list as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from ...accounts.permissions import Permission, requires
from ...accounts.taking import take_home
from ...concepts.services import understood
from ...i18n import today
from .. import listing, services
from ..forms import GroupFilters
from ..listing import Narrowed, Part
from . import bp


def _asked() -> tuple[Any, Narrowed, Part]:
    """The filters as they stand in the address."""
    form: Any = GroupFilters()
    part = {part.value: part for part in Part}.get(request.args.get("state", ""), Part.ACTIVE)
    return form, Narrowed(form.words, form.as_written, form.field.data, form.district.data, form.kind.data), part


@bp.get("/groups")
@requires(Permission.GROUP_LIST)
def index() -> str:
    form, narrowed, part = _asked()
    day = today(datetime.now(UTC))
    return render_template(
        "groups/index.html",
        found=listing.find(narrowed, part, day=day, page=form.page),
        form=form,
        meant=() if form.as_written else understood(form.words),
        part=part,
        parts=list(Part),
        day=day,
        is_due=services.is_due,
    )


@bp.get("/groups/export")
@requires(Permission.GROUP_EXPORT, audited=True)
def export() -> Response:
    """The list as a file, with the same filters; who took it is written down."""
    form, narrowed, part = _asked()
    now = datetime.now(UTC)
    rows = listing.table_rows(narrowed, part, day=today(now))
    narrowed_by = [*form.address, "state"]
    return take_home(_("登録団体"), listing.table_head(), rows, what="group", narrowed_by=narrowed_by, now=now)
