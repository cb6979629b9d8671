"""The lexicon in the browser: the list, the trial, one concept, writing, out of use and back, taking it home."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from .. import audit
from ..accounts.actor import Actor
from ..accounts.models import User
from ..accounts.permissions import Permission, current_actor, requires
from ..database import db
from ..engine.lexicon import concept_to_json
from ..errors import Stale
from ..i18n import today
from ..registry.forms import Stepping, form_key_sent, refuse_stale
from ..registry.vocabulary import all_fields
from . import finding, keeping, reading
from .finding import Part
from .forms import STEPS, ConceptFilters, ConceptForm, MovingForm, TrialForm, known_of
from .keeping import Kept, Linking

bp = Blueprint("concepts", __name__)

ONE = "/lexicon/<concept_id>"
Page = str | tuple[str, int] | BaseResponse


def load_concept(concept_id: str) -> Kept | None:
    return keeping.kept(concept_id) if concept_id.isprintable() else None  # PostgreSQL takes no NUL


@bp.get("/lexicon")
@requires(Permission.CONCEPT_READ)
def index() -> str:
    form: Any = ConceptFilters()
    part = {part.value: part for part in Part}.get(request.args.get("state", ""), Part.USED)
    return render_template(
        "concepts/index.html",
        found=finding.find(form.words, field=form.field.data, part=part, page=form.page),
        form=form,
        part=part,
        parts=list(Part),
        fields=_names_of_fields(),
        learning=reading.learning(),
    )


@bp.route("/lexicon/try", methods=["GET", "POST"])
@requires(Permission.CONCEPT_READ)
def try_out() -> tuple[str, int]:
    """What a sentence is taken to mean. Sent by POST and not stored: a trouble must stand in no log and no history."""
    form: Any = TrialForm()
    tried = reading.tried(form.text.data) if form.validate_on_submit() else None
    page = render_template(
        "concepts/try.html",
        form=form,
        trial=tried,
        how=reading.HOW,
        sureness=reading.sureness,
        learning=reading.learning(),
    )
    return page, 422 if form.errors else 200


def _names_of_fields() -> dict[int, str]:
    return {field.number: field.name for field in all_fields()}


@bp.get(ONE)
@requires(Permission.CONCEPT_READ, load_concept)
def show(one: Kept) -> str:
    return _showing(one, MovingForm(formdata=None, data={"version": one.version}))


def _showing(one: Kept, moving: MovingForm) -> str:
    return render_template(
        "concepts/show.html", one=one, around=reading.around(one), fields=_names_of_fields(), moving=moving
    )


@bp.route("/lexicon/new", methods=["GET", "POST"])
@requires(Permission.CONCEPT_EDIT)
def add() -> Page:
    linking = Linking(keeping.all_kept())
    form: Any = ConceptForm(linking)  # the trial sends it with a situation filled in
    stepping = Stepping(form, STEPS)
    if request.method == "POST" and (first := keeping.added(form_key_sent())):
        if keeping.changed_facts(first.concept, form.told()):
            return _after(first, form, stepping)
        return _saved(first, _("「%(label)s」を加えました。", label=first.concept.label))
    if stepping.is_sent():
        key, by = form.form_key.data, current_actor()
        new = form.try_to(lambda: keeping.add(form.told(), form_key=key, by=by, now=datetime.now(UTC)))
        if new:
            db.session.commit()
            return _saved(new, _("「%(label)s」を加えました。", label=new.concept.label))
        db.session.rollback()
        stepping.show_mistake()
    return _writing(form, stepping)


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(Permission.CONCEPT_EDIT, load_concept)
def edit(one: Kept) -> Page:
    linking = Linking(keeping.all_kept(), before=one.concept)
    known = known_of(one, linking)
    form: Any = ConceptForm(linking, before=one.concept, data=known)
    stepping = Stepping(form, STEPS, known=known)
    try:
        if form.is_submitted():
            refuse_stale(form, one)
            if one.is_retired:
                raise Stale  # what was typed stays, until it is back in use
        if stepping.is_sent():
            by = current_actor()
            changed = form.try_to(lambda: (keeping.edit(one, form.told(), by=by, now=datetime.now(UTC)),))
            if changed:
                if not changed[0]:
                    flash(_("変わったところはありません。"), "info")
                    return redirect(url_for(".show", concept_id=one.id), code=303)
                db.session.commit()
                return _saved(one, _("「%(label)s」を直しました。", label=form.label.data))
            db.session.rollback()
            stepping.show_mistake()
    except Stale:
        db.session.rollback()
        return _overtaken(one.id)
    return _writing(form, stepping, one)


def _overtaken(concept_id: str) -> Page:
    """What was typed, above what another person saved meanwhile; whoever has compared both may send it again."""
    one = keeping.kept(concept_id)
    if one is None:
        raise Stale
    form: Any = ConceptForm(Linking(keeping.all_kept(), before=one.concept), before=one.concept)
    form.version.data = one.version
    stepping = Stepping(form, STEPS)
    stepping.now = 1
    return render_template("concepts/write.html", form=form, stepping=stepping, one=one, is_overtaken=True), 409


def _after(first: Kept, form: Any, stepping: Stepping) -> Page:
    """What was typed after going back to a form that brought a concept already: not saved yet, and perhaps one more."""
    form.form_key.data = uuid4().hex
    stepping.now = 1
    return render_template("concepts/write.html", form=form, stepping=stepping, one=None, first=first), 409


def _saved(one: Kept, done: str) -> BaseResponse:
    flash(f"{done}{_('次の検索から使われます。')}", "success")
    return redirect(url_for(".show", concept_id=one.id), code=303)


def _writing(form: Any, stepping: Stepping, one: Kept | None = None) -> Page:
    """The form or its page to check, with what a reader should know before saving."""
    told, before = None, one.concept if one else None
    if stepping.is_checking:
        if form.validate():
            told = form.told()
        else:
            stepping.show_mistake()
    page = render_template(
        "concepts/write.html",
        form=form,
        stepping=stepping,
        one=one,
        shared=reading.shared_names(told, before=before) if told else (),
        changed=reading.named_facts(keeping.changed_facts(before, told)) if told and before else "",
    )
    return page, 422 if stepping.is_wrong else 200


@bp.post(f"{ONE}/retire")
@requires(Permission.CONCEPT_EDIT, load_concept)
def retire(one: Kept) -> Page:
    done = _("「%(label)s」を使わないことにしました。", label=one.concept.label)
    return _move(one, keeping.retire, done)


@bp.post(f"{ONE}/restore")
@requires(Permission.CONCEPT_EDIT, load_concept)
def restore(one: Kept) -> Page:
    return _move(one, keeping.restore, _("「%(label)s」をまた使います。", label=one.concept.label))


@bp.post(f"{ONE}/give-back")
@requires(Permission.CONCEPT_EDIT, load_concept)
def give_back(one: Kept) -> Page:
    return _move(one, keeping.give_back, _("プログラムのものに戻しました。"))


def _move(one: Kept, act: Callable[..., None], done: str) -> Page:
    by: Actor = current_actor()
    form = MovingForm()
    refuse_stale(form, one)
    form.try_to(lambda: act(one, by=by, now=datetime.now(UTC)))
    if form.errors:
        db.session.rollback()
        return _showing(one, form), 422
    db.session.commit()
    return _saved(one, done)


@bp.get("/lexicon/export")
@requires(Permission.CONCEPT_READ, audited=True)
def export() -> Response:
    """What the city changed, one concept a line, as the program's own files are written; those out of use say so."""
    now, actor = datetime.now(UTC), current_actor()
    written = []
    for one in keeping.all_kept():
        if one.is_citys or one.is_retired:
            told = concept_to_json(one.concept) | ({"retired": True} if one.is_retired else {})
            written.append(json.dumps(told, ensure_ascii=False) + "\n")
    audit.record("concept:export", db.session.get_one(User, actor.user_id), by=actor, at=now)
    db.session.commit()
    name = f"{_('ことばの辞書')}_{today(now):%Y%m%d}.jsonl"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response("".join(written), mimetype="application/jsonl", headers=headers)
