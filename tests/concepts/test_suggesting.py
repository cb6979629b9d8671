"""Words of the lexicon offered while somebody writes, picked, kept with the line, and carried to the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from matching import limits
from matching.accounts.actor import SYSTEM
from matching.concepts import keeping, services
from matching.concepts.services import Suggestion
from matching.engine.lexicon import MEANING, Meant
from matching.engine.types import Phrase
from matching.groups.services.searching import card_of as card_of_group
from matching.help_requests.models import HelpRequest
from matching.help_requests.services import ask_of
from matching.profiles.encoding import card_from_json, card_to_json
from matching.registry.models import Registry, Skill
from matching.supporters import services as supporters
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, an_organization
from tests.groups.factories import a_group
from tests.help_requests.asking import PAGE, filled, form_of, go, usual, walked
from tests.help_requests.factories import a_request
from tests.journeys.steps import form_with
from tests.supporters.factories import a_registration, a_supporter

from .factories import a_concept

URL = "/concepts/suggest"
LABEL = "凧あげ見守り"


@pytest.fixture
def kites(session):
    return a_concept(LABEL, aliases=("凧の会", "いかのぼり"), situations=("正月の凧があがらない",))


@pytest.fixture
def browser(app, session, kites):
    return sign_in(app, a_representative(an_organization()).email)


@pytest.fixture
def desk(app, session, kites):
    return sign_in(app, a_coordinator().email)


def offers(page) -> list[str]:
    return [button["value"] for button in page.html.select("button.offer")]


def asked(browser, text: str, lines: str = "", **expected):
    token = form_of(browser.get(PAGE))["csrf_token"].value
    return browser.post(URL, {"csrf_token": token, "text": text, "lines": lines}, **expected)


def renamed(one, **by):
    keeping.edit(one, replace(one.concept, label="天にのぼる布"), **by)


def press(form, label: str, **expected):
    return form.submit("add", value=label, **expected)


# -- Asked for while somebody types


def test_a_text_is_answered_with_chips_and_another_name(browser):
    page = asked(browser, "凧の会を手伝ってください", status=200)
    assert offers(page)[0] == LABEL and "いかのぼり" in page and "こういうことですか" in page
    assert page.html.find("html") is None and "private" in page.headers["Cache-Control"]


@pytest.mark.parametrize("lines", [LABEL, "凧の会", f"・{LABEL}", "手品\n凧あげ見守り"])
def test_what_is_among_the_lines_is_not_offered(browser, lines):
    assert LABEL not in offers(asked(browser, "凧の会を手伝ってください", lines))


@pytest.mark.parametrize(
    "text",
    ["", "   ", "です。ます。", "お願いします", "😀" * 300, "\x00\x01\x1b", "\u202e\u200f\u2067abc", "1234567890",
     "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "。" * 2_000, "あ" * 2_000],
)  # fmt: skip
def test_what_says_nothing_is_offered_nothing_and_breaks_nothing(browser, text):
    asked(browser, text, text, status=200)


def test_more_than_a_form_holds_is_answered_in_time_or_refused(browser):
    assert asked(browser, "凧" * 100_000, expect_errors=True).status_int in (200, 413)


def test_strangers_are_offered_nothing_and_nobody_asks_without_end(app, web, browser, monkeypatch):
    assert web.post(URL, {"text": "凧の会"}, expect_errors=True).status_int in (400, 401)
    few = tuple(replace(limit, tries=2) for limit in limits.SUGGESTIONS)
    monkeypatch.setitem(limits.LIMITS, "concept_suggestions.suggest", few)
    asked(browser, "凧の会", status=200)
    asked(browser, "凧の会", status=200)
    asked(browser, "凧の会", status=429)


# -- Picked


def test_a_phrase_is_a_concept_however_it_is_written(app, kites, session):
    assert services.picked(" 凧あげ見守り ") == services.picked("凧あげ見守り") == kites.concept.id
    assert services.picked("凧の会") is None and services.picked("") is None


def test_the_page_to_check_offers_words_and_sends_the_one_that_was_pressed(session, browser, kites):
    page = walked(browser, trouble="凧の会を手伝ってください", needs="手品")
    assert LABEL in offers(page)
    page = press(form_of(page), LABEL, status=200)
    assert f"「{LABEL}」を加えました。" in page and f"手品\n{LABEL}" in page.html.select_one(".answers").text
    assert LABEL not in offers(page)
    go(form_of(page), "send", status=303)
    request = session.scalars(select(HelpRequest)).one()
    assert [(need.phrase, need.concept) for need in request.needs] == [("手品", None), (LABEL, kites.concept.id)]
    assert ask_of(request).concepts == (kites.concept.id,)


def test_what_was_picked_is_changed_and_removed_like_any_line(session, browser):
    page = walked(browser, trouble="凧の会を手伝ってください")
    page = go(form_of(press(form_of(page), LABEL)), 1)
    form = form_of(page)
    assert LABEL in form["needs"].value and page.html.find(attrs={"name": "needs"}).name == "textarea"
    form["needs"] = "手品"
    page = form.submit("go", value="4")
    go(form_of(page), "send", status=303)
    assert [need.concept for need in session.scalars(select(HelpRequest)).one().needs] == [None]


def test_there_is_room_for_six_and_only_words_of_the_lexicon_are_taken(browser):
    page = press(
        form_of(walked(browser, needs="一\n二\n三\n四\n五\n六", trouble="凧の会を手伝って")), LABEL, status=200
    )
    assert "を加える場所がありません" in page
    fields = form_of(walked(browser)).submit_fields()
    page = browser.post(PAGE, [*fields, ("add", "何かほかのもの")], status=200)
    assert "何かほかのもの" not in page and "辞書からなくなった" in page


def test_a_word_that_is_out_of_use_by_now_is_not_dropped_in_silence(session, browser, now, kites):
    page = walked(browser, trouble="凧の会を手伝ってください")
    assert LABEL in offers(page)
    keeping.retire(keeping.kept(kites.concept.id), by=SYSTEM, now=now)
    session.commit()
    page = press(form_of(page), LABEL, status=200)
    assert "辞書からなくなった" in page.html.select_one(".error-text").text and LABEL not in offers(page)


def test_the_desk_sees_words_by_a_button_and_loses_nothing_it_typed(desk):
    form = form_with(desk.get("/requests/enter"), "trouble")
    form = filled(form, 1, usual() | {"trouble": "凧の会を手伝ってください"})
    page = press(form, "", status=200)
    assert LABEL in offers(page) and not page.html.select(".error-text")
    page = press(form_with(page, "trouble"), LABEL, status=200)
    form = form_with(page, "trouble")
    assert form["needs"].value.endswith(LABEL) and form["title"].value == usual()["title"]


def test_completing_a_request_begins_with_what_its_words_mean(session, desk, now, kites):
    request = a_request(now=now, trouble="凧の会を手伝ってください")
    page = desk.get(f"/requests/{request.id}/complete")
    assert LABEL in offers(page)
    form = form_with(press(form_with(page, "needs"), LABEL), "needs")
    assert LABEL in form["needs"].value
    form.submit("action", value="save", status=303)
    session.expire_all()
    assert request.needs[-1].concept == kites.concept.id


def test_a_volunteer_adds_a_word_on_the_page_to_check(app, session, kites):
    volunteer = sign_in(app, a_user().email)
    form = form_with(volunteer.get("/supporters/new"), "kana")
    form["name"], form["kana"] = "凧野 糸", "たこの いと"
    form = form_with(go(form, "next"), "skills-0-phrase")
    for row, phrase in enumerate(("紙芝居", "竹細工", "凧の会の世話")):
        form[f"skills-{row}-phrase"] = phrase
    form = form_with(go(form_with(go(form, "next"), "anywhere"), "next"), "telephone")
    form["telephone"], form["pledge"] = "083-000-0001", True
    form.get("consents", index=0).checked = True
    page = go(form, "next", status=200)
    assert LABEL in offers(page)
    page = press(form_with(page, "form_key"), LABEL, status=200)
    go(form_with(page, "form_key"), "send", status=303)
    skills = session.scalars(select(Skill).order_by(Skill.position)).all()
    assert [(skill.phrase, skill.concept) for skill in skills][-1] == (LABEL, kites.concept.id)
    assert len(skills) == 4


def test_a_registration_that_is_changed_is_offered_words_too(session, desk, kites):
    supporter = a_supporter(a_person(), "凧の会の世話")
    form = form_with(desk.get(f"/supporters/{supporter.id}/edit"), "skills-0-phrase")
    page = press(form, "", status=200)
    page = press(form_with(page, "skills-0-phrase"), LABEL, status=200)
    form = form_with(page, "skills-0-phrase")
    assert form["skills-1-phrase"].value == LABEL
    form["source"], form["telephone"] = "paper", "083-000-0001"
    form.submit(status=303)
    session.expire_all()
    assert supporters.card_of(supporter).phrases[1].concept == kites.concept.id


@pytest.mark.parametrize("change", [keeping.retire, renamed])
def test_what_stays_word_for_word_means_what_was_meant(session, desk, now, kites, change):
    supporter, group = a_supporter(a_person(), LABEL, "竹細工"), a_group(an_organization("はらっぱ"), LABEL)
    request = a_request(now=now)
    form = form_with(desk.get(f"/requests/{request.id}/complete"), "needs")
    form["needs"] = f"{LABEL}\n手品"
    form.submit("action", value="save", status=303)
    change(keeping.kept(kites.concept.id), by=SYSTEM, now=now)
    session.commit()
    for path, field in ((f"/supporters/{supporter.id}", "skills-0-phrase"), (f"/groups/{group.id}", "skills")):
        form = form_with(desk.get(f"{path}/edit"), field)
        form["intro"], form["source"], form["telephone"] = "風のある日に行きます", "paper", "083-000-0001"
        form.submit(status=303)
    form = form_with(desk.get(f"/requests/{request.id}/complete"), "needs")
    form["needs"] = f"竹細工\n{LABEL}"
    form.submit("action", value="save", status=303)
    session.expire_all()
    told = [*session.scalars(select(Skill)), *request.needs]
    assert {(one.phrase, one.concept) for one in told if one.phrase == LABEL} == {(LABEL, kites.concept.id)}
    assert [one.phrase for one in told].count(LABEL) == 3


def test_a_group_that_is_changed_is_offered_words_too(session, desk, kites):
    group = a_group(an_organization("はらっぱ"), "凧の会の世話")
    page = press(form_with(desk.get(f"/groups/{group.id}/edit"), "skills"), "", status=200)
    assert LABEL in offers(page)
    form = form_with(press(form_with(page, "skills"), LABEL), "skills")
    assert form["skills"].value.split() == ["凧の会の世話", LABEL]
    form["source"], form["telephone"] = "paper", "083-000-0001"
    form.submit(status=303)
    session.expire_all()
    assert card_of_group(group).phrases[1].concept == kites.concept.id


@pytest.mark.parametrize("path", ["/supporters/enter", "/groups/enter?new=1", "/requests/enter"])
def test_the_enter_key_presses_no_chip(desk, path):
    buttons = desk.get(path).html.select("form[data-guard] button[type=submit]")
    assert buttons[0].get("name") != "add"


# -- Kept


def test_a_card_keeps_its_concepts_and_reads_older_ones(session, kites):
    card = supporters.card_of(a_registration(a_person(), LABEL))
    assert card.phrases == (Phrase(LABEL, concept=kites.concept.id),)
    value = card_to_json(card)
    assert card_from_json(value, key=card.key) == card
    value["phrases"] = [phrase[:4] for phrase in value["phrases"]]
    assert card_from_json(value, key=card.key).phrases == (Phrase(LABEL),)


def test_what_is_told_by_hand_is_the_concept_of_its_label(session, kites):
    group = a_group(an_organization("はらっぱ"), LABEL, "手品を見せる")
    skills = session.scalars(select(Skill).where(Skill.of_registry == Registry.GROUP).order_by(Skill.position))
    assert [skill.concept for skill in skills] == [kites.concept.id, None] and group.id


def test_what_is_more_often_wrong_than_right_is_not_offered(session, monkeypatch):
    sure, unsure = a_concept("凧の会"), a_concept("凧の歌")
    found = [
        Suggestion(one.concept, Meant(one.id, certainty, MEANING, "凧"))
        for one, certainty in ((sure, 0.2), (unsure, 0.19))
    ]
    monkeypatch.setattr(services, "suggest", lambda text, limit: found)
    assert [one.concept.label for one in services.offered("凧")] == ["凧の会"]
