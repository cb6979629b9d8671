"""One registration, and what its owner or a coordinator does with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import audit
from ...accounts.actor import Actor
from ...accounts.permissions import Permission, current_actor, is_about_me, may, requires
from ...concepts.suggesting import Offer, pressed, take_pressed
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import Form, refuse_stale
from ...registry.forms.parties import say_what_is_shown
from ...registry.models import Basis, Person, Purpose, Registry
from ...registry.vocabulary import Level
from .. import reading, services
from ..forms import (
    ConfirmForm,
    EditOrganization,
    EditPerson,
    EndForm,
    PauseForm,
    RenewForm,
    ResumeForm,
    ReturnForm,
    WithdrawForm,
    contents_of,
)
from ..models import Supporter
from ..states import WORKFLOW, SupporterState
from . import bp
from .signup import form_page

ONE = "/supporters/<int:supporter_id>"
FORMS: dict[str, type[Any]] = {
    "confirm": ConfirmForm,
    "return": ReturnForm,
    "pause": PauseForm,
    "resume": ResumeForm,
    "renew": RenewForm,
    "end": EndForm,
    "withdraw": WithdrawForm,
}
MOVING = ("pause", "resume", "renew", "end", "withdraw")

Page = str | tuple[str, int] | Response


def _load(supporter_id: int) -> Supporter | None:
    return db.session.get(Supporter, supporter_id)


@bp.get(ONE)
@requires(Permission.SUPPORTER_READ, _load, audited=True)
def show(supporter: Supporter) -> Page:
    _write_down_reading(supporter)
    return _detail(supporter)


def _write_down_reading(supporter: Supporter) -> None:
    """Staff see contact data here, so their reading is recorded."""
    actor = current_actor()
    if not is_about_me(actor, supporter):
        audit.record("supporter:read", supporter, by=actor, at=datetime.now(UTC))
        db.session.commit()


def _detail(supporter: Supporter, **sent: Form) -> Page:
    """The page; a form that was sent and refused stands on it as it was filled in."""
    actor = current_actor()
    skills = registry.skills_of(supporter.party_id, Registry.SUPPORTER)
    forms = {name: form(formdata=None, data={"version": supporter.version}) for name, form in FORMS.items()}
    forms["confirm"].offer(skills)
    active = _withdrawable(supporter)
    forms["withdraw"].offer(active)
    say_what_is_shown(forms["withdraw"].purpose, supporter.party, than=Registry.SUPPORTER)
    if is_about_me(actor, supporter):
        for name in MOVING:
            forms[name].only_for_owner()
    page = render_template(
        "supporters/show.html",
        supporter=supporter,
        skills=skills,
        forms=forms | sent,
        refused=next(iter(sent.values()), None),
        actions={action.value for action in WORKFLOW.actions(supporter.state)},
        mine=is_about_me(actor, supporter),
        levels={int(level.value): level for level in Level},
        agreed=active,
        renewable=services.may_be_renewed(supporter, today(datetime.now(UTC))),
        around=reading.around(
            supporter, for_desk=may(actor, Permission.SUPPORTER_ENTER), councils=_hears_of_councils(supporter)
        ),
    )
    return (page, 422) if sent else page


def _hears_of_councils(supporter: Supporter) -> bool:
    """Who agreed to be considered for a council is told to themselves, and not to a contractor's staff."""
    actor = current_actor()
    return is_about_me(actor, supporter) or may(actor, Permission.COUNCIL_READ)


def _withdrawable(supporter: Supporter) -> list[Purpose]:
    told = _hears_of_councils(supporter)
    return [one for one in registry.active_consents(supporter.party_id) if told or one is not Purpose.COUNCIL]


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.SUPPORTER_EDIT, _load, audited=True)
def edit(supporter: Supporter) -> Page:
    """The owner changes it, or a coordinator passes a change on."""
    services.refuse_ended(supporter)
    mine = is_about_me(current_actor(), supporter)
    kind = EditPerson if isinstance(supporter.party, Person) else EditOrganization
    form: Any = kind(data=contents_of(supporter))
    say_what_is_shown(form.consents, supporter.party, than=Registry.SUPPORTER)
    if mine:
        form.only_for_owner()
    if not _hears_of_councils(supporter):
        form.leave_out_councils()
    if form.is_submitted():
        refuse_stale(form, supporter)
        refuse_stale(form, supporter.party, shown="party_version")
    chips = Offer()
    if pressed() is not None:
        chips = take_pressed(form)
    elif form.validate_on_submit():
        if form.try_to(lambda: _change(form, supporter, mine=mine, now=datetime.now(UTC))):
            db.session.commit()
            flash(_("登録を直しました。"), "success")
            return redirect(url_for(".show", supporter_id=supporter.id), code=303)
        db.session.rollback()
    elif not form.is_submitted():
        form.show_contacts(supporter.party)
        _write_down_reading(supporter)
    return form_page("supporters/edit.html", form, supporter=supporter, mine=mine, chips=chips)


