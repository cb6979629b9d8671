"""Warming: what searches keep in memory is read while a new web process answers its first pages, not by the first search."""

from __future__ import annotations

import gc
from datetime import date
from threading import Lock, Thread

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ..concepts.services import knowledge
from ..database import db, reading
from ..engine.types import Ask
from ..registry.models import Registry
from .search import search


def init_app(app: Flask) -> None:
    """Begin with the first page that is asked for; commands and tests read only what they need."""
    once = Lock()

    @app.before_request
    def _begin() -> None:
        if not app.testing and once.acquire(blocking=False):  # never given back
            Thread(target=_warm_in, args=(app,), name="warming", daemon=True).start()


def _warm_in(app: Flask) -> None:
    with app.app_context():
        try:
            warm()
        except SQLAlchemyError:  # a database that is not there yet is told of by the page
            app.logger.warning("What searches keep in memory could not be read.", exc_info=True)


def warm() -> None:
    """Read it all; a transaction of its own, which ends here."""
    # A word that nobody says brings the spellings of all words; every search brings the sketches.
    words = Ask(title="ワーミング", detail="手伝い")
    with reading():
        search(words, as_of=date.min, registries=list(Registry), content_only=True)
        known = knowledge()
    db.session.remove()
    known.lexicon.prepare()
    # What stays for good is not looked through again: a search would wait a tenth of a second for that. Pages are being
    # answered meanwhile, and what they hold just then stays, too, if it goes round in a circle: little, and once.
    gc.collect()
    gc.freeze()
