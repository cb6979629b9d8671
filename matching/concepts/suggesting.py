"""Words of the lexicon offered while somebody fills in a form: chips, asked for by the page or pressed without scripts.

Sent by POST: what somebody writes of a trouble must not stand in a log of addresses, nor would 2,000 letters of it fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from ..accounts.permissions import Permission, only_reads, requires
from ..database import apart
from ..registry.forms import lines, tidy
from . import services
from .services import Suggestion

bp = Blueprint("concept_suggestions", __name__)

LONGEST = 2_000  # what is read of a text
MOST_LINES = 60
HINTS, LONGEST_HINT = 2, 12


class Describing(Protocol):
    """A form in which somebody describes something, and whose lines say it in short."""

    def described(self) -> str:
        """What they wrote."""

    def told_lines(self) -> list[str]:
        """The lines that stand there already."""

    def take(self, label: str) -> bool:
        """Add a line; whether there was room."""


@dataclass(frozen=True)
class Offer:
    """The chips that a page shows, and what became of the one that was pressed."""

    suggestions: tuple[Suggestion, ...] = ()
    taken: str = ""
    refused: str = ""  # there was no room for it
    gone: bool = False  # the lexicon no longer has it


def pressed() -> str | None:
    """The word of the chip that was pressed; empty for the button that shows the chips, None for neither."""
    return request.form.get("add")


def take_pressed(form: Describing) -> Offer:
    """Add the pressed word to the form; only a word of the lexicon is one."""
    label = tidy(pressed()) or ""
    if label and services.picked(label) is None:
        return offer(form, gone=True)
    if not label:
        return offer(form)
    took = form.take(label)
    return offer(form, taken=label if took else "", refused="" if took else label)


def offer(form: Describing, *, taken: str = "", refused: str = "", gone: bool = False) -> Offer:
    """The chips for a form as it stands."""
    text, told = form.described()[:LONGEST], tuple(form.told_lines())
    found = apart(("offered", text, told), lambda: services.offered(text, besides=told)) if text else []
    return Offer(tuple(found), taken, refused, gone)


@bp.post("/concepts/suggest")
@only_reads
@requires(Permission.CONCEPT_SUGGEST)
def suggest() -> str:
    """A piece of a page: the chips for a text, without those that are among the lines."""
    text = (tidy(request.form.get("text", "")[:LONGEST]) or "").replace("\x00", "")
    told = lines(tidy(request.form.get("lines", "")[:LONGEST]))[:MOST_LINES]
    found = services.offered(text, besides=told) if text else []
    return render_template("concepts/_offered.html", offer=Offer(tuple(found)))


@bp.app_template_filter("other_names")
def other_names(suggestion: Suggestion) -> str:
    """One or two short other names of a concept, which help to understand it."""
    label = suggestion.concept.label
    helpful = [
        name
        for name in suggestion.concept.aliases
        if len(name) <= LONGEST_HINT and name not in label and label not in name
    ]
    return _("、").join(helpful[:HINTS])
