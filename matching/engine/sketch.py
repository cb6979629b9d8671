"""A sketch of a card: what the first look knows of it, in 63 bytes that a process keeps of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from .criteria import FAR_KM, MONEY_ORDER
from .types import Ask, Card

NUMBERS = 48  # of a meaning: the encoder's axes are ordered, and the cosine of so many is off by .01
_TABLE = 1 << 11
_SAMPLE = 50_000
KNOWN = 31  # the bit that tells an empty set from one that nobody knows
_PART = 16_384  # rows that are turned into real numbers at once: they stay near the processor
# Sets are bits; ``money`` is 1 and more by ``MONEY_ORDER``, ``heads`` at most 255; 0 is not known. Zero everywhere is
# nobody's.
LOOK = np.dtype(
    [
        ("meaning", "i1", (NUMBERS,)),
        ("fields", "<u4"),
        ("districts", "<u4"),
        ("slots", "<u4"),
        ("money", "u1"),
        ("heads", "u1"),
        ("spare", "u1"),  # 63 bytes are 84 letters without a rest
    ]
)
Looks = npt.NDArray[np.void]  # of dtype LOOK
Floats = npt.NDArray[np.float32]


def sketch_of(card: Card, whole: bytes | None) -> bytes:
    """``whole`` is the last row of the card's meaning."""
    look = np.zeros(1, dtype=LOOK)
    if whole is not None:
        look["meaning"][0] = np.frombuffer(whole[:NUMBERS].ljust(NUMBERS, b"\0"), dtype=np.int8)
    look["fields"] = _bits(card.fields)
    look["districts"] = _bits(card.districts)
    look["slots"] = _bits(card.availability)
    look["money"] = MONEY_ORDER.index(card.money) + 1 if card.money in MONEY_ORDER else 0
    look["heads"] = min(max(card.heads or 0, 0), 255)
    return look.tobytes()


def nearness(meaning: npt.NDArray[np.int8], whole: Floats) -> Floats:
    """The cosine of each row with an ask's meaning as a whole, by ``NUMBERS`` numbers; a million rows take 12 ms."""
    asked = np.zeros(NUMBERS, dtype=np.float32)
    asked[: len(whole)] = whole[:NUMBERS]
    found = np.empty(len(meaning), dtype=np.float32)
    for at in range(0, len(meaning), _PART):
        found[at : at + _PART] = meaning[at : at + _PART].astype(np.float32) @ asked
    found /= 127
    return found


def highest(values: Floats, most: int) -> npt.NDArray[np.int64]:
    """Where the highest values stand, about ``most`` of them: where they begin is told by a part of all."""
    step = max(len(values) // _SAMPLE, 1)
    some = values[::step]
    place = min(max(most // step, 1), len(some))
    return np.flatnonzero(values >= np.partition(some, -place)[-place]) if len(some) else np.zeros(0, dtype=np.int64)


def _bits(numbers: Iterable[int] | None) -> int:
    return 0 if numbers is None else (1 << KNOWN) + sum(1 << one for one in set(numbers) if 0 <= one < KNOWN)


def field_leans(ask: Ask, looks: Looks) -> Floats:
    """−1 (another field), 0 (not known) or 1 for each, as ``criteria.field`` finds."""
    held = looks["fields"] & np.uint32((1 << KNOWN) - 1)
    return np.where(held == 0, 0, 2 * _has(looks["fields"], ask.field or 0) - 1).astype(np.float32)


def circumstances(
    ask: Ask, looks: Looks, distances: Mapping[int, Mapping[int, float]] | None, weights: Mapping[str, float]
) -> Floats:
    """What district, dates, money and heads leave of a score (0…1), about as ``ranking`` has it; standing is not known."""
    factor = np.ones(len(looks), dtype=np.float32)

    def turn(criterion: str, fit: npt.NDArray[np.floating], known: npt.NDArray[np.bool_]) -> None:
        factor[:] += np.float32(weights[criterion]) * (np.where(known, 2 * fit - 1, 0) - 1).astype(np.float32)

    if ask.district is not None:
        turn("district", _district_fit(ask.district, looks["districts"], distances), _known(looks["districts"]))
    if ask.when:
        free = np.zeros(len(looks))
        for when in ask.when:
            free += (looks["slots"] & np.uint32(_bits(when.slots) & ~(1 << KNOWN))) != 0
        share = free / len(ask.when)
        turn("dates", np.where((share > 0) & (share < 1), 0.5 + share / 2, share), _known(looks["slots"]))
    if ask.money in MONEY_ORDER:
        turn("money", (looks["money"] <= MONEY_ORDER.index(ask.money) + 1).astype(float), looks["money"] > 0)
    if ask.people is not None and ask.people > 0:
        heads = looks["heads"].astype(float)
        turn("heads", np.where(heads >= min(ask.people, 255), 1.0, heads / ask.people / 2), looks["heads"] > 0)
    return factor


def _district_fit(
    asked: int, held: npt.NDArray[np.uint32], distances: Mapping[int, Mapping[int, float]] | None
) -> npt.NDArray[np.floating]:
    # By two look-ups instead of one step for each district: of the lower eleven bits, of the next ones, and so on.
    fits = {d: min(max(0.0, 1 - km / FAR_KM), 0.9) for d, km in (distances or {}).get(asked, {}).items()}
    nothing = -1.0
    best = np.full(len(held), nothing, dtype=np.float32)
    for shift in (0, 11, 22):
        half = np.arange(_TABLE, dtype=np.uint32)
        table = np.full(_TABLE, nothing, dtype=np.float32)
        for district, fit in [*fits.items(), (asked, 1.0)]:
            if shift <= district < shift + 11 and district < KNOWN:
                at = 1 << (district - shift)
                table[(half & np.uint32(at)) != 0] = np.maximum(table[(half & np.uint32(at)) != 0], fit)
        best = np.maximum(best, table[(held >> np.uint32(shift)) & np.uint32(_TABLE - 1)])
    return np.where(best == nothing, 0.25, best)


def _has(held: npt.NDArray[np.uint32], number: int) -> npt.NDArray[np.bool_]:
    return ((held >> np.uint32(number)) & 1).astype(bool)


def _known(held: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return _has(held, KNOWN)
