"""Imports every table, for the mapper and for migrations; defines nothing."""

from .accounts import models as accounts
from .audit import AuditEntry
from .concepts import models as concepts
from .councils import models as councils
from .dispatch import models as dispatch
from .groups import models as groups
from .help_requests import models as help_requests
from .jobs import JobRun
from .limits import Attempt
from .outbox import Message
from .profiles import models as profiles
from .registry import grams as name_grams
from .registry import models as registry
from .registry import vocabulary
from .supporters import models as supporters

__all__ = [
    "Attempt",
    "AuditEntry",
    "JobRun",
    "Message",
    "accounts",
    "concepts",
    "councils",
    "dispatch",
    "groups",
    "help_requests",
    "name_grams",
    "profiles",
    "registry",
    "supporters",
    "vocabulary",
]
