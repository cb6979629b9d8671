"""Train the encoder from the lexicon alone: no request and no registrant is needed, none is seen.

Two texts of one concept are pulled together and the other concepts of a batch pushed away (in-batch softmax both ways,
van den Oord et al. 2018); a neighbour is a little right, by its weight. One text is what people in need say or a name, the other what helpers say or a name. Needs
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

from ..engine.encoder import FORMAT, SLOPE, STEEPEST, Encoder, heads_of, shares_of, unit
from ..engine.lexicon import Concept, Lexicon, short_fingerprint
from ..engine.text import analyse, dictionary_words, sentences
from ..engine.vectors import DIMENSIONS, Vectors

Floats = npt.NDArray[np.float32]
Bag = list[int]  # word numbers of one text
Progress = Callable[[int, int], None]
_ROUNDS = 8  # of k-means
_TELLING = 3  # words that one sentence among others must have to tell a trouble


@dataclass(frozen=True)
class Recipe:
    """Every number of the training."""

    seeds: int = 3
    steps: int = 1200
    batch: int = 256
    rate: float = 1e-3
    decay: float = 0.01
    temperature: float = 0.07
    word_dropout: float = 0.15
    layer_dropout: float = 0.3
    noise: float = 1.0  # length of what is added to each word vector, itself of length 1
    troubles: float = 0.85  # share of pairs that begin with a situation
    offers: float = 0.95  # share of pairs that end with names or offers, not with another situation
    neighbours: float = 0.3  # how right a neighbour of weight 1 is, beside 1 for the concept itself
    shifts: int = 64  # directions in which words may move away from their vectors
    axes: int = 192
    centres: int = 3  # kinds of trouble told apart for each concept


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
    related: list[dict[int, float]]  # neighbours either way, with the greater weight


def train(
    lexicon: Lexicon, vectors: Vectors, out: Path, *, recipe: Recipe = Recipe(), progress: Progress | None = None
) -> Encoder:
    """Train one head for each seed, turn them together onto the axes that the lexicon uses most, and write the file.

    ``progress`` is told the steps done and their number.
    """
    concepts = list(lexicon.concepts.values())
    material = gather(concepts, vectors)

    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, recipe.seeds * recipe.steps)

    learned = [_learn(material, vectors, recipe, seed, step) for seed in range(recipe.seeds)]
    file = _as_file(learned, material, vectors, recipe)
    meta: dict[str, Any] = {
        "format": FORMAT,
        "lexicon": lexicon.version,
        "fingerprints": {concept.id: short_fingerprint(concept) for concept in concepts},
        "words": material.words,
        "readings": material.readings,
        "unknown_weight": material.unknown_rarity,
        "version": "",
    }
    digest = hashlib.blake2b(b"".join(file[name].tobytes() for name in sorted(file)), digest_size=4).hexdigest()
    meta["version"] = f"{lexicon.version}+{digest}"
    file |= _troubles(concepts, material)
    file["concepts"] = np.zeros((0, 1 + recipe.centres, file["axes"].shape[1]), dtype=np.int8)
    # The concepts' own places are found by the encoder itself, so that run time and training cannot differ.
    half = out.with_name(out.name + ".half.npz")
    _write(half, file, meta)
    made = Encoder(half, vectors)
    half.unlink()
    rows = np.stack([_places(concept, made, recipe.centres) for concept in concepts])
    file["concepts"] = np.round(rows * 127).astype(np.int8)
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
    related: list[dict[int, float]] = [{} for _ in concepts]
    for i, concept in enumerate(concepts):
        for other, weight in (*concept.broader.items(), *concept.near.items()):
            if other in place:
                j = place[other]
                related[i][j] = related[j][i] = max(related[i].get(j, 0.0), weight)
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


def _learn(
    material: Material, vectors: Vectors, recipe: Recipe, seed: int, step: Callable[[], None]
) -> dict[str, Floats]:
    """One head: which words matter, how they move away from their vectors, and one layer."""
    import torch
    from torch.nn import functional as F

    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    dice = random.Random(seed)
    words = torch.from_numpy(vectors.at(material.rows))
    rarity = torch.from_numpy(material.rarity)
    size = DIMENSIONS
    parameters = {
        "attention": torch.zeros(size),
        "bias": torch.zeros(1),
        "own": torch.zeros(len(words)),
        "shift": torch.zeros(len(words), size),
        "u": torch.randn(size, size) / math.sqrt(size),
        "v": torch.zeros(size, size),
    }
    for parameter in parameters.values():
        parameter.requires_grad_()
    attention, bias, own, shift, u, v = parameters.values()
    optimizer = torch.optim.AdamW(parameters.values(), lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    right = torch.eye(len(material.names))
    for concept, others in enumerate(material.related):
        for neighbour, weight in others.items():
            right[concept, neighbour] = recipe.neighbours * weight

    def encode(bags: list[Bag]) -> torch.Tensor:
        """(texts, size), rows of length 1."""
        numbers = torch.tensor([n for bag in bags for n in bag])
        texts = torch.repeat_interleave(torch.arange(len(bags)), torch.tensor([len(bag) for bag in bags]))
        rows = words[numbers]
        shifted = rows + shift[numbers] + torch.randn_like(rows) * (recipe.noise / math.sqrt(size))
        learned = (rows @ attention + bias).clamp(-STEEPEST, STEEPEST) + own[numbers] + rarity[numbers]
        weighted = torch.exp(learned)[:, None] * shifted
        x = F.normalize(torch.zeros(len(bags), size).index_add(0, texts, weighted), dim=-1, eps=1e-6)
        hidden = F.dropout(torch.tanh(SLOPE * (x @ u)), recipe.layer_dropout)
        return F.normalize(x + hidden @ v, dim=-1, eps=1e-6)

    usable = [i for i in range(len(material.names)) if material.names[i]]
    waiting: list[int] = []
    for _ in range(recipe.steps):
        while len(waiting) < recipe.batch:
            waiting += dice.sample(usable, len(usable))
        batch, waiting = waiting[: recipe.batch], waiting[recipe.batch :]
        pairs = [_pair(material, concept, recipe, dice) for concept in batch]
        one, other = encode([pair[0] for pair in pairs]), encode([pair[1] for pair in pairs])
        nearness = one @ other.T / recipe.temperature
        here = torch.tensor(batch)
        goal = right[here][:, here]
        goal = goal / goal.sum(dim=1, keepdim=True)
        loss = F.cross_entropy(nearness, goal) + F.cross_entropy(nearness.T, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step()
    return {name: value.detach().numpy() for name, value in parameters.items()}


def _pair(material: Material, concept: int, recipe: Recipe, dice: random.Random) -> tuple[Bag, Bag]:
    """One or two texts of a concept as the one side, one to three others as the other; some words dropped."""
    troubles, names, helps = material.troubles[concept], material.names[concept], material.helps[concept]
    asked = troubles if troubles and dice.random() < recipe.troubles else names
    one = dice.sample(asked, min(len(asked), dice.choice((1, 1, 2))))
    offered = names + helps if dice.random() < recipe.offers or not troubles else troubles
    offered = [bag for bag in offered if bag not in one] or offered
    other = dice.sample(offered, min(len(offered), dice.choice((1, 2, 3))))

    def joined(bags: list[Bag]) -> Bag:
        return [n for bag in bags for n in bag if dice.random() > recipe.word_dropout] or list(bags[0])

    return joined(one), joined(other)


def _as_file(
    learned: Sequence[dict[str, Floats]], material: Material, vectors: Vectors, recipe: Recipe
) -> dict[str, npt.NDArray[Any]]:
    """What the encoder reads: numbers in few bits, and the axes (uncentred principal components) of the lexicon."""
    kept = [_in_few_bits(one["shift"], recipe.shifts) for one in learned]
    codes, turns = np.stack([one for one, _ in kept]), np.stack([other for _, other in kept])
    half: dict[str, npt.NDArray[Any]] = {
        name: np.stack([one[name] for one in learned]) for name in ("attention", "u", "v")
    }
    half["bias"] = np.concatenate([one["bias"] for one in learned])
    half["word_weights"] = np.stack([one["own"] + material.rarity for one in learned])
    half["shift_turns"] = turns
    plain = vectors.at(material.rows)
    shifted = plain + np.matmul(codes.astype(np.float32), turns)
    bags = [bag for kind in (material.troubles, material.names, material.helps) for some in kind for bag in some]
    sample = random.Random(0).sample(bags, min(len(bags), 6_000))
    totals = [
        shares_of(plain[bag], shifted[:, bag], half["word_weights"][:, bag], half["attention"], half["bias"]).sum(
            axis=1
        )
        for bag in sample
    ]
    seen = heads_of(np.stack(totals, axis=1), half["u"], half["v"])
    _, _, directions = np.linalg.svd(seen, full_matrices=False)
    half["axes"] = directions[: recipe.axes].T
    return {"shift_codes": codes, **{name: value.astype(np.float16) for name, value in half.items()}}


def _troubles(concepts: Sequence[Concept], material: Material) -> dict[str, npt.NDArray[Any]]:
    """The words of every sentence of every situation one after the other, how many each has, and whose it is."""
    number = {word: i for i, word in enumerate(material.words)}
    words: list[int] = []
    lengths: list[int] = []
    owners: list[int] = []
    for owner, concept in enumerate(concepts):
        parts = [sentences(told) for told in concept.situations]
        for sentence, alone in ((one, len(some) == 1) for some in parts for one in some):
            said = sorted({number[word] for word, _ in dictionary_words(sentence) if word in number})
            if len(said) >= _TELLING or (alone and said):
                words += said
                lengths.append(len(said))
                owners.append(owner)
    return {
        "trouble_words": np.array(words, dtype=np.uint16),
        "trouble_lengths": np.array(lengths, dtype=np.uint8),
        "trouble_owners": np.array(owners, dtype=np.uint16),
        "rarity": np.exp(material.rarity).astype(np.float16),
    }


def _places(concept: Concept, encoder: Encoder, centres: int) -> Floats:
    """(1 + centres, dimensions): where a concept's help lies, and the middles of the kinds of trouble it answers.

    The kinds are found by k-means on the sphere (Dhillon & Modha 2001) from evenly spread situations.
    """
    help_ = unit(encoder.encode([*concept.names, *concept.experts, *concept.offers]).sum(axis=0))
    troubles = encoder.encode(concept.situations)
    troubles = troubles[np.linalg.norm(troubles, axis=1) > 0]
    if not len(troubles):
        return np.stack([help_] * (1 + centres))
    middles = troubles[np.linspace(0, len(troubles) - 1, centres).astype(int)]
    for _ in range(_ROUNDS):
        whose = (troubles @ middles.T).argmax(axis=1)
        middles = np.stack(
            [unit(troubles[whose == i].sum(axis=0)) if (whose == i).any() else middles[i] for i in range(centres)]
        )
    return np.stack([help_, *middles])


def _in_few_bits(shift: Floats, directions: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """(words, directions) in 8 bits, and (directions, 300): their product is nearly the shift."""
    left, sizes, right = np.linalg.svd(shift, full_matrices=False)
    codes = left[:, :directions] * sizes[:directions]
    scale = np.maximum(np.abs(codes).max(axis=0), 1e-9)
    return np.round(codes / scale * 127).astype(np.int8), (right[:directions] * scale[:, None] / 127).astype(np.float32)
