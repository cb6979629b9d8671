"""協働サポーターの登録: sign-up, entry by the desk, list, one registration."""

from flask import Blueprint

bp = Blueprint("supporters", __name__)

from . import entering, lists, registrations, signup  # noqa: E402, F401  (they hang their views on the blueprint)
