"""The demo city while it comes to life: its files, its clock, and everything that happens in the order in which it does.

Whoever registers, sits on a council or asks for help is a *life*: a generator that says when it goes on. All lives run
together, earliest first, so that each step finds the city as it was on that day: who was registered then, whom others
were asking, which number came next.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

from flask_security.utils import hash_password
from sqlalchemy import bindparam, update

from ..accounts.actor import Actor, actor_of
from ..accounts.models import User
from ..database import db
from ..i18n import TOKYO, today
from ..outbox import Message, MessageState
from ..registry.models import Party
from ..registry.vocabulary import Desk

FOLDER = Path(__file__).parent / "city"
PASSWORD = "kyodo-musubi-demo"
OPENED = date(2023, 4, 3)  # the day on which the city began to use the software
OPENS, CLOSES = time(8, 40), time(17)

Life = Iterator[datetime]
Steps = Generator[datetime, None, Any]  # a part of a life, with what comes of it


class Facts(dict[str, Any]):
    """An entry of a file: a fact that is not written is None."""

    def __missing__(self, key: str) -> None:
        return None


def read(name: str) -> list[Facts]:
    """The entries of one kind, from all files of its folder; a fact that is not written is not known."""
    files = sorted((FOLDER / name).glob("*.json"))
    return [entry for file in files for entry in json.loads(file.read_text(encoding="utf-8"), object_hook=Facts)]


def spread(key: str, below: int) -> int:
    """A number from 0 that is the same at every loading: so that not everybody comes at the same minute."""
    return crc32(key.encode()) % below


def _is_closed(day: date) -> bool:
    return day.weekday() >= 5 or (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def next_at_work(moment: datetime, key: str = "") -> datetime:
    """This moment, where desks are open then; else soon after they open next."""
    local = moment.astimezone(TOKYO)
    day = local.date() + timedelta(days=local.time() >= CLOSES)
    if day == local.date() and local.time() >= OPENS and not _is_closed(day):
        return moment
    while _is_closed(day):
        day += timedelta(days=1)
    return _at(day, OPENS) + timedelta(minutes=spread(key, 90))


def last_at_work(moment: datetime) -> datetime:
    """This moment, where desks are open then; else when they last closed."""
    local = moment.astimezone(TOKYO)
    day = local.date() - timedelta(days=local.time() < OPENS)
    while _is_closed(day):
        day -= timedelta(days=1)
    return min(moment, _at(day, CLOSES))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=TOKYO).astimezone(UTC)


@dataclass
class City:
    """What there is so far, by its key in the files; ``today`` is the day of loading, in Tokyo."""

    now: datetime
    rows: dict[str, Facts] = field(default_factory=dict)  # everybody whom another entry may name
    parties: dict[str, Party] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    coordinators: dict[str, list[User]] = field(default_factory=dict)  # by desk
    council_staff: dict[str, User] = field(default_factory=dict)  # clerks by department, 職員課 under ""
    desks: dict[str, Desk] = field(default_factory=dict)
    districts: dict[str, int] = field(default_factory=dict)
    needed: dict[str, datetime] = field(default_factory=dict)  # when a story first needs somebody
    _waiting: list[tuple[datetime, int, str, Life]] = field(default_factory=list)

    # -- The clock

    @property
    def today(self) -> date:
        return today(self.now)

    @property
    def opened(self) -> datetime:
        """When staff were there, and nobody else."""
        return min(_at(OPENED, OPENS), self.last)

    @cached_property
    def last(self) -> datetime:
        """The last moment at which a desk was open."""
        return last_at_work(self.now)

    def day(self, ahead: int) -> date:
        """So many days from the coming Sunday: the stories were written with their weekdays in mind."""
        return self.today + timedelta(days=(6 - self.today.weekday()) + ahead)

    def on(self, day: date, key: str) -> datetime:
        """Some time of this day, or of the next on which desks are open; never later than now."""
        moment = _at(day, OPENS) + timedelta(minutes=spread(key, 490))
        return min(next_at_work(moment, key), self.last)

    def days_ago(self, days: int, key: str, *, at_home: bool = False) -> datetime:
        """Some time of that day; where a desk was needed, on a day when it was open. Never later than now."""
        day = self.today - timedelta(days=days)
        if at_home:
            return min(_at(day, time(7)) + timedelta(minutes=spread(key, 900)), self.now)
        while _is_closed(day):
            day -= timedelta(days=1)
        return self.on(day, key)

    def since_opening(self, day: date, key: str) -> datetime:
        """When the software heard of something that happened on this day: what is older was brought in at the start."""
        return self.on(max(day, OPENED + timedelta(days=spread(key, 20))), key)

    def later(self, than: datetime, wait: timedelta, key: str, *, until: datetime | None = None) -> datetime:
        """So much later, when desks are open. Where less time is left, half of what is: so there is always some left."""
        until = min(until or self.last, self.last)
        if until <= than:
            return than
        return min(next_at_work(than + min(wait, (until - than) / 2), key), until)

    # -- Who acts

    @cached_property
    def password(self) -> str:
        """Hashed once: all accounts have the same, and hashing is slow on purpose."""
        return hash_password(PASSWORD)

    def at_the_desk(self, desk: str = "kyodo", key: str = "") -> Actor:
        """A coordinator of the desk; where it has several, they take turns."""
        staff = self.coordinators[desk]
        return actor_of(staff[spread(key, len(staff))])

    def for_councils(self, department: str) -> Actor:
        """The department's clerk; 職員課 does it for departments that have none."""
        return actor_of(self.council_staff.get(department) or self.council_staff[""])

    # -- What happens

    def begin(self, key: str, life: Life) -> None:
        """Add a life; nothing of it happens yet."""
        self._go_on(len(self._waiting), key, life)

    def _go_on(self, number: int, key: str, life: Life) -> bool:
        try:
            moment = next(life, None)
        except Exception as error:
            error.add_note(f"This is about {key} of the demo city.")
            raise
        if moment is not None:
            heapq.heappush(self._waiting, (moment, number, key, life))
        return moment is not None

    def live(self, tell: Callable[[date, int, int], None]) -> None:
        """Let everything happen. ``tell`` hears of every life that is told: the day, how many those are, of how many."""
        total = len(self._waiting)
        while self._waiting:
            moment, number, key, life = heapq.heappop(self._waiting)
            post(moment)
            if not self._go_on(number, key, life):
                tell(today(moment), total - len(self._waiting), total)
        post(self.now)


def post(moment: datetime) -> None:
    """Mails leave when they are due. Not by ``outbox.deliver_due``, which commits: a city comes whole or not at all."""
    db.session.execute(LEAVE, {"moment": moment}, execution_options={"synchronize_session": False})


LEAVE = (
    update(Message)
    .where(Message.state == MessageState.HELD, Message.due_at <= bindparam("moment"))
    .values(
        state=MessageState.SENT,
        attempts=1,
        claimed_at=Message.due_at,
        sent_at=Message.due_at,
        created_at=Message.due_at,
    )
)
