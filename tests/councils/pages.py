"""Forms of pages as a person meets them."""

from __future__ import annotations

from typing import Any


def main_form(page: Any) -> Any:
    """The form in the middle of the page: the one with most fields that posts to its own address."""
    forms = [form for form in page.forms.values() if form.method.lower() == "post" and not form.action]
    assert forms, page.text[:3000]
    return max(forms, key=lambda form: len(form.fields))


def fill(form: Any, **values: Any) -> Any:
    for name, value in values.items():
        form[name.replace("__", "-")] = value
    return form


def posting_to(page: Any, end: str) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith(end))
