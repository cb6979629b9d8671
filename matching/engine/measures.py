"""How good a ranking is, by graded relevance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MEASURES = ("nDCG@5", "nDCG@10", "recall@10", "recall@20", "MRR")


def measure(run: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Means over the judged requests; a request that the run leaves out counts 0.

    Recall and MRR are over the requests with anything relevant. Same definitions as Järvelin & Kekäläinen's nDCG with the gain 2^grade - 1.
    """
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    for request, graded in grades.items():
        ids = list(dict.fromkeys(run.get(request, [])))
        gains = [graded.get(id_, 0) for id_ in ids]
        ideal = sorted(graded.values(), reverse=True)
        for depth in (5, 10):
            best = _dcg(ideal, depth)
            found[f"nDCG@{depth}"].append(_dcg(gains, depth) / best if best else 0.0)
        relevant = {id_ for id_, grade in graded.items() if grade >= 2}
        if relevant:
            for depth in (10, 20):
                found[f"recall@{depth}"].append(len(relevant & set(ids[:depth])) / len(relevant))
            found["MRR"].append(next((1 / place for place, id_ in enumerate(ids, start=1) if id_ in relevant), 0.0))
    return {name: sum(values) / len(values) if values else 0.0 for name, values in found.items()}


def _dcg(grades: list[int], depth: int) -> float:
    return sum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades[:depth], start=1))
