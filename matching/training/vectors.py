"""Derive the engine's word vectors from a ja_ginza package: chiVe, pruned there to 20,000 rows, here to 8 bits.

Needs `msgpack` (development extra `train`). Readable without spaCy: `vocab/key2row` is a msgpack map from the
MurmurHash64A (seed 1) of a word to its row, `vocab/strings.json` lists the words, `vocab/vectors` is a NumPy array.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..engine.text import fold
from ..engine.vectors import DIMENSIONS, key_of

_MULTIPLIER, _MASK, _SHIFT = 0xC6A4A7935BD1E995, (1 << 64) - 1, 47


def derive(wheel: Path, out: Path) -> int:
    """Read a ja_ginza wheel and write the vectors file; answers how many words it holds.

    Rows are kept as int8, each divided by its own largest number: only directions matter. Two writings of one folded
    word go to the row of the folded writing itself, else of the one that comes first in the list.
    """
    import msgpack

    with zipfile.ZipFile(wheel) as package:
        inside = {Path(name).name: name for name in package.namelist() if "/vocab/" in name}
        words: list[str] = json.loads(package.read(inside["strings.json"]))
        rows_of: dict[int, int] = msgpack.unpackb(package.read(inside["key2row"]), strict_map_key=False)
        table: npt.NDArray[np.float32] = np.load(io.BytesIO(package.read(inside["vectors"])))
    if table.shape[1] != DIMENSIONS or len(table) > np.iinfo(np.uint16).max:
        raise ValueError(f"vectors of shape {table.shape}, expected up to 65,535 rows of {DIMENSIONS}")
    chosen: dict[str, tuple[bool, int]] = {}
    for word in words:
        row = rows_of.get(_murmur(word.encode("utf-8")))
        folded = fold(word)
        if row is None or not any(c.isalnum() for c in folded):
            continue
        if folded not in chosen or (word == folded and not chosen[folded][0]):
            chosen[folded] = (word == folded, row)
    keyed = sorted((key_of(word), row) for word, (_, row) in chosen.items())
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9)
    np.savez_compressed(
        out,
        keys=np.array([key for key, _ in keyed], dtype=np.uint32),
        row_of=np.array([row for _, row in keyed], dtype=np.uint16),
        rows=np.round(table / scale * 127).astype(np.int8),
        version=np.array(wheel.name.split("-py3")[0]),
    )
    return len(keyed)


def _murmur(key: bytes, seed: int = 1) -> int:
    """MurmurHash64A (Austin Appleby, public domain), as spaCy's string store uses it."""
    value = seed ^ (len(key) * _MULTIPLIER & _MASK)
    whole = len(key) // 8 * 8
    for at in range(0, whole, 8):
        part = int.from_bytes(key[at : at + 8], "little") * _MULTIPLIER & _MASK
        part = (part ^ part >> _SHIFT) * _MULTIPLIER & _MASK
        value = (value ^ part) * _MULTIPLIER & _MASK
    if whole < len(key):
        value = (value ^ int.from_bytes(key[whole:], "little")) * _MULTIPLIER & _MASK
    value = (value ^ value >> _SHIFT) * _MULTIPLIER & _MASK
    return value ^ value >> _SHIFT
