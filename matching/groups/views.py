"""Groups: list and detail."""

from flask import Blueprint

bp = Blueprint("groups", __name__)
