"""Pages of the dispatch room, one module for each kind of reader."""

from . import archive, candidates, decisions, desk, handing_over, inquiries, links, requester, shortlists
from .base import bp

blueprints = (bp,)

__all__ = [
    "archive",
    "blueprints",
    "candidates",
    "decisions",
    "desk",
    "handing_over",
    "inquiries",
    "links",
    "requester",
    "shortlists",
]
