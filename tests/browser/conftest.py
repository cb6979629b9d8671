"""The demo city behind a real server, and Chromium in front of it."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from sqlalchemy import select
from waitress import create_server

from matching import outbox
from matching.accounts.models import User
from matching.database import db
from matching.demo.city import PASSWORD
from matching.demo.commands import demo_app
from matching.outbox import Message
from tests.demo.building import build_once, copy_of

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", Path(__file__).parents[2] / "instance" / "screenshots"))
# Who walks through the city: one of each role, as the demo prints them.
PEOPLE = {
    "coordinator": "nakashima.kyodo@example.jp",
    "contractor": "kuno.saporant@example.jp",
    "clerk": "hiraoka.bosai@example.jp",
    "personnel": "emoto.shokuin@example.jp",
    "reader": "tanaka.shakai@example.jp",
    "administrator": "mitsunaga.joho@example.jp",
    "representative": "sakuradai.kaicho@example.jp",
    "supporter": "matsunaga.sumaho@example.jp",
}


logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a page asks for more files than there are threads


@dataclass
class City:
    """A running demo city. ``address`` is where it answers."""

    app: Flask
    address: str
    registered: list[str]  # who lives here without being staff, before any test

    def mails_to(self, recipient: str) -> list[str]:
        """The bodies of what was sent to this address, oldest first; mail that waits for its undo time is sent now."""
        with self.app.app_context():
            outbox.deliver_due(now=datetime.now(UTC).replace(year=2100), transport=outbox.transport_from_config())
            query = select(Message).where(Message.recipient == recipient)
            return [message.body for message in db.session.scalars(query.order_by(Message.id))]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        why = "no Chromium here (Debian: apt install chromium fonts-noto-cjk)"
        pytest.fail(why) if os.environ.get("REQUIRE_BROWSER") else pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_once(tmp_path_factory, "demo-now", now=datetime.now(UTC))
    app = demo_app(copy_of(built, tmp_path_factory.mktemp("city")))
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=4)
    address = f"http://127.0.0.1:{server.effective_port}"
    app.config["PUBLIC_URL"] = address
    threading.Thread(target=server.run, daemon=True).start()
    with app.app_context():
        users = db.session.scalars(select(User).order_by(User.id))
        registered = [user.email for user in users if not user.roles]
    yield City(app, address, registered)
    server.close()


@dataclass
class Window:
    """A page that writes down what a developer would see in red."""

    page: Page
    city: City
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _said(self, message: ConsoleMessage) -> None:
        # That a page answers 4xx is said by the console too; whether it may is not the console's business.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, path: str) -> Any:
        return self.page.goto(path if path.startswith("http") else self.city.address + path)

    def sign_in(self, email: str, password: str = PASSWORD) -> Window:
        self.open("/login")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()
        assert "/login" not in self.page.url, self.page.inner_text("main")
        return self


Opener = Callable[..., Window]


@pytest.fixture
def window(chromium: Browser, city: City) -> Iterator[Opener]:
    """``window("coordinator", width=390)`` opens a browser of its own, signed in as that role or address; at the end it
    must not have complained."""
    opened: list[tuple[BrowserContext, Window]] = []

    def open_(who: str | None = None, *, width: int = 1280, height: int = 900, **options: Any) -> Window:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="ja-JP", **options)
        one = Window(context.new_page(), city)
        opened.append((context, one))
        return one.sign_in(PEOPLE.get(who, who)) if who else one

    yield open_
    complaints = [complaint for _context, one in opened for complaint in one.complaints]
    for context, _one in opened:
        context.close()
    assert complaints == []
