"""Word vectors: chiVe as carried by ja_ginza, 480,000 words on 20,000 rows of 300 numbers, read from one small file.

Made by ``matching.training.vectors``; optional: without the file the engine compares words alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

PATH = Path(__file__).parent / "data" / "vectors.npz"
DIMENSIONS = 300


def key_of(word: str) -> int:
    """The 32-bit name of a folded word in the file: one unknown word in 9,000 is taken for another, for 2 MB less."""
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=4).digest(), "little")


class Vectors:
    """Row numbers of words, and the rows; ``version`` names the derived file.

    The rows stay as the file has them, a byte a number: as real numbers each process would keep 24 MB of them.
    """

    def __init__(self, path: Path = PATH) -> None:
        with np.load(path) as file:
            self._keys: npt.NDArray[np.uint32] = file["keys"]
            self._row_of: npt.NDArray[np.uint16] = file["row_of"]
            self._rows: npt.NDArray[np.int8] = file["rows"]  # (20,000, 300)
            self.version = str(file["version"])
        rows = self._rows.astype(np.float32)
        self._mean: npt.NDArray[np.float32] = rows.mean(axis=0)
        rows -= self._mean
        self._lengths: npt.NDArray[np.float32] = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

    def at(self, rows: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """(rows, 300), mean-centred and of length 1."""
        found: npt.NDArray[np.float32] = (self._rows[rows].astype(np.float32) - self._mean) / self._lengths[rows]
        return found

    def row(self, word: str) -> int | None:
        """Where a folded word stands; None for a word that the file does not hold."""
        key = np.uint32(key_of(word))
        at = int(np.searchsorted(self._keys, key))
        return int(self._row_of[at]) if at < len(self._keys) and self._keys[at] == key else None

    def first_row(self, words: Iterable[str]) -> int | None:
        return next((row for word in words if (row := self.row(word)) is not None), None)

    def rows_of(self, words: Iterable[str]) -> dict[str, int]:
        """Where each word stands that the file holds; quicker than one by one."""
        asked = list(words)
        keys = np.array([key_of(word) for word in asked], dtype=np.uint32)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        held = np.flatnonzero(self._keys[at] == keys)
        rows = self._row_of[at[held]]
        return {asked[i]: row for i, row in zip(held.tolist(), rows.tolist(), strict=True)}


@lru_cache(maxsize=1)
def vectors() -> Vectors | None:
    """The vectors of this installation, read once; None where the file is missing."""
    return Vectors() if PATH.is_file() else None
