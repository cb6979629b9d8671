"""Nobody sends more than a form can hold: every field has an end, and so has everything that is sent at once."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from flask_wtf import FlaskForm
from wtforms import FieldList, FormField, StringField
from wtforms.fields.core import UnboundField
from wtforms.validators import Length, Regexp

import matching
from matching.config import MAX_FORM_BYTES
from matching.registry.forms.base import Version
from tests.journeys.steps import fill, form_with

for module in pkgutil.walk_packages(matching.__path__, "matching."):
    importlib.import_module(module.name)


def kinds_of(kind: type) -> Iterator[type]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from kinds_of(subclass)


def own_forms() -> list[Any]:
    """Flask-Security's own are not ours to bound; what is sent to them has an end all the same, see below."""
    return sorted({kind for kind in kinds_of(FlaskForm) if kind.__module__.startswith("matching.")}, key=str)


def fields_of(form: type) -> Iterator[tuple[str, UnboundField]]:
    for name in dir(form):
        if isinstance(field := getattr(form, name, None), UnboundField):
            yield name, field


def validators_of(field: UnboundField) -> list[Any]:
    named = field.kwargs.get("validators")
    return list(named if named is not None else field.args[1] if len(field.args) > 1 else ())


def has_an_end(field: UnboundField) -> bool:
    kind = field.field_class
    if issubclass(kind, FieldList):
        return field.kwargs.get("max_entries") is not None and has_an_end(field.args[0])
    if issubclass(kind, FormField) or not issubclass(kind, StringField):
        return True  # a form of its own; numbers, days and choices are read, not kept
    if issubclass(kind, Version):
        return True  # compared, never kept
    return any(
        (isinstance(rule, Length) and rule.max > 0)
        or (isinstance(rule, Regexp) and rule.regex.pattern.endswith(r"\Z") and "+" not in rule.regex.pattern)
        for rule in validators_of(field)
    )


def test_every_field_has_an_end():
    fields = [(form, name, field) for form in own_forms() for name, field in fields_of(form)]
    assert len(own_forms()) > 15 and len(fields) > 100
    endless = [f"{form.__name__}.{name}" for form, name, field in fields if not has_an_end(field)]
    assert not endless, ", ".join(endless)


def test_what_the_form_says_is_what_the_field_holds():
    """A browser stops at the same letter as the check."""
    differing = [
        f"{form.__name__}.{name}"
        for form in own_forms()
        for name, field in fields_of(form)
        for rule in validators_of(field)
        if isinstance(rule, Length) and (field.kwargs.get("render_kw") or {}).get("maxlength", rule.max) != rule.max
    ]
    assert differing == []


@pytest.mark.parametrize("path", ["/login", "/register", "/reset"])
def test_more_than_a_form_can_hold_is_refused_in_words(web, path):
    form = fill(form_with(web.get(path), "email"), email="a" * (MAX_FORM_BYTES + 1))
    page = form.submit(status=413)
    assert "大きすぎます" in page


@pytest.mark.parametrize("length", [300, 100_000])
def test_a_very_long_sign_in_is_only_a_wrong_one(web, length):
    form = fill(form_with(web.get("/login"), "password"), email="a" * length + "@example.jp", password="x" * length)
    form.submit(status=200)
