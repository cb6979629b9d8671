"""The navigation: what each role is offered, where they are, who waits, and where staff land."""

from __future__ import annotations

import pytest

from matching.accounts.models import Role
from matching.home.navigation import LANDINGS
from matching.registry import services as registry
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_user, acting, an_organization, staff
from tests.supporters.factories import a_volunteer


def current(page) -> list[tuple[str, str]]:
    return [(" ".join(a.text.split()), a["aria-current"]) for a in page.html.select(".site-nav [aria-current]")]


def test_every_role_has_somewhere_to_begin():
    assert set(LANDINGS) == set(Role)


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.CLERK, "/councils"), (Role.PERSONNEL, "/councils"), (Role.STAFF, "/desk"), (Role.ADMINISTRATOR, "/admin/")],
)
def test_staff_land_on_their_work_and_find_it_on_the_first_page(session, app, role, place):
    browser = sign_in(app, staff(role).email)
    landed = browser.get("/me", status=303).location
    assert place in landed
    assert browser.get("/").html.select_one("main .btn-primary")["href"] in landed


def test_the_current_section_is_marked_on_its_pages_too(session, app):
    user, supporter = a_volunteer()
    desk = sign_in(app, a_coordinator().email)
    assert current(desk.get("/desk")) == [("窓口", "page")]
    assert current(desk.get("/supporters")) == [("協働サポーター", "page")]
    assert current(desk.get(f"/supporters/{supporter.id}")) == [("協働サポーター", "true")]
    assert current(desk.get("/requests/enter")) == [("依頼を入れる", "page")]
    mine = sign_in(app, user.email)
    assert current(mine.get("/requests/mine")) == [("マイページ", "true")]
    assert current(mine.get("/directory/groups")) == [("登録団体", "page")]
    assert current(mine.get("/privacy")) == []


def test_how_many_claims_wait_stands_in_the_navigation(session, app, now):
    browser = sign_in(app, a_coordinator().email)
    assert not browser.get("/desk").html.select(".site-nav .count")
    user = a_user(party=a_person())
    person = registry.person_of(user)
    for name in ("さくら台自治会", "ひばり町内会"):
        registry.claim(person, an_organization(name), title="会長", by=acting(user), now=now)
    count = browser.get("/desk").html.select_one(".site-nav .count")
    assert count.text == "2件待っています" and "代表者の確認" in count.parent.text


def test_many_doors_fold_without_a_script_and_few_stand_open(session, app, web):
    assert not web.get("/").html.select(".site-nav details")
    menu = sign_in(app, a_coordinator().email).get("/desk").html.select_one(".site-nav > details")
    assert menu.summary.text == "メニュー" and not menu.has_attr("open")


def test_privacy_and_accessibility_are_a_step_away_from_every_page(web):
    for path in ("/", "/login", "/directory/requests", "/nowhere"):
        foot = web.get(path, expect_errors=True).html.footer
        assert {"/privacy", "/accessibility"} <= {link["href"] for link in foot.find_all("a")}


def test_a_page_belongs_to_the_nearest_door(session, app):
    desk = sign_in(app, a_coordinator().email)
    assert current(desk.get("/organizations/new")) == [("団体", "true")]
    assert current(desk.get("/people/new")) == [("個人", "true")]
    assert current(desk.get("/representations")) == [("代表者の確認", "page")]
