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
COLUMNS = Path(__file__).resolve().parent.parent / "columns.json"

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")  # a bullet of Word's symbol font, mostly
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff\u200b]")


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
    except (OSError, ValueError) as error:
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
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        headings = next(reader, [])
        columns = _columns(headings, mapping)
        rows, refused = _rows(reader, len(headings), columns, ends_open=_ends_open(text))
    except csv.Error as error:
        raise Unreadable(f"表として読めません。引用符の閉じ忘れを確かめてください (not a CSV file): {error}") from None
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
    for candidate in ENCODINGS if encoding == "auto" else (encoding,):
        try:
            return data.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise Unreadable(f"「{encoding}」という文字コードはありません (unknown encoding).") from None
    raise Unreadable("文字コードが分かりません。UTF-8 か Shift_JIS で保存し直してください (neither UTF-8 nor CP932).")


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


def _ends_open(text: str) -> bool:
    """Whether a quotation mark opens and never closes: everything behind it is one cell."""
    try:
        for _row in csv.reader(io.StringIO(text, newline=""), strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _rows(
    reader: Iterator[list[str]], width: int, columns: Mapping[str, list[int]], *, ends_open: bool
) -> tuple[list[Row], list[tuple[int, str]]]:
    rows: list[Row] = []
    refused: list[tuple[int, str]] = []
    records = list(enumerate(reader, start=2))
    if ends_open and records:
        number, _swallowed = records.pop()
        refused.append((number, "引用符が閉じられていないため、この行からあとは読めません"))
    for number, cells in records:
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
