"""What somebody reads when something goes wrong: plain words, what to do next, whom to call, and nothing of the inside."""

from __future__ import annotations

import pytest
from flask import abort
from sqlalchemy.exc import OperationalError

from matching import errors
from matching.accounts.models import Role
from matching.accounts.permissions import public
from tests.conftest import browser_of, sign_in
from tests.factories import a_user, staff

TELEPHONE = "083-000-0000"


@pytest.fixture
def failing(app, monkeypatch):
    """A browser for whom /privacy goes wrong in the way that the test says."""

    def fail(how):
        monkeypatch.setitem(app.config, "DESK_TELEPHONE", TELEPHONE)
        monkeypatch.setitem(app.view_functions, "home.privacy", public(how))
        return browser_of(app)

    return fail


def title_of(page) -> str:
    return page.html.h1.text


@pytest.mark.parametrize("status", sorted(errors.PAGES))
def test_every_error_says_what_to_do_next_and_whom_to_call(failing, status):
    page = failing(lambda: abort(status)).get("/privacy", status=status)
    title, advice = errors.PAGES[status]
    assert title_of(page) == str(title) and str(advice) in page
    assert page.html.title.text == f"{title}｜協働むすび"
    assert page.html.select_one("main a[href='tel:0830000000']").text == f"電話 {TELEPHONE}"
    assert page.html.select_one("main a[href='/']")
    assert str(status) not in page.html.main.text or status >= 500


def test_no_common_error_is_without_words():
    assert set(errors.PAGES) >= {400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503}


def test_a_fault_shows_nothing_of_the_inside(failing):
    def fault():
        raise RuntimeError("秘密 /etc/passwd")

    page = failing(fault).get("/privacy", status=500)
    assert "秘密" not in page and "Traceback" not in page and "RuntimeError" not in page
    assert "入力した内容は保存されていません" in page


def test_without_a_database_the_page_still_tells_it(failing, monkeypatch):
    def gone(*_args, **_kw):
        raise OperationalError("SELECT 1", {}, Exception("no connection"))

    browser = failing(gone)
    monkeypatch.setattr(errors, "render_template", gone)
    page = browser.get("/privacy", status=503)
    assert "いま記録を読み書きできません" in page and TELEPHONE in page
    assert len(page.html.find_all("h1")) == 1 and not page.html.select(".site-nav")


def test_an_unknown_error_has_the_words_of_its_kind(failing):
    assert title_of(failing(lambda: abort(418)).get("/privacy", status=418)) == str(errors.PAGES[400][0])


def test_a_form_without_its_token_is_not_taken(web):
    assert "送信された内容を読み取れませんでした" in title_of(web.post("/login", {"email": "a"}, status=400))


def test_a_stranger_who_sends_is_asked_to_sign_in(web):
    token = web.get("/login").forms[0]["csrf_token"].value
    page = web.post("/supporters/1/end", {"csrf_token": token}, status=401)
    assert page.html.select_one("main a[href='/login']")


def test_staff_hear_that_they_lack_the_right_and_others_that_there_is_nothing(session, app):
    assert "権限" in title_of(sign_in(app, staff(Role.CLERK).email).get("/outbox", status=403))
    assert "見つかりません" in title_of(sign_in(app, a_user().email).get("/outbox", status=404))


def test_a_page_that_only_shows_takes_nothing(web):
    assert "ボタンから" in web.post("/privacy", status=405)


def test_a_link_that_is_no_link_of_ours(web):
    assert "このリンクは使えません" in title_of(web.get("/answer/nonsense", status=410))


def test_too_much_is_refused(app, web):
    much = "あ" * app.config["MAX_CONTENT_LENGTH"]
    assert "大きすぎます" in title_of(web.post("/login", {"email": much}, status=413))
