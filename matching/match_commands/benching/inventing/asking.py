"""What is asked for: troubles in the words of those who have them, and asks that no index likes.

Made from the lexicon's situations, of which no card is made; a need is what a requester would call it, the concept's name.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ....engine.lexicon import Lexicon
from ....engine.types import Ask
from ....registry.vocabulary import DISTRICTS
from .vocabulary import SEED

_SENTENCES = 40


@dataclass(frozen=True)
class Asked:
    """An ask, and what it is a trial of."""

    name: str
    ask: Ask


def troubles(lexicon: Lexicon, count: int, seed: int = SEED) -> list[Asked]:
    """So many asks, each about another concept while there are enough; always the same ones."""
    dice = random.Random(seed)
    concepts = [lexicon.concepts[id_] for id_ in sorted(lexicon.concepts) if lexicon.concepts[id_].situations]
    dice.shuffle(concepts)
    found = []
    for number in range(count):
        concept = concepts[number % len(concepts)]
        said = dice.sample(concept.situations, min(len(concept.situations), dice.randint(1, 3)))
        needs = dice.sample(concept.names, min(len(concept.names), dice.choice((0, 1, 1, 2))))
        ask = Ask(
            title=said[0][:80],
            detail="".join(f"{sentence}。" for sentence in said[1:]),
            needs=tuple(need[:60] for need in needs),
            field=concept.fields[0] if concept.fields and dice.random() < 0.4 else None,
            district=dice.randint(1, len(DISTRICTS)) if dice.random() < 0.5 else None,
        )
        found.append(Asked(concept.id, ask))
    return found


def hostile(lexicon: Lexicon, everybodys: str, seed: int = SEED) -> list[Asked]:
    """One word that everybody has; only words that nobody has; forty sentences."""
    dice = random.Random(seed + 1)
    situations = [situation for id_ in sorted(lexicon.concepts) for situation in lexicon.concepts[id_].situations]
    many = "".join(f"{sentence}。" for sentence in dice.sample(situations, min(_SENTENCES, len(situations))))
    return [
        Asked("a word that everybody has", Ask(title=everybodys)),
        Asked("only words that nobody has", Ask(title="ゾムペルグ", detail="ニャルフォティをグベジョンしたい。")),
        Asked("forty sentences", Ask(title="いろいろ困っています", detail=many)),
    ]
