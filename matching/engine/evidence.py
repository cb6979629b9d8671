"""Evidence: what the words of a card say to a query, in numbers and in reasons that name both sides' words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .cards import IDEA, K1, B, ReadCard, intro_sentences
from .query import (
    COMPOUND_WEIGHT,
    CONCEPT,
    CONCEPT_WEIGHT,
    FUZZY,
    PLACE_WEIGHT,
    READING,
    SYNONYM,
    Expansion,
    Group,
    Query,
    Unit,
)
from .reasons import MATCHED, MISSING, UNKNOWN, Params
from .text import analyse, bigram_weight, bigrams, fold
from .types import Ask, Reason

NEED_COVERED = 0.3  # share of a need's words (by weight) that a card must answer
_MOST_WORD_REASONS = 6
_SIMILAR_LENGTH = 3
RELATED = 0.38  # a cosine from which two texts are told to be near in meaning
_MOST_MEANING_REASONS = 3
CHANCE = 0.12  # the cosine of two texts that have nothing to do with each other
INTRO_MEANING = 0.9  # a sentence of the introduction counts a little less than a phrase
FAR, CLOSE = 0.35, 0.75  # cosines that mean nothing and everything for one need

Floats = npt.NDArray[np.float32]
Known = TypeVar("Known")


@dataclass(frozen=True)
class Evidence:
    """What the words of a card say to a query; ``terms`` can pass 1 for a repetitive card, cosines
    above chance can be negative; every other number is 0…1.

    ``terms``   soft BM25 (k1 2, b 0.6; Robertson & Zaragoza 2009) over the score of the ideal answer: one that
                holds every asked word itself, once, in a text of average length
    ``bigrams`` share of the ask's character pairs, weighted by how much a pair tells; the introduction counts half
    ``nearest`` mean over the ask's statements of the cosine with the text of the card nearest in meaning, above chance
    ``whole``   cosine of the whole ask with the whole card, above chance (both 0 without an encoder)
    ``compared`` whether there were meanings to compare
    ``needs``   for each need how well it alone is answered, by words or by meaning
    """

    terms: float
    bigrams: float
    nearest: float
    whole: float
    compared: bool
    needs: tuple[float, ...]
    answered: Mapping[int, tuple[Expansion, str]]  # group → its best expansion and how the registrant wrote it


class Measure:
    """Compares one query with many cards; what depends on the query alone is worked out once, and each card once: two
    cards of one key must be equal."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._known: dict[Hashable, Any] = {}
        self.ideal = sum(group.weight * group.idf for group in query.groups)
        self._gain = {
            (i, e.term): e.certainty * min(query.idf(e.df), query.groups[i].idf)
            for i, group in enumerate(query.groups)
            for e in group.expansions
        }
        pairs: dict[str, float] = {}
        for unit in query.units:
            for pair in bigrams(unit.text):
                pairs[pair] = max(pairs.get(pair, 0.0), _unit_weight(unit) * bigram_weight(pair))
        self.asked = {
            term.text: term.surface
            for unit in query.units
            for term in analyse(unit.text)
            if not term.role and not term.compound and len(term.text) >= 2
        }
        self._unit_weights: Floats = np.array([_unit_weight(unit) for unit in query.units], dtype=np.float32)
        self._pairs = tuple(sorted(pairs.items()))
        self._pair_sum = sum(pairs.values())

    def under(self, ask: Ask) -> Measure:
        """The same for an ask in the same words under other conditions; what was compared stays so for both."""
        other = copy(self)
        other.query = replace(self.query, ask=ask)
        return other

    def evidence(self, card: ReadCard) -> Evidence:
        return self.once(card.card.key, lambda: self._compare(card))

    def once(self, what: Hashable, judge: Callable[[], Known]) -> Known:
        """What rests on the words of both sides alone, judged the first time that it is asked."""
        if what not in self._known:
            self._known[what] = judge()
        known: Known = self._known[what]
        return known

    def _compare(self, card: ReadCard) -> Evidence:
        terms, answered = self._terms(card)
        near, whole = self._meaning(card)
        weights = self._unit_weights
        return Evidence(
            terms=terms if self.ideal > 0 else 0.0,
            bigrams=self._bigrams(card),
            nearest=float(near @ weights / weights.sum()) - CHANCE if len(near) else 0.0,
            whole=whole - CHANCE if len(near) else 0.0,
            compared=bool(len(near)),
            needs=tuple(
                max(coverage(self.query, unit, answered), closeness(float(near[i])) if len(near) else 0.0)
                for i, unit in enumerate(self.query.units[: len(self.query.needs)])
            ),
            answered=answered,
        )

    def _meaning(self, card: ReadCard) -> tuple[Floats, float]:
        """For each statement the cosine with the card's nearest text, and that of the wholes."""
        asked, told = self.query.meaning, card.meaning
        if asked is None or told is None or told.shape[1] != len(asked.whole):
            return np.zeros(0, dtype=np.float32), 0.0
        rows = told.astype(np.float32) / 127
        texts = rows[:-1].copy()
        texts[len(card.phrases) :] *= INTRO_MEANING
        near = (asked.units @ texts.T).max(axis=1) if len(texts) else np.zeros(len(asked.units), dtype=np.float32)
        return near, float(rows[-1] @ asked.whole)

    def _terms(self, card: ReadCard) -> tuple[float, dict[int, tuple[Expansion, str]]]:
        said: dict[str, float] = {}
        surfaces: dict[str, str] = {}
        length = 0.0
        answers = self.query.answers
        for wording, weight in (*((p, 1.0) for p in card.phrases), (card.intro, 0.5)):
            for text, surface, kind in wording.words:
                if kind != IDEA:
                    length += weight
                if text in answers:
                    said[text] = said.get(text, 0.0) + weight
                    surfaces.setdefault(text, surface)
        if not said:
            return 0.0, {}
        norm = K1 * (1 - B + B * length / self.query.average_length)
        best: dict[int, tuple[float, float, Expansion, str]] = {}
        for text, count in said.items():
            saturation = count * (K1 + 1) / (count + norm)
            for group, expansion in answers[text]:
                value = self._gain[group, text] * saturation
                if group not in best or (value, expansion.certainty) > best[group][:2]:
                    best[group] = (value, expansion.certainty, expansion, surfaces[text])
        total = sum(self.query.groups[g].weight * found[0] for g, found in best.items())
        return (total / self.ideal if self.ideal else 0.0), {g: found[2:] for g, found in best.items()}

    def _bigrams(self, card: ReadCard) -> float:
        if not self._pair_sum:
            return 0.0
        phrases = "\n".join(wording.folded for wording in card.phrases)
        intro = card.intro.folded
        found = 0.0
        for pair, weight in self._pairs:
            if pair in phrases:
                found += weight
            elif pair in intro:
                found += weight / 2
        return found / self._pair_sum


