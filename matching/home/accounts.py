"""Staff accounts: who has which role, giving one and taking it away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.fields.choices import SelectChoice

from ..accounts import staffing
from ..accounts.history import Happened
from ..accounts.models import Role, RoleGrant, User
from ..accounts.permissions import Permission, current_actor, requires
from ..audit import AuditEntry
from ..database import db
from ..registry.forms import Filters, Form, mail_address, name_of, one_line, one_of, reference
from ..registry.forms.filters import LONGEST
from ..registry.paging import page_of
from ..registry.vocabulary import all_departments, all_desks
from . import bp

PER_PAGE = 50
TOLD = 30
HAPPENED = {
    "user:create": _l("アカウントを作りました。"),
    "user:renew": _l("メールアドレスを確かめていなかったアカウントを、新しくしました。"),
    "role:grant": _l("権限を加えました。"),
    "role:take": _l("権限を外しました。"),
}


class AccountFilters(Filters):
    q = StringField(_l("名前・メールアドレス"), filters=[one_line], render_kw={"maxlength": LONGEST})
    field = None
    district = None
    role = one_of(_l("権限"), Role)


class RoleForm(Form):
    """Whom to give which role, and where."""

    email = mail_address(_l("メールアドレス"), ask=_l("メールアドレスを入力してください。"))
    name = name_of(_l("名前"), ask=_l("名前を入力してください。"))
    role = one_of(_l("権限"), Role, ask=_l("権限を選んでください。"))
    desk = reference(_l("窓口"), description=_l("コーディネーターのときに選びます。"))
    department = reference(_l("所管課"), description=_l("審議会担当のときに選びます。"))

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        blank = SelectChoice("", _("選んでください"))
        self.desk.choices = [blank, *(SelectChoice(str(desk.id), desk.name) for desk in all_desks())]


@bp.get("/admin/accounts")
@requires(Permission.ACCOUNT_MANAGE)
def accounts() -> str:
    filters: Any = AccountFilters()
    query = select(User).where(User.roles.any()).order_by(User.name, User.id)
    if filters.words:
        words = filters.words
        query = query.where(
            or_(User.name.contains(words, autoescape=True), User.email.contains(words.lower(), autoescape=True))
        )
    if filters.role.data:
        query = query.where(User.roles.any(RoleGrant.role == filters.role.data))
    found = page_of(query, page=filters.page, per_page=PER_PAGE, options=[selectinload(User.roles)])
    desks = {desk.id: desk.name for desk in all_desks()}
    departments = {department.id: department.name for department in all_departments()}
    places = {f"desk:{id_}": name for id_, name in desks.items()}
    places |= {f"department:{id_}": name for id_, name in departments.items()}
    return render_template(
        "home/accounts.html",
        filters=filters,
        found=found,
        desks=desks,
        departments=departments,
        history=_history(places),
    )


def _history(places: dict[str, str]) -> list[Happened]:
    """The latest changes, also of those who have no role any more; two queries. ``places`` as the log names them."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject_type == User.__tablename__, AuditEntry.event.in_(HAPPENED))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    )
    entries = list(db.session.scalars(query.limit(TOLD)))
    ids = {one.subject_id for one in entries} | {one.actor_user_id for one in entries}
    names = {user.id: user.shown_name for user in db.session.scalars(select(User).where(User.id.in_(ids)))}
    return [
        Happened(one.at, names.get(one.actor_user_id or 0, _("運用のコマンド")), _sentence(one, names, places))
        for one in entries
    ]


def _sentence(entry: AuditEntry, names: dict[int, str], places: dict[str, str]) -> str:
    told = entry.fields or []
    roles = _("・").join(_(role.label) for role in Role if role.value in told)
    where = _("・").join(places[name] for name in told if name in places)
    if roles and where:
        roles = _("%(role)s（%(place)s）", role=roles, place=where)
    sentence = f"{names.get(entry.subject_id or 0, '')}：{HAPPENED[entry.event]}"
    return f"{sentence} {roles}" if roles else sentence


@bp.route("/admin/accounts/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_MANAGE)
def give_role() -> Response | tuple[str, int]:
    form = RoleForm()
    if form.validate_on_submit():
        if grant := form.try_to(lambda: _give(form, now=datetime.now(UTC))):
            db.session.commit()
            flash(_("%(name)sさんに権限を加えました。", name=grant.user.shown_name), "success")
            return redirect(url_for(".accounts"), code=303)
        db.session.rollback()
    return render_template("home/give_role.html", form=form), 422 if form.errors else 200


def _give(form: Any, *, now: datetime) -> RoleGrant:
    actor = current_actor()
    user = staffing.account_of(form.email.data, name=form.name.data, by=actor, now=now)
    return staffing.give_role(
        user, form.role.data, desk_id=form.desk.data, department_id=form.department.data, by=actor, now=now
    )


def _grant(grant_id: int) -> RoleGrant | None:
    return db.session.get(RoleGrant, grant_id)


@bp.post("/admin/accounts/roles/<int:grant_id>/take")
@requires(Permission.ACCOUNT_MANAGE, _grant)
def take_role(grant: RoleGrant) -> Response:
    name = grant.user.shown_name
    staffing.take_role(grant, by=current_actor(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("%(name)sさんの権限を外しました。", name=name), "success")
    return redirect(url_for(".accounts"), code=303)
