"""Reading a CSV file as offices write it: encoding, drifting headings, broken cells, unreadable rows."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...engine.text import fold

ENCODINGS = ("utf-8-sig", "cp932")
LONGEST_CELL = 32_767  # what a cell of a spreadsheet holds
COLUMNS = Path(__file__).resolve().parent.parent / "columns.json"

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")  # a bullet of Word's symbol font, mostly
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\xad\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]")
_LOST = "\ufffd"  # stands where bytes were no character


class Unreadable(Exception):
    """The file, or the mapping, cannot be used at all; the message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell as it stood in the file, and as we read it."""

    raw: str
    text: str


@dataclass(frozen=True)
class Row:
    """``number`` is the row as a spreadsheet counts: the headings are row 1."""

    number: int
    cells: Mapping[str, Cell]  # target → cell; blank ones are left out

    def text(self, target: str) -> str:
        return self.cells[target].text if target in self.cells else ""


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    refused: tuple[tuple[int, str], ...]  # row number, reason
    targets: frozenset[str]  # what the file has columns for
    unused: tuple[str, ...]  # headings that nothing was taken from
    sha256: str
    encoding: str


def read_mapping(path: Path | None) -> dict[str, list[str]]:
    """Target → headings it may stand under. A file of the same shape replaces the targets that it names."""
    mapping: dict[str, list[str]] = json.loads(COLUMNS.read_text(encoding="utf-8"))
    if path is None:
        return mapping
    try:
        given = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path.name}: 対応表を読めません (not a readable JSON file): {error}") from None
    if not isinstance(given, dict):
        raise Unreadable(f"{path.name}: 対応表は {{項目: [見出し, …]}} の形で書いてください (an object of lists).")
    for target, headings in given.items():
        if target not in mapping:
            raise Unreadable(
                f"{path.name}: 「{target}」という項目はありません (unknown target). 使える項目: {', '.join(mapping)}"
            )
        if not isinstance(headings, list) or not all(isinstance(heading, str) for heading in headings):
            raise Unreadable(f"{path.name}: 「{target}」には見出しの一覧を書いてください (a list of headings).")
        mapping[target] = headings
    return mapping


def read_table(data: bytes, *, mapping: Mapping[str, list[str]], encoding: str = "auto") -> Table:
    text, used = _decode(data, encoding)
    records = _records(text)
    headings, wrong = next(records, ([], None))
    if wrong:
        raise Unreadable(f"見出しの行を読めません (the headings cannot be read): {wrong}")
    columns = _columns(headings, mapping)
    rows, refused = _rows(records, len(headings), columns)
    taken = {index for indices in columns.values() for index in indices}
    return Table(
        rows=tuple(rows),
        refused=tuple(refused),
        targets=frozenset(columns),
        unused=tuple(tidy(heading) for index, heading in enumerate(headings) if index not in taken and tidy(heading)),
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=used,
    )


def tidy(text: str) -> str:
    """A cell without what only breaks it: control characters, private signs, odd line ends, outer spaces."""
    text = _CONTROL.sub("", _PRIVATE.sub("・", _LINE_ENDS.sub("\n", text)))
    lines = (re.sub(r"[ \t\u3000\xa0]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def heading_key(heading: str) -> str:
    """How headings are compared: folded, without spaces, line breaks and dots."""
    return re.sub(r"[\s・･]", "", fold(_CONTROL.sub("", heading)))


def _decode(data: bytes, encoding: str) -> tuple[str, str]:
    """The text, with ``_LOST`` in lines that are not of the encoding that fits best."""
    best: tuple[int, str, str] | None = None
    for candidate in ENCODINGS if encoding == "auto" else (encoding,):
        try:
            text = data.decode(candidate, errors="replace")
        except (LookupError, UnicodeError):
            raise Unreadable(f"「{encoding}」という文字コードはありません (unknown encoding).") from None
        lost = sum(_LOST in line for line in text.split("\n"))
        if best is None or lost < best[0]:
            best = lost, text, candidate
    assert best
    lost, text, used = best
    if lost * 2 > text.count("\n") + 1:
        raise Unreadable(
            "文字コードが分かりません。UTF-8 か Shift_JIS で保存し直してください (neither UTF-8 nor CP932)."
        )
    return text, used


def _records(text: str) -> Iterator[tuple[list[str], str | None]]:
    """Each record and, where it must not be used, why."""
    csv.field_size_limit(max(len(text), csv.field_size_limit()))  # else one long cell ends the reading
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for cells in csv.reader(lines()):
        yield cells, _wrong_with(cells, "".join(taken))
        taken.clear()


def _wrong_with(cells: list[str], raw: str) -> str | None:
    try:
        list(csv.reader(io.StringIO(raw, newline=""), strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            return "引用符が閉じられていないため、この行からあとは読めません"
        return "引用符の閉じ忘れか、余分な引用符があります"
    if _LOST in raw:
        return "文字コードが違うため、読めない文字があります"
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return f"長すぎる欄があります（{LONGEST_CELL}文字まで）"
    return None


def _columns(headings: list[str], mapping: Mapping[str, list[str]]) -> dict[str, list[int]]:
    """Target → columns, more than one where a heading stands twice."""
    keys = [heading_key(heading) for heading in headings]
    columns: dict[str, list[int]] = {}
    for target, known in mapping.items():
        for wanted in map(heading_key, known):
            if indices := [index for index, key in enumerate(keys) if key == wanted and key]:
                columns[target] = indices
                break
    if "name" not in columns:
        shown = "、".join(filter(None, map(tidy, headings))) or "なし"
        raise Unreadable(f"氏名の列が見つかりません (no column of names). 見出し: {shown}")
    return columns


def _rows(
    records: Iterator[tuple[list[str], str | None]], width: int, columns: Mapping[str, list[int]]
) -> tuple[list[Row], list[tuple[int, str]]]:
    rows: list[Row] = []
    refused: list[tuple[int, str]] = []
    for number, (cells, wrong) in enumerate(records, start=2):
        if wrong:
            refused.append((number, wrong))
            continue
        if not any(tidy(cell) for cell in cells):
            continue
        while len(cells) > width and not tidy(cells[-1]):
            cells.pop()
        if len(cells) != width:
            refused.append((number, f"列の数が違います（見出しは{width}列、この行は{len(cells)}列）"))
            continue
        rows.append(Row(number, _cells(cells, columns)))
    return rows, refused


def _cells(cells: list[str], columns: Mapping[str, list[int]]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for target, indices in columns.items():
        raw = next((cells[index] for index in indices if tidy(cells[index])), None)
        if raw is not None:
            found[target] = Cell(raw.replace("\x00", ""), tidy(raw))
    return found
