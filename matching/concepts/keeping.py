"""Changing the lexicon for this city: new concepts, other words for the program's, out of use and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from flask_babel import gettext as _
from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from .. import audit
from ..accounts.actor import Actor
from ..database import db
from ..engine import lexicon
from ..engine.lexicon import Concept, concept_from_json, concept_to_json
from ..engine.remembering import remembered
from ..engine.text import fold
from ..errors import Invalid, MatchingError, Stale
from .models import ConceptEntry

T = TypeVar("T")

SERIES = "city-"
_ATTEMPTS = 20  # at an id that others are taking at the same moment
NEW_LINK = 0.6  # how near a concept is that staff name as near
FACTS = ("label", "fields", "aliases", "experts", "offers", "situations", "broader", "near", "confusable")


@dataclass(frozen=True)
class Kept:
    """One concept as this city has it, in use or not; ``original`` is the program's of the same id."""

    concept: Concept
    original: Concept | None
    entry: ConceptEntry | None

    @property
    def id(self) -> str:
        return self.concept.id

    @property
    def version(self) -> int:
        return self.entry.version if self.entry else 0

    @property
    def is_citys(self) -> bool:
        """Whether its words are the city's and not the program's."""
        return self.entry is not None and self.entry.entry is not None

    @property
    def is_retired(self) -> bool:
        return self.entry is not None and self.entry.retired


def kept(id_: str) -> Kept | None:
    entry = db.session.scalar(select(ConceptEntry).where(ConceptEntry.concept == id_))
    return _kept(lexicon.lexicon().get(id_), entry)


def all_kept() -> list[Kept]:
    """Every concept that the program or the city has, those out of use too, by label."""
    entries = {entry.concept: entry for entry in db.session.scalars(select(ConceptEntry))}
    originals = lexicon.lexicon().concepts
    found = (_kept(originals.get(id_), entries.get(id_)) for id_ in {**originals, **entries})
    return sorted((one for one in found if one), key=lambda one: (one.concept.label, one.id))


def _kept(original: Concept | None, entry: ConceptEntry | None) -> Kept | None:
    written = concept_from_json(entry.entry) if entry and entry.entry is not None else None
    concept = written or original  # neither: an entry about a concept that a newer program no longer has
    return Kept(concept, original, entry) if concept else None


@remembered(65_536, longest=200)
def folded(name: str) -> str:
    """``fold``, remembered: every page of the lexicon asks it of all names."""
    return fold(name)


def added(form_key: str) -> Kept | None:
    """The concept that this opened form brought already."""
    if not form_key:
        return None
    entry = db.session.scalar(select(ConceptEntry).where(ConceptEntry.form_key == form_key))
    return _kept(None, entry)


def add(told: Concept, *, form_key: str, by: Actor, now: datetime) -> Kept:
    """A concept of the city's own; its id is made here. A form that brought one already brings no second one."""
    for attempt in range(1, _ATTEMPTS + 1):
        concept = replace(told, id=_next_id())
        _refuse_taken_label(concept, before=None)
        entry = ConceptEntry(concept=concept.id, entry=concept_to_json(concept), form_key=form_key)
        try:
            _write(entry, by=by, now=now)
        except IntegrityError:  # somebody added one at the same moment (PostgreSQL)
            if first := added(form_key):
                return first
            if attempt == _ATTEMPTS or not _version_of(concept.id):
                raise
        else:
            break
    audit.record("concept:add", entry, by=by, at=now)
    return Kept(concept, None, entry)


def edit(one: Kept, told: Concept, *, by: Actor, now: datetime) -> bool:
    """Let the city's words stand in place of what stood there; False where they are the same.

    Words that are the program's again make it the program's again.
    """
    _refuse_retired(one)
    concept = replace(told, id=one.id)
    changed = changed_facts(one.concept, concept)
    if not changed:
        return False
    _refuse_taken_label(concept, before=one.concept)
    is_programs = one.original is not None and not changed_facts(one.original, concept)
    entry = _change(one, by=by, now=now, entry=None if is_programs else concept_to_json(concept))
    audit.record("concept:edit", entry, by=by, at=now, fields=changed)
    return True


def give_back(one: Kept, *, by: Actor, now: datetime) -> None:
    """The program's words in place of the city's."""
    if one.original is None or not one.is_citys:
        raise MatchingError(_("この項目は、プログラムのもののままです。"))
    _refuse_retired(one)
    _refuse_taken_label(one.original, before=one.concept)
    entry = _change(one, by=by, now=now, entry=None)
    audit.record("concept:give-back", entry, by=by, at=now, fields=changed_facts(one.concept, one.original))


def retire(one: Kept, *, by: Actor, now: datetime) -> None:
    """Searches no longer know this concept."""
    _refuse_retired(one)
    entry = _change(one, by=by, now=now, retired=True)
    audit.record("concept:retire", entry, by=by, at=now)


