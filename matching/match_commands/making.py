"""`flask match train` and `flask match vectors`: making the two files that the engine has learned."""

from __future__ import annotations

import time
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from ..concepts.services import knowledge
from ..engine import encoder as program
from ..engine.lexicon import lexicon
from ..engine.vectors import PATH as VECTORS_PATH
from ..engine.vectors import vectors as word_vectors
from ..training.encoder import train as learn
from ..training.vectors import derive

EVERY = 50


@click.command("train")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the instance folder.")
@click.option("--for-the-program", is_flag=True, help="Write the file that comes with the program.")
@with_appcontext
def train(out: Path | None, for_the_program: bool) -> None:
    """Teach the encoder the lexicon as it stands, the city's own entries included.

    Needs PyTorch: pip install -e '.[train]'. The result is used from the next search on; `flask profiles reindex`
    then reads the registrations with it.
    """
    if out is not None and for_the_program:
        raise click.UsageError("--out and --for-the-program name two places")
    # What comes with the program holds nothing of one city, and needs no database.
    concepts = lexicon() if for_the_program else knowledge().lexicon
    words = word_vectors()
    if words is None:
        raise click.ClickException(f"the word vectors are missing: {VECTORS_PATH.name}; see `flask match vectors`")
    target = program.PATH if for_the_program else out or Path(current_app.instance_path) / "encoder.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        if done % EVERY == 0 or done == total:
            click.echo(f"{done}/{total} steps, {time.monotonic() - began:.0f} s", err=True)

    try:
        made = learn(concepts, words, target, progress=progress)
    except ImportError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install -e '.[train]'") from error
    size = target.stat().st_size / 1_000_000
    click.echo(f"{target.name}: {len(made.trained)} concepts, version {made.version}, {size:.1f} MB")


@click.command("vectors")
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=VECTORS_PATH, show_default=False)
def vectors(wheel: Path, out: Path) -> None:
    """Derive the word vectors from a ja_ginza wheel (pip download --no-deps ja_ginza==5.3.0)."""
    try:
        count = derive(wheel, out)
    except ImportError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install -e '.[train]'") from error
    click.echo(f"{count} words, {out.stat().st_size / 1_000_000:.1f} MB")
