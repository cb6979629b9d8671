"""The public directory: groups, supporters and released requests, as their own rooms let everybody read them.

Nothing here looks at a registration itself: what is shown is what ``publishing`` of each room answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import StringField

from .accounts.actor import Actor
from .accounts.permissions import current_actor, public
from .concepts.services import understood
from .database import db
from .engine.lexicon import Concept
from .errors import MatchingError
from .groups import publishing as groups
from .help_requests import publishing as help_requests
from .i18n import today
from .registry.forms import Filters, one_line, reference
from .registry.forms.filters import LONGEST
from .supporters import publishing as supporters
from .supporters.models import Supporter
from .supporters.states import SupporterState

bp = Blueprint("directory", __name__, url_prefix="/directory")

PER_PAGE = 20
KEY = re.compile(r"[0-9a-f]{16}")  # nothing else is looked for
TOLD_ON_THE_TELEPHONE = 6  # letters of a request's key: enough for a desk to find it, with its title


class NoLongerShown(MatchingError):
    """Nothing of this address is shown: withdrawn, ended, or never there. Which of them is nobody's business."""

    status = 404
    title = _l("掲載は終わりました")
    advice = _l("一覧から、いま掲載しているものをご覧ください。")


class GroupFilters(Filters):
    q = StringField(_l("団体の名前・していること"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = reference(_l("分野"))
    district = reference(_l("来てほしい地域"))


class SupporterFilters(Filters):
    q = StringField(_l("できること・名前"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = reference(_l("分野"))
    district = reference(_l("来てほしい地域"))


class RequestFilters(Filters):
    q = StringField(_l("依頼の言葉"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = reference(_l("分野"))
    district = reference(_l("地域"))


def _today() -> date:
    return today(datetime.now(UTC))


def _asked(filters: Any) -> dict[str, Any]:
    """The filters as every ``publishing`` takes them."""
    return {
        "words": filters.words,
        "as_written": filters.as_written,
        "field": filters.field.data,
        "district": filters.district.data,
        "page": filters.page,
        "per_page": PER_PAGE,
    }


def _meant(filters: Any) -> tuple[Concept, ...]:
    """What the words are understood as; nothing where only the words themselves are searched for."""
    return () if filters.as_written else understood(filters.words)


def _face(shown: Callable[[str], Any], key: str, *, gone: str) -> Any:
    """What is shown of this key; ``gone`` says that it is not."""
    face = shown(key) if KEY.fullmatch(key) else None
    if face is None:
        raise NoLongerShown(gone)
    return face


@bp.get("/groups", endpoint="groups")
@public
def groups_list() -> str:
    filters = GroupFilters()
    found = groups.public_entries(day=_today(), **_asked(filters))
    return render_template("directory/groups.html", filters=filters, found=found, meant=_meant(filters))


@bp.get("/groups/<key>")
@public
def group(key: str) -> str:
    face = _face(groups.public_entry, key, gone=_("この団体は、掲載していません。"))
    return render_template("directory/group.html", face=face)


@bp.get("/supporters", endpoint="supporters")
@public
def supporters_list() -> str:
    filters = SupporterFilters()
    found = supporters.public_entries(day=_today(), **_asked(filters))
    return render_template("directory/supporters.html", filters=filters, found=found, meant=_meant(filters))


@bp.get("/supporters/<key>")
@public
def supporter(key: str) -> str:
    face = _face(supporters.public_entry, key, gone=_("この協働サポーターは、掲載していません。"))
    return render_template("directory/supporter.html", face=face)


@bp.get("/requests", endpoint="requests")
@public
def requests_list() -> str:
    filters = RequestFilters()
    found = help_requests.public_requests(day=_today(), **_asked(filters))
    return render_template(
        "directory/requests.html",
        filters=filters,
        found=found.page,
        meant=_meant(filters),
        by_meaning=found.by_meaning,
    )


@bp.get("/requests/<key>")
@public
def request(key: str) -> str:
    """A request that looks for somebody, and what to do for whoever could help."""
    shown = partial(help_requests.public_request, day=_today())
    face = _face(shown, key, gone=_("この依頼は、いま募集していません。"))
    return render_template(
        "directory/request.html",
        face=face,
        number=face.key[:TOLD_ON_THE_TELEPHONE].upper(),
        registered=_is_registered(current_actor()),
    )


def _is_registered(actor: Actor) -> bool:
    """Whether the reader, or an organization they act for, is a supporter already."""
    if not actor.parties:
        return False
    mine = select(Supporter.id).where(Supporter.party_id.in_(actor.parties), Supporter.state != SupporterState.ENDED)
    return db.session.scalar(mine.limit(1)) is not None
