"""What is asked for: its parts, what may be wrong with them, how they are written down, and how the engine sees them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass, fields
from datetime import date, time, timedelta

from flask_babel import gettext as _

from ...concepts.services import picked
from ...database import db
from ...engine.types import Ask, When
from ...errors import Invalid
from ...i18n import as_day
from ...registry import services as registry
from ...registry.models import Party
from ...registry.vocabulary import PARTS, District, Part
from ..models import HelpRequest, Need, Occasion

MAX_NEEDS = 6
LONGEST_NEED = 60
MAX_OCCASIONS = 6
DAYS_AHEAD = timedelta(days=731)
LONGEST_OUTLINE = 1000
NOON, EVENING = time(12), time(17)  # 夜間 begins where the community centres' afternoon ends


@dataclass(frozen=True)
class Wish:
    """When somebody should come: a first wish and a second choice, or a note where no day is fixed."""

    on: date | None = None
    part: Part | None = None
    starts: time | None = None
    ends: time | None = None
    second_on: date | None = None
    second_part: Part | None = None
    note: str | None = None

    @property
    def is_blank(self) -> bool:
        return not any(astuple(self))


@dataclass(frozen=True)
class Matter:
    """What an organization asks for, apart from its own words and its money."""

    title: str
    needs: tuple[str, ...] = ()
    field_number: int | None = None
    district_id: int | None = None
    place: str | None = None
    wishes: tuple[Wish, ...] = ()
    head_count: int = 1
    attendance: int | None = None


def wrong_with(wish: Wish, *, today: date, known: Collection[date] = ()) -> tuple[str, str] | None:
    """The first thing that is wrong with a wish: which part of it, and what to do. ``known`` days may have passed."""
    if not wish.on and (wish.second_on or not wish.note):
        return "on", _("日にちを入れてください。決まっていないときは「来週のどこか」のように書いてください。")
    for name, day in (("on", wish.on), ("second_on", wish.second_on)):
        if day and day < today and day not in known:
            return name, _("過ぎた日は選べません。今日よりあとの日を入れてください。")
        if day and day > today + DAYS_AHEAD:
            return name, _("2年より先の日は選べません。近い日を入れてください。")
    if wish.ends and not wish.starts:
        return "starts", _("始まりの時刻も入れてください。")
    if wish.starts and wish.ends and wish.starts >= wish.ends:
        return "ends", _("終わりの時刻は、始まりの時刻よりあとにしてください。")
    if wish.second_part and not wish.second_on:
        return "second_on", _("第2希望の日も入れてください。")
    return None


def wrong_with_needs(needs: Collection[str]) -> str | None:
    """What to do where there are too many phrases, or one is too long."""
    if len(needs) > MAX_NEEDS or any(len(need) > LONGEST_NEED for need in needs):
        return _("1行に%(long)d文字まで、%(count)d行までで書いてください。", long=LONGEST_NEED, count=MAX_NEEDS)
    return None


def matter_of(request: HelpRequest) -> Matter:
    """What a request asks for now."""
    return Matter(
        title=request.title,
        needs=tuple(need.phrase for need in request.needs),
        field_number=request.field_number,
        district_id=request.district_id,
        place=request.place,
        wishes=tuple(Wish(*(getattr(occasion, part.name) for part in fields(Wish))) for occasion in request.occasions),
        head_count=request.head_count,
        attendance=request.attendance,
    )


def write_matter(request: HelpRequest, matter: Matter, *, today: date) -> list[str]:
    """Check and write down what is asked for; answers the names of what changed."""
    before = matter_of(request)
    _refuse_bad(matter, today=today, known=_days(before))
    changed = [part.name for part in fields(Matter) if getattr(before, part.name) != getattr(matter, part.name)]
    for name in changed:
        if name == "needs":
            _write_needs(request, matter.needs)
        elif name == "wishes":
            _write_wishes(request, matter.wishes)
        else:
            setattr(request, name, getattr(matter, name))
    return changed


def _days(matter: Matter) -> set[date]:
    return {day for wish in matter.wishes for day in (wish.on, wish.second_on) if day}


def _refuse_bad(matter: Matter, *, today: date, known: Collection[date]) -> None:
    if message := wrong_with_needs(matter.needs):
        raise Invalid(message, field="needs")
    if not 1 <= len(matter.wishes) <= MAX_OCCASIONS:
        raise Invalid(
            _("来てほしい日時を、1回から%(count)d回まで入れてください。", count=MAX_OCCASIONS), field="occasions"
        )
    for wish in matter.wishes:
        if wrong := wrong_with(wish, today=today, known=known):
            raise Invalid(wrong[1], field="occasions")


# Rows that stay keep their ids: inquiries and dispatches point at an occasion. A phrase that stays keeps the concept
# that was meant, whatever became of that concept's label.
def _write_needs(request: HelpRequest, phrases: tuple[str, ...]) -> None:
    meant = {need.phrase: need.concept for need in request.needs if need.concept}
    told = [(phrase, meant.get(phrase) or picked(phrase)) for phrase in phrases]
    for row, (phrase, concept) in zip(request.needs, told, strict=False):
        row.phrase, row.concept = phrase, concept
    for phrase, concept in told[len(request.needs) :]:
        request.needs.append(Need(position=len(request.needs) + 1, phrase=phrase, concept=concept))
    del request.needs[len(phrases) :]


def _write_wishes(request: HelpRequest, wishes: tuple[Wish, ...]) -> None:
    for row, wish in zip(request.occasions, wishes, strict=False):
        for part in fields(Wish):
            setattr(row, part.name, getattr(wish, part.name))
    for wish in wishes[len(request.occasions) :]:
        values = {part.name: getattr(wish, part.name) for part in fields(Wish)}
        request.occasions.append(Occasion(position=len(request.occasions) + 1, **values))
    del request.occasions[len(wishes) :]


def part_of(starts: time) -> Part:
    """The part of the day in which something begins."""
    return Part.MORNING if starts < NOON else Part.AFTERNOON if starts < EVENING else Part.EVENING


def _when(on: date | None, part: Part | None, starts: time | None = None) -> list[When]:
    """A day without part or time is its whole day; without a day there is nothing to compare."""
    if on is None:
        return []
    part = part or (part_of(starts) if starts else None)
    parts = [PARTS.index(part)] if part else range(len(PARTS))
    return [When(frozenset(on.weekday() * len(PARTS) + each for each in parts), on)]


def ask_of(request: HelpRequest) -> Ask:
    """The request as the engine compares it."""
    when = [
        each
        for occasion in request.occasions
        for each in (
            *_when(occasion.on, occasion.part, occasion.starts),
            *_when(occasion.second_on, occasion.second_part),
        )
    ]
    return Ask(
        title=request.title,
        detail=request.trouble,
        needs=tuple(need.phrase for need in request.needs),
        field=request.field_number,
        district=request.district_id,
        when=tuple(when),
        supports=frozenset(),
        money=request.money.value if request.money else None,
        people=request.head_count,
        concepts=tuple(need.concept for need in request.needs if need.concept),
    )


def when_in_words(wish: Wish | Occasion) -> str:
    """「2026年12月5日（土）午後 13:30から15:00まで、第2希望 …」"""
    first = [as_day(wish.on) if wish.on else "", _(wish.part.label) if wish.part else ""]
    if wish.starts and wish.ends:
        first.append(_("%(start)sから%(end)sまで", start=f"{wish.starts:%H:%M}", end=f"{wish.ends:%H:%M}"))
    elif wish.starts:
        first.append(_("%(start)sから", start=f"{wish.starts:%H:%M}"))
    words = [" ".join(part for part in first if part)]
    if wish.second_on:
        part = _(wish.second_part.label) if wish.second_part else ""
        words.append(_("第2希望 %(day)s", day=f"{as_day(wish.second_on)} {part}".strip()))
    words.append(wish.note or "")
    return _("、").join(word for word in words if word)


def draft_outline(matter: Matter) -> str:
    """A first wording of what candidates are told, from the facts; the requester's own words never go into it."""
    district = db.session.get(District, matter.district_id) if matter.district_id else None
    lines = [matter.title]
    if matter.needs:
        lines.append(_("お願いしたいこと：%(needs)s", needs=_("、").join(matter.needs)))
    lines += [_("とき：%(when)s", when=when_in_words(wish)) for wish in matter.wishes]
    if district:
        lines.append(_("ところ：%(district)s地域", district=district.name))
    people = _("来てほしい人数：%(count)s人", count=matter.head_count)
    if matter.attendance:
        people += _("（参加する人は%(count)s人くらい）", count=matter.attendance)
    return "\n".join([*lines, people])[:LONGEST_OUTLINE]


def refuse_contact_data(told: str, *, of: Collection[Party | None] = (), field: str = "outline") -> None:
    """What the other side is told before the decision must not let them go round the desk to these parties."""
    points = [point for party in of if party for point in party.contact_points]
    if found := registry.contact_data_in(told, points):
        message = _(
            "%(what)sのようなものがあります。連絡先は決定のあとに別に伝わるので、消してください。",
            what=_("・").join(found),
        )
        raise Invalid(message, field=field)