def _change(form: Any, supporter: Supporter, *, mine: bool, now: datetime) -> bool:
    actor = current_actor()
    by = actor if mine else actor.told_by(form.source.data, on_behalf_of=supporter.party_id)
    person: dict[str, Any] = {}
    if isinstance(form, EditPerson):
        person["birth_year"] = form.birth_year.data
        person["guardian_name"], person["guardian_agreed"] = form.guardian_name.data, form.guardian_agreed.data
    services.edit(
        supporter,
        form.told(),
        name=form.name.data,
        kana=form.kana.data,
        district_id=form.district.data,
        consents=form.consents.data,
        among=form.purposes,
        contacts=form.contacts(),
        note_for_desk=supporter.note_for_desk if mine else form.note_for_desk.data,
        by=by,
        now=now,
        **person,
    )
    if mine and supporter.state is SupporterState.RETURNED:
        services.resubmit(supporter, by=by, now=now)
    return True


@bp.post(f"{ONE}/confirm")
@requires(Permission.SUPPORTER_CONFIRM, _load)
def confirm(supporter: Supporter) -> Page:
    form: Any = ConfirmForm()
    form.offer(registry.skills_of(supporter.party_id, Registry.SUPPORTER))
    seen = form.skills.data if "skills" in form else ()
    return _act(
        supporter,
        {"confirm": form},
        lambda by, now: services.confirm(supporter, confirmed_skills=seen, by=by, now=now),
        done=_("登録を確認しました。"),
    )


@bp.post(f"{ONE}/return")
@requires(Permission.SUPPORTER_CONFIRM, _load)
def return_(supporter: Supporter) -> Page:
    form: Any = ReturnForm()
    return _act(
        supporter,
        {"return": form},
        lambda by, now: services.return_(supporter, note=form.note.data, by=by, now=now),
        done=_("書き直しをお願いしました。"),
    )


def _basis(supporter_id: int, basis_id: int) -> tuple[Supporter, Basis] | None:
    supporter, basis = _load(supporter_id), db.session.get(Basis, basis_id)
    return (supporter, basis) if supporter and basis and basis.party_id == supporter.party_id else None


@bp.post(f"{ONE}/bases/<int:basis_id>/end")
@requires(Permission.SUPPORTER_ENTER, _basis)
def end_basis(subject: tuple[Supporter, Basis]) -> Response:
    supporter, basis = subject
    registry.end_basis(basis, by=current_actor(), now=datetime.now(UTC))
    db.session.commit()
    flash(_("この理由では、登録内容を使わないことにしました。"), "success")
    return redirect(url_for(".show", supporter_id=supporter.id), code=303)


@bp.post(f"{ONE}/pause")
@requires(Permission.SUPPORTER_EDIT, _load)
def pause(supporter: Supporter) -> Page:
    form: Any = PauseForm()
    return _act(
        supporter,
        {"pause": form},
        lambda by, now: services.pause(supporter, until=form.until.data, by=by, now=now),
        done=_("お休みにしました。お休みの間は、ご紹介しません。"),
    )


@bp.post(f"{ONE}/resume")
@requires(Permission.SUPPORTER_EDIT, _load)
def resume(supporter: Supporter) -> Page:
    return _act(
        supporter,
        {"resume": ResumeForm()},
        lambda by, now: services.resume(supporter, by=by, now=now),
        done=_("お休みを終えました。"),
    )


@bp.post(f"{ONE}/end")
@requires(Permission.SUPPORTER_EDIT, _load)
def end(supporter: Supporter) -> Page:
    form: Any = EndForm()
    return _act(
        supporter,
        {"end": form},
        lambda by, now: services.end(supporter, why=form.why.data, reason=form.reason.data, by=by, now=now),
        done=_("登録を終えました。ご協力ありがとうございました。"),
    )


@bp.post(f"{ONE}/renew")
@requires(Permission.SUPPORTER_EDIT, _load)
def renew(supporter: Supporter) -> Page:
    return _act(
        supporter,
        {"renew": RenewForm()},
        lambda by, now: services.renew(supporter, by=by, now=now),
        done=_("登録の期間を延ばしました。"),
    )


@bp.post(f"{ONE}/withdraw")
@requires(Permission.SUPPORTER_EDIT, _load)
def withdraw(supporter: Supporter) -> Page:
    """Take one consent back."""
    form: Any = WithdrawForm()
    form.offer(_withdrawable(supporter))
    if not _hears_of_councils(supporter):
        form.leave_out_councils()
    return _act(
        supporter,
        {"withdraw": form},
        lambda by, now: services.withdraw_consent(supporter, form.purpose.data, by=by, now=now),
        done=_("同意を取り消しました。"),
    )


def _act(supporter: Supporter, form: dict[str, Any], act: Callable[[Actor, datetime], None], *, done: str) -> Page:
    """Check the sent form, act, and go back to the registration."""
    [(name, sent)] = form.items()
    actor = current_actor()
    if name in MOVING and is_about_me(actor, supporter):
        sent.only_for_owner()

    def acted() -> bool:
        told = "source" in sent
        by = actor.told_by(sent.source.data, on_behalf_of=supporter.party_id) if told else actor
        act(by, datetime.now(UTC))
        return True

    refuse_stale(sent, supporter)
    if sent.validate_on_submit():
        if sent.try_to(acted):
            db.session.commit()
            flash(done, "success")
            return redirect(url_for(".show", supporter_id=supporter.id), code=303)
        db.session.rollback()
    return _detail(supporter, **form)
