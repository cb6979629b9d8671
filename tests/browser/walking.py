"""Going through the pages as people do: by the words that stand on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from matching.i18n import today

from .conftest import City, Window

BOTH_WAYS = pytest.mark.parametrize("javascript", [True, False], ids=["with-scripts", "without-scripts"])
PASSWORD = "sakura-ga-saita-yo"
MARK = r"(\s*※(必須|任意))?"  # what stands behind the label of a field
expect.set_options(timeout=15_000)  # the machine may be busy


def named(words: str) -> re.Pattern[str]:
    """A button or link by the words on it, whether or not more is read aloud in brackets."""
    spelled = re.escape(words).replace("（", r"\s*（")
    return re.compile(rf"^{spelled}(\s*[（：].*)?$")


def in_days(days: int) -> str:
    return (today(datetime.now(UTC)) + timedelta(days=days)).isoformat()


def link_in(body: str) -> str:
    """The first address in a mail."""
    found = re.search(r"http://\S+", body)
    assert found, body
    return found[0]


@dataclass
class Walker:
    """Somebody in front of a window. Whatever is not on the page yet is waited for."""

    window: Window
    address: str = ""  # their mailbox

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)

    @property
    def page(self) -> Page:
        return self.window.page

    @property
    def city(self) -> City:
        return self.window.city

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    # -- Reading

    def is_at(self, heading: str | re.Pattern[str]) -> Walker:
        expect(self.main.get_by_role("heading", level=1)).to_have_text(heading)
        return self

    def is_at_step(self, title: str) -> Walker:
        expect(self.main.locator("[aria-current=step]")).to_have_text(title)
        return self

    def reads(self, *sentences: str) -> Walker:
        for sentence in sentences:
            expect(self.main).to_contain_text(sentence)
        return self

    def reads_nothing_of(self, *sentences: str) -> Walker:
        """On a page that is there already: ask for something that stands on it first."""
        for sentence in sentences:
            expect(self.main).not_to_contain_text(sentence)
        return self

    def is_told(self, message: str) -> Walker:
        """The banner above the page."""
        expect(self.main.locator(".banner", has_text=message)).to_be_visible()
        return self

    def is_asked_to_mend(self, *messages: str) -> Walker:
        """The box above a form, which has the focus where scripts run, and the title of the page."""
        box = self.main.get_by_role("alert")
        for message in messages:
            expect(box).to_contain_text(message)
        expect(self.page).to_have_title(re.compile("^入力エラー："))
        return self

    def sees(self, link: str) -> Walker:
        expect(self.main.get_by_role("link", name=named(link))).to_be_visible()
        return self

    def sees_no(self, link: str) -> Walker:
        """On a page that is there already, as above."""
        expect(self.main.get_by_role("link", name=named(link))).to_have_count(0)
        return self

    def section(self, heading: str | re.Pattern[str]) -> Locator:
        return self.main.get_by_role("region", name=heading)

    def row(self, words: str) -> Locator:
        """A row of a list."""
        return self.main.get_by_role("listitem").filter(has_text=words)

    # -- Doing

    def open(self, path: str) -> Walker:
        self.window.open(path)
        return self

    def follow(self, words: str, *, within: Locator | None = None) -> Walker:
        (within or self.main).get_by_role("link", name=named(words)).click()
        return self

    def enter_by(self, door: str) -> Walker:
        """One of the two doors of the first page, which says more than its name."""
        self.main.get_by_role("link").filter(has=self.page.locator("strong", has_text=door)).click()
        return self

    def press(self, words: str, *, within: Locator | None = None) -> Walker:
        (within or self.main).get_by_role("button", name=named(words)).click()
        return self

    def unfold(self, summary: str) -> Walker:
        self.main.locator("summary", has_text=summary).click()
        return self

    def field(self, label: str, *, within: Locator | None = None) -> Locator:
        return (within or self.main).get_by_label(re.compile(f"^{re.escape(label)}{MARK}$"))

    def group(self, name: str) -> Locator:
        return self.main.get_by_role("group", name=re.compile(f"^{re.escape(name)}{MARK}$"))

    def fill(self, answers: dict[str, Any], *, within: Locator | None = None) -> Walker:
        """Text into fields, True into boxes, an option's words into choices."""
        for label, value in answers.items():
            field = self.field(label, within=within)
            if value is True:
                field.check()
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        return self

    def tick(self, *labels: str, within: Locator | None = None) -> Walker:
        for label in labels:
            self.field(label, within=within).check()
        return self

    def untick(self, *labels: str, within: Locator | None = None) -> Walker:
        for label in labels:
            self.field(label, within=within).uncheck()
        return self

    def find(self, words: str) -> Walker:
        """Type into the box in the head."""
        box = self.page.get_by_role("banner").get_by_role("searchbox")
        box.fill(words)
        box.press("Enter")
        return self

    def go_on(self, to: str) -> Walker:
        """To the next step of a form."""
        return self.press("次へ進む").is_at_step(to)

    def download(self, name: str) -> str:
        """A file behind a link, as text."""
        with self.page.expect_download() as coming:
            self.follow(name)
        return Path(coming.value.path()).read_text(encoding="utf-8-sig")

    # -- Mail

    def last_mail(self) -> str:
        return self.city.mails_to(self.address)[-1]

    def follow_mail(self) -> Walker:
        return self.open(link_in(self.last_mail()))


def sign_up(walker: Walker) -> Walker:
    """From the sign-in page: an account, confirmed by the link of the mail."""
    walker.is_at("ログイン").follow("利用者登録をする")
    walker.is_at("利用者登録").fill({"メールアドレス": walker.address, "パスワード": PASSWORD})
    walker.press("利用者登録をする").is_at("ログイン")
    return walker.follow_mail()
