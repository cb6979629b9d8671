"""Accounts: signing up, in and out, forgotten passwords; all in Japanese, all mail through the outbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask_security.utils import hash_password, verify_password
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from matching import create_app
from matching.accounts import staffing
from matching.accounts.actor import SYSTEM, actor_of
from matching.accounts.models import Role, User
from matching.config import UnusableSetting
from matching.outbox import Message, MessageState
from matching.registry.models import Representation, RepresentationState
from tests.conftest import PASSWORD, browser_of, sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, an_organization
from tests.journeys.steps import deliver_everything, fill, form_with, link_in, mails_to, sign_up

ADDRESS, NEW = "mitsuko@example.jp", "shimenawa-to-warazori"
KANA = re.compile(r"[ぁ-んァ-ヶ一-龥]")


def words_of(page) -> str:
    return page.html.select_one("main").text


def register(web, address=ADDRESS, password=NEW, **how):
    return fill(form_with(web.get("/register"), "password"), email=address, password=password).submit(**how)


def sign_in_form(web, address, password):
    return fill(form_with(web.get("/login"), "password"), email=address, password=password)


def signed_in(web) -> bool:
    return web.get("/me", expect_errors=True).status_int == 200


# -- Signing up


def test_the_walk_from_sign_up_over_the_mail_to_ones_own_page(web, app, session):
    sign_up(web, app, ADDRESS, NEW)
    mail = mails_to(app, ADDRESS)[0]
    assert mail.subject == "【協働むすび】メールアドレスの確認"
    assert KANA.search(mail.body) and mail.event.startswith("account:")
    again = browser_of(app)
    sign_in_form(again, ADDRESS, NEW).submit(status=[302, 303])
    assert signed_in(again)


def test_the_confirmation_waits_in_the_outbox_like_every_mail(web, session):
    register(web)
    mail = session.scalars(select(Message)).one()
    assert (mail.recipient, mail.state) == (ADDRESS, MessageState.HELD)


def test_nobody_signs_in_before_the_address_is_confirmed(web, app, session):
    register(web)
    page = sign_in_form(web, ADDRESS, NEW).submit(expect_errors=True)
    assert not signed_in(web)
    assert KANA.search(words_of(page))


def test_a_spoiled_confirmation_link_confirms_nobody(web, app, session):
    register(web)
    deliver_everything(app)
    path = link_in(mails_to(app, ADDRESS)[0])
    web.get(path[:-5] + "xxxxx", expect_errors=True)
    assert session.scalars(select(User.confirmed_at)).all() == [None]


@pytest.mark.parametrize(("address", "password"), [("mitsuko", NEW), (ADDRESS, "kurz"), ("", ""), (ADDRESS, "")])
def test_a_sign_up_that_cannot_be_taken_says_so_in_japanese(web, session, address, password):
    page = register(web, address, password, expect_errors=True)
    errors = " ".join(element.text for element in page.html.select(".summary, .error, .invalid-feedback"))
    assert KANA.search(errors) and not re.search(r"[A-Za-z]{4,}", errors.replace("name@example.jp", "")), errors
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_an_address_that_exists_gets_the_same_answer_and_a_word_by_mail(app, session):
    a_user(email=ADDRESS)
    session.commit()
    first = register(browser_of(app), "new@example.jp").maybe_follow()
    second = register(browser_of(app), ADDRESS).maybe_follow()
    assert words_of(first).replace("new@example.jp", ADDRESS) == words_of(second)
    assert session.scalar(select(func.count()).select_from(User)) == 2
    told = session.scalars(select(Message).where(Message.recipient == ADDRESS)).one()
    assert KANA.search(told.body)


# -- Signing in


def test_a_wrong_password_is_told_in_japanese_and_tells_nothing_about_the_address(web, app, session):
    a_user(email=ADDRESS)
    session.commit()
    wrong = sign_in_form(web, ADDRESS, "ein-anderes-wort").submit(expect_errors=True)
    unknown = sign_in_form(browser_of(app), "nobody@example.jp", "ein-anderes-wort").submit(expect_errors=True)

    def errors(page):
        return [element.text for element in page.html.select(".summary li, [id$=-error]")]

    assert errors(wrong) == errors(unknown) != []
    assert all(KANA.search(error) and not re.search(r"[A-Za-z]{3,}", error) for error in errors(wrong))
    assert not signed_in(web)


@pytest.mark.parametrize("spelling", [f" {ADDRESS} ", ADDRESS.upper(), "mitsuko@ｅxample。jp"])
def test_an_address_is_understood_however_it_was_typed(app, session, spelling):
    a_user(email=ADDRESS)
    session.commit()
    web = browser_of(app)
    sign_in_form(web, spelling, PASSWORD).submit(status=[302, 303])
    assert signed_in(web)
    fill(form_with(browser_of(app).get("/reset"), "email"), email=spelling).submit()
    assert session.scalars(select(Message.recipient)).all() == [ADDRESS]


def test_an_address_is_kept_in_small_letters_and_once(web, app, session):
    register(web, "Mitsuko@Example.JP")
    register(browser_of(app), " mitsuko@example.jp")
    assert session.scalars(select(User.email)).all() == [ADDRESS]


def test_a_strangers_unconfirmed_capitals_do_not_keep_a_colleague_out(web, app, session):
    session.add(User(email="New.Boss@example.jp", password="x", fs_uniquifier="x"))  # as they were kept once
    session.commit()
    boss = staffing.account_of(" new.boss@ｅxample.jp", name="課長", by=SYSTEM, now=datetime.now(UTC))
    session.commit()
    assert session.scalars(select(User.email)).all() == ["new.boss@example.jp"] and boss.confirmed_at
    fill(form_with(web.get("/reset"), "email"), email="new.boss@example.jp").submit()
    assert session.scalars(select(Message.recipient)).all() == ["new.boss@example.jp"]


def test_the_database_holds_an_address_once_whatever_its_capitals(session):
    session.add_all(User(email=one, fs_uniquifier=one) for one in ("a@example.jp", "A@example.jp"))
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_disabled_account_does_not_sign_in(web, session):
    user = a_user(email=ADDRESS)
    user.active = False
    session.commit()
    sign_in_form(web, ADDRESS, PASSWORD).submit(expect_errors=True)
    assert not signed_in(web)


def test_somebody_who_came_from_a_page_is_led_back_to_it(app, session):
    user = a_coordinator(email=ADDRESS)
    session.commit()
    web = browser_of(app)
    form = form_with(web.get("/desk", status=303).follow(), "password")
    answer = fill(form, email=user.email, password=PASSWORD).submit(status=[302, 303])
    assert answer.location.endswith("/desk")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_out_of_the_house(app, session, elsewhere):
    a_user(email=ADDRESS)
    session.commit()
    web = browser_of(app)
    form = form_with(web.get("/login", {"next": elsewhere}, expect_errors=True), "password")
    answer = fill(form, email=ADDRESS, password=PASSWORD).submit(expect_errors=True)
    assert re.match(r"(http://localhost)?/(?![/\\])", answer.headers.get("Location", "/"))


def sign_up_on_the_way_to(web, app, path):
    """Over the sign-in page and its link to the form; the mails that follow."""
    page = web.get("/login", {"next": path}).click("利用者登録をする", index=0)
    fill(form_with(page, "password"), email=ADDRESS, password=NEW).submit()
    deliver_everything(app)
    return mails_to(app, ADDRESS)


def test_who_signs_up_on_the_way_to_a_page_is_led_there_by_the_mail(web, app, session):
    [mail] = sign_up_on_the_way_to(web, app, "/requests/new?kind=a&b=c")
    other = browser_of(app)
    assert other.get(link_in(mail), status=302).location.endswith("/requests/new?kind=a&b=c")
    assert signed_in(other)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example"]
)
def test_the_mail_leads_nobody_out_of_the_house(web, app, session, elsewhere):
    assert all("evil" not in mail.body for mail in sign_up_on_the_way_to(web, app, elsewhere))
    register(browser_of(app), "other@example.jp")
    deliver_everything(app)
    link = link_in(mails_to(app, "other@example.jp")[-1])
    assert browser_of(app).get(link, {"next": elsewhere}, status=302).location.endswith("/me")


@pytest.mark.parametrize("path", ["/a\r\nb", "/" + "a" * 300, "me", ""])
def test_nothing_but_a_short_path_goes_into_the_mail(web, app, session, path):
    [mail] = sign_up_on_the_way_to(web, app, path)
    assert "next=" not in mail.body
    assert browser_of(app).get(link_in(mail), status=302).location.endswith("/me")


# -- Signing out


def test_signing_out_is_a_button_not_a_link(app, session):
    user = a_user(party=a_person())
    session.commit()
    web = sign_in(app, user.email)
    assert signed_in(web)
    web.get("/logout", expect_errors=True)
    assert signed_in(web)
    web.post("/logout", status=400)
    assert signed_in(web)
    page = web.get("/me")
    next(form for form in page.forms.values() if form.action.endswith("/logout")).submit(status=[302, 303])
    assert not signed_in(web)


# -- A forgotten password


def test_a_new_password_by_mail_replaces_the_old_one(web, app, session):
    a_user(email=ADDRESS, party=a_person())
    session.commit()
    fill(form_with(web.get("/reset"), "email"), email=ADDRESS).submit()
    deliver_everything(app)
    mail = mails_to(app, ADDRESS)[-1]
    assert mail.subject == "【協働むすび】パスワードの再設定" and KANA.search(mail.body)
    form = form_with(web.get(link_in(mail)).maybe_follow(), "password")
    fill(form, password=NEW)
    if "password_confirm" in form.fields:
        form["password_confirm"] = NEW
    form.submit(status=[302, 303])
    old, new = browser_of(app), browser_of(app)
    sign_in_form(old, ADDRESS, PASSWORD).submit(expect_errors=True)
    sign_in_form(new, ADDRESS, NEW).submit(expect_errors=True)
    assert (signed_in(old), signed_in(new)) == (False, True)
    # The link works once.
    browser_of(app).get(link_in(mail), expect_errors=True)
    deliver_everything(app)
    assert "再設定しました" in mails_to(app, ADDRESS)[-1].subject


def test_an_unknown_address_gets_the_same_answer_and_no_mail(app, session):
    a_user(email=ADDRESS)
    session.commit()
    known, unknown = browser_of(app), browser_of(app)
    first = fill(form_with(known.get("/reset"), "email"), email=ADDRESS).submit().maybe_follow()
    second = fill(form_with(unknown.get("/reset"), "email"), email="nobody@example.jp").submit().maybe_follow()
    assert words_of(first) == words_of(second).replace("nobody@example.jp", ADDRESS)
    assert session.scalars(select(Message.recipient)).all() == [ADDRESS]


@pytest.mark.parametrize("path", ["/reset", "/register", "/confirm"])
def test_a_host_header_of_somebodys_choice_is_refused_and_sends_no_mail(web, session, path):
    user = a_user(email=ADDRESS)
    user.confirmed_at = None if path == "/confirm" else user.confirmed_at
    form = fill(form_with(web.get(path), "email"), email=ADDRESS)
    answer = form.submit(headers={"Host": "evil.example"}, expect_errors=True)
    assert answer.status_int == 400 and "読み取れませんでした" in answer
    assert session.scalars(select(Message)).all() == []


@pytest.mark.parametrize(("path", "leads_to"), [("/reset", "/reset/"), ("/register", "/confirm/")])
def test_links_in_account_mails_begin_with_the_public_address(app, web, session, monkeypatch, path, leads_to):
    if path == "/reset":
        a_user(email=ADDRESS)
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://musubi.example.jp/city/")
    form = fill(form_with(web.get(path), "email"), email=ADDRESS)
    if path == "/register":
        form["password"] = NEW
    form.submit()
    mail = session.scalars(select(Message)).one()
    [link] = re.findall(r"https?://\S+", mail.body)
    assert link.startswith(f"https://musubi.example.jp/city{leads_to}")


# -- Cookies


def cookies_of(answer) -> dict[str, str]:
    return {value.split("=")[0]: value for name, value in answer.headers.items() if name == "Set-Cookie"}


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(web, session):
    a_user(email=ADDRESS)
    session.commit()
    form = sign_in_form(web, ADDRESS, PASSWORD)
    for cookie in cookies_of(form.submit()).values():
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie


def test_behind_https_cookies_are_secure_and_browsers_are_told_to_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://musubi.example.jp")
    app = create_app({"TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"}, instance=tmp_path)
    answer = browser_of(app).get("/login")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookies = cookies_of(answer)
    assert cookies and all("Secure" in cookie for cookie in cookies.values())
    assert app.config["REMEMBER_COOKIE_SECURE"] and app.config["REMEMBER_COOKIE_HTTPONLY"]


def test_production_does_not_start_without_its_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSUBI_ENV", "production")
    monkeypatch.setenv("PUBLIC_URL", "https://musubi.example.jp")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(UnusableSetting, match="SECRET_KEY"):
        create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, instance=tmp_path)


# -- Whom an account acts for


def test_an_account_acts_for_itself_and_for_organizations_that_a_desk_approved(session):
    organization = an_organization()
    user = a_representative(organization)
    assert actor_of(user).parties == {user.party_id, organization.id}
    link = session.scalars(select(Representation)).one()
    for state in (RepresentationState.CLAIMED, RepresentationState.REFUSED, RepresentationState.ENDED):
        link.state = state
        session.flush()
        assert actor_of(user).parties == {user.party_id}


def test_an_account_without_a_party_acts_for_nobody(session):
    assert actor_of(a_user()).parties == frozenset()


@pytest.mark.parametrize(("desk", "contractor"), [("kyodo", False), ("saporant", True), ("center:小郡", False)])
def test_a_contractor_is_known_by_the_desk(session, desk, contractor):
    actor = actor_of(a_coordinator(desk))
    assert (actor.contractor, actor.is_staff, actor.has(Role.COORDINATOR)) == (contractor, True, True)
    assert len(actor.desks) == 1


def test_passwords_are_stored_with_argon2(tmp_path):
    app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, instance=tmp_path)
    with app.test_request_context():
        hashed = hash_password(PASSWORD)
        assert "$argon2id$" in hashed and verify_password(PASSWORD, hashed)
