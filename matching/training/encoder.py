"""Train the encoder from the lexicon alone: no request and no registrant is needed, none is seen.

Two texts of one concept are pulled together and the other concepts of a batch pushed away (in-batch softmax both ways,
van den Oord et al. 2018). One text is what people in need say or a name, the other what helpers say or a name. Needs
PyTorch, the extra `train`; a few minutes on two cores; the same seeds give the same file on the same machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..engine.encoder import SLOPE, STEEPEST, Encoder, layer
from ..engine.lexicon import Concept, Lexicon, short_fingerprint
from ..engine.text import analyse, dictionary_words
from ..engine.vectors import DIMENSIONS, Vectors

Floats = npt.NDArray[np.float32]
Bag = list[int]  # word numbers of one text
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Recipe:
    """Every number of the training."""

    seeds: int = 4
    steps: int = 400
    batch: int = 256
    rate: float = 1e-3
    decay: float = 0.01
    temperature: float = 0.07
    word_dropout: float = 0.15
    layer_dropout: float = 0.3
    noise: float = 1.0  # length of what is added to each word vector, itself of length 1
    troubles: float = 0.7  # share of pairs that begin with a situation
    axes: int = 192


@dataclass(frozen=True)
class Material:
    """The lexicon as bags of words: for each concept what names it, what helpers say and what people in need say."""

    words: list[str]
    rows: list[int]  # of the word vectors
    readings: list[str]
    rarity: Floats
    unknown_rarity: float
    troubles: list[list[Bag]]
    names: list[list[Bag]]
    helps: list[list[Bag]]
    related: list[set[int]]


def train(
    lexicon: Lexicon, vectors: Vectors, out: Path, *, recipe: Recipe = Recipe(), progress: Progress | None = None
) -> Encoder:
    """Train every seed, put them side by side, turn them onto the axes that the lexicon uses most, and write the file.

    ``progress`` is told the steps done and their number.
    """
    concepts = list(lexicon.concepts.values())
    material = gather(concepts, vectors)
    total = recipe.seeds * recipe.steps
    learned = []
    for seed in range(recipe.seeds):
        def step(done: int, seed: int = seed) -> None:
            if progress is not None:
                progress(seed * recipe.steps + done, total)

        learned.append(_train_one(material, vectors, recipe, seed, step))
    file = _side_by_side(learned, material, vectors, recipe)
    meta: dict[str, Any] = {
        "lexicon": lexicon.version,
        "fingerprints": {concept.id: short_fingerprint(concept) for concept in concepts},
        "words": material.words,
        "readings": material.readings,
        "unknown_weight": material.unknown_rarity,
        "version": "",
    }
    digest = hashlib.blake2b(b"".join(file[name].tobytes() for name in sorted(file)), digest_size=4).hexdigest()
    meta["version"] = f"{lexicon.version}+{digest}"
    file["concepts"] = np.zeros((0, file["axes"].shape[1]), dtype=np.float16)
    _write(out, file, meta)
    # The concepts' own places are found by the encoder itself, so that run time and training cannot differ.
    made = Encoder(out, vectors)
    rows = [made.encode([*c.names, *c.experts, *c.offers]).sum(axis=0) for c in concepts]
    file["concepts"] = np.stack([row / max(float(np.linalg.norm(row)), 1e-6) for row in rows]).astype(np.float16)
    _write(out, file, meta)
    return Encoder(out, vectors)


def _write(out: Path, file: dict[str, npt.NDArray[Any]], meta: dict[str, Any]) -> None:
    text = json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    part = out.with_name(out.name + ".part.npz")
    np.savez_compressed(part, allow_pickle=False, meta=np.frombuffer(text, dtype=np.uint8), **file)
    part.replace(out)


def gather(concepts: Sequence[Concept], vectors: Vectors) -> Material:
    """Words with vectors only; rarity is over concepts (Okapi's idf, never below .1)."""
    numbers: dict[str, int] = {}
    rows: list[int] = []
    readings: list[str] = []
    counts: list[int] = []

    def bag(text: str) -> Bag:
        found = []
        for word, writings in dictionary_words(text):
            row = vectors.first_row(writings)
            if row is None:
                continue
            if word not in numbers:
                numbers[word] = len(rows)
                rows.append(row)
                readings.append(next((t.reading for t in analyse(word)[:1]), ""))
                counts.append(0)
            found.append(numbers[word])
        return found

    kinds: tuple[list[list[Bag]], ...] = ([], [], [])
    for concept in concepts:
        seen: set[int] = set()
        for kept, texts in zip(
            kinds, (concept.situations, concept.names, (*concept.experts, *concept.offers)), strict=True
        ):
            bags = [found for text in texts if (found := bag(text))]
            seen.update(number for found in bags for number in found)
            kept.append(bags)
        for number in seen:
            counts[number] += 1
    place = {concept.id: i for i, concept in enumerate(concepts)}
    related: list[set[int]] = [set() for _ in concepts]
    for i, concept in enumerate(concepts):
        for other in (*concept.broader, *concept.near):
            if other in place:
                related[i].add(place[other])
                related[place[other]].add(i)
    n = len(concepts)
    rarity = [max(math.log(1 + (n - count + 0.5) / (count + 0.5)), 0.1) for count in counts]
    troubles, names, helps = kinds
    return Material(
        words=list(numbers),
        rows=rows,
        readings=readings,
        rarity=np.log(np.array(rarity, dtype=np.float32)),
        unknown_rarity=math.log(math.log(1 + (n + 0.5) / 0.5)),
        troubles=troubles,
        names=names,
        helps=helps,
        related=related,
    )


def _train_one(
    material: Material, vectors: Vectors, recipe: Recipe, seed: int, step: Callable[[int], None]
) -> dict[str, Floats]:
    import torch
    from torch.nn import functional as F

    torch.manual_seed(seed)
    dice = random.Random(seed)
    words = torch.from_numpy(np.vstack([np.zeros((1, DIMENSIONS), np.float32), vectors.rows[material.rows]]))
    rarity = torch.cat([torch.zeros(1), torch.from_numpy(material.rarity)])
    attention = torch.zeros(DIMENSIONS, requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    own = torch.zeros(len(words), requires_grad=True)
    u = (torch.randn(DIMENSIONS, DIMENSIONS) / math.sqrt(DIMENSIONS)).requires_grad_()
    v = torch.zeros(DIMENSIONS, DIMENSIONS, requires_grad=True)
    optimizer = torch.optim.AdamW([attention, bias, own, u, v], lr=recipe.rate, weight_decay=recipe.decay)

    def encode(bags: list[Bag]) -> torch.Tensor:
        longest = max(len(bag) for bag in bags)
        numbers = torch.tensor([[n + 1 for n in bag] + [0] * (longest - len(bag)) for bag in bags])
        rows = words[numbers]
        noisy = rows + torch.randn_like(rows) * (recipe.noise / math.sqrt(DIMENSIONS))
        learned = (rows @ attention + bias).clamp(-STEEPEST, STEEPEST) + own[numbers] + rarity[numbers]
        weights = torch.exp(learned) * (numbers > 0)
        x = F.normalize((weights[..., None] * noisy).sum(1), dim=-1, eps=1e-6)
        hidden = F.dropout(torch.tanh(SLOPE * (x @ u)), recipe.layer_dropout)
        return F.normalize(x + hidden @ v, dim=-1, eps=1e-6)

    usable = [i for i in range(len(material.names)) if material.names[i]]
    waiting: list[int] = []
    for done in range(1, recipe.steps + 1):
        while len(waiting) < recipe.batch:
            waiting += dice.sample(usable, len(usable))
        batch, waiting = waiting[: recipe.batch], waiting[recipe.batch :]
        pairs = [_pair(material, concept, recipe, dice) for concept in batch]
        nearness = encode([one for one, _ in pairs]) @ encode([other for _, other in pairs]).T / recipe.temperature
        apart = torch.tensor([[i != j and (b == a or b in material.related[a]) for j, b in enumerate(batch)] for i, a in enumerate(batch)])
        nearness = nearness.masked_fill(apart, -30.0)
        goal = torch.arange(len(batch))
        loss = F.cross_entropy(nearness, goal) + F.cross_entropy(nearness.T, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step(done)
    found = {"attention": attention, "bias": bias, "own": own[1:], "u": u, "v": v}
    return {name: value.detach().numpy() for name, value in found.items()}


def _pair(material: Material, concept: int, recipe: Recipe, dice: random.Random) -> tuple[Bag, Bag]:
    """One or two texts of a concept as the one side, one to three others as the other; some words dropped."""
    troubles, names, helps = material.troubles[concept], material.names[concept], material.helps[concept]
    asked = troubles if troubles and dice.random() < recipe.troubles else names
    one = dice.sample(asked, min(len(asked), dice.choice((1, 1, 2))))
    offered = names + helps if dice.random() < 0.8 or not troubles else troubles
    offered = [bag for bag in offered if bag not in one] or offered
    other = dice.sample(offered, min(len(offered), dice.choice((1, 2, 3))))

    def joined(bags: list[Bag]) -> Bag:
        return [n for bag in bags for n in bag if dice.random() > recipe.word_dropout] or list(bags[0])

    return joined(one), joined(other)


def _side_by_side(
    learned: Sequence[dict[str, Floats]], material: Material, vectors: Vectors, recipe: Recipe
) -> dict[str, npt.NDArray[Any]]:
    """Every seed's numbers stacked, and the axes (uncentred principal components) of what they make of the lexicon."""
    file = {
        "u": np.stack([one["u"] for one in learned]),
        "v": np.stack([one["v"] for one in learned]),
        "attention": np.stack([one["attention"] for one in learned]),
        "bias": np.concatenate([one["bias"] for one in learned]),
        "word_weights": np.stack([one["own"] + material.rarity for one in learned]),
    }
    file = {name: value.astype(np.float16) for name, value in file.items()}
    bags = [bag for kind in (material.troubles, material.names, material.helps) for some in kind for bag in some]
    sample = random.Random(0).sample(bags, min(len(bags), 8_000))
    rows = vectors.rows[material.rows]
    seen = np.stack([np.concatenate([_encoded(rows, bag, one, material) for one in learned]) for bag in sample])
    _, _, directions = np.linalg.svd(seen, full_matrices=False)
    return {**file, "axes": directions[: recipe.axes].T.astype(np.float16)}


def _encoded(rows: Floats, bag: Bag, one: dict[str, Floats], material: Material) -> Floats:
    found = rows[bag]
    learned = np.clip(found @ one["attention"] + one["bias"], -STEEPEST, STEEPEST)
    weights = np.exp(learned + one["own"][bag] + material.rarity[bag]).astype(np.float32)
    return layer(weights @ found, one["u"], one["v"])
