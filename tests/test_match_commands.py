"""Facts about `flask match`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from matching import models as _tables  # noqa: F401  (the mapper needs every table to be known)
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import Lexicon, lexicon
from matching.engine.measures import measure
from matching.match_commands import making, match

SHARED = Path(__file__).resolve().parent.parent / "../shared/eval/match"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation set is not here")


@pytest.fixture
def runner() -> FlaskCliRunner:
    app = Flask("match-under-test")
    app.cli.add_command(match)
    return app.test_cli_runner()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    people = [
        {"id": "S001", "kind": "individual", "skills": ["書道"], "fields": [6], "districts": ["全域"]},
        {"id": "S002", "kind": "group", "skills": ["絵本の読み聞かせ"], "districts": ["湯田"], "support": ["assist"]},
        {"id": "S003", "skills": [], "intro": ""},
    ]
    asks = [
        {"id": "Q001", "title": "よみきかせ", "needs": [], "field": 13, "district": "湯田", "when": ["weekend_day"]},
        {"id": "Q002", "title": "ｼｮﾄﾞｳ", "detail": "", "people": 1},
    ]
    for name, rows in (("p.jsonl", people), ("r.jsonl", asks)):
        (tmp_path / name).write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
    (tmp_path / "q.tsv").write_text("Q001\tS002\t3\nQ002\tS001\t2\n")
    return tmp_path


def run(runner: FlaskCliRunner, files: Path, *more: str):
    args = ["match", "rank", "--profiles", str(files / "p.jsonl"), "--requests", str(files / "r.jsonl")]
    return runner.invoke(args=[*args, "--out", str(files / "run.tsv"), *more])


def test_a_ranking_is_written_in_four_columns(runner: FlaskCliRunner, files: Path) -> None:
    result = run(runner, files, "--content-only")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in (files / "run.tsv").read_text().splitlines()]
    assert [row[:3] for row in rows if row[2] == "1"] == [["Q001", "S002", "1"], ["Q002", "S001", "1"]]
    assert len(rows) == 6 and all(0 <= float(row[3]) <= 1 for row in rows)


def test_without_content_only_the_unfit_are_left_out(runner: FlaskCliRunner, files: Path) -> None:
    assert run(runner, files).exit_code == 0
    assert len((files / "run.tsv").read_text().splitlines()) == 2


def test_top_limits_the_rows(runner: FlaskCliRunner, files: Path) -> None:
    assert run(runner, files, "--content-only", "--top", "1").exit_code == 0
    assert len((files / "run.tsv").read_text().splitlines()) == 2


def paths(profiles: Path, requests: Path, qrels: Path) -> list[str]:
    return ["--profiles", str(profiles), "--requests", str(requests), "--qrels", str(qrels)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{broken", "not JSON"),
        ("[]", "JSON object"),
        ('{"skills": []}', '"id"'),
        ('{"id": "S001"}', "twice"),
        ('{"id": "S009", "skills": "書道"}', '"skills"'),
        ('{"id": "S009", "fields": ["六"]}', '"fields"'),
        ('{"id": "\\ud800"}', '"id"'),
        ('{"id": "S009", "fields": [1' + "0" * 400 + "]}", '"fields"'),
        ("[" * 100_000, "not JSON"),
        ('{"id": "S009", "intro": ' + "[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named(runner: FlaskCliRunner, files: Path, line: str, told: str) -> None:
    with (files / "p.jsonl").open("a") as file:
        file.write(line + "\n")
    result = run(runner, files)
    assert result.exit_code == 2
    assert "p.jsonl, line 4" in result.output and told in result.output
    assert not (files / "run.tsv").exists()


def test_half_a_character_in_a_text_does_not_stop(runner: FlaskCliRunner, files: Path) -> None:
    with (files / "p.jsonl").open("a") as file:
        file.write('{"id": "S009", "skills": ["書道\\ud800"], "intro": "\\udfff", "districts": ["\\ud800"]}\n')
    with (files / "r.jsonl").open("a") as file:
        file.write('{"id": "Q009", "title": "書道\\ud800", "needs": ["\\udfff"]}\n')
    result = run(runner, files, "--content-only")
    assert result.exit_code == 0, result.output
    assert "Q009\tS009\t" in (files / "run.tsv").read_text()


@pytest.mark.parametrize("grade", ["²", "３", "2000", "9" * 400, "9" * 5000, "-1", "1.5", "x"])
def test_a_grade_is_a_small_whole_number(runner: FlaskCliRunner, files: Path, grade: str) -> None:
    with (files / "q.tsv").open("a") as file:
        file.write(f"Q002\tS002\t{grade}\n")
    result = runner.invoke(args=["match", "evaluate", *paths(files / "p.jsonl", files / "r.jsonl", files / "q.tsv")])
    assert result.exit_code == 2 and "q.tsv, line 3" in result.output and "grade" in result.output


def test_an_unknown_district_is_told_and_does_not_stop(runner: FlaskCliRunner, files: Path) -> None:
    with (files / "p.jsonl").open("a") as file:
        file.write('{"id": "S009", "districts": ["江戸"]}\n')
    result = run(runner, files)
    assert result.exit_code == 0 and "江戸" in result.output


def test_missing_files_are_refused(runner: FlaskCliRunner, files: Path) -> None:
    (files / "r.jsonl").unlink()
    assert run(runner, files).exit_code == 2


def test_evaluation_prints_one_table(runner: FlaskCliRunner, files: Path) -> None:
    result = runner.invoke(args=["match", "evaluate", *paths(files / "p.jsonl", files / "r.jsonl", files / "q.tsv")])
    assert result.exit_code == 0, result.output
    table = {line[:14].strip(): line[14:].split() for line in result.output.splitlines()}
    assert table[""] == ["nDCG@5", "nDCG@10", "recall@10", "recall@20", "MRR"]
    assert table["engine"] == ["1.0000"] * 5
    assert {"raw WRatio", "bigram BM25", "Sudachi BM25"} <= set(table)


def test_measures_follow_their_definitions() -> None:
    grades = {"Q1": {"a": 3, "b": 1}, "Q2": {"c": 1}}
    figures = measure({"Q1": ["x", "a"], "Q2": ["c"]}, grades)
    gain = 7 / 1.5849625007
    assert figures["nDCG@5"] == pytest.approx((gain / (7 + 1 / 1.5849625007) + 1) / 2)
    assert figures["MRR"] == 0.5  # Q2 has nothing relevant
    assert measure({}, grades)["recall@10"] == 0.0


@needs_shared
def test_the_engine_beats_plain_rankers_clearly(runner: FlaskCliRunner) -> None:
    result = runner.invoke(
        args=[
            "match",
            "evaluate",
            *paths(*(SHARED / name for name in ("profiles.jsonl", "requests.jsonl", "qrels.tsv"))),
        ]
    )
    assert result.exit_code == 0, result.output
    rows = re.findall(r"^(\S.*?)  +([\d.]+) +([\d.]+)", result.output, flags=re.M)
    ndcg = {name: float(at10) for name, _at5, at10 in rows}
    assert ndcg["engine"] >= 0.80
    assert ndcg["engine"] >= ndcg["Sudachi BM25"] + 0.08


def test_ablation_prints_a_line_for_every_part(runner: FlaskCliRunner, files: Path) -> None:
    args = ["--profiles", str(files / "p.jsonl"), "--requests", str(files / "r.jsonl"), "--qrels", str(files / "q.tsv")]
    result = runner.invoke(args=["match", "evaluate", *args, "--ablate"])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if re.search(r"[01]\.\d{4} [01]\.\d{4}$", line)]
    assert lines[0].startswith("everything") and sum(line.startswith("without ") for line in lines) >= 12
    assert runner.invoke(args=["match", "evaluate", *args, "--also", str(files)]).exit_code == 2


def test_training_teaches_a_small_lexicon_the_same_twice(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is large; the extra train brings it")
    from matching.engine.vectors import vectors
    from matching.training.encoder import Recipe, train

    words = vectors()
    assert words is not None
    few = Lexicon(list(lexicon().concepts.values())[:40])
    recipe = Recipe(seeds=1, steps=60, batch=32, shifts=16, axes=32)
    one, other = (train(few, words, tmp_path / name, recipe=recipe) for name in ("one.npz", "other.npz"))
    assert one.version == other.version and one.lexicon_version == few.version
    told = [(concept.id, concept.situations[0]) for concept in few.concepts.values()]
    found = [id_ in dict(one.concepts(text, known=lambda _: True)) for id_, text in told]
    assert sum(found) / len(found) > 0.6


def test_without_pytorch_training_says_what_to_install(runner: FlaskCliRunner, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(making, "knowledge", lambda: Knowledge(Lexicon(list(lexicon().concepts.values())[:5])))
    result = runner.invoke(args=["match", "train", "--out", str(tmp_path / "encoder.npz")])
    assert result.exit_code == 1 and "pip install -e '.[train]'" in result.output
