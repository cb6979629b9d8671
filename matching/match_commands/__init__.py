"""The `flask match` commands: rank, evaluate and train on files, by the same publish and search as the web; and a bench."""

from __future__ import annotations

from flask.cli import AppGroup

from .benching.command import bench
from .comparing import evaluate, rank
from .making import train, vectors

match = AppGroup("match", help="Rank, evaluate and train on files, without a server.")
for command in (rank, evaluate, train, vectors, bench):
    match.add_command(command)

__all__ = ["match"]
