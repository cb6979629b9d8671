"""Bringing a department's list of people into the registry of supporters: read the file, then write the people."""

from .people import Summary, import_supporters
from .table import Unreadable, read_mapping

__all__ = ["Summary", "Unreadable", "import_supporters", "read_mapping"]
