"""The public face of a request: what its requester let everybody read while somebody is looked for, and nothing else.

The words are those of the outline: the one text that a desk wrote or checked for eyes outside. Its first line is the
title, or its first sentence where it is one paragraph. The requester's own title stays inside, because it often says
who asks; a second title for the public would be one more text to keep in step. A search is compared with
nothing but what is shown: an organization's name finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..concepts.services import understood
from ..database import db
from ..i18n import as_day, today
from ..profiles.texts import meaning_the_same
from ..registry.paging import Paged, page_of
from ..registry.vocabulary import District, Field, Money
from .models import HelpRequest, Occasion
from .services.finding import LONGEST, holds, text_key, word_keys
from .states import RequestState

FIRST_SENTENCE = re.compile(r"(.{4,}?)。(?=.)")
KANA = re.compile(r"[ァ-ヺー]*")  # as text_key leaves it
LONGEST_TITLE = 50
LOOKED_AT = 500  # the latest released that words are compared with
# Somebody is still looked for. Whoever comes is not yet promised.
LOOKING = frozenset({RequestState.ACCEPTED, RequestState.INQUIRING})


@dataclass(frozen=True)
class PublicRequest:
    """A request as everybody may read it. ``key`` is random: it tells neither how many there are nor which came when."""

    key: str
    title: str
    outline: str  # what follows the title; may be empty
    field: Field | None
    district: District | None
    days: tuple[str, ...]  # 「12月5日（土）午後」, in words
    head_count: int
    money: Money | None
    released_on: date | None  # None only where its requester looks at what would be shown


@dataclass(frozen=True)
class Found:
    """One page of the requests that a search found; ``by_meaning`` where any of all pages holds none of the words."""

    page: Pagination
    by_meaning: bool = False


def public_requests(
    *,
    day: date,
    words: str = "",
    as_written: bool = False,
    field: int | None = None,
    district: int | None = None,
    page: int = 1,
    per_page: int = 20,
) -> Found:
    """Pages of ``PublicRequest``, latest released first, for the macro ``pagination``; a fixed number of queries.

    Words, and unless ``as_written`` other names of what they mean, are compared with what is shown of the latest
    ``LOOKED_AT``; behind these follow those of the latest that mean the same. Without words the database cuts the page
    out.
    """
    query = _shown(day)
    if field is not None:
        query = query.where(HelpRequest.field_number == field)
    if district is not None:
        query = query.where(HelpRequest.district_id == district)
    asked = word_keys(words)
    if not asked:
        return Found(_page(query, page=page, per_page=per_page))
    meant = set() if as_written else _names_of_what_is_meant(words)
    found = [public_face(row) for row in db.session.scalars(query.options(*_LOADED).limit(LOOKED_AT))]
    texts = [text_key(f"{one.title} {one.outline}") for one in found]
    answering = [
        one for one, text in zip(found, texts, strict=True) if holds(asked, text) or any(name in text for name in meant)
    ]
    near: list[PublicRequest] = []
    if not as_written:
        shown = [(one.title, one.outline) for one in found]
        same = [found[at] for at in meaning_the_same(words[:LONGEST], shown, day=day)]
        near = [one for one in same if one not in answering]
    return Found(Paged([*answering, *near], page=page, per_page=per_page), by_meaning=bool(near))


def _names_of_what_is_meant(words: str) -> set[str]:
    """What else somebody would call it, without short words of kana, which stand within others."""
    names = {text_key(name) for concept in understood(words[:LONGEST]) for name in (*concept.names, *concept.experts)}
    return {name for name in names if len(name) > 3 or (len(name) > 1 and not KANA.fullmatch(name))}


def _page(query: Select[HelpRequest], *, page: int, per_page: int) -> Pagination:
    """One page of faces."""
    found: Any = page_of(query, page=page, per_page=per_page, options=_LOADED)
    found.items = [public_face(row) for row in found.items]
    return found


def public_request(key: str, *, day: date) -> PublicRequest | None:
    """The one of this key, while it is shown."""
    row = db.session.scalar(_shown(day).options(*_LOADED).where(HelpRequest.public_key == key))
    return public_face(row) if row else None


def how_many(*, day: date) -> int:
    """So many are shown to everybody; one query."""
    return db.session.scalar(select(func.count()).select_from(HelpRequest).where(_is_shown(day))) or 0


def _is_shown(day: date) -> ColumnElement[bool]:
    """Released, looked for, and not over: every day that was wished for is past. Without a day it never is."""
    to_come = or_(Occasion.on.is_(None), Occasion.on >= day, Occasion.second_on >= day)
    return and_(
        HelpRequest.released_at.is_not(None),
        HelpRequest.state.in_(LOOKING),
        HelpRequest.outline.is_not(None),
        HelpRequest.outline != "",
        or_(~HelpRequest.occasions.any(), HelpRequest.occasions.any(to_come)),
    )


_LOADED = (
    joinedload(HelpRequest.field),
    joinedload(HelpRequest.district),
    selectinload(HelpRequest.requester),
    selectinload(HelpRequest.contact_person),
    selectinload(HelpRequest.occasions),
)


def _shown(day: date) -> Select[HelpRequest]:
    return select(HelpRequest).where(_is_shown(day)).order_by(HelpRequest.released_at.desc(), HelpRequest.id.desc())


def public_face(request: HelpRequest) -> PublicRequest:
    """What would be shown of a request; its requester sees this before letting it be shown."""
    title, rest = _title_of(_without_names(request).strip())
    return PublicRequest(
        key=request.public_key,
        title=title,
        outline=rest,
        field=request.field,
        district=request.district,
        days=tuple(dict.fromkeys(_day_in_words(occasion) for occasion in request.occasions)),
        head_count=request.head_count,
        money=request.money,
        released_on=today(request.released_at) if request.released_at else None,
    )


def _title_of(text: str) -> tuple[str, str]:
    """The first line as the title, and what follows; of one paragraph or a long line, its first sentence.

    Where that is long too, its beginning stands above the whole.
    """
    line, _line_end, rest = text.partition("\n")
    if (not rest or len(line) > LONGEST_TITLE) and (sentence := FIRST_SENTENCE.match(line)):
        line, rest = sentence[1], f"{line[sentence.end() :]}\n{rest}"
    if len(line) > LONGEST_TITLE:
        return f"{line[:LONGEST_TITLE].rstrip()}…", text
    return line.strip(), rest.strip()


def _day_in_words(occasion: Occasion) -> str:
    """The first wish without its hours; a note is the requester's own words and stays inside."""
    if occasion.on is None:
        return _("日は相談して決めます")
    return " ".join([as_day(occasion.on), *([_(occasion.part.label)] if occasion.part else [])])


def _without_names(request: HelpRequest) -> str:
    """The outline; where a name or the place slipped into it, a word stands for it."""
    text = request.outline or ""
    for name, instead in _names(request):
        text = _replaced(text, name, instead)
    return text


def _replaced(text: str, name: str, instead: str) -> str:
    """The text without the name, however it is written: width, old kanji, kana and spaces do not matter."""
    key = text_key(name)
    if len(key) < 2 or key not in text_key(text):
        return text
    letters = [(place, folded) for place, letter in enumerate(text) for folded in text_key(letter)]
    found = [match.start() for match in re.finditer(re.escape(key), "".join(folded for _place, folded in letters))]
    for start in reversed(found):
        text = text[: letters[start][0]] + instead + text[letters[start + len(key) - 1][0] + 1 :]
    # Letters that fold only together (ｶﾞ) are not found one by one: then the folded text is shown.
    return text if found else text_key(text).replace(key, instead)


def _names(request: HelpRequest) -> Iterator[tuple[str, str]]:
    yield request.requester.name, _("依頼した団体")
    if request.contact_person:
        yield request.contact_person.name, _("担当の方")
    if request.caller:
        yield request.caller, _("担当の方")
    if request.place:
        yield request.place, _("会場")
