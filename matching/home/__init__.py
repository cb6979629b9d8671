"""The first page, my page, what everybody may know about this service, the mails, and the navigation."""

from flask import Blueprint

bp = Blueprint("home", __name__)

from . import accounts, front, mails, me  # noqa: E402, F401  (their views hang on bp)
from .navigation import navigation  # noqa: E402  (after the blueprint, as the line above)

__all__ = ["bp", "navigation"]
