"""Running the engine over files: publish into a database that is gone afterwards, and search it for every request."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask

from ..database import db
from ..engine.types import Ask, Card
from ..i18n import today
from ..profiles import services
from ..profiles.files import BadLine, district_distances
from ..registry.models import Organization, Person
from ..registry.vocabulary import OrganizationKind

DEPTH = 20


@dataclass(frozen=True)
class Ranking:
    """One request's answer: (profile id, score), best first."""

    request: str
    rows: tuple[tuple[str, float], ...]


def rankings(
    cards: Mapping[str, Card], asks: Mapping[str, Ask], *, top: int = DEPTH, content_only: bool = True
) -> Iterator[Ranking]:
    """Publish the cards into a database that is gone afterwards, then search it for every request."""
    now = datetime.now(UTC)
    with _throw_away_database():
        party_ids = _register(cards)
        with progress("publishing", len(cards)) as step:
            for number, (key, card) in enumerate(cards.items(), start=1):
                services.publish(
                    registry="supporter", registration_id=number, party_id=party_ids[key], card=card, now=now
                )
                step()
        db.session.commit()
        keys = dict(enumerate(cards, start=1))
        distances = None if content_only else district_distances()
        with progress("searching", len(asks)) as step:
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
def readable() -> Iterator[None]:
    try:
        yield
    except BadLine as error:
        raise Unreadable(str(error)) from error


def warn(message: str) -> None:
    click.echo(message, err=True)


@contextmanager
def _throw_away_database() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="musubi-match-", ignore_cleanup_errors=True) as folder:
        # With an instance folder of its own: what is measured is the program, not what a city trained.
        app = Flask("matching.match", instance_path=str(Path(folder).resolve()))
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
            Person(name=name)
            if card.kind == "individual"
            else Organization(name=name, organization_kind=OrganizationKind.OTHER)
        )
    db.session.add_all(parties.values())
    db.session.flush()
    return {key: party.id for key, party in parties.items()}


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[], None]]:
    """A line on standard error for every tenth part, when somebody watches or there is much to do."""
    done = 0
    every = max(total // 10, 1)

    def step() -> None:
        nonlocal done
        done += 1
        if total >= 500 and done % every == 0:
            click.echo(f"{label} {done}/{total}", err=True)

    yield step
