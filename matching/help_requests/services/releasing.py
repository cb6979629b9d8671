"""Whether everybody may read the outline while somebody is looked for: the requester says so, and takes it back.

Before a desk wrote the outline, the requester agrees that what the desk will write is shown; the letter of acceptance
then shows it to them. Once it is public, another outline was not agreed to (``completing``), and what is decided looks
for nobody (``moving``): both end the publication, and only the requester begins it again.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import MatchingError
from ..models import HelpRequest


def release(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    """What is shown: see ``publishing``."""
    if request.has_ended:
        raise MatchingError(_("この依頼は終わっているため、公開できません。"))
    if request.released_at is None:
        request.released_at = now
        audit.record("request:publish", request, by=by, at=now, case=request.id, fields=["released_at"])
        db.session.flush()


def conceal(request: HelpRequest, *, by: Actor, now: datetime) -> None:
    """Shown no longer, at once."""
    if request.released_at is not None:
        request.released_at = None
        audit.record("request:conceal", request, by=by, at=now, case=request.id, fields=["released_at"])
        db.session.flush()
