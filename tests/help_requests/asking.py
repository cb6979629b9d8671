"""Walking through the steps of a new request as people do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

PAGE = "/requests/new"
STEP_OF = {"occasions": 2, "district": 2, "place": 2}
STEP_OF |= dict.fromkeys(("organization", "trouble", "title", "needs", "field"), 1)
USUAL_STEPS = 3


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def usual() -> dict[str, Any]:
    return {
        "title": "敬老会の出し物をお願いしたい",
        "trouble": "毎年カラオケばかりで困っています。",
        "needs": "手品\n・30分くらい",
        "occasions-0-on": in_days(30),
        "occasions-0-part": "pm",
        "telephone": "083-000-0001",
    }


def form_of(page: Any) -> Any:
    return next(form for form in page.forms.values() if "form_key" in form.fields)


def go(form: Any, where: str | int, **expected: Any) -> Any:
    return form.submit("go", value=str(where), **expected)


def filled(form: Any, step: int, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        if STEP_OF.get(name.split("-")[0], 3) == step and name in form.fields:
            form[name] = value
    return form


def walked(browser: Any, address: str = PAGE, **values: Any) -> Any:
    """The page to check, or the first page that says what to mend."""
    page, told = browser.get(address), {**usual(), **values}
    for step in range(1, USUAL_STEPS + 1):
        page = go(filled(form_of(page), step, told), "next", expect_errors=True)
        if page.status_int != 200:
            break
    return page


def sent(browser: Any, address: str = PAGE, **values: Any) -> Any:
    """What the button at the end answers."""
    page = walked(browser, address, **values)
    assert page.status_int == 200, page.html.select_one(".summary")
    return go(form_of(page), "send", expect_errors=True)
