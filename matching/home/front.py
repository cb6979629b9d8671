"""What everybody may read: the first page, what is kept about people and why, and how far the pages are accessible."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import render_template, url_for

from ..accounts.permissions import current_actor, public
from ..groups import publishing as groups
from ..help_requests import publishing as help_requests
from ..i18n import today
from ..registry.models import CONSENT_TEXT_VERSION, Purpose
from ..supporters import publishing as supporters
from . import bp
from .navigation import landing_of

PRIVACY_AS_OF = date(2026, 11, 22)
ACCESSIBILITY_AS_OF = date(2026, 11, 22)


@bp.get("/")
@public
def index() -> str:
    """Two doors, and what is going on: one query for each figure."""
    actor, day = current_actor(), today(datetime.now(UTC))
    return render_template(
        "home/index.html",
        work=url_for(landing_of(actor)) if actor.is_staff else None,
        groups=groups.how_many(),
        supporters=supporters.how_many(),
        requests=help_requests.how_many(day=day),
    )


@bp.get("/privacy")
@public
def privacy() -> str:
    return render_template(
        "home/privacy.html", as_of=PRIVACY_AS_OF, purposes=list(Purpose), text_version=CONSENT_TEXT_VERSION
    )


@bp.get("/accessibility")
@public
def accessibility() -> str:
    return render_template("home/accessibility.html", as_of=ACCESSIBILITY_AS_OF)
