"""One group, and what those who act for it or a coordinator do with it: renew, end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.actor import Actor
from ...accounts.permissions import Permission, current_actor, is_about_me, may, requires
from ...database import db
from ...i18n import today
from ...registry.forms import Form, sent
from .. import reading, services
from ..forms import EndForm, GroupFilters, RenewForm
from ..models import Group
from . import bp

ONE = "/groups/<int:group_id>"
FORMS: dict[str, type[Any]] = {"renew": RenewForm, "end": EndForm}
Page = str | tuple[str, int] | Response


def load_group(group_id: int) -> Group | None:
    return db.session.get(Group, group_id)


@bp.get(ONE)
@requires(Permission.GROUP_READ, load_group, audited=True)
def show(group: Group) -> Page:
    write_down_reading(group)
    return _detail(group)


def write_down_reading(group: Group) -> None:
    """Staff see contact data here, so their reading is recorded."""
    actor = current_actor()
    if not is_about_me(actor, group):
        audit.record("group:read", group, by=actor, at=datetime.now(UTC))
        db.session.commit()


def _detail(group: Group, **refused: Form) -> Page:
    """The page; a form that was sent and refused stands on it as it was filled in."""
    actor, day = current_actor(), today(datetime.now(UTC))
    mine = is_about_me(actor, group)
    forms: dict[str, Any] = {
        name: form(formdata=None, data={"version": group.version, "on": day}) for name, form in FORMS.items()
    }
    if mine:
        for form in forms.values():
            form.only_for_owner()
    page = render_template(
        "groups/show.html",
        group=group,
        mine=mine,
        forms=forms | refused,
        refused=next(iter(refused.values()), None),
        is_due=services.is_due(group, day),
        around=reading.around(group, for_staff=may(actor, Permission.GROUP_LIST)),
    )
    return (page, 422) if refused else page


@bp.post(f"{ONE}/renew")
@requires(Permission.GROUP_EDIT, load_group)
def renew(group: Group) -> Page:
    """From the page of the group, or from the list of those that are due: then back to the list."""
    form: Any = RenewForm()
    return _act(
        group,
        {"renew": form},
        lambda by, now: services.renew(group, on=form.on.data if "on" in form else None, by=by, now=now),
        done=_("「%(name)s」の登録を更新しました。", name=group.organization.name),
    )


@bp.post(f"{ONE}/end")
@requires(Permission.GROUP_EDIT, load_group)
def end(group: Group) -> Page:
    form: Any = EndForm()
    return _act(
        group,
        {"end": form},
        lambda by, now: services.end_group(
            group, on=form.on.data if "on" in form else None, reason=form.reason.data, by=by, now=now
        ),
        done=_("「%(name)s」の登録を終えました。", name=group.organization.name),
    )


def _act(group: Group, form: dict[str, Any], act: Callable[[Actor, datetime], None], *, done: str) -> Page:
    """Check the sent form, act, and go on."""
    [(name, filled)] = form.items()
    actor = current_actor()
    if is_about_me(actor, group):
        filled.only_for_owner()

    def acted() -> bool:
        told = "source" in filled
        by = actor.told_by(filled.source.data, on_behalf_of=group.party_id) if told else actor
        act(by, datetime.now(UTC))
        return True

    if sent(filled, group) and filled.try_to(acted):
        db.session.commit()
        flash(done, "success")
        return redirect(_next(group), code=303)
    db.session.rollback()
    return _detail(group, **{name: filled})


def _next(group: Group) -> str:
    if request.args.get("back") == "list" and may(current_actor(), Permission.GROUP_LIST):
        rest: dict[str, Any] = GroupFilters().address
        return url_for(".index", state="due", **rest)
    return url_for(".show", group_id=group.id)
