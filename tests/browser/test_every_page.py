"""Every page that the city shows, with the role that uses it: accessible, quiet, and no wider than a small phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from matching.accounts.permissions import access_of
from matching.councils.models import Council
from matching.database import db
from matching.dispatch.models import Agreement, Inquiry, Notice
from matching.dispatch.services import links
from matching.dispatch.states import WAITING, AgreementState

from .conftest import PEOPLE, SCREENSHOTS, City, Opener, Window
from .crawling import pages_of

FILES = "export"  # what these endpoints answer is no page
# Nobody comes here by a link of ours: why, in a word.
NOT_LINKED = {
    "security.change_email": "not switched on",
    "security.verify": "only when a sign-in is old",
    "security.reset_password": "only with the link of a mail",
    "security.confirm_email": "only with the link of a mail; it acts and goes on",
    "security.logout": "a button",
    "dispatch.next_case": "goes on to the next case",
    "concepts.export": "only where the city has changed something of the lexicon",
}
TYPED = ("/find?q=%E6%B8%A1%E8%BE%BA",)  # what somebody types into the box in the head
AFTERWARDS = ("/supporters/registered",)  # where a form goes on to
MAIN_PAGES = frozenset(
    {
        "home.index", "home.me", "dispatch.queue", "dispatch.case", "dispatch.candidates", "help_requests.submit",
        "help_requests.enter", "supporters.index", "supporters.show", "supporters.register", "groups.index",
        "councils.index", "councils.show", "people.find", "people.show", "directory.groups", "directory.supporters",
        "directory.requests", "security.login",
    }
)  # fmt: skip


STAFF = ("coordinator", "clerk", "personnel", "administrator", "reader")


def signed_links() -> tuple[str, ...]:
    """What stands in mails that went out."""
    inquiry = db.session.scalars(select(Inquiry).where(Inquiry.state.in_(WAITING)).order_by(Inquiry.id)).first()
    agreement = db.session.scalars(select(Agreement).where(Agreement.state == AgreementState.ASKED)).first()
    notice = db.session.scalars(select(Notice).order_by(Notice.id)).first()
    assert inquiry and agreement and notice
    return (
        f"/answer/{links.token_of(inquiry)}",
        f"/consent/{links.token_of(agreement)}",
        f"/result/{links.token_of(notice)}",
    )


@pytest.fixture(scope="module")
def pages(city: City) -> dict[str, tuple[str | None, str]]:
    """endpoint → (who, address): a stranger, else the first of the registered, else of the staff, who comes to it."""
    with city.app.app_context():
        mailed = signed_links()
        council = db.session.scalar(select(Council.id).where(Council.name == "防災会議"))
    typed = (*TYPED, f"/councils/{council}/appoint?q=%E7%94%B0%E7%86%8A")
    pages = {endpoint: (None, path) for endpoint, path in pages_of(city.app, None, also=mailed).items()}
    for email in (*city.registered, *(PEOPLE[role] for role in STAFF)):
        also = AFTERWARDS if email in city.registered else typed if email == PEOPLE["clerk"] else TYPED
        for endpoint, path in pages_of(city.app, email, also=also).items():
            pages.setdefault(endpoint, (email, path))
    return pages


def test_every_page_of_the_url_map_is_reached_by_somebody(city, pages):
    with city.app.app_context():
        rules = {
            rule.endpoint
            for rule in city.app.url_map.iter_rules()
            if "GET" in rule.methods and (access_of(rule.endpoint) != "exempt" or rule.endpoint.startswith("security."))
        }
    assert rules - set(pages) - set(NOT_LINKED) - {"security.static"} == set()


AXE = Axe()
# What the dark may change; the rest is looked at in the light.
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def look(window: Window, path: str, *, width: int, options: dict[str, Any]) -> list[str]:
    """What is wrong with the open page at this width."""
    window.page.set_viewport_size({"width": width, "height": 900})
    wrong = []
    for violation in AXE.run(window.page, options=options).response["violations"]:
        node = violation["nodes"][0]
        wrong.append(f"{violation['id']}: {violation['help']} {node['html'][:160]} {node['failureSummary'][:300]}")
    return [f"{path} at {width}: {one}" for one in wrong]


def too_wide(window: Window, path: str, *, width: int = 320) -> list[str]:
    window.page.set_viewport_size({"width": width, "height": 700})
    wide = window.page.evaluate("document.documentElement.scrollWidth")
    return [f"{path} is {wide} px wide on a phone of {width}"] if wide > width else []


# What is looked at: the light as a whole, at the width of a phone and of a desk; then what the dark may change.
VIEWS = (("light", 390, EVERYTHING), ("light", 1280, EVERYTHING), ("dark", 390, COLOURS))


def test_no_page_keeps_anybody_out(city: City, pages, window: Opener):
    """axe-core; nothing in the console, no report of the content policy.

    Each page is loaded once: its width changes as when a telephone is turned, its colours as in the evening.
    """
    wrong: list[str] = []
    windows: dict[str | None, Window] = {}
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for endpoint, (email, path) in sorted(pages.items()):
        if FILES in endpoint:
            continue
        if email not in windows:
            windows[email] = window(email, reduced_motion="reduce")  # colours change at once, not in steps
        at = windows[email]
        at.page.set_viewport_size({"width": 390, "height": 900})
        answer = at.open(path)
        wrong += [] if answer.status == 200 else [f"{path} answers {answer.status}"]
        for scheme, width, options in VIEWS:
            at.page.emulate_media(color_scheme=scheme)
            wrong += [f"{scheme}: {one}" for one in look(at, path, width=width, options=options)]
            if endpoint in MAIN_PAGES:
                name = f"{endpoint.replace('.', '-')}-{width}-{scheme}.png"
                at.page.screenshot(path=SCREENSHOTS / name, full_page=True)
        at.page.emulate_media(color_scheme="light")
        wrong += too_wide(at, path)
    assert wrong == [], "\n".join(wrong)
    assert not {one for one in MAIN_PAGES if one not in pages}, "a main page has another name now"
