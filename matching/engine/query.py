"""A query: what an Ask looks for, as weighted groups of index terms with how sure each of them is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .knowledge import Knowledge
from .lexicon import CHOSEN, IDEA_MARK, NEIGHBOUR, Lexicon, Meant
from .spelling import MOST_ALIKE, alike, can_be_misspelt
from .text import Term, analyse, kana_windows, sentences
from .types import Ask

EXACT, READING, SYNONYM, FUZZY, CONCEPT = "exact", "reading", "synonym", "fuzzy", "concept"
CERTAINTY = {EXACT: 1.0, READING: 0.9, SYNONYM: 0.85, FUZZY: 0.8, CONCEPT: 0.8}
READING_LENGTH = 3
_MOST_EXPANSIONS = 24
_MOST_GROUPS = 160
_SMALLEST_COLLECTION = 100  # below it, how rare a word is says little

# How much a word weighs by where the asker wrote it, and by what kind of word it is.
PLACE_WEIGHT = {"need": 1.0, "title": 0.8, "detail": 0.5}
ROLE_WEIGHT = 0.2
COMPOUND_WEIGHT = 0.1  # on top of its parts: it is so rare that it would speak for all of them
CONCEPT_WEIGHT = 0.4  # on top of the words that made it known
WHOLE_WEIGHT = 1.0  # of an idea that the ask speaks of as a whole
_MOST_CONCEPTS = 12
_MOST_STATEMENTS = 60  # of one ask that are read


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of the vocabulary: ``df`` is the number of profiles that hold it."""

    text: str
    df: int
    reading: str = ""


