"""Groups: list and detail."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from .. import audit
from ..accounts.permissions import Permission, current_actor, requires
from ..database import db
from ..registry import services as registry
from ..registry.models import Organization, Registry
from .models import Group
from .states import GroupState

bp = Blueprint("groups", __name__)
PER_PAGE = 50


def _load(group_id: int) -> Group | None:
    return db.session.get(Group, group_id)


@bp.get("/groups")
@requires(Permission.GROUP_LIST)
def index() -> str:
    words = request.args.get("q", "").strip()[:60]
    ended = request.args.get("state") == GroupState.ENDED.value
    query = (
        select(Group)
        .join(Group.organization)
        .options(joinedload(Group.organization).joinedload(Organization.district), selectinload(Group.fields))
        .where(Group.state == (GroupState.ENDED if ended else GroupState.ACTIVE))
        .order_by(Organization.kana_key, Organization.name_key, Group.id)
    )
    if key := registry.name_key(words):
        named = Organization.name_key.contains(key, autoescape=True)
        read = Organization.kana_key.contains(registry.kana_key(words), autoescape=True)
        query = query.where(or_(named, read, Group.number == words))
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = db.paginate(query, page=page, per_page=PER_PAGE)
    return render_template("groups/index.html", found=found, words=words, ended=ended)


@bp.get("/groups/<int:group_id>")
@requires(Permission.GROUP_READ, _load, audited=True)
def show(group: Group) -> str:
    """One group; reading its contact data is written down."""
    audit.record("group:read", group, by=current_actor(), at=datetime.now(UTC))
    db.session.commit()
    return render_template(
        "groups/show.html",
        group=group,
        skills=registry.skills_of(group.organization_id, Registry.GROUP),
        acting=registry.representatives_of(group.organization_id),
    )
