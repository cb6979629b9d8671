"""Links from one page of a list to the next carry the list's own filters, whatever else stands in the address."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from matching.accounts.actor import SYSTEM
from matching.concepts import keeping
from matching.groups.states import GroupState
from matching.registry.paging import Paged
from tests.factories import an_organization
from tests.groups.factories import NOW, a_group

from .test_access import COLUMNS, TABLE, met

# Names by which url_for takes orders of its own.
ORDERS = {"endpoint": "x", "_method": "POST", "_anchor": "a", "_external": "1", "_scheme": "ftp", "values": "1"}
# Those that have somebody to show in `city`.
LISTS = {"/supporters", "/groups", "/people", "/organizations", "/lexicon", "/desk", "/directory/supporters"}


@pytest.fixture
def of_three_pages(monkeypatch):
    """Every list, however little there is on it."""
    monkeypatch.setattr(Paged, "pages", 3)


def next_page(page):
    """The query of the link to it; none where the page has no such link."""
    link = page.html.find("a", rel="next")
    return link and {name: value for name, [value] in parse_qs(urlsplit(link["href"]).query).items()}


@pytest.mark.parametrize("role", ["D", "A"])
def test_what_no_filter_asked_for_is_not_carried_on(city, of_three_pages, role):
    _values, browsers = city
    shown = set()
    for path, expected in TABLE.items():
        if "{" in path:
            continue
        page = browsers[role].get(path, ORDERS, expect_errors=True)
        assert met(page) == expected[COLUMNS.index(role)], path
        if page.content_type == "text/html" and (query := next_page(page)):
            assert query == {"page": "2"}, path
            shown.add(path)
    assert shown >= (LISTS if role == "D" else {"/groups", "/organizations", "/lexicon", "/admin/accounts"})


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/supporters", {"state": "active", "q": "手品", "as": "written"}),
        ("/supporters", {"q": "手品"}),
        ("/groups", {"q": "さざなみ", "as": "written"}),
        ("/groups", {"state": "ended"}),
        ("/lexicon", {"q": "健康"}),
        ("/lexicon", {"state": "retired"}),
    ],
)
def test_what_the_filters_ask_for_is_carried_on(session, city, of_three_pages, path, asked):
    values, browsers = city
    keeping.retire(keeping.kept(values["concept"]), by=SYSTEM, now=NOW)
    group = a_group(an_organization("おわりの会"))
    group.state, group.ended_on, group.ended_because = GroupState.ENDED, NOW.date(), "解散"
    session.commit()
    assert next_page(browsers["D"].get(path, asked | {"endpoint": "x"})) == asked | {"page": "2"}
