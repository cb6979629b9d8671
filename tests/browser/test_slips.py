"""Ordinary slips and ordinary haste: the keyboard alone, a double click, the Back button, two people on one case."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error, expect

from matching.help_requests.models import RequestKind

from . import residents
from .conftest import City, Opener
from .walking import BOTH_WAYS, PASSWORD, Walker, in_days

FOCUS = """() => {
  const here = document.activeElement, style = getComputedStyle(here);
  return {text: here.textContent.trim().slice(0, 20), style: style.outlineStyle, width: parseFloat(style.outlineWidth)};
}"""


def test_everything_that_a_coordinator_does_often_has_a_key(city: City, window: Opener):
    stranger = Walker(window()).open("/")
    page = stranger.page
    for stop in range(10):
        page.keyboard.press("Tab")
        shown = page.evaluate(FOCUS)
        assert shown["style"] != "none" and shown["width"] >= 2, f"tab stop {stop + 1} shows no focus: {shown}"
        assert stop or shown["text"] == "本文へ進む", shown
    stranger.open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(stranger.main).to_be_focused()

    desk = Walker(window("coordinator")).open("/desk").is_at("窓口")
    keys, rows = desk.page.keyboard, desk.main.locator("[data-keys] > li .title a")
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        keys.press(key)
        expect(rows.nth(row)).to_be_focused()
    title = rows.nth(1).inner_text()
    keys.press("Enter")
    desk.is_at(title)
    desk.page.wait_for_load_state()  # keys work when the script has run
    keys.press("/")
    box = desk.page.get_by_role("banner").get_by_role("searchbox")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    keys.type(title)
    keys.press("Enter")
    desk.is_at(f"「{title}」を探した結果").sees(title)

    desk.open("/desk").press("キー操作を切る").reads("キー操作は切ってあります。")
    keys.press("Tab")
    focused = desk.page.evaluate("document.activeElement.outerHTML")
    keys.press("j")
    assert desk.page.evaluate("document.activeElement.outerHTML") == focused


def write_a_request(asks: Walker, title: str) -> Walker:
    asks.open("/requests/new").is_at_step("どんなことですか")
    asks.fill({"困っていること・してほしいこと": "人手が足りません。", "題名": title}).go_on("いつ・どこで")
    asks.fill({"来てほしい日（第1希望）": in_days(30)}, within=asks.group("第1回"))
    return asks.go_on("人数・費用・連絡先").go_on("確かめる")


@BOTH_WAYS
def test_a_double_click_and_the_back_button_make_one_request(city: City, window: Opener, javascript: bool):
    mailbox = f"{'two' if javascript else 'both'}@walks.example.jp"
    title = "餅つきの手伝い" if javascript else "門松作りの手伝い"
    with residents.of(city):
        acts = residents.a_person("汐見 二", "しおみ ふたつ", telephone="083-000-7722")
        residents.an_account(acts, mailbox)
        residents.an_organization("はぜの木自治会" if javascript else "くすの木自治会", acts=acts)
    asks = Walker(window(java_script_enabled=javascript), mailbox)
    asks.window.sign_in(mailbox, PASSWORD)
    write_a_request(asks, title).main.get_by_role("button", name="依頼を送る").dblclick()
    asks.is_at(title).is_told("依頼を受け取りました。")
    asks.page.go_back()
    asks.press("依頼を送る").is_at(title)
    asks.open("/requests/mine").is_at("依頼の一覧")
    expect(asks.main.get_by_role("link", name=title)).to_have_count(1)


def test_two_coordinators_on_one_case_hear_of_each_other(city: City, window: Opener):
    title, name = "影絵の会を開きたい", "遠地 影也"
    with residents.of(city):
        caller = residents.a_person("汐見 光", "しおみ ひかる", telephone="083-000-7733")
        requester = residents.an_organization("ひいらぎ台自治会", acts=caller)
        residents.a_supporter(residents.a_person(name, "とおち かげや", telephone="083-000-7744"), "影絵")
        residents.a_case(title, "影絵", requester=requester, caller=caller, kind=RequestKind.DISPATCH)
    one, other = Walker(window("coordinator")), Walker(window("otani.kyodo@example.jp"))
    for desk in (one, other):
        desk.find(title).follow(title).follow(f"{name}さんに打診する").is_at(f"{name}さんに打診する")
    one.press(f"{name}さんに打診する").is_at(title).reads(f"{name}さんの返事を待っています。")
    other.press(f"{name}さんに打診する").is_at("ほかの人が先に更新しました")
    other.reads("今回の操作は行っていません。", "前の画面を開き直し")
    other.find(title).follow(title).reads(f"{name}さんの返事を待っています。")


def test_what_was_typed_is_forgotten_at_sign_out(city: City, window: Opener):
    """On the computer of a library, the next visitor presses Back."""
    mailbox, title = "library@walks.example.jp", "図書館で書いた依頼"
    with residents.of(city):
        acts = residents.a_person("汐見 文", "しおみ ふみ", telephone="083-000-7788")
        residents.an_account(acts, mailbox)
        residents.an_organization("ゆずの木自治会", acts=acts)
    asks = Walker(window(), mailbox)
    asks.window.sign_in(mailbox, PASSWORD)
    write_a_request(asks, title).reads(title)
    asks.page.get_by_role("banner").get_by_role("button", name="ログアウト").click()
    asks.is_at("手伝いたい人と、手伝ってほしい団体を、窓口が結びます")
    with suppress(Error):  # the browser's own page: it would have to send the form again
        asks.page.go_back()
    expect(asks.page.locator("body")).not_to_contain_text(title)