def _unit_weight(unit: Unit) -> float:
    return PLACE_WEIGHT[unit.place]


def words(query: Query, card: ReadCard, evidence: Evidence) -> tuple[Reason, ...]:
    """Their words beside the asked words, the weightiest first, then the needs that nothing covers."""
    if not query.groups and not any(unit.text.strip() for unit in query.units):
        return (Reason(UNKNOWN, "words", "words.nothing_asked"),)
    reasons: list[Reason] = []
    ordered = sorted(
        evidence.answered.items(),
        key=lambda item: (-_told_first(query.groups[item[0]]) * item[1][0].certainty, item[0]),
    )
    told: set[str] = set()
    asked_texts = [unit.text for unit in query.units]
    their_texts = [*(p.text for p in card.card.phrases), card.card.intro]
    for group, (expansion, theirs) in ordered:
        # After 認知症サポーター, 認知症 says nothing new; a lone 講師 beside real words neither.
        if set(theirs) <= told or (query.groups[group].role and told):
            continue
        told |= set(theirs)
        code = _WORD_CODES.get(expansion.how, "words.exact")
        params: Params = {
            "asked": _as_written(query.groups[group].words, asked_texts),
            "theirs": _as_written(theirs, their_texts),
        }
        if expansion.how == CONCEPT:
            params["concept"] = query.groups[group].concept
        reasons.append(Reason(MATCHED, "words", code, params))
        if len(reasons) == _MOST_WORD_REASONS:
            break
    reasons += meanings(query, card)
    uncovered = []
    for need, answered in zip(query.needs, evidence.needs, strict=True):
        if answered >= NEED_COVERED:
            continue
        similar = _similar(fold(need), card)
        if similar is not None:
            reasons.append(Reason(MATCHED, "words", "words.similar", {"asked": need, "theirs": similar}))
        else:
            uncovered.append(Reason(MISSING, "words", "need.uncovered", {"need": need}))
    if not reasons and not uncovered:
        uncovered.append(Reason(MISSING, "words", "words.none"))
    return (*reasons, *uncovered)


