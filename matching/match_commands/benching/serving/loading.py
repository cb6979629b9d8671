"""The load test: ten coordinators search at once on two web processes while people register, change and leave."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from flask import Flask

from ....accounts.actor import SYSTEM
from ....concepts.services import knowledge
from ....database import begin_as, db
from ....engine.types import Ask
from ....registry import services as registry
from ....registry.models import Purpose
from ....registry.services import SkillWords
from ....supporters import services as supporters
from ....supporters.models import Supporter
from ..inventing.asking import troubles
from ..inventing.vocabulary import SEED, Words
from ..measuring import Times, timed
from .processes import Browser, Failed, Served, web_processes
from .staging import PASSWORD, coordinators, requests_for

COORDINATORS = 10
PROCESSES = 2
_PAUSE = 0.2  # seconds between two changes, as of a busy desk
_SHOWN = re.compile(r'name="shown" value="(\d+)"')  # the list that the button stands on
_UNHEARD = 2**50  # words from here on were said by nobody


@dataclass
class Load:
    """What happened. A change has appeared when the next shortlist shows it."""

    searches: list[float] = field(default_factory=list)  # ms from the button to the page
    errors: list[str] = field(default_factory=list)
    changes: int = 0
    appeared: int = 0
    checked: int = 0
    seconds: float = 0.0
    resident: list[int] = field(default_factory=list)

    @property
    def times(self) -> Times:
        return Times(tuple(self.searches))


def load(app: Flask, url: str, folder: Path, *, each: int, markers: int, now: datetime) -> Load:
    """Every coordinator searches ``each`` times for requests of their own; meanwhile ``markers`` people come and go."""
    known = knowledge().lexicon
    emails = coordinators(COORDINATORS + 1, now=now)
    asks = [one.ask for one in troubles(known, COORDINATORS * each, seed=SEED + 5)]
    ids = [request.id for request in requests_for(asks, now=now)]
    words = [Words(known).numbered(_UNHEARD + number) for number in range(markers)]
    marked = [request.id for request in requests_for([Ask(title=f"{word}を教えてほしい") for word in words], now=now)]
    db.session.commit()
    db.session.remove()
    found = Load()
    with web_processes(url, folder, count=PROCESSES) as served:
        browsers = [_signed_in(served, number, email) for number, email in enumerate(emails)]
        for browser in browsers:
            _pressing(browser, ids[0])()  # each process has searched once
        began = time.monotonic()
        threads = [
            threading.Thread(target=_search, args=(browser, ids[number::COORDINATORS], found))
            for number, browser in enumerate(browsers[:COORDINATORS])
        ]
        changing = threading.Thread(target=_change, args=(app, browsers[-1], words, marked, found))
        for thread in (*threads, changing):
            thread.start()
        for thread in threads:
            thread.join()
        found.seconds = time.monotonic() - began
        changing.join()
        found.resident = served.resident()
    return found


def _signed_in(served: Served, number: int, email: str) -> Browser:
    browser = Browser(served.addresses[number % len(served.addresses)])
    browser.sign_in(email, PASSWORD)
    return browser


def _pressing(browser: Browser, request_id: int) -> Callable[[], str]:
    """The page of candidates is open; the button on it, to be pressed."""
    path = f"/requests/{request_id}/candidates"
    shown = _SHOWN.search(browser.get(path))
    if shown is None:
        raise Failed(f"{path}: no button")
    return lambda: browser.post(path, {"shown": shown[1]})


def _search(browser: Browser, ids: Sequence[int], found: Load) -> None:
    for id_ in ids:
        try:
            found.searches.append(timed(_pressing(browser, id_)))
        except Failed as error:
            found.errors.append(str(error))


def _change(app: Flask, browser: Browser, words: Sequence[str], marked: Sequence[int], found: Load) -> None:
    """Somebody registers, is found; says something else, is not; says it again, and takes the consent back."""
    for word, request_id in zip(words, marked, strict=True):
        name = f"計測{uuid4().hex[:10]}"

        def check(expected: bool, request_id: int = request_id, name: str = name) -> None:
            found.changes += 1
            try:
                page = _pressing(browser, request_id)()
            except Failed as error:
                found.errors.append(str(error))
                return
            found.checked += 1
            found.appeared += (name in page) is expected
            time.sleep(_PAUSE)

        id_: int | None = None
        try:
            with _changing(app):
                party = registry.create_person(name, kana="けいそく")
                told = supporters.Told(skills=[SkillWords(word)], intro="いつでも伺います。")
                consents = [Purpose.MATCHING]
                supporter = supporters.register(
                    party, told, consents=consents, contacts=[], pledged=True, by=SYSTEM, now=datetime.now(UTC)
                )
                supporters.confirm(supporter, by=SYSTEM, now=datetime.now(UTC))
                id_ = supporter.id
            check(True)
            _say(app, id_, "折り紙")
            check(False)
            _say(app, id_, word)
            check(True)
        except Exception as error:  # whatever it was, the figures must say so
            found.errors.append(f"a change: {error}")
        finally:
            if id_ is not None:
                with _changing(app):
                    supporter = db.session.get_one(Supporter, id_)
                    supporters.withdraw_consent(supporter, Purpose.MATCHING, by=SYSTEM, now=datetime.now(UTC))
        check(False)


def _say(app: Flask, supporter_id: int, word: str) -> None:
    with _changing(app):
        supporter = db.session.get_one(Supporter, supporter_id)
        supporters.edit(
            supporter,
            supporters.Told(skills=[SkillWords(word)], intro="いつでも伺います。"),
            name=supporter.party.name,
            kana=supporter.party.kana,
            district_id=None,
            consents=[Purpose.MATCHING],
            contacts=[],
            by=SYSTEM,
            now=datetime.now(UTC),
        )


@contextmanager
def _changing(app: Flask) -> Iterator[None]:
    """A transaction of its own, as of a web request that writes."""
    with app.test_request_context():
        begin_as(writer=True)
        try:
            yield
            db.session.commit()
        finally:
            db.session.remove()
