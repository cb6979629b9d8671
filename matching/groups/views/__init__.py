"""Groups in the browser: the list, one group, entering and changing."""

from flask import Blueprint

bp = Blueprint("groups", __name__)

from . import editing, lists, showing  # noqa: E402, F401  (they hang their views on the blueprint)
