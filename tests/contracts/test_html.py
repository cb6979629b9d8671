"""What every page keeps to, whoever opens it: no inline code, a title, a language, the headers of safety."""

from __future__ import annotations

import re

import pytest

from .test_access import COLUMNS, TABLE

READ = []


@pytest.fixture
def pages(request):
    """Every page, read once for all tests here: they change nothing."""
    if not READ:
        READ.extend(read(*request.getfixturevalue("city")))
    return READ


def read(values, browsers):
    """(path, answer) of every page, as the first role meets it for whom it opens."""
    opened = []
    for path, cells in TABLE.items():
        role = next(role for role, cell in zip(COLUMNS, cells, strict=True) if cell == "o") if "o" in cells else "D"
        opened.append((path, browsers[role].get(path.format(**values), expect_errors=True)))
    for address in ("/login", "/register", "/reset", "/confirm", "/nowhere", "/requests/999999"):
        opened.append((address, browsers["S"].get(address, expect_errors=True)))
    return [(path, answer) for path, answer in opened if answer.content_type == "text/html" and not answer.location]


def test_no_page_carries_code_or_style_of_its_own(pages):
    assert len(pages) > 40
    for path, page in pages:
        for script in page.html.find_all("script"):
            assert script.get("src") and not script.text.strip(), path
        assert not page.html.find_all("style"), path
        for element in page.html.find_all(True):
            own = [name for name in element.attrs if name == "style" or re.match(r"on[a-z]+$", name)]
            assert not own, f"{path}: {element.name} {own}"
            assert not str(element.get("href", "")).startswith("javascript:"), path


def test_every_page_carries_the_headers_of_safety(pages):
    for path, page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, path
        assert page.headers["X-Content-Type-Options"] == "nosniff", path
        assert page.headers["Referrer-Policy"] == "same-origin", path
        assert page.headers["Cache-Control"] == "no-store", path


def test_every_page_has_a_language_a_title_and_one_heading(pages):
    for path, page in pages:
        assert page.html.html["lang"] == "ja", path
        assert page.html.title.text.strip(), path
        assert len(page.html.find_all("h1")) == 1, path


def test_every_field_has_a_label_and_no_id_is_used_twice(pages):
    for path, page in pages:
        ids = [element["id"] for element in page.html.find_all(id=True)]
        assert len(ids) == len(set(ids)), (path, sorted({i for i in ids if ids.count(i) > 1}))
        labelled = {label.get("for") for label in page.html.find_all("label")}
        for field in page.html.select("main input, main select, main textarea"):
            if field.get("type") not in ("hidden", "submit"):
                assert field.get("id") in labelled or field.get("aria-label"), (path, field)


def test_every_form_that_changes_something_carries_its_token(pages):
    for path, page in pages:
        for form in page.html.find_all("form", method=re.compile("post", re.I)):
            assert form.find("input", attrs={"name": "csrf_token"}), (path, form.get("action"))


def test_every_link_within_the_house_leads_somewhere(city):
    _values, browsers = city
    seen = set()
    for path, page in read(*city):
        for link in page.html.select("a[href^='/']"):
            address = link["href"]
            if address not in seen and not address.startswith("/static"):
                seen.add(address)
                status = browsers["D"].get(address, expect_errors=True).status_int
                assert status in (200, 302, 303, 403, 404, 409), (path, address, status)
                assert status != 404 or address.startswith("/my/") or "/withdraw" in address, (path, address)
