"""Saying that I act for an organization: a known one, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from ...accounts.models import User
from ...accounts.permissions import Permission, current_actor, requires
from ...database import db
from .. import services
from ..forms import ContactFields, Form, name_of, one_of, reference, words
from ..models import Organization, Person, Representation
from ..vocabulary import OrganizationKind
from . import bp

NEW = "new"
Page = str | tuple[str, int] | Response


class ClaimForm(ContactFields, Form):
    """Which organization, which post, and, at the first time, who I am."""

    choice = RadioField(_l("団体"), choices=[], validate_choice=False)
    organization_name = name_of(_l("団体名"), longest=120)
    organization_kana = words(_l("団体名（ふりがな）"), longest=120)
    organization_kind = one_of(_l("団体の種類"), OrganizationKind)
    district = reference(_l("主な活動の地域"))
    name = name_of(_l("あなたの氏名"), ask=_l("氏名を入力してください。"), render_kw={"autocomplete": "name"})
    kana = words(_l("あなたの氏名（ふりがな）"), longest=80, ask=_l("ふりがなを入力してください。"))
    title = words(_l("役職"), longest=60, description=_l("例：会長、事務局、担任"))

    def offer(self, found: list[Organization]) -> None:
        self.choice.choices = [
            SelectChoice(str(one.id), f"{one.name}（{one.district.name}）" if one.district else one.name)
            for one in found
        ] + [SelectChoice(NEW, _("新しい団体（下に書く）") if found else _("新しい団体"))]
        if not found:
            self.choice.data = NEW

    def validate(self, *args: Any, **kw: Any) -> bool:
        valid = bool(super().validate(*args, **kw))
        for name, message in self._missing():
            if not self[name].errors:
                self[name].errors = [message]
                valid = False
        return valid

    def _missing(self) -> Iterator[tuple[str, str]]:
        if self.choice.data not in {choice.value for choice in self.choice.choices}:
            yield "choice", _("団体を選んでください。")
        if self.choice.data == NEW and not self.organization_name.data:
            yield "organization_name", _("団体名を入力してください。")
        if self.choice.data == NEW and self.organization_kind.data is None:
            yield "organization_kind", _("団体の種類を選んでください。")


@bp.route("/organizations/claim", methods=["GET", "POST"])
@requires(Permission.ORGANIZATION_CLAIM)
def claim() -> Page:
    """Say which organization I act for; a desk checks it later, and I may go on at once."""
    user = db.session.get_one(User, current_actor().user_id)
    person = services.person_of(user)
    words = request.args.get("q", "").strip()[:60]
    found = services.find_organizations(words)
    form: Any = ClaimForm(data={"organization_name": words, "name": user.name})
    form.offer(found)
    if person:
        del form.name
        del form.kana
    if form.validate_on_submit() and form.try_to(lambda: _claim(form, user, person, now=datetime.now(UTC))):
        db.session.commit()
        flash(_("受け付けました。窓口で担当者の確認をします。確認の前でも、続けて依頼を出せます。"), "success")
        return redirect(_local(request.args.get("next")) or current_app.config["SECURITY_POST_LOGIN_VIEW"], code=303)
    page = render_template("registry/claim.html", form=form, words=words, found=found, next=request.args.get("next"))
    return page, 422 if form.errors else 200


def _claim(form: Any, user: User, person: Person | None, *, now: datetime) -> Representation:
    actor = current_actor()
    if person is None:
        person = services.become_person(user, name=form.name.data, kana=form.kana.data, by=actor, now=now)
    title = form.title.data or ""
    if form.choice.data != NEW:
        known = db.session.get_one(Organization, int(form.choice.data))
        return services.claim(person, known, title=title, by=actor, now=now)
    return services.claim_new(
        person,
        name=form.organization_name.data,
        kana=form.organization_kana.data,
        kind=form.organization_kind.data,
        district_id=form.district.data,
        contacts=form.contacts(),
        title=title,
        by=actor,
        now=now,
    )


def _local(target: str | None) -> str | None:
    """A path of this site, or None: nobody is sent elsewhere by a link they were given."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith("//")
        or "\\" in target
        or not target.isprintable()
    ):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
