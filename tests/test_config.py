"""Settings and what follows from them: cookies, headers, the refusal to start half-configured."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from matching import create_app
from matching.config import ROOT, UnusableSetting
from matching.database import db
from tests.conftest import browser_of, sign_in
from tests.factories import a_user
from tests.journeys.steps import fill, form_with

NUMBERS = ("TRUSTED_PROXIES", "SMTP_PORT", "MAIL_HOLD_SECONDS", "LINK_DAYS")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["many", "-1", "1.5", "1" * 10, "１２"])
def test_a_number_that_is_none_is_refused_by_name(tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UnusableSetting, match=name):
        create_app(instance=tmp_path)


@pytest.mark.parametrize("name", NUMBERS)
def test_an_empty_number_is_the_default(tmp_path, monkeypatch, name):
    default = create_app(instance=tmp_path).config[name]
    monkeypatch.setenv(name, "")
    assert create_app(instance=tmp_path).config[name] == default


@pytest.mark.parametrize(
    "value", ["musubi", "sqlite:/x", "nosuch://h/musubi", "mysql://root@h/musubi", "postgresql+nosuch://h/musubi",
              "postgresql+psycopg://musubi:himitsu@h:port/musubi", "postgresql+pg8000://h/musubi"],
)  # fmt: skip
def test_an_address_of_no_database_is_refused_by_name_and_not_told(tmp_path, monkeypatch, value):
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(UnusableSetting, match="DATABASE_URL") as refused:
        create_app(instance=tmp_path)
    assert "himitsu" not in str(refused.value)


def test_an_empty_address_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")
    assert create_app(instance=tmp_path).config["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path / 'musubi.sqlite'}"


@pytest.mark.parametrize("command", [["setup"], ["backup"], ["doctor"], ["routes"]])
def test_a_setting_that_cannot_be_used_is_said_by_every_command_without_a_traceback(command):
    answer = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "musubi", "SECRET_KEY": "a" * 40, "SECURITY_PASSWORD_SALT": "b" * 40},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    said = answer.stdout + answer.stderr
    assert answer.returncode == 1 and "DATABASE_URL" in said and "Traceback" not in said


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECURITY_PASSWORD_SALT", "PUBLIC_URL"])
def test_production_does_not_start_without(tmp_path, monkeypatch, name):
    told = {"SECRET_KEY": "a" * 40, "SECURITY_PASSWORD_SALT": "b" * 40, "PUBLIC_URL": "https://musubi.example.jp"}
    for key, value in (told | {"MUSUBI_ENV": "production"}).items():
        monkeypatch.setenv(key, value)
    create_app(instance=tmp_path)
    monkeypatch.delenv(name)
    with pytest.raises(UnusableSetting, match=name):
        create_app(instance=tmp_path)


@pytest.fixture
def behind_https(app, session, tmp_path, monkeypatch):
    """The same database, as a city serves it: a proxy that ends TLS."""
    monkeypatch.setenv("PUBLIC_URL", "https://musubi.example.jp")
    same = {name: app.config[name] for name in ("SQLALCHEMY_DATABASE_URI", "SECURITY_PASSWORD_HASH", "TESTING")}
    schemes = {"SECURITY_PASSWORD_SCHEMES": app.config["SECURITY_PASSWORD_SCHEMES"], "TRUSTED_PROXIES": 1}
    https = create_app(same | schemes, instance=tmp_path)
    a_user(email="hanako@example.jp")
    session.commit()
    yield https
    with https.app_context():
        db.session.remove()
        db.engine.dispose()


def cookies(answer) -> dict[str, str]:
    pairs = [value for name, value in answer.headers.items() if name == "Set-Cookie"]
    return {value.split("=")[0]: value for value in pairs}


def test_behind_https_cookies_come_from_this_very_host_only(behind_https):
    web = browser_of(behind_https)
    told = {"Host": "musubi.example.jp", "X-Forwarded-Proto": "https", "Referer": "https://musubi.example.jp/login"}
    web.extra_environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in told.items()}
    form = form_with(web.get("/login"), "password")
    answer = fill(form, email="hanako@example.jp", password="himitsu-no-kotoba", remember=True).submit(status=302)
    found = cookies(answer)
    assert set(found) == {"__Host-session", "__Host-remember_token"}
    for cookie in found.values():
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert "Domain" not in cookie  # browsers drop the prefix otherwise
    web.get("/me", status=303)


def test_who_stays_signed_in_does_so_for_a_month(app, session):
    user = a_user()
    session.commit()
    web = browser_of(app)
    form = fill(form_with(web.get("/login"), "password"), email=user.email, password="himitsu-no-kotoba", remember=True)
    token = cookies(form.submit(status=302))["remember_token"]
    assert app.config["REMEMBER_COOKIE_DURATION"].days == 30 and "Expires=" in token


@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/static/theme.css", "/me"])
def test_no_other_site_opens_or_embeds_anything_of_ours(app, session, path):
    user = a_user()
    session.commit()
    answer = sign_in(app, user.email).get(path, expect_errors=True)
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_without_https_nothing_is_promised_about_it(web):
    assert "Strict-Transport-Security" not in web.get("/login").headers
