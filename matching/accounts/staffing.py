"""Members of staff: accounts that somebody else makes for them, and the roles that they are given and lose."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from uuid import uuid4

from flask_babel import gettext as _
from flask_security.utils import hash_password
from sqlalchemy import select

from .. import audit
from ..database import db
from ..errors import Invalid, MatchingError
from .actor import Actor
from .models import Role, RoleGrant, User


def account_of(email: str, *, name: str, by: Actor, now: datetime) -> User:
    """The account of this address, or a new one whose password is chosen through 「パスワードを忘れたとき」."""
    email = email.strip().lower()
    user = db.session.scalar(select(User).where(User.email == email))
    if user is None:
        password = hash_password(token_urlsafe(32))
        user = User(email=email, name=name, password=password, fs_uniquifier=uuid4().hex, confirmed_at=now)
        db.session.add(user)
        audit.record("user:create", user, by=by, at=now)
    elif not user.name:
        user.name = name
    return user


def give_role(
    user: User, role: Role, *, desk_id: int | None = None, department_id: int | None = None, by: Actor, now: datetime
) -> RoleGrant:
    """A coordinator works at a desk, a clerk for a department; the same role again changes nothing."""
    if role is Role.COORDINATOR and desk_id is None:
        raise Invalid(_("コーディネーターの窓口を選んでください。"), field="desk")
    if role is Role.CLERK and department_id is None:
        raise Invalid(_("審議会担当の所管課を選んでください。"), field="department")
    wanted = (role, desk_id if role is Role.COORDINATOR else None, department_id if role is Role.CLERK else None)
    for held in user.roles:
        if (held.role, held.desk_id, held.department_id) == wanted:
            return held
    grant = RoleGrant(user=user, role=wanted[0], desk_id=wanted[1], department_id=wanted[2])
    db.session.add(grant)
    audit.record("role:grant", user, by=by, at=now, fields=[role.value])
    db.session.flush()
    return grant


def take_role(grant: RoleGrant, *, by: Actor, now: datetime) -> None:
    """From the next click on they may no longer do what the role allowed."""
    if grant.role is Role.ADMINISTRATOR and grant.user_id == by.user_id:
        raise MatchingError(_("自分の管理者の権限は、自分では外せません。"), advice=_("ほかの管理者に頼んでください。"))
    user = grant.user
    user.roles.remove(grant)
    audit.record("role:take", user, by=by, at=now, fields=[grant.role.value])
    db.session.flush()
