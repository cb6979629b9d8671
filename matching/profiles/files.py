"""Profiles, requests and judgements in files: JSON lines in the form of the evaluation sets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.types import Ask, Card, Phrase, When
from ..registry.vocabulary import DISTRICTS, FIELDS

EVERYWHERE = "全域"
DISTRICT_IDS = {name: id_ for id_, (name, _lat, _lon) in enumerate(DISTRICTS, start=1)}
DISTRICT_IDS["秋穂二島"] = DISTRICT_IDS["二島"]
KINDS = ("individual", "group", "business", "school")
WINDOWS = {
    "weekday_day": frozenset(day * 3 + part for day in range(5) for part in (0, 1)),
    "weekday_night": frozenset(day * 3 + 2 for day in range(5)),
    "weekend_day": frozenset(day * 3 + part for day in (5, 6) for part in (0, 1)),
    "weekend_night": frozenset(day * 3 + 2 for day in (5, 6)),
}
GRADE = re.compile(r"[0-9]|10")
UNFIT_FOR_ID = re.compile(r"[\t\r\n\ud800-\udfff]")
LARGEST = 1_000_000_000
Warn = Callable[[str], None]  # gets one line of text


class BadLine(ValueError):
    """A line that cannot be read; its text says which and why."""

    def __init__(self, path: Path, number: int, problem: str) -> None:
        super().__init__(f"{path.name}, line {number}: {problem}")


def read_cards(path: Path, *, warn: Warn) -> dict[str, Card]:
    """Profile id → card. A repeated id, a line that is not JSON or a value of the wrong kind is a BadLine.

    Words that this city does not know (a district, a time of the week) are told to ``warn`` and left out.
    """
    cards: dict[str, Card] = {}
    for line in _lines(path, warn):
        key = line.identity(cards)
        kind = line.text("kind", default="individual")
        cards[key] = Card(
            key=key,
            kind=kind if kind in KINDS else "individual",
            phrases=tuple(Phrase(text) for text in line.texts("skills")),
            intro=line.text("intro"),
            fields=frozenset(number for number in line.numbers("fields") if number in FIELDS),
            districts=_districts(line),
            availability=_slots(line, "availability"),
            supports=frozenset(line.texts("support")) or None,
        )
    return cards


def read_asks(path: Path, *, warn: Warn) -> dict[str, Ask]:
    """Request id → ask; errors as in ``read_cards``."""
    asks: dict[str, Ask] = {}
    for line in _lines(path, warn):
        key = line.identity(asks)
        district = line.text("district")
        if district and district != EVERYWHERE and district not in DISTRICT_IDS:
            line.warn(f"unknown district {district!r}, read as not known")
        slots = _slots(line, "when")
        asks[key] = Ask(
            title=line.text("title"),
            detail=line.text("detail"),
            needs=tuple(line.texts("needs")),
            field=line.number("field"),
            district=DISTRICT_IDS.get(district),
            when=(When(slots),) if slots else (),
            people=line.number("people"),
        )
    return asks


def read_grades(path: Path) -> dict[str, dict[str, int]]:
    """Request id → profile id → grade, from lines of three columns."""
    grades: dict[str, dict[str, int]] = {}
    for number, text in _text_lines(path):
        columns = text.split()
        if len(columns) != 3 or not GRADE.fullmatch(columns[2]):
            raise BadLine(path, number, "expected request, profile and a grade from 0 to 10")
        grades.setdefault(columns[0], {})[columns[1]] = int(columns[2])
    return grades


def district_distances() -> dict[int, dict[int, float]]:
    """Kilometres between the districts' community centres along the great circle (haversine formula)."""
    places = {id_: (lat, lon) for id_, (_name, lat, lon) in enumerate(DISTRICTS, start=1)}
    return {a: {b: _kilometres(places[a], places[b]) for b in places} for a in places}


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    lat1, lon1, lat2, lon2 = (math.radians(degrees) for degrees in (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))


@dataclass(frozen=True)
class _Line:
    path: Path
    at: int
    value: Mapping[str, Any]
    tell: Warn

    def wrong(self, problem: str) -> BadLine:
        return BadLine(self.path, self.at, problem)

    def warn(self, message: str) -> None:
        self.tell(f"{self.path.name}, line {self.at}: {message}")

    def identity(self, taken: Mapping[str, object]) -> str:
        key = self.value.get("id")
        if not isinstance(key, str) or not key.strip() or UNFIT_FOR_ID.search(key):
            raise self.wrong('"id" must be a text without tabs, line ends and halves of characters')
        if key in taken:
            raise self.wrong(f'"id" {key} appears twice')
        return key

    def text(self, name: str, *, default: str = "") -> str:
        value = self.value.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(f'"{name}" must be a text')
        return value

    def texts(self, name: str) -> list[str]:
        value = self.value.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(f'"{name}" must be a list of texts')
        return value

    def number_or_none(self, value: Any, name: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(f'"{name}" must be a whole number')
        if abs(value) > LARGEST:
            raise self.wrong(f'"{name}" is too large')
        return value

    def number(self, name: str) -> int | None:
        return self.number_or_none(self.value.get(name), name)

    def numbers(self, name: str) -> list[int]:
        value = self.value.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(f'"{name}" must be a list of whole numbers')
        return [number for item in value if (number := self.number_or_none(item, name)) is not None]


def _text_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadLine(path, error.object[: error.start].count(b"\n") + 1, "is not UTF-8") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _lines(path: Path, warn: Warn) -> Iterator[_Line]:
    for number, text in _text_lines(path):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadLine(path, number, f"is not JSON ({error})") from error
        if not isinstance(value, dict):
            raise BadLine(path, number, "must be a JSON object")
        yield _Line(path, number, value, warn)


def _districts(line: _Line) -> frozenset[int] | None:
    names = line.texts("districts")
    if EVERYWHERE in names:
        return frozenset(DISTRICT_IDS.values())
    for name in names:
        if name not in DISTRICT_IDS:
            line.warn(f"unknown district {name!r}, left out")
    return frozenset(DISTRICT_IDS[name] for name in names if name in DISTRICT_IDS) or None


def _slots(line: _Line, name: str) -> frozenset[int] | None:
    windows = line.texts(name)
    for window in windows:
        if window not in WINDOWS:
            line.warn(f"unknown time {window!r}, left out")
    known = [WINDOWS[window] for window in windows if window in WINDOWS]
    return frozenset().union(*known) if known else None
