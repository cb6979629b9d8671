"""The ground that every room stands on."""

import pytest

from tests.conftest import sign_in
from tests.factories import a_coordinator


def test_the_first_page_answers_everybody(web):
    assert "協働むすび" in web.get("/", status=200)


def test_a_coordinator_signs_in_through_the_form(app, session):
    user = a_coordinator()
    session.commit()
    sign_in(app, user.email).get("/", status=200)


@pytest.mark.parametrize("host", ["a" * 300, "a" * 64, "a..b", "evil.example", "日本.jp".encode().decode("latin1")])
def test_a_host_name_that_cannot_be_ours_answers_400(web, host):
    assert "読み取れませんでした" in web.get("/", headers={"Host": host}, status=400)


def test_the_language_that_was_asked_for_is_kept(web):
    def language(path):
        return web.get(path, status="*").html.html["lang"]

    assert [language(path) for path in ("/", "/?lang=en", "/login", "/?lang=de", "/?lang=ja", "/")] == [
        "ja", "en", "en", "en", "ja", "ja",
    ]  # fmt: skip
    cookie = web.get("/?lang=en").headers["Set-Cookie"]
    assert cookie.startswith("lang=en") and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_form_that_is_shown_again_stays_in_the_browser_until_its_user_leaves(app, session):
    """Else the Back button leads to an error of the browser; nothing else that is shown stays there."""
    browser = sign_in(app, a_coordinator().email)
    page = browser.get("/requests/enter")
    assert page.headers["Cache-Control"] == "no-store"
    form = next(form for form in page.forms.values() if "caller" in form.fields)
    again = form.submit("action", value="save", status=422)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" not in again.headers.get("Vary", "")
    leaving = next(form for form in again.forms.values() if form.action.endswith("/logout")).submit(status=302)
    assert leaving.headers["Clear-Site-Data"] == '"cache"' and leaving.headers["Cache-Control"] == "no-store"
