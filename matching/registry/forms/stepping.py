"""A long form in short steps, with a page to check everything at its end. The browser carries it all; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from wtforms import BooleanField, FieldList, FormField

from ...i18n import as_day

CONTROLS = ("csrf_token", "step", "seen", "go")


@dataclass(frozen=True)
class Step:
    """One page of the form. Names that the form does not have are passed over."""

    title: Any
    names: tuple[str, ...]


class Stepping:
    """Where somebody is in a form of several steps: 1…n, and n+1 is the page to check.

    ``known`` is what the form was made with: a step that is shown for the first time begins with it. A button says
    where to go: ``next``, ``back``, ``send``, a step's number, or anything else to stay (another row). ``anew`` is a
    step that begins with ``known`` once more, because what it was filled in for is no longer so; nobody passes by it.
    """

    def __init__(
        self, form: Any, steps: Sequence[Step], *, known: Mapping[str, Any] | None = None, anew: Step | None = None
    ) -> None:
        self.form = form
        self.steps = [Step(step.title, tuple(name for name in step.names if name in form)) for step in steps]
        self.checking = len(self.steps) + 1
        self.now = self._number("step", 1)
        self.seen = max(self._number("seen", 1), self.now)
        self.shows_anew = False
        self._forgotten: set[str] = set()
        self._changed: dict[str, str] = {}
        again = steps.index(anew) + 1 if anew and steps.index(anew) < self.seen else None
        if again:
            self._forget_from(again)
        self._begin_unseen(known or {})
        if form.is_submitted():
            where = request.form.get("go", "")
            if again and (self.now == again or (where.isdecimal() and len(where) < 3 and int(where) >= again)):
                self.now = self.seen = again
                self.shows_anew = True
            else:
                self._go(where)

    def _forget_from(self, number: int) -> None:
        """As if the steps from this one on had never been shown."""
        self.now, self.seen = min(self.now, number), number - 1
        self._forgotten = {name for step in self.steps[number - 1 :] for name in step.names}

    def _number(self, name: str, default: int) -> int:
        value = request.form.get(name, "")
        return min(max(int(value), 1), self.checking) if value.isdecimal() and len(value) < 3 else default

    def _begin_unseen(self, known: Mapping[str, Any]) -> None:
        """What was never on a page was not left empty: it still stands at its beginning."""
        if self.form.is_submitted():
            for step in self.steps[self.seen :]:
                for name in step.names:
                    if name not in request.form or name in self._forgotten:
                        field = self.form[name]
                        field.process(None, known[name]) if name in known else field.process(None)

    def _go(self, where: str) -> None:
        if where == "next" and self.now < self.checking:
            if self._is_right(self.now):
                self.now += 1
        elif where == "back":
            self.now = max(self.now - 1, 1)
        elif where.isdecimal() and len(where) < 3 and 1 <= int(where) <= self.seen:
            self.now = int(where)
        self.seen = max(self.seen, self.now)

    def _is_right(self, number: int) -> bool:
        """Check the whole form, and keep the mistakes of this step only."""
        self.form.validate()
        self._keep_errors(self.steps[number - 1].names)
        return not any(self.form[name].errors for name in self.steps[number - 1].names)

    def _keep_errors(self, names: Sequence[str]) -> None:
        self.form.form_errors.clear()
        for field in self.form:
            if field.name not in names and field.short_name != "csrf_token":
                _forget_errors(field)

    def is_sent(self) -> bool:
        """Whether everything was checked, sent and is right. Else the first step with a mistake is shown."""
        if not self.form.is_submitted() or request.form.get("go") != "send" or self.now != self.checking:
            return False
        if self.form.validate():
            return True
        self.show_mistake()
        return False

    def show_mistake(self) -> None:
        """Go to the first step that has one; a mistake of none of them stays on the page to check."""
        for number, step in enumerate(self.steps, 1):
            if any(self.form[name].errors for name in step.names):
                self.now = number
                self._keep_errors(step.names)
                return

    @property
    def is_checking(self) -> bool:
        return self.now == self.checking

    @property
    def is_wrong(self) -> bool:
        return bool(self.form.errors)

    @property
    def titles(self) -> list[str]:
        return [str(step.title) for step in self.steps] + [_("確かめる")]

    def change(self, name: str, value: str) -> None:
        """Carry this along instead of what was filled in: the page itself changed the field."""
        self._changed[name] = value

    def carried(self) -> Iterator[tuple[str, str]]:
        """What was filled in on the other steps, as name and value of hidden fields."""
        here = () if self.is_checking else self.steps[self.now - 1].names
        elsewhere = {name for step in self.steps for name in step.names if name not in here}
        for name, values in request.form.lists():
            gone = name in self._forgotten or name in self._changed
            if name.split("-")[0] in elsewhere and name not in CONTROLS and not gone:
                yield from ((name, value) for value in values)
        yield from ((name, value) for name, value in self._changed.items() if name.split("-")[0] in elsewhere)

    def answers(self, step: Step) -> list[tuple[str, str]]:
        """(label, answer in words) of everything on one step that was answered."""
        told: list[tuple[str, str]] = []
        for name in step.names:
            told += in_words(self.form[name])
        return told


def _forget_errors(field: Any) -> None:
    if isinstance(field, FormField):
        for inner in field.form:
            _forget_errors(inner)
        return
    if isinstance(field, FieldList):
        for entry in field.entries:
            _forget_errors(entry)
    field.errors = []


def in_words(field: Any) -> list[tuple[str, str]]:
    """A field's answer as people read it; nothing where nothing was answered."""
    label = str(field.label.text)
    if isinstance(field, FieldList):
        rows = [
            _("、").join(name + _("：") + value if name else value for name, value in _entry(row))
            for row in field.entries
        ]
        return [(f"{label} {number}", row) for number, row in enumerate(rows, 1) if row]
    if isinstance(field, BooleanField):
        return [(label, _("はい"))] if field.data else []
    if hasattr(field, "iter_choices"):
        chosen = [str(choice[1]) for choice in field.iter_choices() if choice[2] and str(choice[0])]
        return [(label, _("、").join(chosen))] if chosen else []
    if isinstance(field.data, date) and not field.errors:
        return [(label, as_day(field.data))]
    text = field._value() if hasattr(field, "_value") else str(field.data or "")
    return [(label, text)] if text.strip() else []


def _entry(row: Any) -> list[tuple[str, str]]:
    """A row's answers; the first stands without its label."""
    if not isinstance(row, FormField):
        return [("", value) for _label, value in in_words(row)]
    told = [pair for inner in row.form for pair in in_words(inner) if inner.type != "HiddenField"]
    return [("" if number == 0 else label, value) for number, (label, value) in enumerate(told)]