_WORD_CODES = {READING: "words.reading", SYNONYM: "words.synonym", FUZZY: "words.fuzzy", CONCEPT: "words.concept"}


def meanings(query: Query, card: ReadCard) -> list[Reason]:
    """The statements of the ask beside the text of the card that is nearest in meaning, the nearest first."""
    asked, told = query.meaning, card.meaning
    if asked is None or told is None or told.shape[1] != len(asked.whole) or len(told) < 2:
        return []
    cosines = asked.units @ (told[:-1].astype(np.float32) / 127).T
    theirs = [*(phrase.text for phrase in card.card.phrases), *intro_sentences(card.card)]
    # Where nothing alone is near but the whole is, the nearest pair still tells why.
    least = RELATED if float(told[-1].astype(np.float32) @ asked.whole) / 127 < RELATED else RELATED / 2
    pairs = sorted((-float(row.max()), i, int(row.argmax())) for i, row in enumerate(cosines) if row.max() >= RELATED)
    if not pairs:
        pairs = sorted(
            (-float(row.max()), i, int(row.argmax())) for i, row in enumerate(cosines) if row.max() >= least
        )[:1]
    found: list[Reason] = []
    told_already: set[int] = set()
    for negative, i, j in pairs:
        if j not in told_already and len(found) < _MOST_MEANING_REASONS:
            told_already.add(j)
            params: Params = {"asked": query.units[i].text, "theirs": theirs[j], "nearness": round(-negative, 2)}
            found.append(Reason(MATCHED, "meaning", "meaning.related", params))
    return found


def _as_written(word: str, texts: Sequence[str]) -> str:
    """The folded word in its writer's capitals."""
    for text in texts:
        wide = unicodedata.normalize("NFKC", text)
        at = wide.lower().find(word)
        if at >= 0 and len(wide.lower()) == len(wide):
            return wide[at : at + len(word)]
    return word


def _told_first(group: Group) -> float:
    """A compound says more to a reader than its parts, though it weighs less."""
    return group.weight * group.idf / (COMPOUND_WEIGHT if group.compound else 1.0)


def coverage(query: Query, unit: Unit, answered: Mapping[int, tuple[Expansion, str]]) -> float:
    """The share (0…1) of one statement's words, by weight and rarity, that the card answers, or of its idea."""
    ideas = [g for g in unit.groups if query.groups[g].concept is not None]
    plain = [g for g in unit.groups if query.groups[g].concept is None]
    asked = [g for g in plain if not query.groups[g].role] or plain
    understood = max(
        (answered[g][0].certainty * _sureness(query.groups[g], unit) for g in ideas if g in answered), default=0.0
    )
    mass = sum(query.groups[g].weight * query.groups[g].idf for g in asked)
    if mass <= 0:
        return understood
    found = sum(query.groups[g].weight * query.groups[g].idf * answered[g][0].certainty for g in asked if g in answered)
    return max(found / mass, understood)


def _sureness(idea: Group, unit: Unit) -> float:
    """How sure it was that the statement speaks of the concept, 0…1."""
    return min(idea.weight / (CONCEPT_WEIGHT * PLACE_WEIGHT[unit.place]), 1.0)


def closeness(cosine: float) -> float:
    """How much of a need a text of this nearness answers, 0…1."""
    return min(max((cosine - FAR) / (CLOSE - FAR), 0.0), 1.0)


def _similar(need: str, card: ReadCard) -> str | None:
    """The phrase that shares most characters in a row with the need, when they are at least three telling ones."""
    best, best_length = None, _SIMILAR_LENGTH - 1
    for phrase, wording in zip(card.card.phrases, card.phrases, strict=True):
        shared = _longest_shared(need, wording.folded)
        if len(shared) > best_length and not re.fullmatch(r"[ぁ-ゖー\W]*", shared):
            best, best_length = phrase.text, len(shared)
    return best


def _longest_shared(one: str, other: str) -> str:
    best = ""
    for start in range(len(one)):
        while start + len(best) < len(one) and one[start : start + len(best) + 1] in other:
            best = one[start : start + len(best) + 1]
    return best
