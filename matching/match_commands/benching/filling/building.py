"""A database with so many registrants: made anew, or one that was kept, when it is what would be made."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, make_url, select, text
from werkzeug.utils import import_string

from ....concepts.services import knowledge
from ....database import db
from ....engine.encoder import encoder
from ....engine.knowledge import Knowledge
from ....engine.lexicon import lexicon
from ....engine.text import ANALYZER_VERSION
from ....i18n import today
from ....profiles.models import Profile, WordIndex
from ....registry.models import Party
from ....registry.vocabulary import load_reference_tables
from ..inventing.population import Population
from ..progress import Tell
from .publishing import Published, publish_all, read_parts
from .registering import Moment
from .storing import filling


@dataclass(frozen=True)
class Built:
    seconds: float | None  # None: it was there
    published: Published | None


class Unfit(click.ClickException):
    """A kept database that is another one than would be made."""


def moment(now: datetime) -> Moment:
    return Moment(now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), today(now).isoformat())


def application(url: str, folder: Path) -> Flask:
    """The whole application on this database, with an instance folder of its own: no city's encoder, no city's mail."""
    # By its name, as a server does: the application stands above this room.
    create_app = import_string("matching:create_app")
    folder.mkdir(parents=True, exist_ok=True)
    overrides = {"SQLALCHEMY_DATABASE_URI": url, "MAIL_FOLDER": str(folder / "mail")}
    app: Flask = create_app(overrides, instance=folder)
    return app


@contextmanager
def in_application(url: str, folder: Path) -> Iterator[Flask]:
    app = application(url, folder)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def build(url: str, count: int, folder: Path, *, tell: Tell, now: datetime, processes: int | None = None) -> Built:
    """Fill an empty database, or find that it holds these very registrants already; ``Unfit`` where it holds others."""
    with in_application(url, folder):
        upgrade()
        load_reference_tables(support_centre_name="さぽらんて", city_desk_name="協働推進課")
        db.session.commit()
        if _is_there(count):
            tell(f"using the {count:,} registrants that are there; nothing was built")
            return Built(None, None)
    began = time.monotonic()
    published = fill(url, count, moment(now), tell=tell, processes=processes)
    seconds = time.monotonic() - began
    tell(f"built in {seconds:.0f} s{_used()}")
    return Built(seconds, published)


def _used() -> str:
    """How long the processor worked, and the most that one process held; nothing where the system does not tell."""
    if find_spec("resource") is None:
        return ""
    import resource

    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = sum(each.ru_utime + each.ru_stime for each in (mine, theirs))
    held = [each.ru_maxrss * 1024 / 1_000_000 for each in (mine, theirs)]
    return (
        f", {worked:,.0f} s of the processor; "
        f"at most {held[0]:,.0f} MB in the process that writes, {held[1]:,.0f} MB in one that reads"
    )


def fill(url: str, count: int, now: Moment, *, tell: Tell, processes: int | None = None) -> Published:
    made = _Made(now)
    parts = read_parts(count, made, processes=processes if processes is not None else os.cpu_count() or 1)
    with filling(url, tell) as store:
        return publish_all(store, parts, count=count, tell=tell)


@dataclass(frozen=True)
class _Made:
    """What a process needs to read; made in the process itself."""

    now: Moment

    def __call__(self) -> tuple[Population, Knowledge, Moment]:
        known = Knowledge(lexicon(), encoder())
        return Population(known.lexicon), known, self.now


def _is_there(count: int) -> bool:
    """Whether these registrants stand in the database; False for an empty one."""
    parties = db.session.scalar(select(func.count(Party.id))) or 0
    found = db.session.scalar(select(WordIndex.profiles)) or 0
    if not parties and not found:
        return False
    if found != count:
        raise Unfit(f"The database holds {found:,} profiles instead of {count:,}; name another file, or remove it.")
    first = Population(lexicon()).registrant(1)
    if db.session.scalar(select(Party.name).where(Party.id == 1)) != first.name:
        raise Unfit("The database holds other people than those that the bench invents; it was left alone.")
    here = (ANALYZER_VERSION, knowledge().version)
    for its in db.session.execute(select(Profile.analyzer, Profile.knowledge).distinct()):
        if tuple(its) != here:
            read = " and ".join(str(version) for version in its)
            raise Unfit(
                f"The database was read with {read}, not with {' and '.join(here)}; remove it to build it anew."
            )
    return True


def size_of(url: str) -> int:
    """Bytes of the database on disk."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        return sum(file.stat().st_size for file in path.parent.glob(path.name + "*") if file.suffix != ".json")
    return int(db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
