"""Where each role can go: every link is followed, so that a page nobody can reach is found, too."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from urllib.parse import urlsplit

from flask import Flask
from webtest import TestApp
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from matching.demo.city import PASSWORD
from tests.conftest import browser_of

_LINK = re.compile(r"""<a\s[^>]*?\bhref="([^"]*)\"""")
EVERYWHERE = 120  # cases are in all states, and each state leads elsewhere
A_FEW = 4


def signed_in(app: Flask, email: str | None) -> TestApp:
    browser = browser_of(app)
    if email:
        form = next(form for form in browser.get("/login").forms.values() if "password" in form.fields)
        form["email"], form["password"] = email, PASSWORD
        form.submit(status=[302, 303])
    return browser


def endpoint_of(app: Flask, path: str) -> str | None:
    try:
        return app.url_map.bind("127.0.0.1").match(urlsplit(path).path, method="GET")[0]
    except (HTTPException, RequestRedirect):
        return None


def _links_in(page: str) -> list[str]:
    """Where its links lead; a soup of every page of everybody would take a minute."""
    return [unescape(href) for href in _LINK.findall(page)]


def pages_of(app: Flask, email: str | None, *, also: tuple[str, ...] = ()) -> dict[str, str]:
    """endpoint → the first address at which this role meets it, by following links from the first page."""
    browser = signed_in(app, email)
    waiting, seen = deque(["/", *also]), {"/", *also}
    visits: dict[str, int] = {}
    found: dict[str, str] = {}
    while waiting:
        path = waiting.popleft()
        endpoint = endpoint_of(app, path)
        most = EVERYWHERE if endpoint == "dispatch.case" else A_FEW
        if endpoint is None or endpoint == "static" or visits.get(endpoint, 0) >= most:
            continue
        if email and endpoint.startswith("demo."):
            continue  # there hang the links of everybody's mail
        visits[endpoint] = visits.get(endpoint, 0) + 1
        answer = browser.get(path, expect_errors=True)
        if answer.status_int in (301, 302, 303):
            links = [answer.headers["Location"]]
        elif answer.status_int == 200:
            found.setdefault(endpoint, path)
            links = _links_in(answer.text) if answer.content_type == "text/html" else []
        else:
            # 409 is a page in words, such as "you have registered already".
            assert answer.status_int in (200, 409), f"a link leads {email} to {path}, which answers {answer.status_int}"
            continue
        for link in links:
            parts = urlsplit(link)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.hostname in (None, "127.0.0.1", "localhost") and target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    return found
