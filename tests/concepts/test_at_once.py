"""Two people write the same concept at the same moment: one is first, the other compares and loses nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from matching.accounts.actor import SYSTEM
from matching.concepts import keeping
from matching.concepts.models import ConceptEntry
from matching.engine.lexicon import Concept
from matching.errors import Stale
from tests.conftest import sign_in
from tests.factories import a_coordinator
from tests.journeys.steps import form_with

from .factories import PROGRAMS, a_concept

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def at_once(forms):
    """The answers to forms that are sent from a thread each, the refused ones last."""
    gate = threading.Barrier(len(forms))

    def send(form):
        gate.wait()
        return form.submit("go", value="send", expect_errors=True)

    with ThreadPoolExecutor(len(forms)) as pool:
        return sorted(pool.map(send, forms), key=lambda answer: answer.status_int)


def checked(page, **values):
    form = form_with(page, "label")
    for name, value in values.items():
        form[name] = value
    return form_with(form.submit("go", value="next"), "step")


def entries(session):
    session.expire_all()
    session.rollback()
    return list(session.scalars(select(ConceptEntry).order_by(ConceptEntry.id)))


def test_of_two_first_edits_at_once_one_is_saved_and_the_other_is_kept_to_compare(app, session):
    desks = [sign_in(app, a_coordinator().email) for _ in range(2)]
    session.commit()
    path = f"/lexicon/{PROGRAMS}/edit"
    typed = ["ぴんころ体操", "ころばぬ体操"]
    forms = [checked(desk.get(path), aliases=words) for desk, words in zip(desks, typed, strict=True)]
    saved, refused = at_once(forms)
    assert (saved.status_int, refused.status_int) == (303, 409)
    [entry] = entries(session)
    [first] = entry.entry["aliases"]
    assert "ほかの人が先に更新しました" in refused
    form = form_with(refused, "label")
    assert {first, form["aliases"].value} == set(typed)
    again = form_with(form.submit("go", value="next"), "step").submit("go", value="send", status=303).follow()
    assert "を直しました" in again and entries(session)[0].entry["aliases"] == [form["aliases"].value]


def test_two_concepts_added_at_once_are_both_there(app, session):
    desks = [sign_in(app, a_coordinator().email) for _ in range(2)]
    session.commit()
    forms = []
    for number, desk in enumerate(desks):
        page = desk.get("/lexicon/new")
        next(box for box in form_with(page, "label").fields["fields"] if box._value == "7").checked = True
        forms.append(checked(page, label=f"ほたる見守り{number}"))
    assert [answer.status_int for answer in at_once(forms)] == [303, 303]
    assert [entry.concept for entry in entries(session)] == ["city-1", "city-2"]


def test_who_edits_what_another_takes_out_of_use_loses_nothing(app, session):
    one, other = (sign_in(app, a_coordinator().email) for _ in range(2))
    session.commit()
    form = checked(one.get(f"/lexicon/{PROGRAMS}/edit"), aliases="ぴんころ体操")

    def press(label):
        buttons = [form for form in other.get(f"/lexicon/{PROGRAMS}").forms.values() if form.action.endswith(label)]
        buttons[0].submit(status=303)

    press("retire")
    for _ in range(2):  # and again, as long as it is out of use
        refused = form.submit("go", value="send", status=409)
        form = form_with(refused, "label")
        assert "「また使う」を押してください" in refused and form["aliases"].value == "ぴんころ体操"
        form = form_with(form.submit("go", value="next", status=409), "label")
    press("restore")
    form = form_with(form.submit("go", value="next", status=409), "label")
    assert form["aliases"].value == "ぴんころ体操"
    saved = form_with(form.submit("go", value="next"), "step").submit("go", value="send", status=303)
    assert "を直しました" in saved.follow() and entries(session)[0].entry["aliases"] == ["ぴんころ体操"]


def test_a_change_that_the_database_refuses_is_not_laid_to_somebody_faster(session):
    nobody = replace(SYSTEM, user_id=10**9)
    with pytest.raises(IntegrityError):
        keeping.retire(keeping.kept(PROGRAMS), by=nobody, now=NOW)
    attempts = []
    told = Concept(id="", label="かえるの合唱", fields=(7,))
    real = keeping._write
    with pytest.MonkeyPatch.context() as patched, pytest.raises(IntegrityError):
        patched.setattr(keeping, "_write", lambda *a, **k: attempts.append(1) or real(*a, **k))
        keeping.add(told, form_key=uuid4().hex, by=nobody, now=NOW)
    assert len(attempts) == 1


def test_a_first_edit_that_comes_too_late_is_stale_and_leaves_the_transaction_whole(session):
    late = keeping.kept(PROGRAMS)
    now_there = keeping.kept(PROGRAMS)
    told = replace(now_there.concept, aliases=("ぴんころ体操",))
    assert keeping.edit(now_there, told, by=SYSTEM, now=NOW)
    with pytest.raises(Stale):
        keeping.edit(late, replace(told, aliases=("ころばぬ体操",)), by=SYSTEM, now=NOW)
    session.commit()
    assert [entry.entry["aliases"] for entry in entries(session)] == [["ぴんころ体操"]]


def test_a_first_press_that_comes_too_late_is_stale(session):
    late = keeping.kept(PROGRAMS)
    keeping.retire(keeping.kept(PROGRAMS), by=SYSTEM, now=NOW)
    with pytest.raises(Stale):
        keeping.retire(late, by=SYSTEM, now=NOW)


def test_an_id_that_somebody_took_meanwhile_is_passed_by(session, monkeypatch):
    a_concept("ほたる見守り")
    ids = iter(["city-1", "city-2"])
    monkeypatch.setattr(keeping, "_next_id", lambda: next(ids))
    told = Concept(id="", label="かえるの合唱", fields=(7,))
    key = uuid4().hex
    assert keeping.add(told, form_key=key, by=SYSTEM, now=NOW).id == "city-2"
    monkeypatch.setattr(keeping, "_next_id", lambda: "city-3")
    monkeypatch.setattr(keeping, "_refuse_taken_label", lambda *a, **k: None)
    assert keeping.add(told, form_key=key, by=SYSTEM, now=NOW).id == "city-2"
    assert [entry.concept for entry in session.scalars(select(ConceptEntry))] == ["city-1", "city-2"]
