"""Organizations, people, and who acts for whom: pages of the desks, and of the organizations themselves."""

from flask import Blueprint

bp = Blueprint("registry", __name__)

from . import claiming, organizations, people, representing  # noqa: E402, F401  (they hang their views on the blueprint)
