"""What the engine knows in this installation: the program's lexicon with the city's changes, and the trained encoder."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary
from zipfile import BadZipFile

from flask import current_app
from sqlalchemy import Engine, func, select

from ..database import db
from ..engine import encoder, lexicon
from ..engine.knowledge import Knowledge
from ..engine.lexicon import NAMED, Concept, Lexicon, Meant, concept_from_json
from ..engine.text import fold
from ..registry.services import SkillWords
from .models import ConceptEntry

# Certainty, below which a word offered is more often wrong than right: pressed without much thought, it stays as a need.
LEAST_CERTAIN_OFFER = 0.2

State = tuple[int, int, datetime | None, float]

_KEPT: WeakKeyDictionary[Engine, tuple[State, Knowledge]] = WeakKeyDictionary()
_KEEPING, _MAKING = Lock(), Lock()


def knowledge() -> Knowledge:
    """The lexicon and the encoder as they stand now; made anew when an entry or the encoder's file has changed."""
    # Entries are never deleted, so that every change makes one of the numbers larger, whatever the clocks say.
    count, changes, latest = db.session.execute(
        select(func.count(ConceptEntry.id), func.sum(ConceptEntry.version), func.max(ConceptEntry.changed_at))
    ).one()
    path = encoder_file()
    state = (int(count), int(changes or 0), latest, path.stat().st_mtime if path.is_file() else 0.0)
    if known := _kept(state):
        return known
    with _MAKING:  # after a change everybody needs it at once: one makes it, the others wait
        if known := _kept(state):
            return known
        known = Knowledge(_merged() if count else lexicon.lexicon(), _readable_encoder(path, state[-1]))
        with _KEEPING:
            _KEPT[db.engine] = (state, known)
        return known


def _kept(state: State) -> Knowledge | None:
    with _KEEPING:
        kept = _KEPT.get(db.engine)
    return kept[1] if kept is not None and kept[0] == state else None


def encoder_file() -> Path:
    """The encoder that the city trained itself, else the one that came with the program."""
    own = Path(current_app.instance_path) / "encoder.npz"
    return own if own.is_file() else encoder.PATH


def _readable_encoder(path: Path, changed_at: float) -> encoder.Encoder | None:
    """A file that was cut off, or made for another version of the program, must not stop every search."""
    for one in dict.fromkeys((path, encoder.PATH)):
        try:
            return encoder.encoder(one, changed_at)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            current_app.logger.error("The encoder %s cannot be read: %s", one.name, error)
    return None


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


def offered(text: str, *, besides: Collection[str] = (), limit: int = 6) -> list[Suggestion]:
    """What to offer for a text to somebody who fills in a form: never what already stands among the lines ``besides``."""
    lexicon_now = knowledge().lexicon
    told = {fold(line) for line in besides}
    named = {
        only[0].concept for line in besides if len(only := lexicon_now.named_in(line)) == 1 and only[0].words in told
    }
    found = [
        one for one in suggest(text, limit=limit + len(told) + len(named)) if one.meant.certainty >= LEAST_CERTAIN_OFFER
    ]
    return [one for one in found if fold(one.concept.label) not in told and one.concept.id not in named][:limit]


def picked(phrase: str) -> str | None:
    """The id of the concept whose label a phrase is, however it is written; None where it is somebody's own words."""
    return _labels(knowledge().lexicon).get(fold(phrase).strip())


def with_concepts(skills: Iterable[SkillWords]) -> list[SkillWords]:
    """Skills as somebody told them, those that are a concept's label with its id."""
    return [replace(skill, concept=picked(skill.phrase)) for skill in skills]


MEANT = 0.3  # certainty, below which a search is not said to have understood something
FEW = 2
_BREAKS = re.compile(r"[・（(／/]")


def understood(words: str, *, limit: int = 3) -> tuple[Concept, ...]:
    """What the words of a search mean: what they name; else what a name begins with (包丁 of 包丁研ぎ); else the surest
    by meaning."""
    start = fold(words).strip()
    if len(start) < 2:
        return ()
    found = [one for one in suggest(words, limit=2 * limit) if one.meant.certainty >= MEANT]
    named = [one.concept for one in found if one.meant.how == NAMED]
    return tuple((named or _begun_by(start) or [one.concept for one in found])[:limit])


def _begun_by(start: str) -> list[Concept]:
    """Not a word that many names begin with: 子ども says little."""
    known = knowledge().lexicon
    labels = sorted((label, id_) for label, id_ in _labels(known).items() if start in label)
    begun = [id_ for label, id_ in labels if any(part.startswith(start) for part in _BREAKS.split(label))]
    return [known.concepts[id_] for id_ in begun] if len(begun) <= FEW else []


@lru_cache(maxsize=4)
def _labels(known: Lexicon) -> Mapping[str, str]:
    """Folded label → id; of two alike, the first id."""
    return {fold(known.concepts[id_].label): id_ for id_ in sorted(known.concepts, reverse=True)}
