"""The lists find what words mean, say what they understood, and search for the words alone when asked."""

from __future__ import annotations

from datetime import date

import pytest

from matching.concepts import services
from matching.help_requests.states import RequestState
from matching.registry.models import Purpose
from tests.concepts.factories import a_concept
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, an_organization
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.supporters.factories import a_supporter

NAMED = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
WORDS = "凧の会"
LABEL = "凧あげ見守り"


@pytest.fixture(autouse=True)
def _known(session, now):
    a_concept(LABEL, aliases=(WORDS, "いかのぼり"))
    a_supporter(a_person("山田 花子"), "いかのぼり", consents=NAMED)
    a_supporter(a_person("石川 笑子"), "手品", consents=NAMED)
    a_group(an_organization("はらっぱ"), "いかのぼり", consents=NAMED)
    a_group(an_organization("里山の会"), "竹林の手入れ", consents=NAMED)
    for outline in ("正月にいかのぼりを教える人", "敬老会で手品を見たい"):
        request = a_request(now=now, state=RequestState.ACCEPTED, released_at=now, outline=outline)
        request.occasions[0].on = date(2099, 12, 5)


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def titles(page) -> list[str]:
    return [one.text.strip() for one in page.html.select(".entry-card h2, .queue-row .title")]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/directory/supporters", "いかのぼり"),
        ("/directory/groups", "はらっぱ"),
        ("/directory/requests", "正月にいかのぼりを教える人"),
        ("/supporters", "山田 花子"),
        ("/groups", "はらっぱ"),
    ],
)
def test_what_is_called_otherwise_is_found_and_the_words_alone_on_request(desk, path, found):
    page = desk.get(path, {"q": WORDS})
    assert titles(page) == [found]
    assert f"『{LABEL}』として探しました。" in page.html.select_one(".understood").text
    alone = page.click("書いた言葉だけで探す")
    assert titles(alone) == [] and f"「{WORDS}」の言葉だけで探しました。" in alone
    assert titles(alone.click("意味の近いものも探す")) == [found]


@pytest.mark.parametrize("path", ["/directory/supporters", "/directory/groups", "/directory/requests", "/supporters"])
def test_without_words_or_meaning_nothing_is_said_to_be_understood(desk, path):
    assert not desk.get(path).html.select(".understood")
    assert not desk.get(path, {"as": "written"}).html.select(".understood")
    assert not desk.get(path, {"q": "ぬるぽぺ"}).html.select(".understood")


@pytest.mark.parametrize("words", ["ごはんの支度", "座ったままできる運動"])
def test_a_request_that_holds_none_of_the_words_is_explained_and_can_be_switched_off(desk, now, words):
    assert services.understood(words) == ()
    outline = {
        "ごはんの支度": "昼食を作る人",
        "座ったままできる運動": "椅子に座ってできる体操を教える人",
    }[words]
    request = a_request(now=now, state=RequestState.ACCEPTED, released_at=now, outline=outline)
    request.occasions[0].on = date(2099, 12, 5)
    page = desk.get("/directory/requests", {"q": words})
    assert titles(page) == [outline]
    assert "意味の近いものも合わせて探しました。" in page.html.select_one(".understood").text
    alone = page.click("書いた言葉だけで探す")
    assert titles(alone) == [] and titles(alone.click("意味の近いものも探す")) == [outline]


def test_one_word_is_the_beginning_of_a_name_unless_many_names_begin_so(session):
    assert [one.label for one in services.understood("凧あげ見")] == [LABEL]
    for number in range(3):
        a_concept(f"たこたこ踊り{number}丁目")
    assert not any(one.label.startswith("たこたこ") for one in services.understood("たこたこ"))


def test_what_was_understood_stays_with_the_pages_and_filters(desk):
    page = desk.get("/directory/supporters", {"q": WORDS, "field": "6"})
    assert "field=6" in page.html.select_one(".understood a")["href"]
