"""Pages of the dispatch room, one module for each kind of reader."""

from . import candidates, decisions, desk, inquiries, links, requester
from .base import bp

blueprints = (bp,)

__all__ = ["blueprints", "candidates", "decisions", "desk", "inquiries", "links", "requester"]
