"""Browsers of those who keep the rosters."""

from __future__ import annotations

import pytest

from tests.conftest import sign_in

from .factories import a_clerk, a_department


@pytest.fixture
def clerk(app, session):
    """The browser of a clerk of 協働推進課, whose councils the factories make."""
    browser = sign_in(app, a_clerk(a_department()).email)
    browser.app_of = app
    return browser


@pytest.fixture
def other_clerk(app, session):
    """The browser of a clerk of another department."""
    browser = sign_in(app, a_clerk(a_department("高齢福祉課")).email)
    browser.app_of = app
    return browser
