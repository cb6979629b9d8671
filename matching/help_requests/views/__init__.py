"""Pages of a request up to its acceptance: one module for the requester, one for the desk, one for both."""

from . import both, desk, requester
from .base import bp

__all__ = ["both", "bp", "desk", "requester"]