def restore(one: Kept, *, by: Actor, now: datetime) -> None:
    """Searches know it again, as it was."""
    if not one.is_retired:
        raise MatchingError(_("この項目は、いま使われています。"))
    entry = _change(one, by=by, now=now, retired=False)
    audit.record("concept:restore", entry, by=by, at=now)


def changed_facts(before: Concept, after: Concept) -> list[str]:
    """The names of what differs."""
    return [name for name in FACTS if getattr(before, name) != getattr(after, name)]


def _change(one: Kept, *, by: Actor, now: datetime, **facts: Any) -> ConceptEntry:
    """The city's row about this concept with these facts, made where there is none; Stale where another was faster."""
    row, version = one.entry or ConceptEntry(concept=one.id), one.version
    try:
        return _write(row, by=by, now=now, **facts)
    except StaleDataError:
        raise Stale() from None
    except IntegrityError:
        if _version_of(one.id) == version:  # nobody was faster: something else is wrong
            raise
        raise Stale() from None


def _write(row: ConceptEntry, *, by: Actor, now: datetime, **facts: Any) -> ConceptEntry:
    """Whatever the database refuses leaves the rest of the transaction as it was."""
    with db.session.begin_nested():
        for name, value in facts.items():
            setattr(row, name, value)
        row.changed_at, row.changed_by_id = now, by.user_id
        db.session.add(row)
    return row


def _version_of(id_: str) -> int:
    """As the row stands in the database now; 0 where there is none."""
    return db.session.scalar(select(ConceptEntry.version).where(ConceptEntry.concept == id_)) or 0


def _next_id() -> str:
    ids = db.session.scalars(select(ConceptEntry.concept).where(ConceptEntry.concept.startswith(SERIES)))
    counted = [rest for id_ in ids if (rest := id_.removeprefix(SERIES)).isdecimal()]
    return f"{SERIES}{max((int(rest) for rest in counted), default=0) + 1}"


def _refuse_retired(one: Kept) -> None:
    if one.is_retired:
        raise MatchingError(
            _("この項目は、いま使わないことにしています。"), advice=_("先に「また使う」を押してください。")
        )


def _refuse_taken_label(concept: Concept, *, before: Concept | None) -> None:
    """Links are typed as labels, so a new one must tell its concept from all others."""
    label = folded(concept.label)
    if before is not None and label == folded(before.label):
        return
    for other in all_kept():
        if other.id != concept.id and folded(other.concept.label) == label:
            message = _(
                "「%(label)s」という項目は、もうあります。その項目を直してください。", label=other.concept.label
            )
            raise Invalid(message, field="label")


class Linking:
    """What staff mean by the labels that they type for other concepts, and how these are shown again."""

    def __init__(self, everything: Sequence[Kept], *, before: Concept | None = None) -> None:
        self._before = before
        self._everything = everything
        self._labels = {one.id: one.concept.label for one in everything}
        self._ids: dict[str, list[str]] = {}
        for id_, label in self._labels.items():
            self._ids.setdefault(folded(label), []).append(id_)
        self._linked = {*before.broader, *before.near, *before.confusable} if before else set()

    def knows(self, id_: str) -> bool:
        return id_ in self._labels

    def label_of(self, id_: str) -> str:
        """Plain words stand for themselves."""
        return self._labels.get(id_, id_)

    def id_of(self, label: str) -> str | None:
        """The concept of this label; where several have it, the one that was linked before."""
        ids = self._ids.get(folded(label), ())
        return min(ids, key=lambda id_: (id_ not in self._linked, id_), default=None)

    def nearest(self, words: str, *, at_least: float = 0.0) -> str | None:
        """The label of the concept whose name is written most like these words."""
        names = [(name, one.concept.label) for one in self._everything for name in one.concept.names]
        written = [folded(name) for name, _label in names]
        found = process.extractOne(folded(words), written, scorer=fuzz.ratio, score_cutoff=at_least)
        return names[found[2]][1] if found else None

    def weights(self, labels: Iterable[str], name: str) -> dict[str, float]:
        """Typed labels as links: what was linked keeps its weight and its place, new ones come last."""
        ids = {id_: None for label in labels if (id_ := self.id_of(label))}
        before = getattr(self._before, name) if self._before else {}
        elsewhere = {**self._before.broader, **self._before.near} if self._before else {}
        known = {id_: weight for id_, weight in before.items() if id_ in ids}
        return known | {id_: elsewhere.get(id_, NEW_LINK) for id_ in ids if id_ not in known}

    def confusable(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Typed labels as ids, other words as they are; in the order in which they stood before."""
        before = self._before.confusable if self._before else ()
        typed: list[str] = []
        for line in lines:
            id_ = self.id_of(line)
            typed += [one for one in (line, id_) if one in before] or [id_ or line]
        return in_their_old_order(typed, before)


def in_their_old_order(typed: Iterable[T], before: Iterable[T]) -> tuple[T, ...]:
    """The same set in the same order is the same: nothing changed."""
    lines = tuple(dict.fromkeys(typed))
    old = tuple(before)
    return old if set(lines) == set(old) else lines
