"""The lexicon in the browser: found, tried, read, added, changed, given back, out of use and back, taken home."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from sqlalchemy import event, select

from matching import create_app
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.concepts.forms import NAMES, SENTENCES, known_of, lines
from matching.concepts.keeping import Kept, Linking, in_their_old_order
from matching.concepts.models import ConceptEntry
from matching.concepts.services import knowledge
from matching.database import db
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import concept_from_json, lexicon
from matching.registry.forms import tidy
from tests.conftest import browser_of, sign_in
from tests.factories import a_coordinator, staff
from tests.groups.factories import a_group
from tests.journeys.steps import form_with

from .factories import PROGRAMS, a_concept


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def titles(page):
    return [one.text.strip() for one in page.html.select("ul.queue .title")]


def readings(page):
    return [" ".join(one.text.split()) for one in page.html.select("ol.queue li")]


def entries(session):
    session.expire_all()
    return list(session.scalars(select(ConceptEntry).order_by(ConceptEntry.id)))


def write(page, *, then="send", status=303, **values):
    """Fill in the form, go to the page to check, and on; the answer and the page to check."""
    form = form_with(page, "label")
    for name, value in values.items():
        form[name] = value
    checked = form.submit("go", value="next")
    return form_with(checked, "step").submit("go", value=then, status=status), checked


def new(desk, label="ほたる見守り", field="7", **values):
    form = form_with(desk.get("/lexicon/new"), "label")
    next(box for box in form.fields["fields"] if box._value == field).checked = True
    form["label"] = label
    for name, value in values.items():
        form[name] = value
    return form


def press(page, path):
    return next(form for form in page.forms.values() if form.action.endswith(path))


# -- The list


def test_concepts_are_found_by_name_other_words_experts_slips_and_meaning(desk):
    a_concept(
        "ほたる見守り",
        aliases=("蛍の番",),
        experts=("ほたる博士",),
        situations=("川べりで光る虫がめっきり見えなくなって寂しい",),
    )
    for words in (
        "ほたる見守り",
        "蛍の番",
        "ほたる博士",
        "ほたるの見守り",
        "蛍",
        "川べりで光る虫が見えなくなって寂しい",
    ):
        assert "ほたる見守り" in titles(desk.get("/lexicon", {"q": words}))[:3], words
    assert titles(desk.get("/lexicon", {"q": "ほたる見守り"}))[0] == "ほたる見守り"
    page = desk.get("/lexicon", {"q": "ヷヸヹヺ"})
    assert "当てはまる項目はありません" in page and "言葉を短くするか" in page


def test_the_list_is_narrowed_counted_and_cut_into_pages(desk):
    citys = a_concept(fields=(7, 13))
    page = desk.get("/lexicon")
    assert len(titles(page)) == 30 and f"{len(lexicon().concepts) + 1}項目" in page.text.replace(",", "")
    assert titles(desk.get("/lexicon?page=2")) != titles(page)
    assert titles(desk.get("/lexicon?state=city")) == [citys.concept.label]
    assert titles(desk.get("/lexicon?state=city&field=13")) == [citys.concept.label]
    assert "当てはまる項目はありません" in desk.get("/lexicon?state=city&field=1")
    assert "使わないことにしたものは、ありません" in desk.get("/lexicon?state=retired")
    assert titles(desk.get("/lexicon?state=nonsense&field=x")) == titles(page)


def test_without_entries_the_empty_part_says_what_to_do(desk):
    page = desk.get("/lexicon?state=city")
    assert "市で直したものは、まだありません" in page and "加えたりすると" in page


@pytest.mark.parametrize("address", ["/lexicon", "/lexicon?state=city", "/lexicon?q=%E3%81%BB%E3%81%9F%E3%82%8B"])
def test_the_list_needs_no_more_queries_when_it_is_longer(desk, session, address):
    def queries():
        desk.get(address)  # the lexicon is put together once after a change
        counted = []
        event.listen(db.engine, "before_cursor_execute", count := lambda *a: counted.append(a[2]))
        desk.get(address)
        event.remove(db.engine, "before_cursor_execute", count)
        return len(counted)

    for number in range(3):
        a_concept(f"ほたる見守り{number}組")
    few = queries()
    for number in range(3, 30):
        a_concept(f"ほたる見守り{number}組")
    assert queries() == few


# -- The trial


def tried(browser, text, status=200):
    form = form_with(browser.get("/lexicon/try"), "text")
    form["text"] = text
    return form.submit(status=status)


def test_a_sentence_tells_what_it_is_taken_to_mean_by_which_words_and_how_sure(desk):
    a_concept("ほたる見守り", situations=("川べりで光る虫がめっきり見えなくなって寂しい",))
    first = readings(tried(desk, "今年もほたる見守りの人に来てほしい。"))[0]
    assert all(words in first for words in ("ほたる見守り", "名前がある：「ほたる見守り」", "ほぼ確か（100／100）"))
    page = tried(desk, "川べりで光る虫がめっきり見えなくなって寂しい")
    assert any("ほたる見守り" in one and "困っている人の言い方に似た言葉" in one for one in readings(page))
    assert form_with(page, "text")["text"].value == "川べりで光る虫がめっきり見えなくなって寂しい"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("これはそれでした", "言葉"),
        ("😀🎉👩‍👩‍👧", "手がかりになる言葉がありません"),
        ("1234567890", ""),
        ("困っています。" * 57, ""),
        ("<script>alert(1)</script>", ""),
        ("\u202eなくす\u0007通帳", "通帳"),
    ],
)
def test_whatever_is_tried_gets_a_clear_answer(desk, text, answer):
    page = tried(desk, text)
    assert answer in page and page.html.select_one("#trial-found") and "<script>alert" not in page


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "文を入れてください"),
        ("  \u200f\u0000\x07\u202e ", "文を入れてください"),
        ("あ" * 401, "400文字までで入力してください"),
        ("困っています。" * 15_000, "400文字までで入力してください"),
    ],
)
def test_what_cannot_be_tried_is_said_beside_the_box_and_kept(desk, text, answer):
    page = tried(desk, text, status=422)
    assert answer in page.html.select_one("#error-summary").text and "入力エラー：" in page.html.title.text
    assert form_with(page, "text")["text"].value.strip() == tidy(text) and not page.html.select_one("#trial-found")


def test_a_trouble_that_is_tried_stands_in_no_address_and_is_stored_nowhere(desk, session):
    before = session.query(AuditEntry).count()
    page = tried(desk, "ヷヸの鳴く夜")
    forms = [form for form in page.html.main.select("form")]
    assert forms and all(form["method"] == "post" for form in forms)
    assert not any("ヷヸ" in unquote(link.get("href", "")) for link in page.html.select("a"))
    assert page.request.query_string == "" and session.query(AuditEntry).count() == before and not entries(session)
    assert "ヷヸ" not in desk.get("/lexicon", {"text": "ヷヸの鳴く夜"})


def test_a_trial_that_found_nothing_leads_to_a_new_concept_with_its_words(desk):
    page = press(tried(desk, "ヷヸの鳴く夜"), "/lexicon/new").submit(status=200)
    assert form_with(page, "label")["situations"].value == "ヷヸの鳴く夜"
    assert not page.html.select("#error-summary") and page.request.query_string == ""
    form = form_with(page, "label")
    next(box for box in form.fields["fields"] if box._value == "7").checked = True
    form["label"] = "夜鳴き鳥"
    form_with(form.submit("go", value="next"), "step").submit("go", value="send", status=303)


def test_a_long_sentence_goes_along_whole_and_the_form_says_that_it_is_too_long(desk):
    long = "ヷヸの鳴く夜に" * 25
    form = form_with(press(tried(desk, long), "/lexicon/new").submit(status=200), "label")
    assert form["situations"].value == long
    form["label"] = "夜鳴き鳥"
    refused = form.submit("go", value="next", status=422)
    assert f"1行は120文字までです。「{long[:12]}…」を短くしてください。" in refused
    assert form_with(refused, "label")["situations"].value.strip() == long


# -- One concept


def test_a_concept_shows_its_words_its_neighbours_and_how_many_use_them(desk, session):
    near = a_concept("カワニナの放流")
    one = a_concept(
        "ほたる見守り",
        aliases=("ほたる観賞",),
        near={near.id: 0.9, PROGRAMS: 0.3},
        broader={"environment-education": 0.5} if "environment-education" in lexicon().concepts else {},
        confusable=("いか釣り", near.id),
        situations=("夏の夜に子どもへ光る虫を見せたい",),
    )
    a_group(None, "ほたる観賞の案内")
    session.commit()
    page = desk.get(f"/lexicon/{one.id}")
    text = " ".join(page.html.main.text.split())
    for words in (
        "カワニナの放流（とても近い）",
        "健康づくり（少し近い）",
        "いか釣り",
        "ほたる観賞",
        "光る虫を見せたい",
        "市で加えたもの",
    ):
        assert words in text, words
    assert {f"/lexicon/{near.id}", f"/lexicon/{PROGRAMS}"} <= {link["href"] for link in page.html.main.find_all("a")}
    for nothing in ("nothing", "%00", "%F0%9F%98%80", "a" * 500):
        desk.get(f"/lexicon/{nothing}", status=404)


def test_how_many_registrations_use_its_words_is_counted(desk, session):
    one = a_concept("草笛")
    a_group(None, "草笛")
    assert "1件" in desk.get(f"/lexicon/{one.id}").html.select_one("dl.facts").text
    a_group(None, "草笛")
    assert "2件" in desk.get(f"/lexicon/{one.id}").html.select_one("dl.facts").text


# -- Writing


def test_a_new_concept_is_checked_saved_once_and_used_at_once(desk, session):
    form = new(desk, aliases="蛍の番\n・蛍守り\n\n蛍の番", near="健康づくり", confusable="いか釣り\n健康づくり")
    checked = form.submit("go", value="next")
    assert "まだ保存されていません" in checked and not entries(session)
    send = form_with(checked, "step")
    first = send.submit("go", value="send", status=303)
    assert send.submit("go", value="send", status=303).location == first.location  # pressed twice
    assert "「ほたる見守り」を加えました。次の検索から使われます。" in first.follow()
    [entry] = entries(session)
    told = concept_from_json(entry.entry)
    assert (entry.concept, told.aliases, dict(told.near)) == ("city-1", ("蛍の番", "蛍守り"), {PROGRAMS: 0.6})
    assert told.confusable == ("いか釣り", PROGRAMS)
    assert knowledge().lexicon.named_in("蛍守りをしてほしい")[0].concept == "city-1"
    assert a_concept("カワニナの放流").id == "city-2"
    written = session.scalars(select(AuditEntry).where(AuditEntry.event == "concept:add")).first()
    assert (written.subject_type, written.subject_id, written.fields) == ("concept_entry", entry.id, None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"label": ""}, "項目の名前を入力してください"),
        ({"label": "あ" * 61}, "60文字まで"),
        ({"label": "！！"}, "名前を入力してください"),
        ({"aliases": "あ" * 41}, "1行は40文字まで"),
        ({"aliases": "\n".join(f"名{n}" for n in range(41))}, "40行までにしてください。いまは41行あります"),
        ({"experts": "！？"}, "読めません"),
        ({"situations": "あ" * 121}, "1行は120文字まで"),
        ({"offers": "\n".join(f"文{n}" for n in range(61))}, "60行まで"),
        ({"near": "健康ずくり"}, "「健康ずくり」という項目はありません。「健康づくり」のことですか"),
        ({"broader": "ふしぎなもの"}, "という項目はありません"),
        ({"confusable": "健康づくリ"}, "「健康づくり」のことですか"),
        ({"near": "あ" * 61}, "1行は60文字まで"),
    ],
)
def test_what_cannot_be_saved_is_said_beside_its_field_and_kept(desk, session, values, message):
    form = new(desk, **values)
    page = form.submit("go", value="next", status=422)
    assert message in page and page.html.title.text.startswith("入力エラー：")
    again = form_with(page, "label")
    assert all(again[name].value.replace("\r", "") == value for name, value in values.items())
    assert not entries(session)


def test_a_field_must_be_chosen_and_nothing_is_saved_past_the_check(desk, session):
    form = form_with(desk.get("/lexicon/new"), "label")
    form["label"] = "ほたる見守り"
    assert "分野を1つ以上選んでください" in form.submit("go", value="next", status=422)
    token = {"csrf_token": form["csrf_token"].value, "form_key": form["form_key"].value, "step": "2", "seen": "2"}
    for go in ("send", "x", "2"):
        desk.post("/lexicon/new", {**token, "go": go}, status=422)
    assert not entries(session)


def test_a_label_that_another_concept_has_is_refused(desk, session):
    page, _checked = write_new(desk, "健康づくり")
    assert page.status_int == 422 and "「健康づくり」という項目は、もうあります" in page
    assert not entries(session)


def write_new(desk, label, **values):
    checked = new(desk, label, **values).submit("go", value="next")
    return form_with(checked, "step").submit("go", value="send", expect_errors=True), checked


def test_a_name_that_stands_elsewhere_too_is_warned_of_and_saved(desk, session):
    page, checked = write_new(desk, "ほたる見守り", aliases="健康増進\n蛍の番")
    assert "「健康増進」は「健康づくり」にもあります" in checked and "「蛍の番」は" not in checked
    assert page.status_int == 303 and len(entries(session)) == 1


def test_a_concept_of_the_program_is_changed_in_its_place_and_given_back(desk, session):
    before = lexicon().concepts[PROGRAMS]
    page = desk.get(f"/lexicon/{PROGRAMS}").click("項目を直す")
    aliases = form_with(page, "label")["aliases"].value
    saved, checked = write(page, aliases=f"{aliases}\nぴんころ体操")
    assert "変わるところ：ほかの言い方" in checked
    page = saved.follow()
    assert "「健康づくり」を直しました。次の検索から使われます。" in page and "ほかの言い方を直しました。" in page
    after = knowledge().lexicon.concepts[PROGRAMS]
    assert after.aliases == (*before.aliases, "ぴんころ体操")
    assert (dict(after.near), after.situations, after.confusable) == (
        dict(before.near),
        before.situations,
        before.confusable,
    )
    written = session.scalars(select(AuditEntry).where(AuditEntry.event == "concept:edit")).one()
    assert written.fields == ["aliases"]
    assert titles(desk.get("/lexicon?state=city")) == ["健康づくり"]
    page = press(page, "/give-back").submit(status=303).follow()
    assert "プログラムのものに戻しました" in page and "プログラムのもの" in page and "直しました。" in page
    assert knowledge().lexicon.version == lexicon().version
    assert titles(desk.get("/lexicon?state=city")) == []


def test_links_keep_their_weight_and_new_ones_get_one(desk):
    one = a_concept(near={PROGRAMS: 0.35}, broader={"nutrition": 0.8})
    page = desk.get(f"/lexicon/{one.id}/edit")
    form = form_with(page, "label")
    write(page, near=f"{form['near'].value}\n不登校支援")
    after = knowledge().lexicon.concepts[one.id]
    [new_link] = set(after.near) - {PROGRAMS}
    assert (after.near[PROGRAMS], after.near[new_link], dict(after.broader)) == (0.35, 0.6, {"nutrition": 0.8})


def test_a_change_that_changes_nothing_is_none(desk, session):
    saved, checked = write(desk.get(f"/lexicon/{PROGRAMS}/edit"))
    assert "変わるところはありません" in checked and "変わったところはありません" in saved.follow()
    assert not entries(session)


def test_a_concept_cannot_be_its_own_neighbour(desk):
    form = form_with(desk.get(f"/lexicon/{PROGRAMS}/edit"), "label")
    form["near"] = "健康づくり"
    assert "この項目そのものです" in form.submit("go", value="next", status=422)


def test_what_comes_with_the_program_passes_through_the_form_unchanged():
    """Else a click on 保存する would change what nobody touched."""
    everything = [Kept(concept, concept, None) for concept in lexicon().concepts.values()]
    changed = []
    for one in everything:
        concept, linking = one.concept, Linking(everything[:0], before=one.concept)
        known = known_of(one, linking)
        for name in (*NAMES, *SENTENCES):
            typed = lines(tidy(known[name]))
            if in_their_old_order(typed, getattr(concept, name)) != getattr(concept, name):
                changed.append((one.id, name))
    for one in everything[::40]:
        linking = Linking(everything, before=one.concept)
        known = known_of(one, linking)
        for name in ("broader", "near"):
            if linking.weights(lines(known[name]), name) != dict(getattr(one.concept, name)):
                changed.append((one.id, name))
        if linking.confusable(lines(known["confusable"])) != one.concept.confusable:
            changed.append((one.id, "confusable"))
    assert changed == []


# -- Out of use, stale pages, twice


def test_retiring_takes_a_concept_out_and_restoring_brings_it_back(desk, session):
    page = press(desk.get(f"/lexicon/{PROGRAMS}"), "/retire").submit(status=303).follow()
    assert "「健康づくり」を使わないことにしました。次の検索から使われます。" in page
    assert PROGRAMS not in knowledge().lexicon.concepts
    assert titles(desk.get("/lexicon?state=retired")) == ["健康づくり"]
    assert "健康づくり" not in titles(desk.get("/lexicon", {"q": "健康づくり"}))
    desk.get(f"/lexicon/{PROGRAMS}/edit", status=200)
    press(page, "/restore").submit(status=303)
    assert PROGRAMS in knowledge().lexicon.concepts and knowledge().lexicon.version == lexicon().version
    past = [one.text.strip() for one in desk.get(f"/lexicon/{PROGRAMS}").html.select(".timeline li > p:last-child")]
    assert past == ["また使うことにしました。", "使わないことにしました。"]


def test_a_concept_out_of_use_is_not_changed(desk, session):
    form = form_with(desk.get(f"/lexicon/{PROGRAMS}/edit"), "label")
    press(desk.get(f"/lexicon/{PROGRAMS}"), "/retire").submit(status=303)
    form["aliases"] = "別の言い方"
    form.submit("go", value="next", status=409)
    form["version"] = "1"
    assert "使わないことにしています" in form.submit("go", value="next", status=409)
    assert [entry.entry for entry in entries(session)] == [None]


@pytest.mark.parametrize("action", ["retire", "restore", "give-back"])
def test_a_stale_or_repeated_press_changes_nothing(desk, session, action):
    write(desk.get(f"/lexicon/{PROGRAMS}/edit"), aliases="ぴんころ体操")
    if action == "restore":
        press(desk.get(f"/lexicon/{PROGRAMS}"), "/retire").submit()
    form = press(desk.get(f"/lexicon/{PROGRAMS}"), f"/{action}")
    form.submit(status=303)
    versions = [entry.version for entry in entries(session)]
    form.submit(status=409)
    assert [entry.version for entry in entries(session)] == versions


def test_two_who_change_the_same_concept_do_not_overwrite_each_other(app, desk, session):
    other = sign_in(app, a_coordinator().email)
    mine, theirs = desk.get(f"/lexicon/{PROGRAMS}/edit"), other.get(f"/lexicon/{PROGRAMS}/edit")
    write(mine, aliases="ぴんころ体操")
    form = form_with(theirs, "label")
    form["aliases"] = "別の言い方"
    assert "ほかの人が先に更新しました" in form.submit("go", value="next", status=409)
    assert len(entries(session)) == 1


def test_what_is_pressed_where_it_does_not_fit_is_refused(desk):
    token = form_with(desk.get(f"/lexicon/{PROGRAMS}/edit"), "label")["csrf_token"].value
    for action in ("restore", "give-back"):
        desk.post(f"/lexicon/{PROGRAMS}/{action}", {"csrf_token": token, "version": "0"}, status=409)
    desk.post("/lexicon/nothing/retire", {"csrf_token": token, "version": "0"}, status=404)
    desk.post(f"/lexicon/{PROGRAMS}/retire", {"csrf_token": token}, status=409)


def test_a_contractors_desk_reads_and_does_not_change(app, session):
    contractor = sign_in(app, a_coordinator("saporant").email)
    page = contractor.get(f"/lexicon/{PROGRAMS}")
    assert "項目を直す" not in page and not page.html.main.select("form")
    assert "項目を加える" not in contractor.get("/lexicon")
    assert not any(
        one.get("action", "").endswith("/lexicon/new") for one in tried(contractor, "通帳").html.select("form")
    )
    token = form_with(contractor.get("/organizations/claim"), "csrf_token")["csrf_token"].value
    contractor.post(f"/lexicon/{PROGRAMS}/retire", {"csrf_token": token, "version": "0"}, status=403)
    assert "項目を直す" in sign_in(app, staff(Role.ADMINISTRATOR).email).get(f"/lexicon/{PROGRAMS}")


# -- Taking it home, and other processes


def test_the_file_holds_what_the_city_changed_one_concept_a_line(desk, session):
    a_concept("ほたる見守り", aliases=("=HYPERLINK(1)",))
    press(desk.get(f"/lexicon/{PROGRAMS}"), "/retire").submit()
    answer = desk.get("/lexicon/export")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert [(one["label"], one.get("retired", False)) for one in told] == [
        ("ほたる見守り", False),
        ("健康づくり", True),
    ]
    assert concept_from_json(told[0]).aliases == ("=HYPERLINK(1)",)
    assert session.scalars(select(AuditEntry).where(AuditEntry.event == "concept:export")).one().fields is None


def test_another_process_knows_of_a_change_on_its_next_request(app, desk, session, tmp_path):
    settings = ("SQLALCHEMY_DATABASE_URI", "TESTING", "PUBLIC_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT",
                "SECURITY_PASSWORD_HASH", "SECURITY_PASSWORD_SCHEMES")  # fmt: skip
    other_app = create_app({name: app.config[name] for name in settings}, instance=tmp_path)
    other = sign_in(other_app, a_coordinator().email)
    assert not any("ほたる" in one for one in readings(tried(other, "蛍守りを頼みたい")))
    form_with(new(desk, aliases="蛍守り").submit("go", value="next"), "step").submit("go", value="send", status=303)
    assert any("ほたる見守り" in one for one in readings(tried(other, "蛍守りを頼みたい")))
    press(other.get("/lexicon/city-1"), "/retire").submit(status=303)
    assert not any("ほたる" in one for one in readings(tried(desk, "蛍守りを頼みたい")))
    with other_app.app_context():
        db.session.remove()
        db.engine.dispose()


# -- How far meaning is compared


class AnEncoder:
    lexicon_version, version = "earlier", "1"
    trained: dict[str, str] = {}

    def concepts(self, text):
        return ()


def test_the_list_says_what_the_encoder_has_not_learned(desk, monkeypatch):
    learned = Knowledge(lexicon(), AnEncoder())
    monkeypatch.setattr("matching.concepts.reading.knowledge", lambda: learned)
    page = desk.get("/lexicon")
    assert (
        f"まだ学んでいない項目が{len(lexicon().concepts)}件あります" in page and "flask --app wsgi match train" in page
    )


@pytest.mark.parametrize(("has_vectors", "todo"), [(True, "match train"), (False, "vectors.npz")])
def test_the_list_says_that_only_words_are_compared_and_what_to_do(desk, monkeypatch, has_vectors, todo):
    monkeypatch.setattr("matching.concepts.reading.knowledge", lambda: Knowledge(lexicon(), None))
    monkeypatch.setattr("matching.concepts.reading.vectors", lambda: object() if has_vectors else None)
    page = desk.get("/lexicon")
    assert "意味の近さは比べていません" in page and todo in page


def test_a_stranger_is_led_to_the_sign_in(app, session):
    assert "/login" in browser_of(app).get("/lexicon", status=303).location