class Vocabulary(Protocol):
    """The words that profiles hold. Every method takes everything at once, so that a database is asked rarely."""

    def profiles(self) -> int:
        """How many profiles there are."""

    def average_length(self) -> float:
        """The mean sum of posting weights of a profile; any positive number when there are none."""

    def entries(self, texts: Iterable[str]) -> Mapping[str, Entry]:
        """The words among ``texts`` that are held."""

    def by_reading(self, readings: Iterable[str]) -> Mapping[str, Sequence[Entry]]:
        """Reading → words read so."""

    def by_synonym_group(self, groups: Iterable[int]) -> Mapping[int, Sequence[Entry]]:
        """Sudachi synonym group → words in it."""

    def near(self, texts: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        """Text → other words written almost like it, see ``spelling``."""


@dataclass(frozen=True, slots=True)
class Expansion:
    term: str
    certainty: float  # 0…1
    how: str  # exact | reading | synonym | fuzzy | concept
    df: int


@dataclass(frozen=True)
class Group:
    """One idea of the ask: the asker's word and the index terms that would answer it, surest first."""

    words: str
    weight: float
    idf: float
    expansions: tuple[Expansion, ...]
    units: frozenset[int]  # positions in Query.units
    role: bool = False
    compound: bool = False
    concept: str | None = None  # the lexicon's idea that the words speak of


@dataclass(frozen=True)
class Unit:
    """One statement of the ask: a need, the title, or a sentence of the detail."""

    text: str
    place: str  # need | title | detail
    groups: tuple[int, ...]


@dataclass(frozen=True)
class AskMeaning:
    """The encoder's rows of an ask: (units, dimensions), and (dimensions,) of the whole, in which the detail counts half."""

    units: npt.NDArray[np.float32]
    whole: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Query:
    ask: Ask
    groups: tuple[Group, ...]
    units: tuple[Unit, ...]
    needs: tuple[str, ...]  # as asked, empty ones left out; unit i is need i
    profiles: int
    average_length: float
    answers: Mapping[str, tuple[tuple[int, Expansion], ...]]  # index term → (group, expansion)
    meaning: AskMeaning | None = None

    def idf(self, df: int) -> float:
        return idf(df, self.profiles)


def idf(df: int, profiles: int) -> float:
    """Okapi's inverse document frequency in the form that is never negative (Lucene's BM25)."""
    total = max(profiles, _SMALLEST_COLLECTION, df)
    return math.log(1 + (total - df + 0.5) / (df + 0.5))


def build(ask: Ask, vocabulary: Vocabulary, knowledge: Knowledge | None = None) -> Query:
    """Turn an Ask into groups; an empty one gives a Query without groups.

    With ``knowledge``, the concepts that the ask speaks of are groups too, answered by what helpers call them.

    A word is written once as a group however often it is asked for; words that no profile holds in any form stay,
    without expansions, so that a score knows what was not answered.
    """
    needs = tuple(n for n in ask.needs if n.strip())
    statements = [(n, "need") for n in needs] + ([(ask.title, "title")] if ask.title.strip() else [])
    statements += [(s, "detail") for s in sentences(ask.detail)[:_MOST_STATEMENTS]]

    wanted: dict[str, _Wanted] = {}
    unit_words: list[list[str]] = []
    for number, (text, place) in enumerate(statements):
        words: list[str] = []
        for term in analyse(text):
            wanted.setdefault(term.text, _Wanted(term)).see(number, place)
            words.append(term.text)
        said = {term.reading for term in analyse(text)}
        for reading in kana_windows(text):
            if reading in said:
                continue
            key = "=" + reading
            wanted.setdefault(key, _Wanted(Term(key, reading, (), reading, compound=True))).see(number, place)
            words.append(key)
        unit_words.append(words)

    profiles = vocabulary.profiles()
    groups = _grouped(list(wanted.values()), vocabulary, profiles)
    meant = _concepts(ask, statements, knowledge) if knowledge is not None else {}
    groups += _meant(meant, vocabulary, profiles, knowledge)
    for key, idea in meant.items():
        for number in idea.units:
            unit_words[number].append(key)
    position = {key: i for i, (key, _) in enumerate(groups)}
    answers: dict[str, list[tuple[int, Expansion]]] = {}
    for i, (_, group) in enumerate(groups):
        for expansion in group.expansions:
            answers.setdefault(expansion.term, []).append((i, expansion))
    units = tuple(
        Unit(text, place, tuple(dict.fromkeys(position[w] for w in words if w in position)))
        for (text, place), words in zip(statements, unit_words, strict=True)
    )
    return Query(
        ask=ask,
        groups=tuple(group for _, group in groups),
        units=units,
        needs=needs,
        profiles=profiles,
        average_length=max(vocabulary.average_length(), 1.0),
        answers={term: tuple(found) for term, found in answers.items()},
        meaning=_meaning(statements, knowledge),
    )


def _meaning(statements: Sequence[tuple[str, str]], knowledge: Knowledge | None) -> AskMeaning | None:
    if knowledge is None or knowledge.encoder is None or not statements:
        return None
    first = [text for text, place in statements if place != "detail"]
    whole = "\n".join([*first, *first, *(text for text, place in statements if place == "detail")])
    rows = knowledge.encoder.encode([*(text for text, _ in statements), whole])
    return AskMeaning(rows[:-1], rows[-1])


class _Wanted:
    def __init__(self, term: Term) -> None:
        self.term = term
        self.places: list[str] = []
        self.units: set[int] = set()

    def see(self, unit: int, place: str) -> None:
        if unit not in self.units:
            self.units.add(unit)
            self.places.append(place)

    @property
    def guessed(self) -> bool:
        return self.term.text.startswith("=")

    def weight(self) -> float:
        weights = sorted((PLACE_WEIGHT[p] for p in self.places), reverse=True)
        weight = weights[0] + 0.25 * min(sum(weights[1:]), 2.0)
        if self.term.role:
            weight *= ROLE_WEIGHT
        return weight * (COMPOUND_WEIGHT if self.term.compound else 1.0)


def _grouped(wanted: list[_Wanted], vocabulary: Vocabulary, profiles: int) -> list[tuple[str, Group]]:
    wanted = sorted(wanted, key=lambda w: -w.weight())[:_MOST_GROUPS]
    texts = [w.term.text for w in wanted if not w.guessed]
    held = vocabulary.entries(texts)
    by_reading = vocabulary.by_reading({w.term.reading for w in wanted if len(w.term.reading) >= READING_LENGTH})
    by_group = vocabulary.by_synonym_group({g for w in wanted for g in w.term.groups})
    strangers = [t for t in texts if t not in held and can_be_misspelt(t)]
    near = vocabulary.near(strangers) if strangers else {}

    found: list[tuple[str, Group]] = []
    for want in wanted:
        term = want.term
        best: dict[str, Expansion] = {}

        def add(entry: Entry, how: str, best: dict[str, Expansion] = best) -> None:
            if entry.text not in best or best[entry.text].certainty < CERTAINTY[how]:
                best[entry.text] = Expansion(entry.text, CERTAINTY[how], how, entry.df)

        if term.text in held:
            add(held[term.text], EXACT)
        if len(term.reading) >= READING_LENGTH:
            for entry in by_reading.get(term.reading, ()):
                add(entry, READING)
        for group in term.groups:
            for entry in by_group.get(group, ()):
                add(entry, SYNONYM)
        for entry in near.get(term.text, ()):
            add(entry, FUZZY)
        if not best and (term.compound or want.guessed):
            continue  # its parts are groups of their own
        expansions = tuple(sorted(best.values(), key=lambda e: (-e.certainty, e.df, e.term)))[:_MOST_EXPANSIONS]
        rarest = held[term.text].df if term.text in held else min((e.df for e in expansions), default=0)
        found.append(
            (
                term.text,
                Group(
                    words=term.surface,
                    weight=want.weight(),
                    idf=idf(rarest, profiles),
                    expansions=expansions,
                    units=frozenset(want.units),
                    role=term.role,
                    compound=term.compound,
                ),
            )
        )
    return found


@dataclass
class _Idea:
    meant: Meant
    weight: float
    units: set[int]


def _concepts(ask: Ask, statements: Sequence[tuple[str, str]], knowledge: Knowledge) -> dict[str, _Idea]:
    """The concepts that the ask speaks of, the weightiest first, keyed apart from words."""
    ideas: dict[str, _Idea] = {}

    def add(meant: Meant, weight: float, units: Iterable[int]) -> None:
        idea = ideas.setdefault("@" + meant.concept, _Idea(meant, 0.0, set()))
        idea.units |= set(units)
        if weight * meant.certainty > idea.weight:
            idea.weight, idea.meant = weight * meant.certainty, meant

    for id_ in ask.concepts:
        concept = knowledge.lexicon.get(id_)
        if concept is not None:
            add(Meant(id_, 1.0, CHOSEN, concept.label), PLACE_WEIGHT["need"] / CONCEPT_WEIGHT, ())
    whole = "\n".join(text for text, _ in statements)
    if knowledge.encoder is not None:
        knowledge.encoder.read_ahead([*(text for text, _ in statements), whole])
    for number, (text, place) in enumerate(statements):
        for meant in knowledge.meant_in(text):
            add(meant, PLACE_WEIGHT[place], (number,))
    if len(statements) > 1:
        for meant in knowledge.nearest_to(whole):
            add(replace(meant, words=statements[0][0]), WHOLE_WEIGHT, ())
    first = sorted(ideas.items(), key=lambda item: (-item[1].weight, item[0]))
    return dict(first[:_MOST_CONCEPTS])


def _meant(
    ideas: Mapping[str, _Idea], vocabulary: Vocabulary, profiles: int, knowledge: Knowledge | None
) -> list[tuple[str, Group]]:
    if not ideas or knowledge is None:
        return []
    said = {key: _answering(knowledge.lexicon, idea.meant.concept) for key, idea in ideas.items()}
    held = vocabulary.entries({term for terms in said.values() for term, _ in terms})
    found: list[tuple[str, Group]] = []
    for key, idea in ideas.items():
        expansions = [
            Expansion(term, CERTAINTY[CONCEPT] * sure, CONCEPT, held[term].df)
            for term, sure in said[key]
            if term in held
        ]
        if not expansions:
            continue
        expansions = sorted(expansions, key=lambda e: (-e.certainty, e.df, e.term))[:_MOST_EXPANSIONS]
        group = Group(
            words=idea.meant.words,
            weight=idea.weight * CONCEPT_WEIGHT,
            idf=idf(min(e.df for e in expansions), profiles),
            expansions=tuple(expansions),
            units=frozenset(idea.units),
            concept=idea.meant.concept,
        )
        found.append((key, group))
    return found


def _answering(lexicon: Lexicon, id_: str) -> tuple[tuple[str, float], ...]:
    """Index terms that answer a concept: cards that were read as speaking of it or of a neighbour, and its words."""
    ideas = [(IDEA_MARK + id_, 1.0)]
    ideas += [(IDEA_MARK + other, NEIGHBOUR * weight) for other, weight in sorted(lexicon.related(id_).items())]
    return (*ideas, *lexicon.said_as(id_))


class WordList:
    """A Vocabulary in memory, over whole texts' terms: for tests, trials and small lists."""

    def __init__(self, documents: Iterable[Iterable[Term]], *, average_length: float = 1.0) -> None:
        self._df: dict[str, int] = {}
        self._terms: dict[str, Term] = {}
        self._profiles = 0
        self._average_length = average_length
        for document in documents:
            self._profiles += 1
            for text, term in {term.text: term for term in document}.items():
                self._df[text] = self._df.get(text, 0) + 1
                self._terms.setdefault(text, term)
        self._readings: dict[str, list[Entry]] = {}
        self._groups: dict[int, list[Entry]] = {}
        for text, term in self._terms.items():
            entry = Entry(text, self._df[text], term.reading)
            self._readings.setdefault(term.reading, []).append(entry)
            for group in term.groups:
                self._groups.setdefault(group, []).append(entry)

    def profiles(self) -> int:
        return self._profiles

    def average_length(self) -> float:
        return self._average_length

    def entries(self, texts: Iterable[str]) -> Mapping[str, Entry]:
        return {t: Entry(t, self._df[t], self._terms[t].reading) for t in texts if t in self._df}

    def by_reading(self, readings: Iterable[str]) -> Mapping[str, Sequence[Entry]]:
        return {r: self._readings[r] for r in readings if r in self._readings}

    def by_synonym_group(self, groups: Iterable[int]) -> Mapping[int, Sequence[Entry]]:
        return {g: self._groups[g] for g in groups if g in self._groups}

    def near(self, texts: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        words = [word for word in self._df if can_be_misspelt(word)]
        return {
            text: [Entry(w, self._df[w], self._terms[w].reading) for w, _ in alike(text, words, most=MOST_ALIKE)]
            for text in texts
        }
