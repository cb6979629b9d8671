"""`flask match rank` and `flask match evaluate`: the engine beside plain rankers, and itself with parts left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from ..engine.baselines import Bm25, WRatio, character_pairs, dictionary_words
from ..engine.encoder import encoder
from ..engine.knowledge import Knowledge
from ..engine.lexicon import lexicon
from ..engine.measures import MEASURES, measure
from ..profiles.files import read_asks, read_cards, read_grades
from .ablating import Judged, rows
from .running import DEPTH, rankings, readable, warn

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_input = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("rank")
@click.option("--profiles", "profiles_path", type=_input, required=True, help="JSON lines, one profile each.")
@click.option("--requests", "requests_path", type=_input, required=True, help="JSON lines, one request each.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where the ranking goes.")
@click.option("--top", default=DEPTH, show_default=True, type=click.IntRange(min=1), help="Rows for each request.")
@click.option("--content-only", is_flag=True, help="Only what they can do: no district, dates, people or fairness.")
def rank(profiles_path: Path, requests_path: Path, out: Path, top: int, content_only: bool) -> None:
    """Write `request, profile, rank, score`, separated by tabs, for every request."""
    with readable():
        cards, asks = read_cards(profiles_path, warn=warn), read_asks(requests_path, warn=warn)
    lines = []
    for ranking in rankings(cards, asks, top=top, content_only=content_only):
        for place, (key, score) in enumerate(ranking.rows, start=1):
            lines.append(f"{ranking.request}\t{key}\t{place}\t{score:.6f}\n")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(out), hint=error.strerror or "cannot be written") from error
    click.echo(f"{len(lines)} rows for {len(asks)} requests from {len(cards)} profiles", err=True)


@click.command("evaluate")
@click.option("--profiles", "profiles_path", type=_input, required=True, help="JSON lines, one profile each.")
@click.option("--requests", "requests_path", type=_input, required=True, help="JSON lines, one request each.")
@click.option("--qrels", "qrels_path", type=_input, required=True, help="Request, profile, grade (1-3) on each line.")
@click.option("--ablate", is_flag=True, help="The engine with each part left out, on clean and noisy requests.")
@click.option("--also", multiple=True, type=_folder, help="With --ablate: a folder with another set, read as well.")
def evaluate(profiles_path: Path, requests_path: Path, qrels_path: Path, ablate: bool, also: tuple[Path, ...]) -> None:
    """Compare the engine with plain rankers on graded relevance, in one table.

    Gain 2^grade - 1, logarithmic discount; relevant means grade 2 and above. Content only.
    """
    if also and not ablate:
        raise click.UsageError("--also needs --ablate")
    if ablate:
        with readable():
            _ablate([_judged(profiles_path, requests_path, qrels_path), *map(_judged_folder, also)])
        return
    with readable():
        cards, asks = read_cards(profiles_path, warn=warn), read_asks(requests_path, warn=warn)
        grades = read_grades(qrels_path)
    runs: dict[str, Mapping[str, list[str]]] = {}
    plain: tuple[tuple[str, Callable[[], WRatio | Bm25]], ...] = (
        ("raw WRatio", lambda: WRatio(list(cards.values()))),
        ("bigram BM25", lambda: Bm25(list(cards.values()), character_pairs)),
        ("Sudachi BM25", lambda: Bm25(list(cards.values()), dictionary_words)),
    )
    for name, make in plain:
        ranker = make()
        runs[name] = {request: ranker.rank(ask)[:DEPTH] for request, ask in asks.items()}
    engine = rankings(cards, asks, top=DEPTH, content_only=True)
    runs["engine"] = {ranking.request: [key for key, _ in ranking.rows] for ranking in engine}
    click.echo(f"{'':14}" + "".join(f"{name:>11}" for name in MEASURES))
    for name, run in runs.items():
        figures = measure(run, grades)
        click.echo(f"{name:14}" + "".join(f"{figures[at]:11.4f}" for at in MEASURES))
    click.echo(f"{len(grades)} requests with judgements, {len(cards)} profiles", err=True)


def _judged(profiles: Path, requests: Path, qrels: Path) -> Judged:
    return Judged(
        name=profiles.parent.name,
        cards=read_cards(profiles, warn=warn),
        asks=read_asks(requests, warn=warn),
        grades=read_grades(qrels),
    )


def _judged_folder(folder: Path) -> Judged:
    return _judged(folder / "profiles.jsonl", folder / "requests.jsonl", folder / "qrels.tsv")


def _ablate(sets: list[Judged]) -> None:
    """nDCG@10 and recall@20 of every set; the first set is also read with noise."""
    everything = [sets[0], sets[0].noisy(), *sets[1:]]
    click.echo(f"{'nDCG@10 recall@20':42}" + "".join(f"{judged.name[:16]:>18}" for judged in everything))
    for name, found in rows(everything, Knowledge(lexicon(), encoder())):
        figures = (f"{one['nDCG@10']:.4f} {one['recall@20']:.4f}" for one in found)
        click.echo(f"{name:42}" + "".join(f"{figure:>18}" for figure in figures))
