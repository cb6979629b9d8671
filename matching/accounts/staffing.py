"""Members of staff: accounts that somebody else makes for them, and the roles that they are given and lose."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from uuid import uuid4

from flask_babel import gettext as _
from flask_security import uia_email_mapper
from flask_security.utils import hash_password
from sqlalchemy import func, select

from .. import audit
from ..database import db
from ..errors import Invalid, MatchingError
from .actor import Actor, lookups
from .models import Role, RoleGrant, User


def account_of(email: str, *, name: str, by: Actor, now: datetime) -> User:
    """The account of this address, or a new one whose password is chosen through 「パスワードを忘れたとき」.

    One whose address nobody confirmed may be a stranger's: its password and its links end, as if it were new.
    """
    email = uia_email_mapper(email) or email.strip().lower()
    user = db.session.scalar(select(User).where(func.lower(User.email) == email))
    if user is None or user.confirmed_at is None:
        is_new = user is None
        user = user or User(email=email)
        user.email, user.name, user.confirmed_at = email, name, now
        user.password, user.fs_uniquifier = hash_password(token_urlsafe(32)), uuid4().hex
        db.session.add(user)
        audit.record("user:create" if is_new else "user:renew", user, by=by, at=now)
        db.session.flush()
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
    desk_id = desk_id if role is Role.COORDINATOR else None
    department_id = department_id if role is Role.CLERK else None
    _take_turn(user)
    for held in user.roles:
        if (held.role, held.desk_id, held.department_id) == (role, desk_id, department_id):
            return held
    grant = RoleGrant(role=role, desk_id=desk_id, department_id=department_id)
    if any(_is_contractors(held) != _is_contractors(grant) for held in user.roles):
        raise Invalid(
            _("委託先の窓口の人には、ほかの権限を加えられません。先に、いまの権限を外してください。"), field="role"
        )
    grant.user = user
    db.session.add(grant)
    audit.record("role:grant", user, by=by, at=now, fields=_told(grant))
    db.session.flush()
    return grant


def take_role(grant: RoleGrant, *, by: Actor, now: datetime) -> None:
    """From the next click on they may no longer do what the role allowed."""
    user = grant.user
    _take_turn(user)
    if grant not in user.roles:
        raise MatchingError(_("この権限は、すでに外されています。"))
    if grant.role is Role.ADMINISTRATOR:
        _refuse_to_lock_out(grant, by=by)
    user.roles.remove(grant)
    audit.record("role:take", user, by=by, at=now, fields=_told(grant))
    db.session.flush()


def _take_turn(user: User) -> None:
    """One change of a user's roles at a time, each read anew; the log, which names users too, does not wait for it."""
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
    db.session.refresh(user, ["roles"])


def _refuse_to_lock_out(grant: RoleGrant, *, by: Actor) -> None:
    """All administrators' grants are held until the commit, so that no two take each other's at once."""
    if grant.user_id == by.user_id:
        raise MatchingError(_("自分の管理者の権限は、自分では外せません。"), advice=_("ほかの管理者に頼んでください。"))
    standing = select(RoleGrant).where(RoleGrant.role == Role.ADMINISTRATOR).order_by(RoleGrant.id)
    held = list(db.session.scalars(standing.with_for_update()))
    others = [one for one in held if one.user_id != grant.user_id and one.user.active]
    if grant.user.active and not any(administers(one.user) for one in others):
        raise MatchingError(_("最後の管理者の権限は外せません。"), advice=_("先に、ほかの管理者を加えてください。"))


def administers(user: User) -> bool:
    """A contractor's staff does not, whatever else was given to them."""
    return any(held.role is Role.ADMINISTRATOR for held in user.roles) and not any(map(_is_contractors, user.roles))


def _is_contractors(grant: RoleGrant) -> bool:
    return grant.desk_id is not None and lookups.works_for_contractor(frozenset({grant.desk_id}))


def _told(grant: RoleGrant) -> list[str]:
    """What the log says of a grant: the role, and its place by id."""
    place = {"desk": grant.desk_id, "department": grant.department_id}
    return [grant.role.value, *(f"{kind}:{id_}" for kind, id_ in place.items() if id_ is not None)]
