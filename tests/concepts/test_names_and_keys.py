"""A label has one concept, an opened form brings one, and no concept takes its own name for another's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matching.concepts.models import ConceptEntry
from matching.engine.lexicon import lexicon
from tests.conftest import sign_in
from tests.factories import a_coordinator
from tests.journeys.steps import form_with

from .factories import PROGRAMS, a_concept


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def labels(session):
    session.expire_all()
    session.rollback()
    found = session.scalars(select(ConceptEntry).order_by(ConceptEntry.id))
    return [entry.entry["label"] if entry.entry else None for entry in found]


def checked(form, **values):
    for name, value in values.items():
        form[name] = value
    return form_with(form.submit("go", value="next"), "step")


def new(desk, label, **values):
    form = form_with(desk.get("/lexicon/new"), "label")
    form.fields["fields"][6].checked = True
    return checked(form, label=label, **values)


def press(page, path, **expected):
    return next(form for form in page.forms.values() if form.action.endswith(path)).submit(**expected)


def test_the_programs_words_do_not_come_back_while_another_has_their_label(desk, session):
    original = lexicon().get(PROGRAMS).label
    edit = form_with(desk.get(f"/lexicon/{PROGRAMS}/edit"), "label")
    checked(edit, label="からだほぐし").submit("go", value="send", status=303)
    new(desk, original).submit("go", value="send", status=303)
    page = press(desk.get(f"/lexicon/{PROGRAMS}"), "/give-back", status=422)
    assert f"「{original}」という項目は、もうあります" in page.html.select_one("#error-summary").text
    assert "入力エラー：" in page.html.title.text and labels(session) == ["からだほぐし", original]
    other = form_with(desk.get("/lexicon/city-1/edit"), "label")
    checked(other, label="別の集まり").submit("go", value="send", status=303)
    assert "プログラムのものに戻しました" in press(page, "/give-back", status=303).follow()


def test_what_is_typed_after_going_back_is_neither_lost_nor_called_saved(desk, session):
    form = new(desk, "ほたる見守り", aliases="蛍の番")
    page = form_with(form.submit("go", value="back"), "label")  # where the browser's Back button leads
    form.submit("go", value="send", status=303)
    assert form.submit("go", value="send", status=303).location.endswith("/lexicon/city-1")
    page["label"], page["aliases"] = "かえるの合唱", "蛙の番"
    again = page.submit("go", value="next", status=409)
    assert "加えた「ほたる見守り」を開く" in again and "まだ保存していません" in again
    form = form_with(again, "label")
    assert (form["label"].value, form["aliases"].value) == ("かえるの合唱", "蛙の番")
    assert labels(session) == ["ほたる見守り"]
    done = checked(form).submit("go", value="send", status=303).follow()
    assert "「かえるの合唱」を加えました" in done and labels(session) == ["ほたる見守り", "かえるの合唱"]


@pytest.mark.parametrize("line", ["ほたる見守り", "ﾎﾀﾙ番", "ホタル番"])
def test_no_name_of_a_concept_is_easily_mistaken_for_it(desk, session, line):
    form = form_with(desk.get("/lexicon/new"), "label")
    form.fields["fields"][6].checked = True
    form["label"], form["aliases"], form["confusable"] = "ほたる見守り", "ホタル番", f"いか釣り\n{line}"
    assert "この項目そのものです" in form.submit("go", value="next", status=422)


def test_a_neighbour_out_of_use_is_marked(desk):
    one = a_concept(near={PROGRAMS: 0.6}, confusable=("nutrition",))
    press(desk.get(f"/lexicon/{PROGRAMS}"), "/retire", status=303)
    items = {li.a.text: li.text for li in desk.get(f"/lexicon/{one.id}").html.main.select("li") if li.a}
    names = [lexicon().get(id_).label for id_ in (PROGRAMS, "nutrition")]
    assert "使わない" in items[names[0]] and "使わない" not in items[names[1]]
