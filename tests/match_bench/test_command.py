"""Facts about `flask match bench`: exact rankings, other ways to search, and the whole command on a small number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from matching.concepts.services import knowledge
from matching.database import db
from matching.engine.types import Ask
from matching.match_commands.benching import measuring
from matching.match_commands.benching.comparing import side_by_side
from matching.match_commands.benching.comparing.exact import exact_rankings
from matching.match_commands.benching.comparing.rivals import Fts5, Scan, everybody
from matching.match_commands.benching.inventing.asking import troubles
from matching.match_commands.benching.measuring import Times
from matching.match_commands.benching.serving import loading, processes
from matching.match_commands.benching.serving.processes import Served
from matching.profiles.search import Budget, Searching
from tests.databases import Databases

from .test_building import filled

DAY = date(2026, 11, 24)
UNLIMITED = Budget(postings=10**9, pool=10**6, compared=10**6)


def test_the_exact_ranking_is_that_of_comparing_everybody_in_full(
    app: Flask, session: Any, databases: Databases
) -> None:
    filled(databases, 200)
    asks = [one.ask for one in troubles(knowledge().lexicon, 4)]
    exact = exact_rankings(asks, knowledge(), as_of=DAY, limit=20)
    for ask, found in zip(asks, exact, strict=True):
        all_of_them = Searching(as_of=DAY, registries=["supporter"], limit=20, budget=UNLIMITED)(ask)
        assert [one.key for one in found.ranked] == [hit.ranked.key for hit in all_of_them.hits]


def test_others_find_whoever_says_the_very_words(app: Flask, session: Any, databases: Databases, tmp_path: Any) -> None:
    filled(databases, 60)
    people = list(everybody())
    assert [one.profile_id for one in people] == list(range(1, 61))
    index = Fts5(tmp_path / "fts5.sqlite")
    for rival in (Scan("WRatio"), Scan("token_set_ratio"), index):
        rival.fill(iter(people))
        for one in people[:5]:
            longest = max(one.phrases, key=len)
            ask = Ask(title=longest)
            assert one.profile_id in rival.top(ask, 5), (rival.name, longest)
    index.close()


def test_percentiles_are_of_what_was_measured() -> None:
    times = Times(tuple(float(n) for n in range(100, 0, -1)))
    assert (times.p50, times.p95) == (51.0, 96.0)


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    with app.app_context():
        db.session.remove()
    return app.test_cli_runner()


@pytest.mark.parametrize("said", ["0", "many", "10,,20", "-5"])
def test_a_number_that_is_none_is_refused(runner: FlaskCliRunner, said: str) -> None:
    result = runner.invoke(args=["match", "bench", "--supporters", said])
    assert result.exit_code == 2 and "list of numbers" in result.output


def test_two_sizes_do_not_go_into_one_database(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["match", "bench", "--supporters", "10,20", "--keep", "x.sqlite"])
    assert result.exit_code == 2 and "one number" in result.output


@pytest.fixture
def in_little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything once or twice, no server of PostgreSQL's, and one web process for all that needs one."""
    monkeypatch.setattr(measuring, "_WARMING", 2)
    monkeypatch.setattr(measuring, "_PUBLISHED", 3)
    monkeypatch.setattr(loading, "COORDINATORS", 1)
    monkeypatch.setattr(loading, "_PAUSE", 0.0)
    monkeypatch.setattr(side_by_side, "missing", lambda: "no server in this test")
    started: list[Served] = []
    with ExitStack() as stack:

        @contextmanager
        def one_for_all(url: str, folder: Path, *, count: int = 1) -> Iterator[Served]:
            if not started:
                started.append(stack.enter_context(processes.web_processes(url, folder)))
            yield started[0]

        for room in (measuring, loading):
            monkeypatch.setattr(room, "web_processes", one_for_all)
        yield


def test_the_whole_bench_runs_for_three_hundred(runner: FlaskCliRunner, tmp_path: Any, in_little: None) -> None:
    kept = tmp_path / "kept.sqlite"
    args = ["match", "bench", "--supporters", "300", "--asks", "1", "--load", "--keep", str(kept)]
    result = runner.invoke(args=args)
    assert result.exit_code == 0, result.output
    for told in (
        "300 registrants, SQLite",
        "recall@20",
        "SQLite FTS5 BM25",
        "left out: PostgreSQL pg_trgm: no server in this test",
        "0 errors",
    ):
        assert told in result.output, told
    assert "4 of 4 showed" in result.output
    other = runner.invoke(args=["match", "bench", "--supporters", "299", "--keep", str(kept)])
    assert other.exit_code == 1 and "300 profiles instead of 299" in other.output
