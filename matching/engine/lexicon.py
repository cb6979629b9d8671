"""The civic lexicon: what helpers call what they can do, what people say who need it, and how these are neighbours.

Its data are JSON lines, one file for each field of the NPO law, in ``data/lexicon/``; a city's own entries come on top.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from .remembering import remembered
from .text import Term, analyse, analyse_once, boundaries, fold, sentences

FOLDER = Path(__file__).parent / "data" / "lexicon"

IDEA_MARK = "@"  # before a concept's id among index terms: no word begins so
NAMED, SITUATION, MEANING, CHOSEN = "named", "situation", "meaning", "chosen"
SITUATION_COVERED = 0.45  # share of a sentence's words, by rarity, that one situation must hold
NEIGHBOUR = 0.6  # what a neighbour of a concept counts, times the weight of the link
CLOSE_LINK = 0.7  # from here on a neighbour's names stand for a concept too, not only cards read as speaking of it
_LONGEST_NAME = 24
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]+\Z")
_SAME_RUN = (re.compile(r"[ァ-ヺー]"), re.compile(r"[a-z0-9]"))


@dataclass(frozen=True)
class Concept:
    """One thing that a coordinator would send a certain kind of person for.

    ``aliases`` name it, ``experts`` do it, ``offers`` are how a helper says it, ``situations`` how people in need do.
    ``broader`` and ``near`` are other concepts with a weight in 0…1; ``confusable`` are concepts and plain words that
    look alike and are not meant.
    """

    id: str
    label: str
    fields: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    broader: Mapping[str, float] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)
    confusable: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.label, *self.aliases)))


@dataclass(frozen=True)
class Meant:
    """A concept that a text speaks of: how sure (0…1), how that is known, and by which stretch of the text."""

    concept: str
    certainty: float
    how: str  # named | situation | meaning | chosen
    words: str


class Lexicon:
    """Concepts, and the search for them in a text; never changed once made.

    ``version`` is a digest of everything in it.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts: Mapping[str, Concept] = {concept.id: concept for concept in concepts}
        self._said: dict[str, tuple[tuple[str, float], ...]] = {}
        digest = hashlib.blake2b(digest_size=6)
        for id_ in sorted(self.concepts):
            digest.update(fingerprint(self.concepts[id_]).encode())
        self.version = f"{len(self.concepts)}-{digest.hexdigest()}"

    def get(self, id_: str) -> Concept | None:
        return self.concepts.get(id_)

    def changed(self, entries: Iterable[Concept], retired: Iterable[str] = ()) -> Lexicon:
        """The lexicon with these entries in place of those of the same id, and without the retired ones."""
        merged = {**self.concepts, **{entry.id: entry for entry in entries}}
        gone = set(retired)
        return Lexicon(concept for id_, concept in merged.items() if id_ not in gone)

    def named_in(self, text: str) -> tuple[Meant, ...]:
        """The concepts that a text names, each once, in the order of the text; longest name first, no overlaps.

        A name that stands for several concepts is less sure for each of them.
        """
        found: dict[str, Meant] = {}
        for sentence in sentences(text):
            edges = boundaries(sentence)
            at = 0
            while at < len(sentence):
                name = self._name_at(sentence, at, edges)
                if name is None:
                    at += 1
                    continue
                ids = self._names[name]
                for id_ in ids:
                    found.setdefault(id_, Meant(id_, len(ids) ** -0.5, NAMED, name))
                at += len(name)
        return tuple(found.values())

    def _name_at(self, sentence: str, at: int, edges: frozenset[int]) -> str | None:
        lengths = self._lengths.get(sentence[at : at + 2], ())
        for length in lengths:
            name = sentence[at : at + length]
            if name in self._names and _stands_alone(sentence, at, at + length, edges):
                return name
        return None

    def situated_in(self, text: str, *, among: Situations | None = None) -> tuple[Meant, ...]:
        """Concepts one of whose situations shares enough of the text's words, surest first; for one short text.

        ``among`` are the situations of some concepts. Certainty is the cosine of both sides' words by rarity.
        """
        terms = {term.text for term in analyse(text) if not term.compound}
        if not terms:
            return ()
        index = self._situations if among is None else among
        mass = sum(index.rarity(term) for term in terms)
        shared: dict[int, float] = {}
        count: dict[int, int] = {}
        for term in sorted(terms):
            for number in index.postings.get(term, ()):
                shared[number] = shared.get(number, 0.0) + index.rarity(term)
                count[number] = count.get(number, 0) + 1
        best: dict[str, float] = {}
        for number, weight in shared.items():
            cover = weight / (mass * index.masses[number]) ** 0.5
            if cover >= SITUATION_COVERED and count[number] >= 2:
                best[index.owners[number]] = max(best.get(index.owners[number], 0.0), min(cover, 1.0))
        ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Meant(id_, certainty, SITUATION, text) for id_, certainty in ordered[:3])

    def situations_of(self, ids: Iterable[str]) -> Situations:
        """The situations of these concepts, ready to be searched; takes a while for many."""
        postings: dict[str, list[int]] = {}
        owners: list[str] = []
        words: list[set[str]] = []
        for id_ in ids:
            for situation in self.concepts[id_].situations:
                terms = {term.text for term in analyse(situation) if not term.compound}
                for term in terms:
                    postings.setdefault(term, []).append(len(owners))
                owners.append(id_)
                words.append(terms)
        index = Situations(postings, owners, [])
        masses = [sum(index.rarity(term) for term in sorted(terms)) or 1.0 for terms in words]
        return replace(index, masses=masses)

    def said_as(self, id_: str) -> tuple[tuple[str, float], ...]:
        """Index terms that speak of a concept, with how sure each is: its names 1, its experts .8, its close neighbours'
        names less by the link; never a term of something that it must not be confused with."""
        if id_ not in self._said:
            self._said[id_] = _said_as(self, id_, whole_term)
        return self._said[id_]

    def prepare(self) -> None:
        """Work out for all concepts what would be worked out when each is first met: a second or two."""
        whole: dict[str, str | None] = {}

        def whole_term_once(text: str) -> str | None:
            if text not in whole:
                whole[text] = _whole_term(text, analyse_once(text))
            return whole[text]

        for id_ in self.concepts:
            if id_ not in self._said:
                self._said[id_] = _said_as(self, id_, whole_term_once)
        self.named_in("ひと")

    def related(self, id_: str) -> Mapping[str, float]:
        """Concept → weight for the broader and the neighbouring ones, whichever side names the other."""
        return self._related.get(id_, {})

    @cached_property
    def _related(self) -> Mapping[str, Mapping[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for concept in self.concepts.values():
            for other, weight in (*concept.broader.items(), *concept.near.items()):
                if other in self.concepts and other != concept.id:
                    for one, two in ((concept.id, other), (other, concept.id)):
                        links = found.setdefault(one, {})
                        links[two] = max(links.get(two, 0.0), weight)
        return found

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        names: dict[str, list[str]] = {}
        for concept in self.concepts.values():
            for name in dict.fromkeys(fold(name) for name in concept.names):
                if 2 <= len(name) <= _LONGEST_NAME:
                    names.setdefault(name, []).append(concept.id)
        return {name: tuple(ids) for name, ids in names.items()}

    @cached_property
    def _lengths(self) -> Mapping[str, tuple[int, ...]]:
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[:2], set()).add(len(name))
        return {start: tuple(sorted(some, reverse=True)) for start, some in lengths.items()}

    @cached_property
    def _situations(self) -> Situations:
        return self.situations_of(self.concepts)


@dataclass(frozen=True)
class Situations:
    """Situations by their words."""

    postings: Mapping[str, Sequence[int]]
    owners: Sequence[str]
    masses: Sequence[float]

    def rarity(self, term: str) -> float:
        held = len(self.postings.get(term, ()))
        return math.log(1 + (max(len(self.owners), 2_000) + 0.5) / (held + 0.5))


def _said_as(lexicon: Lexicon, id_: str, whole_term: Callable[[str], str | None]) -> tuple[tuple[str, float], ...]:
    concept = lexicon.concepts[id_]
    best: dict[str, float] = {}

    def say(texts: Iterable[str], certainty: float) -> None:
        for text in texts:
            term = whole_term(text)
            if term is not None and certainty > best.get(term, 0.0):
                best[term] = certainty

    say(concept.names, 1.0)
    say(concept.experts, 0.8)
    for other, weight in lexicon.related(id_).items():
        if weight >= CLOSE_LINK:
            say(lexicon.concepts[other].names, NEIGHBOUR * weight)
    for other in concept.confusable:
        twin = lexicon.concepts.get(other)
        for text in twin.names if twin is not None else (other,):
            best.pop(whole_term(text) or "", None)
    return tuple(sorted(best.items(), key=lambda item: (-item[1], item[0])))


@remembered(4_096, longest=200)
def whole_term(text: str) -> str | None:
    """The one index term that stands for a whole name, None when a name takes several words."""
    return _whole_term(text, analyse(text))


def _whole_term(text: str, terms: Sequence[Term]) -> str | None:
    folded = fold(text)
    for term in terms:
        if term.surface == folded or term.text == folded:
            return term.text
    return terms[0].text if len(terms) == 1 and not terms[0].role else None


def _stands_alone(sentence: str, start: int, end: int, edges: frozenset[int]) -> bool:
    """Whether a name is a word of the sentence and not a piece of another: カラ in カラオケ, 京都 in 東京都."""
    for run in _SAME_RUN:
        if start and run.match(sentence[start]) and run.match(sentence[start - 1]):
            return False
        if end < len(sentence) and run.match(sentence[end]) and run.match(sentence[end - 1]):
            return False
    if _KANA.match(sentence[start:end]):
        return end - start >= 3 and start in edges
    return start in edges and end in edges


def fingerprint(concept: Concept) -> str:
    """Everything that a concept says, as one text: equal exactly when two entries are."""
    return json.dumps(concept_to_json(concept), ensure_ascii=False, sort_keys=True)


def short_fingerprint(concept: Concept) -> str:
    return hashlib.blake2b(fingerprint(concept).encode("utf-8"), digest_size=4).hexdigest()


def concept_to_json(concept: Concept) -> dict[str, Any]:
    return {
        "id": concept.id,
        "label": concept.label,
        "fields": list(concept.fields),
        "aliases": list(concept.aliases),
        "experts": list(concept.experts),
        "offers": list(concept.offers),
        "situations": list(concept.situations),
        "broader": dict(concept.broader),
        "near": dict(concept.near),
        "not": list(concept.confusable),
    }


def concept_from_json(value: Mapping[str, Any]) -> Concept:
    return Concept(
        id=value["id"],
        label=value["label"],
        fields=tuple(value["fields"]),
        aliases=tuple(value["aliases"]),
        experts=tuple(value["experts"]),
        offers=tuple(value["offers"]),
        situations=tuple(value["situations"]),
        broader=value["broader"],
        near=value["near"],
        confusable=tuple(value["not"]),
    )


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that comes with the program; empty where its files are missing."""
    concepts = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            concepts.append(concept_from_json(json.loads(line)))
    return Lexicon(concepts)


__all__ = ["Concept", "Lexicon", "Meant", "concept_from_json", "concept_to_json", "lexicon", "short_fingerprint"]
