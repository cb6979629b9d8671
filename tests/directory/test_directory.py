"""The public directory: what everybody may read, and that nothing else stands there."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import event, select

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.help_requests.states import RequestState
from matching.registry import services as registry
from matching.registry.models import ContactKind, Party, Purpose
from matching.registry.services import Contact
from matching.registry.vocabulary import Money
from matching.supporters import services as supporters
from tests.conftest import sign_in
from tests.factories import a_person, a_user, an_organization, rename
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.supporters.factories import NOW, a_supporter, a_volunteer

NAMED = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
ANONYMOUS = [Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS]
LISTS = ("groups", "supporters", "requests")


def a_released(now, **facts):
    """A request that everybody may read, on a day that is never over."""
    facts.setdefault("title", "よそには見せない題")
    request = a_request(now=now, state=RequestState.ACCEPTED, released_at=now, **facts)
    request.occasions[0].on, request.occasions[0].note = date(2099, 12, 5), None
    return request


def a_named(name="山田 花子", *phrases, **told):
    return a_supporter(a_person(name), *phrases, consents=NAMED, **told)


def titles(page) -> list[str]:
    return [one.text.strip() for one in page.html.select(".entry-card h2")]


def withdraw(party, purpose) -> None:
    registry.withdraw_consent(registry.active_consents(party.id)[purpose], by=SYSTEM, now=NOW)


# -- Lists


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_says_what_to_do(web, kind):
    page = web.get(f"/directory/{kind}", status=200)
    assert page.html.select_one(".empty h2")
    page = web.get(f"/directory/{kind}", {"q": "何もない"}, status=200)
    assert page.html.select_one(f".empty a[href='/directory/{kind}']").text == "条件を消す"


@pytest.mark.parametrize("kind", LISTS)
def test_nonsense_in_the_address_is_not_asked_for(session, web, kind):
    web.get(f"/directory/{kind}?field=99&district=x&page=-3&per_page=1000000&q=" + "a" * 3000, status=200)


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("key", ["%00", "a%00b", "x", "0" * 16, "0" * 17])
def test_a_key_that_names_nothing_is_answered_as_one_that_is_no_longer_shown(session, web, kind, key):
    assert "掲載は終わりました" in web.get(f"/directory/{kind}/{key}", status=404)


def test_groups_are_narrowed_by_words_field_and_district_in_the_address(session, web):
    a_group(an_organization("さざなみ"), "ハーモニカの演奏", consents=NAMED, fields=[6], districts=[4])
    a_group(an_organization("里山の会"), "竹林の手入れ", consents=NAMED, fields=[7], anywhere=True)
    assert len(titles(web.get("/directory/groups"))) == 2
    assert titles(web.get("/directory/groups", {"field": 6})) == ["さざなみ"]
    assert titles(web.get("/directory/groups", {"district": 9})) == ["里山の会"]
    assert titles(web.get("/directory/groups", {"q": "竹林"})) == ["里山の会"]
    page = web.get("/directory/groups")
    form = next(form for form in page.forms.values() if "q" in form.fields)
    form["q"], form["field"] = "ハーモニカ", "6"
    assert titles(form.submit()) == ["さざなみ"]


def test_supporters_are_found_by_what_they_can_do(session, web):
    a_named("山田 花子", "庭木の剪定", fields=[7])
    a_supporter(a_person("石川 笑子"), "手品", consents=ANONYMOUS, fields=[6])
    assert titles(web.get("/directory/supporters", {"q": "剪定"})) == ["庭木の剪定"]
    assert titles(web.get("/directory/supporters", {"field": 6})) == ["手品"]


def test_requests_are_found_by_their_outline(session, web, now):
    a_released(now, outline="川べりの草を刈る\n機械は用意します。", money=Money.EXPENSES, district_id=4)
    a_released(now, outline="敬老会で手品を見たい", district_id=5)
    page = web.get("/directory/requests")
    assert len(titles(page)) == 2 and "よそには見せない題" not in page
    assert titles(web.get("/directory/requests", {"q": "手品"})) == ["敬老会で手品を見たい"]
    assert titles(web.get("/directory/requests", {"district": 4})) == ["川べりの草を刈る"]


def test_a_long_list_comes_on_pages_that_keep_what_was_asked(session, web):
    for number in range(21):
        a_named(f"山田 {number}子", "庭木の剪定", fields=[7])
    page = web.get("/directory/supporters", {"field": 7})
    assert len(titles(page)) == 20
    following = page.click("次へ")
    assert len(titles(following)) == 1 and "field=7" in following.request.url


@pytest.mark.parametrize("kind", LISTS)
def test_more_entries_need_no_more_queries(session, web, now, kind):
    make = {
        "groups": lambda n: a_group(an_organization(f"第{n}会"), consents=NAMED, fields=[6], districts=[1, 2]),
        "supporters": lambda n: a_named(f"山田 {n}子", "手品", fields=[6], districts=[1, 2]),
        "requests": lambda n: a_released(now, district_id=1, field_number=6),
    }[kind]

    def queries() -> int:
        asked = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        web.get(f"/directory/{kind}", status=200)
        return len(asked)

    for number in range(3):
        make(number)
    few = queries()
    for number in range(3, 30):
        make(number)
    assert queries() == few


# -- Pages


def test_a_group_says_how_to_reach_it_through_the_desk(session, app, web, monkeypatch):
    monkeypatch.setitem(app.config, "DESK_TELEPHONE", "083-000-0000")
    organization = an_organization("さざなみ")
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-999-1234", True)])
    group = a_group(organization, "ハーモニカの演奏", consents=NAMED, intro="月に2回あつまります。")
    page = web.get("/directory/groups").click("さざなみ")
    assert "月に2回あつまります。" in page and group.number in page.html.select_one(".notice").text
    assert page.html.select_one(".notice a[href='tel:0830000000']")
    assert "999-1234" not in page


def test_a_supporter_is_not_for_search_engines(session, web):
    supporter = a_named()
    for path in ("/directory/supporters", f"/directory/supporters/{supporter.public_key}"):
        assert web.get(path).html.select_one("meta[name=robots]")["content"] == "noindex"
    assert not web.get("/directory/groups").html.select("meta[name=robots]")


def test_a_request_leads_whoever_could_help_to_the_sign_up(session, app, web, now, monkeypatch):
    monkeypatch.setitem(app.config, "DESK_TELEPHONE", "083-000-0000")
    request = a_released(now, outline="川べりの草を刈る\n機械は用意します。", head_count=3)
    page = web.get(f"/directory/requests/{request.public_key}")
    assert page.html.h1.text == "川べりの草を刈る" and "機械は用意します。" in page and "2099年12月5日" in page
    assert request.public_key[:6].upper() in page.html.select_one(".notice").text
    assert page.html.select_one(".notice a[href='tel:0830000000']")
    assert "さくら台自治会" not in page
    sign_up = page.click("これならできそう")
    assert "/login" in sign_up.location and "next=" in sign_up.location


def test_who_is_registered_already_is_told_to_call_the_desk(session, app, now):
    request = a_released(now)
    user, _supporter = a_volunteer()
    path = f"/directory/requests/{request.public_key}"
    page = sign_in(app, user.email).get(path)
    assert not page.html.select("main a[href='/supporters/new']") and "登録がありますので" in page
    assert sign_in(app, a_user(party=a_person("別の 人")).email).get(path).html.select("a[href='/supporters/new']")


@pytest.mark.parametrize("kind", LISTS)
def test_what_was_never_there_is_told_like_what_is_over(web, kind):
    page = web.get(f"/directory/{kind}/0123456789abcdef", status=404)
    assert page.html.h1.text == "掲載は終わりました"
    web.get(f"/directory/{kind}/" + "x" * 4000, status=404)


def test_a_withdrawn_consent_removes_the_page_at_once(session, web):
    supporter = a_named()
    group = a_group(an_organization("さざなみ"), consents=NAMED)
    pages = [f"/directory/supporters/{supporter.public_key}", f"/directory/groups/{group.public_key}"]
    for path in pages:
        web.get(path, status=200)
    withdraw(supporter.party, Purpose.PUBLIC_NAMED)
    withdraw(group.organization, Purpose.PUBLIC_NAMED)
    for path in pages:
        assert "掲載は終わりました" in web.get(path, status=404)
    assert not titles(web.get("/directory/supporters")) and not titles(web.get("/directory/groups"))


def test_an_ended_or_paused_registration_and_a_taken_back_request_are_gone(session, web, now):
    paused, ended = a_named("山田 一"), a_named("山田 二")
    request = a_released(now)
    supporters.pause(paused, until=None, by=SYSTEM, now=NOW)
    ended.state, ended.ended_on = type(ended.state).ENDED, NOW.date()
    request.released_at = None
    for path in (f"supporters/{paused.public_key}", f"supporters/{ended.public_key}", f"requests/{request.public_key}"):
        web.get(f"/directory/{path}", status=404)


# -- Nobody is told who did not want it


PEOPLE = (
    ("石川 笑子", "いしかわ えみこ", ("手品", "石川流の皿回し"), "石川です。祭りで20年。"),
    ("永田 源三", "ながた げんぞう", ("竹細工", "083-900-1234まで電話を"), "げんぞうと呼ばれています。"),
    ("河村 友里", "かわむら ゆり", ("親子の読み聞かせ",), "kawamura@example.jp へどうぞ"),
    ("NPO法人ひだまり", "えぬぴーおーほうじんひだまり", ("見守り訪問",), "ひだまりは2010年にできました。"),
)


@pytest.fixture
def anonymous(session):
    """Supporters who show no name, some of whom wrote it into their texts; a named one; and one who shows nothing."""
    parties = []
    for number, (name, kana, phrases, intro) in enumerate(PEOPLE):
        make = an_organization if "NPO" in name else a_person
        party = make(name)
        rename(party, name=name, kana=kana)
        contacts = [
            Contact(ContactKind.TELEPHONE, f"083-900-123{number}", True),
            Contact(ContactKind.MAIL, f"secret{number}@example.jp", True),
            Contact(ContactKind.ADDRESS, f"山口市仁保{number}-2-3", True),
        ]
        supporter = a_supporter(party, *phrases, intro=intro)
        registry.set_contacts(party, contacts)
        # As it may come from before the texts were checked, or from a renaming since.
        registry.set_consents(party, ANONYMOUS, among=ANONYMOUS, by=SYSTEM, now=NOW, on=NOW.date())
        parties.append((party, supporter))
    a_named("名乗 花子")
    a_supporter(a_person("秘密 太郎"), "尺八")
    return parties


def every_page(web) -> dict[str, str]:
    """Everything under /directory that can be reached, with searches for what must not be found."""
    pages, wanted = {}, [f"/directory/{kind}" for kind in LISTS]
    wanted += [f"/directory/supporters?q={word}" for word in ("%E7%9F%B3%E5%B7%9D", "083-900-1234", "secret0")]
    while wanted:
        path = wanted.pop()
        if path not in pages:
            pages[path] = web.get(path, status=200).text
            wanted += re.findall(r'href="(/directory/[^"#]+)"', pages[path].replace("&amp;", "&"))
    return pages


def test_nothing_under_the_directory_tells_who_did_not_want_it(session, web, anonymous):
    pages = every_page(web)
    keys = {supporter.public_key for _party, supporter in anonymous}
    assert keys <= {path.rsplit("/", 1)[-1] for path in pages}
    assert any("名乗 花子" in text for text in pages.values())
    secrets = {"秘密 太郎", "尺八", "石川", "永田", "げんぞう", "河村", "かわむら", "ひだまり"}
    for party in session.scalars(select(Party).where(Party.name != "名乗 花子")):
        secrets |= {party.name, party.name.replace(" ", "")} | ({party.kana} if party.kana else set())
        secrets |= {point.value for point in party.contact_points}
    for path, text in pages.items():
        shown = re.sub(r'value="[^"]*"|href="[^"]*"', "", text)  # what the reader typed is theirs
        assert not [secret for secret in secrets if secret in shown], path


def test_a_search_for_an_anonymous_name_finds_nobody(session, web, anonymous):
    for words in ("石川", "石川 笑子", "いしかわ", "永田源三", "083-900-1230", "secret0@example.jp"):
        page = web.get("/directory/supporters", {"q": words}, status=200)
        assert not [one for one in titles(page) if one in ("手品", "竹細工")], words


def test_the_figures_of_the_first_page_are_those_of_the_lists(session, web, now, anonymous):
    a_group(an_organization("さざなみ"), consents=NAMED)
    a_group(an_organization("見せない会"))
    a_released(now)
    a_released(now).occasions[0].on = date(2020, 1, 1)
    undated = a_released(now).occasions[0]
    undated.on, undated.note = None, "いつでも"
    home = web.get("/")
    shown = {a["href"]: re.search(r"\d+", a.strong.text)[0] for a in home.html.select(".figures a")}
    assert shown == {"/directory/groups": "1", "/directory/supporters": "5", "/directory/requests": "2"}
    for path, count in shown.items():
        assert len(titles(web.get(path))) == int(count)
