"""Taking a list home: one file, and one line in the log that says who took which part of which list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Response

from .. import audit
from ..database import db
from ..exports import csv_file
from ..i18n import today
from .models import User
from .permissions import current_actor


def take_home(
    name: str,
    head: Iterable[Any],
    rows: Iterable[Iterable[Any]],
    *,
    what: str,
    narrowed_by: Iterable[str] = (),
    now: datetime,
) -> Response:
    """The list as a download, named with the day on which it was taken.

    ``what`` is the subject of the event, as in ``person:export``; ``narrowed_by`` are the names of the filters in use,
    never what was asked of them.
    """
    actor = current_actor()
    file = csv_file(f"{name}_{today(now):%Y%m%d}", head, rows)
    taker = db.session.get_one(User, actor.user_id)
    audit.record(f"{what}:export", taker, by=actor, at=now, fields=narrowed_by)
    db.session.commit()  # at the end: it forgets what was read
    return file
