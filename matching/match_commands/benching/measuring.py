"""How long things take and how much memory: a shortlist, a publication, a web process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from ...concepts.services import knowledge
from ...database import db
from ...dispatch.services import searching
from ...engine.lexicon import IDEA_MARK
from ...engine.types import Ask, Card, Phrase
from ...help_requests.models import HelpRequest
from ...profiles import services as profiles
from ...profiles.models import Term
from ...profiles.warming import warm
from ...registry.models import Registry
from .inventing.asking import Asked, hostile, troubles
from .inventing.population import Population
from .inventing.vocabulary import SEED
from .serving.processes import Browser, web_processes
from .serving.staging import PASSWORD, coordinators, requests_for

LIMIT = 20
_WARMING = 10
_PUBLISHED = 25
_AFTER_ALL = 1_000_000_000  # ids of registrations that are published and withdrawn again


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    values: tuple[float, ...]

    def at(self, share: float) -> float:
        ordered = sorted(self.values)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")

    @property
    def p50(self) -> float:
        return self.at(0.5)

    @property
    def p95(self) -> float:
        return self.at(0.95)


def timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


@dataclass(frozen=True)
class Shortlists:
    first: float  # the first search of this process, with all that is read then
    fresh: Times  # asks that were never asked, in a process that has searched before
    processor: Times  # of that, the processor's: what a machine that does nothing else would need at most
    again: Times  # the same asks once more
    hostile: tuple[tuple[str, float, int], ...]  # name, ms, candidates


def shortlists(count: int, *, now: datetime) -> Shortlists:
    """Text in, twenty explained candidates out, by ``searching.searcher``: consents, distances, standings and all."""
    lexicon = knowledge().lexicon
    asked = troubles(lexicon, _WARMING + count)
    request_id = requests_for([asked[0].ask], now=now)[0].id
    db.session.commit()

    def search(ask: Ask) -> int:
        db.session.remove()  # as every web request: a transaction of its own
        request = db.session.get_one(HelpRequest, request_id)
        return len(searching.searcher(request, now=now)(ask).hits)

    first = timed(lambda: search(asked[0].ask))
    warm()  # as every web process has, a few seconds after its first page
    for one in asked[1:_WARMING]:
        search(one.ask)
    processor: list[float] = []

    def worked(ask: Ask) -> None:
        began = time.process_time()
        search(ask)
        processor.append((time.process_time() - began) * 1000)

    fresh = Times(tuple(timed(partial(worked, one.ask)) for one in asked[_WARMING:]))
    again = Times(tuple(timed(partial(search, one.ask)) for one in asked[_WARMING:]))
    told = []
    for one in hostile(lexicon, everybodys_word()):
        began = time.perf_counter()
        candidates = search(one.ask)
        told.append((one.name, (time.perf_counter() - began) * 1000, candidates))
    db.session.remove()
    return Shortlists(first, fresh, Times(tuple(processor)), again, tuple(told))


def everybodys_word() -> str:
    """The word that most people have."""
    query = select(Term.text).where(Term.text.not_like(IDEA_MARK + "%")).order_by(Term.df.desc(), Term.text).limit(1)
    return db.session.scalar(query) or "講師"


def publications(population: Population, *, now: datetime) -> tuple[Times, Times]:
    """Publishing one registration and committing it: in words that others use, and with words that nobody used."""
    dice = random.Random(SEED + 2)
    frequent = population.words.names.things[:300]

    def publish(card: Card, number: int) -> None:
        profiles.publish(
            registry=Registry.SUPPORTER.value, registration_id=_AFTER_ALL + number, party_id=1, card=card, now=now
        )
        db.session.commit()

    found: list[Times] = []
    for with_new in (False, True):
        took = []
        for number in range(_PUBLISHED):
            card = population.registrant(_AFTER_ALL + number).card
            said = [dice.choice(frequent).text for _ in range(4)]
            if with_new:
                said[:2] = [_unheard(population, dice), _unheard(population, dice)]
            card = replace(card, phrases=tuple(Phrase(text) for text in said), intro="よろしくお願いします。")
            db.session.remove()
            took.append(timed(partial(publish, card, number)))
        for number in range(_PUBLISHED):
            profiles.withdraw(registry=Registry.SUPPORTER.value, registration_id=_AFTER_ALL + number, now=now)
        db.session.commit()
        found.append(Times(tuple(took[1:])))  # the first reads what the next ones remember
    return found[0], found[1]


def _unheard(population: Population, dice: random.Random) -> str:
    while True:
        word = population.words.numbered(dice.randrange(2**50, 2**60))
        if not db.session.scalar(select(func.count()).select_from(Term).where(Term.text == word)):
            return word


@dataclass(frozen=True)
class WebProcess:
    seconds_to_start: float
    resident: int | None  # bytes after the first search
    first_page: float  # ms of the first shortlist through the application, from the button to the page
    next_page: float


def web_process(url: str, folder: Path, asked: Sequence[Asked], *, now: datetime) -> WebProcess:
    """One process of a server, started for this: one coordinator signs in and searches."""
    emails = coordinators(1, now=now)
    ids = [request.id for request in requests_for([one.ask for one in asked[:2]], now=now)]
    db.session.commit()
    db.session.remove()
    with web_processes(url, folder) as served:
        browser = Browser(served.addresses[0])
        browser.sign_in(emails[0], PASSWORD)
        took = []
        for id_ in ids:
            browser.get(f"/requests/{id_}/candidates")
            took.append(timed(partial(browser.post, f"/requests/{id_}/candidates", {})))
        resident = served.resident()
        return WebProcess(served.started_in, max(resident, default=None), took[0], took[-1])
