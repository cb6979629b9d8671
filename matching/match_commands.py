"""The `flask match` commands: rank and evaluate on files, by the same publish and search as the web."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from .database import db
from .engine.baselines import Bm25, WRatio, character_pairs, dictionary_words
from .engine.measures import MEASURES, measure
from .engine.types import Ask, Card
from .i18n import today
from .profiles import services
from .profiles.files import BadLine, district_distances, read_asks, read_cards, read_grades
from .registry.models import Organization, Person
from .registry.vocabulary import OrganizationKind

match = AppGroup("match", help="Rank and evaluate on files, without a server and without a database.")

DEPTH = 20


@dataclass(frozen=True)
class Ranking:
    """One request's answer: (profile id, score), best first."""

    request: str
    rows: tuple[tuple[str, float], ...]


_input = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@match.command("rank")
@click.option("--profiles", "profiles_path", type=_input, required=True, help="JSON lines, one profile each.")
@click.option("--requests", "requests_path", type=_input, required=True, help="JSON lines, one request each.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where the ranking goes.")
@click.option("--top", default=DEPTH, show_default=True, type=click.IntRange(min=1), help="Rows for each request.")
@click.option("--content-only", is_flag=True, help="Only what they can do: no district, dates, people or fairness.")
def rank(profiles_path: Path, requests_path: Path, out: Path, top: int, content_only: bool) -> None:
    """Write `request, profile, rank, score`, separated by tabs, for every request."""
    with _readable():
        cards, asks = read_cards(profiles_path, warn=_warn), read_asks(requests_path, warn=_warn)
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


@match.command("evaluate")
@click.option("--profiles", "profiles_path", type=_input, required=True, help="JSON lines, one profile each.")
@click.option("--requests", "requests_path", type=_input, required=True, help="JSON lines, one request each.")
@click.option("--qrels", "qrels_path", type=_input, required=True, help="Request, profile, grade (1-3) on each line.")
def evaluate(profiles_path: Path, requests_path: Path, qrels_path: Path) -> None:
    """Compare the engine with plain rankers on graded relevance, in one table.

    Gain 2^grade - 1, logarithmic discount; relevant means grade 2 and above. Content only.
    """
    with _readable():
        cards, asks = read_cards(profiles_path, warn=_warn), read_asks(requests_path, warn=_warn)
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


def rankings(
    cards: Mapping[str, Card], asks: Mapping[str, Ask], *, top: int = DEPTH, content_only: bool = True
) -> Iterator[Ranking]:
    """Publish the cards into a database that is gone afterwards, then search it for every request."""
    now = datetime.now(UTC)
    with _throw_away_database():
        party_ids = _register(cards)
        with _progress("publishing", len(cards)) as step:
            for number, (key, card) in enumerate(cards.items(), start=1):
                services.publish(
                    registry="supporter", registration_id=number, party_id=party_ids[key], card=card, now=now
                )
                step()
        db.session.commit()
        keys = dict(enumerate(cards, start=1))
        distances = None if content_only else district_distances()
        with _progress("searching", len(asks)) as step:
            for request, ask in asks.items():
                result = services.search(
                    ask,
                    as_of=today(now),
                    registries=["supporter"],
                    limit=top,
                    content_only=content_only,
                    distances=distances,
                )
                yield Ranking(request, tuple((keys[hit.registration_id], hit.ranked.score) for hit in result.hits))
                step()


class Unreadable(click.ClickException):
    exit_code = 2


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except BadLine as error:
        raise Unreadable(str(error)) from error


def _warn(message: str) -> None:
    click.echo(message, err=True)


@contextmanager
def _throw_away_database() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="musubi-match-", ignore_cleanup_errors=True) as folder:
        app = Flask("matching.match")
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{Path(folder) / 'match.sqlite'}"
        db.init_app(app)
        with app.app_context():
            db.create_all()
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()


def _register(cards: Mapping[str, Card]) -> dict[str, int]:
    """Everybody as a party of their own, named by the key."""
    parties: dict[str, Person | Organization] = {}
    for key, card in cards.items():
        name = key[:120]
        parties[key] = (
            Person(name=name, name_key=name)
            if card.kind == "individual"
            else Organization(name=name, name_key=name, organization_kind=OrganizationKind.OTHER)
        )
    db.session.add_all(parties.values())
    db.session.flush()
    return {key: party.id for key, party in parties.items()}


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[], None]]:
    """A line on standard error for every tenth part, when somebody watches or there is much to do."""
    done = 0
    every = max(total // 10, 1)

    def step() -> None:
        nonlocal done
        done += 1
        if total >= 500 and done % every == 0:
            click.echo(f"{label} {done}/{total}", err=True)

    yield step
