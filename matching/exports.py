"""Tables that people take home in a spreadsheet: CSV that opens in one as it is, and cannot carry a formula into it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote

from flask import Response
from flask_babel import gettext as _

MOST = 20_000  # rows of one file
BOM = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
# What a spreadsheet reads as the beginning of a formula; OWASP "CSV Injection".
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_cell(value: Any) -> str:
    """One value as text; what would be a formula is made a text by an apostrophe. None is empty."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def and_others() -> list[str]:
    """The last line of a file that does not hold all."""
    return [
        _(
            "この一覧は、ここまでです。ほかにも当てはまるものがあるかもしれません。条件でしぼり、分けて保存してください。"
        )
    ]


def _lines(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    yield BOM
    for row in (head, *rows):
        writer.writerow([as_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_file(name: str, head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Response:
    """A download. ``name`` is without ending; telephone numbers keep their zeros because they hold dashes."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}.csv"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response("".join(_lines(head, rows)), mimetype="text/csv", headers=headers)
