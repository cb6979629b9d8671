"""`flask match bench`: build, measure, compare and load, for one size after another."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import make_url

from ...concepts.services import knowledge
from ...i18n import today
from .comparing.side_by_side import compare
from .filling.building import build, in_application, size_of
from .inventing.asking import troubles
from .inventing.population import Population
from .measuring import publications, shortlists, web_process
from .serving.loading import load
from .telling import Figures, growth, lines

_ASKS = 60
_COMPARED = 20
_LOADED = 10  # searches of each coordinator
_MARKERS = 5


class _Sizes(click.ParamType):
    name = "numbers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        numbers = str(value).replace("_", "").split(",")
        if not all(number.isdecimal() and int(number) > 0 for number in numbers):
            self.fail(f"{value!r} is not a list of numbers such as 10000,100000", param, ctx)
        return [int(number) for number in numbers]


@click.command("bench")
@click.option("--supporters", "sizes", type=_Sizes(), default="10000,100000,1000000", show_default=True)
@click.option("--database", help="URL of an empty database instead of a file that is gone afterwards; it stays filled.")
@click.option(
    "--keep", type=click.Path(dir_okay=False, path_type=Path), help="An SQLite file that stays, and is used again."
)
@click.option("--asks", default=_ASKS, show_default=True, type=click.IntRange(min=1), help="Shortlists that are timed.")
@click.option("--load", "with_load", is_flag=True, help="Also ten coordinators at once while registrations change.")
def bench(sizes: list[int], database: str | None, keep: Path | None, asks: int, with_load: bool) -> None:
    """Invent registrants, publish them, and measure searching, publishing and memory beside other ways to search.

    A million takes some minutes and 8 GB of disk. Nothing is done to the city's own database.
    """
    if database and keep:
        raise click.UsageError("--database and --keep name two places")
    if len(sizes) > 1 and (database or keep):
        raise click.UsageError("one database holds one number of --supporters")
    found = []
    for people in sizes:
        with ExitStack() as stack:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="musubi-bench-", ignore_cleanup_errors=True))
            )
            url = database or f"sqlite:///{keep.resolve() if keep else folder / 'bench.sqlite'}"
            figures = _measure(url, people, folder, asks=asks, with_load=with_load)
        found.append(figures)
        click.echo("\n".join(lines(figures)))
    if len(found) > 1:
        click.echo("\n".join(growth(found)))


def _measure(url: str, people: int, folder: Path, *, asks: int, with_load: bool) -> Figures:
    def tell(line: str) -> None:
        click.echo(line, err=True)

    now = datetime.now(UTC)
    built = build(url, people, folder / "instance", tell=tell, now=now)
    with in_application(url, folder / "instance") as app:
        known = knowledge().lexicon
        size = size_of(url)
        tell("timing shortlists and publications")
        searched = shortlists(asks, now=now)
        published = publications(Population(known), now=now)
        web = web_process(url, folder / "instance", troubles(known, 2), now=now)
        comparison = compare(people, min(asks, _COMPARED), as_of=today(now), tell=tell)
        loaded = None
        if with_load:
            tell("ten coordinators at once")
            loaded = load(app, url, folder / "instance", each=min(asks, _LOADED), markers=min(asks, _MARKERS), now=now)
    kind = "SQLite" if make_url(url).get_backend_name() == "sqlite" else "PostgreSQL"
    return Figures(people, kind, built, size, searched, published, web, comparison, loaded)
