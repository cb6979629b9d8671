"""What every kind of database can do for a back-up, whichever way it does it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import click


class NotDone(click.ClickException):
    """Nothing was changed; the message says why and what to do."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"✗ {self.message}", file=file, err=file is None)


@dataclass(frozen=True)
class Contents:
    """What a back-up holds, as read from the file itself."""

    revision: str
    tables: frozenset[str]


class Keeper(Protocol):
    suffix: str

    def write(self, path: Path) -> None:
        """Everything as it is at one moment, while others go on working; into a file that is there and empty."""

    def read(self, path: Path) -> Contents:
        """The whole file is read; raises NotDone when it is not a whole back-up."""
        ...

    def replaced_by(self, path: Path, *, aside: Path | None) -> AbstractContextManager[None]:
        """The back-up takes the database's place; what stood there comes back when the block fails."""
        ...

    def refuse_company(self) -> None:
        """Raises NotDone while others use the database in a way that a restore would break."""

    def is_broken(self) -> bool:
        """What stands there cannot be read as a database any more."""
        ...

    def move_away(self, path: Path) -> None:
        """The files of a broken one are laid aside as they are."""
