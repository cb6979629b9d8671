"""Councils: list and detail."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ..accounts.permissions import Permission, requires
from ..database import db
from ..i18n import today
from ..registry.vocabulary import Department
from . import services
from .models import Council

bp = Blueprint("councils", __name__)


def _load(council_id: int) -> Council | None:
    return db.session.get(Council, council_id)


@bp.get("/councils")
@requires(Permission.COUNCIL_READ)
def index() -> str:
    day = today(datetime.now(UTC))
    query = (
        select(Council)
        .join(Council.department)
        .options(joinedload(Council.department))
        .order_by(Department.id, Council.name, Council.id)
    )
    councils = list(db.session.scalars(query))
    return render_template("councils/index.html", councils=councils, taken=services.seats_taken(day), day=day)


@bp.get("/councils/<int:council_id>")
@requires(Permission.COUNCIL_READ, _load)
def show(council: Council) -> str:
    day = today(datetime.now(UTC))
    return render_template(
        "councils/show.html",
        council=council,
        members=services.members_on(council, day),
        others=services.other_terms(council, day),
        day=day,
    )
