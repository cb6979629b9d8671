"""What the engine knows in this installation: the program's lexicon with the city's changes, and the trained encoder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import Engine, func, select

from ..database import db
from ..engine import encoder, lexicon
from ..engine.knowledge import Knowledge
from ..engine.lexicon import Concept, Lexicon, Meant, concept_from_json
from .models import ConceptEntry

State = tuple[int, int, datetime | None, float]

_KEPT: WeakKeyDictionary[Engine, tuple[State, Knowledge]] = WeakKeyDictionary()
_KEEPING = Lock()


def knowledge() -> Knowledge:
    """The lexicon and the encoder as they stand now; made anew when an entry or the encoder's file has changed."""
    # Entries are never deleted, so that every change makes one of the numbers larger, whatever the clocks say.
    count, changes, latest = db.session.execute(
        select(func.count(ConceptEntry.id), func.sum(ConceptEntry.version), func.max(ConceptEntry.changed_at))
    ).one()
    path = encoder_file()
    state = (int(count), int(changes or 0), latest, path.stat().st_mtime if path.is_file() else 0.0)
    with _KEEPING:
        kept = _KEPT.get(db.engine)
        if kept is not None and kept[0] == state:
            return kept[1]
    known = Knowledge(_merged() if count else lexicon.lexicon(), encoder.encoder(path, state[-1]))
    with _KEEPING:
        _KEPT[db.engine] = (state, known)
    return known


def encoder_file() -> Path:
    """The encoder that the city trained itself, else the one that came with the program."""
    own = Path(current_app.instance_path) / "encoder.npz"
    return own if own.is_file() else encoder.PATH


def _merged() -> Lexicon:
    entries = list(db.session.scalars(select(ConceptEntry).order_by(ConceptEntry.id)))
    return lexicon.lexicon().changed(
        (concept_from_json(entry.entry) for entry in entries if entry.entry is not None),
        retired=[entry.concept for entry in entries if entry.retired],
    )


@dataclass(frozen=True)
class Suggestion:
    """A concept that somebody may mean, and how that is known."""

    concept: Concept
    meant: Meant


def suggest(text: str, *, limit: int = 6) -> list[Suggestion]:
    """The concepts that a text most probably speaks of, surest first; bounded work for a text of any length."""
    known = knowledge()
    found = sorted(known.meant_in_all(text), key=lambda meant: (-meant.certainty, meant.concept))
    return [Suggestion(known.lexicon.concepts[meant.concept], meant) for meant in found[:limit]]
