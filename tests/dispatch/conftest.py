"""The tests of this room live on one Tuesday morning, so that pages and services agree on what day it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from .factories import NOW


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates
