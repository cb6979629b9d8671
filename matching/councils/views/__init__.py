"""The pages of councils, of their terms, and of the people who sit on them."""

from flask import Blueprint

bp = Blueprint("councils", __name__)

from . import appointing, council, lists, members, renewing, terms  # noqa: E402, F401  (they hang their views on it)
