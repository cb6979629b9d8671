"""The bulk twin of ``profiles.services.publish``: the same rows, for a whole population and an empty index at once.

Documented difference: publish looks at one card, its words' rows and the row of sums each time; here some processes read
cards by ``engine.reading``, as a reindex does, words are counted in memory, and postings, words, neighbours and sums are
written when the last card was read. ``profile`` ids and revisions are the registrants' numbers; ids of words come in
another order. A test publishes some hundred people in both ways and compares every table.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...engine import cards
from ...engine.knowledge import Knowledge
from ...engine.reading import Reader
from ...engine.text import ANALYZER_VERSION, Term
from ...profiles.encoding import content_to_row
from ...profiles.sketches import sketch_text
from ...registry import grams
from ...registry.models import Registry
from .neighbours import kept
from .population import Population
from .registering import COLUMNS, Moment, Rows, empty_rows, register
from .storing import Store

PART = 1_000  # registrants that one process reads at a time
_ROWS = 100_000  # that are made ready at a time
_PROFILE = (
    *("id", "registry", "registration_id", "party_id", "length", "analyzer", "knowledge", "published_at"),
    *("revision", "sketch"),
)
Ints = npt.NDArray[np.int32]
Progress = Callable[[int], None]
NewTerm = tuple[str, str, tuple[int, ...], int]  # text, reading, synonym groups, and who brought it


@dataclass(frozen=True)
class Part:
    """What one process read of some registrants; words are numbered in the order in which that process met them."""

    process: int
    rows: Rows
    length: float
    new_terms: list[NewTerm]
    terms: Ints  # of each posting
    impacts: npt.NDArray[np.int8]
    profiles: Ints


class PartReader:
    """One process's reader of registrants."""

    def __init__(self, population: Population, knowledge: Knowledge, now: Moment) -> None:
        self._population = population
        self._reader = Reader(knowledge)
        self._version = knowledge.version
        self._now = now
        self._numbers: dict[str, int] = {}

    def read(self, numbers: range) -> Part:
        some = [self._population.registrant(number) for number in numbers]
        rows = {**empty_rows(), "profile": [], "profile_content": []}
        new: list[NewTerm] = []
        terms: list[int] = []
        impacts: list[int] = []
        profiles: list[int] = []
        total = 0.0
        for one, read in zip(some, self._reader.read([one.card for one in some]), strict=True):
            register(one, self._now, rows)
            weights = cards.posting_weights(read)
            length = cards.length(weights)
            total += length
            content = content_to_row(read)
            mine = (one.number, Registry.SUPPORTER.value, one.number, one.number, length)
            whole = None if read.meaning is None else read.meaning[-1].tobytes()
            kept_in_memory = (one.number, sketch_text(one.card, whole))
            rows["profile"].append((*mine, ANALYZER_VERSION, self._version, self._now.at, *kept_in_memory))
            said = (json.dumps(content["card"]), content["words"], content["meaning"])
            rows["profile_content"].append((one.number, *said))
            words = {term.text: term for term in reversed(cards.terms_of(read))}  # as it was first said
            for text, impact in cards.impacts(weights, length).items():
                terms.append(self._number(words[text], one.number, new))
                impacts.append(impact)
            profiles.extend([one.number] * len(weights))
        numbered = (np.array(terms, np.int32), np.array(impacts, np.int8), np.array(profiles, np.int32))
        return Part(multiprocessing.current_process().pid or 0, rows, total, new, *numbered)

    def _number(self, term: Term, registrant: int, new: list[NewTerm]) -> int:
        number = self._numbers.get(term.text)
        if number is None:
            number = self._numbers[term.text] = len(self._numbers)
            new.append((term.text, term.reading, term.groups, registrant))
        return number


_reader: PartReader


def _begin(make: Callable[[], tuple[Population, Knowledge, Moment]]) -> None:
    global _reader
    _reader = PartReader(*make())


def _read(numbers: range) -> Part:
    return _reader.read(numbers)


def read_parts(
    count: int, make: Callable[[], tuple[Population, Knowledge, Moment]], *, processes: int
) -> Iterator[Part]:
    """All registrants in parts, in their order."""
    ranges = [range(start, min(start + PART, count + 1)) for start in range(1, count + 1, PART)]
    if processes < 2 or len(ranges) < 2:
        reader = PartReader(*make())
        yield from map(reader.read, ranges)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _begin, (make,)) as pool:
        yield from pool.imap(_read, ranges)


class Vocabulary:
    """The words of all processes, numbered from 1 in the order in which registrants bring them."""

    def __init__(self) -> None:
        self.terms: list[NewTerm] = []
        self._ids: dict[str, int] = {}
        self._of_process: dict[int, list[int]] = {}

    def ids(self, part: Part) -> Ints:
        theirs = self._of_process.setdefault(part.process, [])
        for term in part.new_terms:
            id_ = self._ids.get(term[0])
            if id_ is None:
                self.terms.append(term)
                id_ = self._ids[term[0]] = len(self.terms)
            theirs.append(id_)
        return np.array(theirs, dtype=np.int32)[part.terms]


@dataclass(frozen=True)
class Published:
    profiles: int
    terms: int
    postings: int
    neighbours: int


def publish_all(store: Store, parts: Iterator[Part], *, step: Progress, tell: Callable[[str], None]) -> Published:
    """Write every part as it comes, then what rests on all of them."""
    vocabulary = Vocabulary()
    held: list[tuple[Ints, npt.NDArray[np.int8], Ints]] = []
    count, length = 0, 0.0
    columns = {**COLUMNS, "profile": _PROFILE, "profile_content": ("profile_id", "card", "words", "meaning")}
    for part in parts:
        for table, rows in part.rows.items():
            if rows:
                store.insert(table, columns[table], rows)
        held.append((vocabulary.ids(part), part.impacts, part.profiles))
        count += len(part.rows["profile"])
        length += part.length
        step(count)
    terms, impacts, profiles = (np.concatenate(arrays) for arrays in zip(*held, strict=True))
    held.clear()
    tell(f"writing {len(vocabulary.terms)} words, {len(terms)} postings")
    df = np.bincount(terms, minlength=len(vocabulary.terms) + 1)
    told = [(i, *term) for i, term in enumerate(vocabulary.terms, start=1)]
    store.insert(
        "term", ("id", "text", "reading", "df"), ((i, text, reading, int(df[i])) for i, text, reading, *_ in told)
    )
    synonyms = [(group, i) for i, _, _, groups, _ in told for group in sorted(set(groups))]
    store.insert("term_synonym", ("synonym_group", "term_id"), sorted(synonyms))
    order = np.lexsort((profiles, impacts, terms))
    store.insert("posting", ("term_id", "impact", "profile_id"), _in_order(order, (terms, impacts, profiles)))
    tell("cutting names into pairs of letters")
    store.run(grams.WRITE_ALL)
    tell("finding words written alike")
    near = kept([term[0] for term in vocabulary.terms], [term[3] for term in vocabulary.terms])
    rows_of_near = ((one + 1, other + 1, ratio) for one, other, ratio in near)
    store.insert("term_neighbour", ("term_id", "other_id", "ratio"), rows_of_near)
    store.empty("word_index")
    store.insert("word_index", ("id", "profiles", "length", "revision"), [(1, count, length, count)])
    tell("making indexes")
    return Published(count, len(vocabulary.terms), len(terms), len(near))


def _in_order(order: npt.NDArray[np.int64], columns: Sequence[npt.NDArray[Any]]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(order), _ROWS):
        some = order[start : start + _ROWS]
        yield from zip(*(column[some].tolist() for column in columns), strict=True)
