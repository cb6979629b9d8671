"""One application and one database for the whole run; every test begins with a fresh copy of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask_migrate import upgrade
from webtest import TestApp

from matching import create_app
from matching.database import begin_as, db
from matching.registry import vocabulary
from tests.databases import Databases, choose

PASSWORD = "himitsu-no-kotoba"


def pytest_configure() -> None:
    """The lexicon makes a million objects that stay; to look through them all again and again took a seventh of the time."""
    gc.set_threshold(200_000, 20, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="what the tests run on")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The template: migrated, with the reference tables."""
    folder = tmp_path_factory.mktemp("databases")
    with choose(folder, pytestconfig.getoption("--database")) as databases:
        app = create_app({"SQLALCHEMY_DATABASE_URI": databases.template}, instance=folder)
        with app.app_context():
            upgrade()
            vocabulary.load_reference_tables(support_centre_name="さぽらんて", city_desk_name="協働推進課")
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        yield databases


@pytest.fixture(scope="session")
def shared_app(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("instance")
    return create_app(
        {
            "SQLALCHEMY_DATABASE_URI": databases.fresh,
            "TESTING": True,
            "PROPAGATE_EXCEPTIONS": False,
            "MAIL_FOLDER": str(folder / "mail"),
            "SECURITY_PASSWORD_HASH": "plaintext",
            "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
            "PUBLIC_URL": "http://localhost",
        },
        instance=folder,
    )


@pytest.fixture
def app(shared_app: Flask, databases: Databases) -> Iterator[Flask]:
    databases.renew()
    yield shared_app
    with shared_app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    """The database, for tests that speak to services directly; the test commits when it wants to be seen by the web."""
    begin_as(writer=True)  # a page that was read in this very context would have left it a reader
    with app.app_context():
        yield db.session
        db.session.rollback()


def browser_of(app: Flask) -> TestApp:
    """A browser of its own.

    What the test has made so far is committed before each request, and the request runs in a fresh context: the test's
    open one would lend it its session and ``g``.
    """

    def serve(environ: Any, start_response: Any) -> Any:
        if has_app_context():
            db.session.commit()
        return Context().run(app, environ, start_response)

    return TestApp(serve)


@pytest.fixture
def web(app: Flask) -> TestApp:
    """A stranger's browser. It submits the real forms, CSRF token and all."""
    return browser_of(app)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday, ten in the morning in Tokyo


def sign_in(app: Flask, email: str) -> TestApp:
    """A browser in which this user has signed in through the real form."""
    browser = browser_of(app)
    page = browser.get("/login")
    form = next(form for form in page.forms.values() if "password" in form.fields)
    form["email"], form["password"] = email, PASSWORD
    answer = form.submit()
    assert answer.status_int in (302, 303), answer.text[:2000]
    return browser
