"""`flask demo`: it builds a city once, whole or not at all, says how far it is, and tells who can sign in."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from matching.accounts.models import Role, User
from matching.database import db
from matching.demo import commands as demo
from matching.demo.city import City
from matching.help_requests.models import HelpRequest
from matching.registry.models import Organization
from matching.registry.vocabulary import Field
from matching.supporters.models import Supporter
from tests.demo.building import close
from tests.demo.conftest import NOW
from tests.factories import a_user


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_city_that_is_there_is_kept(city):
    with city.app_context():
        before = (count(User), count(HelpRequest))
    assert demo.load(city, now=NOW) is False
    with city.app_context():
        assert (count(User), count(HelpRequest)) == before


def test_a_city_that_breaks_off_half_way_leaves_nothing(tmp_path, monkeypatch):
    app = demo.demo_app(tmp_path)

    def break_off(_city):
        assert count(User) == 1
        raise RuntimeError("half-way")

    monkeypatch.setattr(demo, "load_people", lambda _city: a_user())
    monkeypatch.setattr(demo, "load_requests", break_off)
    with pytest.raises(RuntimeError, match="half-way"):
        demo.load(app, now=NOW)
    with app.app_context():
        assert [count(model) for model in (User, Supporter, Organization, Field)] == [0, 0, 0, 0]
    close(app)


def test_what_breaks_names_the_entry(session):
    def life():
        yield NOW
        raise ValueError("there is no such desk")

    city = City(now=NOW)
    city.begin("r99", life())
    with pytest.raises(ValueError) as caught:
        city.live(lambda *_how_far: None)
    assert "r99" in caught.value.__notes__[0]


def test_the_earlier_comes_first_whatever_was_begun_first(session):
    city, seen = City(now=NOW), []

    def life(name, *days):
        for ago in days:
            yield city.days_ago(ago, "k")
            seen.append((name, ago))

    city.begin("b", life("b", 30, 5))
    city.begin("a", life("a", 40, 10))
    told = []
    city.live(lambda _day, done, total: told.append((done, total)))
    assert seen == [("a", 40), ("b", 30), ("a", 10), ("b", 5)]
    assert told == [(1, 2), (2, 2)]


def test_it_says_how_far_it_is(capsys):
    for done in range(1, 41):
        demo._tell(date(2025, 4, 1), done, 40)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10 and lines[-1] == "  2025年 4月まで　人・団体・委員・依頼 40/40"


def test_it_tells_all_staff_and_two_of_every_other_kind(city, capsys):
    with city.app_context():
        kinds = dict(demo.accounts())
        demo._print_accounts()
    printed = capsys.readouterr().out
    staff = {role.label for role in Role}
    assert len(set(kinds) - staff) == 2
    for kind, found in kinds.items():
        shown = [one for one in found if one.user.email in printed]
        assert shown == (found if kind in staff else found[:2]), kind
    assert all(one.place for kind in (Role.COORDINATOR, Role.CLERK) for one in kinds[kind.label])


def test_the_page_of_the_demo_names_everybody_who_can_sign_in(city):
    page = city.test_client().get("/demo").get_data(as_text=True)
    with city.app_context():
        assert all(email in page for email in db.session.scalars(select(User.email)))


def test_forgetting_removes_the_demos_own_files_only(tmp_path):
    kept = tmp_path / "musubi.sqlite"
    for path in (kept, tmp_path / "demo.sqlite", tmp_path / "demo.sqlite-wal"):
        path.write_text("")
    (tmp_path / demo.MAIL).mkdir()
    (tmp_path / demo.MAIL / "1.eml").write_text("")
    demo.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [kept.name]
    assert list((tmp_path / demo.MAIL).iterdir()) == []


def test_the_demo_page_is_not_there_without_the_demo(web):
    web.get("/demo", status=404)
    web.get("/demo/mail", status=404)
