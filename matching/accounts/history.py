"""A record's history as its page draws it: the audit log, in words, with who did it and by which way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from .. import audit
from ..database import db
from .actor import Source
from .models import User


@dataclass(frozen=True)
class Happened:
    """A line of the history, as the macro ``timeline`` draws it."""

    at: datetime
    actor: str
    sentence: str


def history_of(subjects: Iterable[Any], sentences: Mapping[str, Any]) -> list[Happened]:
    """What happened to these records, newest first. ``sentences`` says it for each event, in words or as a function
    of the entry; other events are left out, and so are entries of which the function says None.

    Two queries, however long it is. What a role may not learn of, its ``sentences`` do not name.
    """
    entries = audit.history(about=subjects, events=sentences.keys())[::-1]
    ids = {entry.actor_user_id for entry in entries if entry.actor_user_id}
    names = {user.id: user.shown_name for user in db.session.scalars(select(User).where(User.id.in_(ids)))}
    happened = []
    for entry in entries:
        sentence = sentences[entry.event]
        said = sentence(entry) if callable(sentence) else sentence
        if said is None:
            continue
        way = _(Source(entry.source).label)
        name = names.get(entry.actor_user_id or 0)
        happened.append(Happened(entry.at, f"{name}（{way}）" if name else way, str(said)))
    return happened
