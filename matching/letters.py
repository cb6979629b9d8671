"""Letters that go by mail: a text template becomes a subject and a body, in Japanese whoever presses the button."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import force_locale


def render(name: str, **context: Any) -> tuple[str, str]:
    """The subject (first line) and the body of templates/mail/<name>.txt.

    Not through Flask's render_template: its context processors ask who is signed in, and the command line has nobody.
    """
    with force_locale("ja"):
        text = current_app.jinja_env.get_template(f"mail/{name}.txt").render(context)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"
