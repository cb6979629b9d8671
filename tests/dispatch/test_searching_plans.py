"""What the statements of one whole search cost: how SQLite reads, and that more people do not mean more statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from matching.database import db
from matching.dispatch.services import searching
from matching.help_requests import services as help_requests
from matching.help_requests.models import RequestKind
from matching.registry.models import Purpose
from tests.councils.factories import a_candidate
from tests.groups.factories import a_group

from .factories import NOW, a_case, a_conjurer

Statement = tuple[str, object]
GROWING = "profile|profile_content|posting|term|term_synonym|party|consent|basis|supporter|inquiry|representation"
WHOLE = re.compile(rf"SCAN ({GROWING})\b")
# By its registry alone, everybody is walked through; in its order, until there are enough.
WALKED = re.compile(r"SEARCH profile USING INDEX \S+ \(registry=\?\)")


@pytest.fixture
def statements(session) -> Iterator[list[Statement]]:
    seen: list[Statement] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def plan_of(statement: str, parameters: object) -> list[str]:
    if not statement.startswith(("SELECT", "WITH")):
        return []
    return [row[3] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize("kind", [RequestKind.DISPATCH, RequestKind.INTRODUCTION])
def test_no_search_walks_through_everybody(statements: list[Statement], kind: RequestKind) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("its plans follow what it has counted; of these few rows it reads all")
    a_conjurer()
    a_group(consents=[Purpose.MATCHING])
    a_candidate()
    request = a_case(kind=kind, title="敬老会で手品を見たい", trouble="バルーンアートもプログラミグもお願いします。")
    ask = help_requests.ask_of(request)
    statements.clear()
    assert searching.searcher(request, now=NOW)(ask).hits
    plans = [(line, statement) for statement, values in list(statements) for line in plan_of(statement, values)]
    assert len(plans) > 20
    found = [(line, statement) for line, statement in plans if WHOLE.search(line) or WALKED.search(line)]
    assert [one for one in found if "LIMIT" not in one[1]] == []


def test_more_people_do_not_mean_more_statements(statements: list[Statement]) -> None:
    request = a_case()
    ask = help_requests.ask_of(request)

    def count() -> int:
        db.session.expire_all()
        searching.searcher(request, now=NOW)(ask)
        statements.clear()
        searching.searcher(request, now=NOW)(ask)
        return len(statements)

    for number in range(3):
        a_conjurer(f"石川 {number}")
    few = count()
    for number in range(3, 30):
        a_conjurer(f"石川 {number}")
    assert count() == few > 10
