"""The bulk twin of ``profiles.services.publish``: the same rows, for a whole population and an empty index at once.

Documented difference: publish looks at one card, its words' rows and the row of sums each time; here some processes read
cards by ``engine.reading``, as a reindex does, words are counted in memory, and postings, words, neighbours and sums are
written when the last card was read. ``profile`` ids and revisions are the registrants' numbers; ids of words come in
another order. A test publishes some hundred people in both ways and compares every table.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult

import numpy as np
import numpy.typing as npt

from ....engine import cards
from ....engine.knowledge import Knowledge
from ....engine.reading import Reader
from ....engine.text import ANALYZER_VERSION, Term
from ....profiles.encoding import content_to_row
from ....profiles.sketches import sketch_text
from ....registry import grams
from ....registry.models import Registry
from ..inventing.population import Population
from ..progress import Progress, Tell, meanwhile
from .neighbours import kept
from .registering import COLUMNS, Moment, Rows, empty_rows, register
from .storing import Store

PART = 1_000  # registrants that one process reads at a time
_REMEMBERED = 60_000  # texts; twice as many as for a reindex, because there is nobody else on the machine
_ROWS = 100_000  # that are made ready at a time
_PROFILE = (
    *("id", "registry", "registration_id", "party_id", "length", "analyzer", "knowledge", "published_at"),
    *("revision", "sketch"),
)
_AHEAD = 4  # parts that each process may have read before they are written
_COLUMNS = {**COLUMNS, "profile": _PROFILE, "profile_content": ("profile_id", "card", "words", "meaning")}
Ints = npt.NDArray[np.int32]
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
        self._reader = Reader(knowledge, remember=_REMEMBERED)
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
    # What was just read stays; looking through it again and again would take a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def _read(numbers: range) -> Part:
    return _reader.read(numbers)


def read_parts(
    count: int, make: Callable[[], tuple[Population, Knowledge, Moment]], *, processes: int
) -> Iterator[Part]:
    """All registrants in parts, in their order; no process runs far ahead of whoever takes them."""
    ranges = [range(start, min(start + PART, count + 1)) for start in range(1, count + 1, PART)]
    if processes < 2 or len(ranges) < 2:
        reader = PartReader(*make())
        yield from map(reader.read, ranges)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _begin, (make,)) as pool:
        begun = deque[AsyncResult[Part]]()
        for numbers in ranges:
            begun.append(pool.apply_async(_read, (numbers,)))
            if len(begun) >= _AHEAD * processes:
                yield begun.popleft().get()
        while begun:
            yield begun.popleft().get()


class Vocabulary:
    """The words of all processes, numbered from 1 in the order in which registrants bring them."""

    def __init__(self) -> None:
        self.terms: list[NewTerm] = []
        self._ids: dict[str, int] = {}
        self._of_process: dict[int, array[int]] = {}

    def ids(self, part: Part) -> Ints:
        theirs = self._of_process.setdefault(part.process, array("i"))
        for term in part.new_terms:
            id_ = self._ids.get(term[0])
            if id_ is None:
                self.terms.append(term)
                id_ = self._ids[term[0]] = len(self.terms)
            theirs.append(id_)
        found: Ints = np.array(theirs, dtype=np.int32)[part.terms]  # its numbers are ours by now
        return found


@dataclass(frozen=True)
class Published:
    profiles: int
    terms: int
    postings: int
    neighbours: int


def publish_all(store: Store, parts: Iterator[Part], *, count: int, tell: Tell) -> Published:
    """Write every part as it comes, then what rests on all of them."""
    vocabulary, postings = Vocabulary(), Postings()
    length, progress = 0.0, Progress("read and stored", count, tell)
    done = 0
    for part in parts:
        for table, rows in part.rows.items():
            if rows:
                store.insert(table, _COLUMNS[table], rows)
        postings.add(vocabulary.ids(part), part.impacts, part.profiles)
        done += len(part.rows["profile"])
        length += part.length
        progress(done)
    with meanwhile("putting postings in order", tell):
        postings.sort()
    _write_words(store, vocabulary, postings.df(len(vocabulary.terms)))
    progress = Progress("wrote postings", len(postings), tell)
    store.insert("posting", ("term_id", "impact", "profile_id"), progress.over(postings.rows(), counted_by=_ROWS))
    with meanwhile("cutting names into pairs of letters", tell):
        store.run(grams.WRITE_ALL)
    near = kept([term[0] for term in vocabulary.terms], [term[3] for term in vocabulary.terms], tell=tell)
    rows_of_near = ((one + 1, other + 1, ratio) for one, other, ratio in near)
    store.insert("term_neighbour", ("term_id", "other_id", "ratio"), rows_of_near)
    store.empty("word_index")
    store.insert("word_index", ("id", "profiles", "length", "revision"), [(1, done, length, done)])
    return Published(done, len(vocabulary.terms), len(postings), len(near))


def _write_words(store: Store, vocabulary: Vocabulary, df: npt.NDArray[np.int64]) -> None:
    told = [(i, *term) for i, term in enumerate(vocabulary.terms, start=1)]
    columns = ("id", "text", "reading", "df")
    store.insert("term", columns, ((i, text, reading, int(df[i])) for i, text, reading, *_ in told))
    synonyms = [(group, i) for i, _, _, groups, _ in told for group in sorted(set(groups))]
    store.insert("term_synonym", ("synonym_group", "term_id"), sorted(synonyms))


class Postings:
    """Term, impact and profile of each posting in one number of eight bytes, so that they can be sorted as they are."""

    _IMPACT, _PROFILE = 6, 30  # bits; the term has the rest

    def __init__(self) -> None:
        self._parts: list[npt.NDArray[np.int64]] = []

    def add(self, terms: Ints, impacts: npt.NDArray[np.int8], profiles: Ints) -> None:
        keys = (terms.astype(np.int64) << self._IMPACT | impacts) << self._PROFILE | profiles
        self._parts.append(keys)

    def sort(self) -> None:
        """Into the order of the table's key; after that nothing is added."""
        every = np.empty(len(self), dtype=np.int64)
        at = len(every)
        while self._parts:
            part = self._parts.pop()
            every[at - len(part) : at] = part
            at -= len(part)
        every.sort()
        self._parts = [every]

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def df(self, terms: int) -> npt.NDArray[np.int64]:
        """By term, from 0 to ``terms``: how many profiles hold it."""
        starts = np.arange(terms + 2, dtype=np.int64) << (self._IMPACT + self._PROFILE)
        found: npt.NDArray[np.int64] = np.diff(np.searchsorted(self._parts[0], starts))
        return found

    def rows(self) -> Iterator[tuple[int, int, int]]:
        for start in range(0, len(self), _ROWS):
            some = self._parts[0][start : start + _ROWS]
            terms, profiles = some >> (self._IMPACT + self._PROFILE), some & ((1 << self._PROFILE) - 1)
            impacts = (some >> self._PROFILE) & ((1 << self._IMPACT) - 1)
            yield from zip(terms.tolist(), impacts.tolist(), profiles.tolist(), strict=True)
