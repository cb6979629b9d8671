"""The list of the lexicon: found by name, by who does it and by what a text means; narrowed, counted, cut into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_sqlalchemy.pagination import Pagination
from rapidfuzz import fuzz, process

from ..registry.paging import Paged
from ..workflow import N_, Labelled
from .keeping import Kept, all_kept, folded
from .services import knowledge, suggest

PER_PAGE = 30
ALIKE = 70.0  # percent: how much like a name words must be written
SUGGESTED = 12
# How a concept was found, the best first.
SAME, BEGINS, HOLDS, NAMED, WRITTEN_ALIKE, MEANT = range(6)


class Part(Labelled):
    """Which concepts a list shows."""

    USED = "used", N_("使っているもの")
    CITYS = "city", N_("市で直したもの")
    RETIRED = "retired", N_("使わないもの")

    def holds(self, one: Kept) -> bool:
        if self is Part.CITYS:
            return one.is_citys
        return one.is_retired == (self is Part.RETIRED)


@dataclass(frozen=True)
class Found:
    """One page of the list, and how many the filters leave in each part."""

    page: Pagination
    counts: Mapping[Part, int]


def find(words: str, *, field: int | None, part: Part, page: int) -> Found:
    """The likeliest first; without words, by label."""
    everything = all_kept()
    narrowed = [one for one in everything if field is None or field in one.concept.fields]
    if words.strip():
        places = _places(words, narrowed)
        narrowed = sorted((one for one in narrowed if one.id in places), key=lambda one: places[one.id])
    shown = [one for one in narrowed if part.holds(one)]
    counts = {each: sum(each.holds(one) for one in narrowed) for each in Part}
    return Found(Paged(shown, page=page, per_page=PER_PAGE), counts)


def _places(words: str, concepts: Sequence[Kept]) -> dict[str, tuple[int, float, str]]:
    """Concept → where it stands among those that the words find."""
    asked = folded(words.strip())
    places: dict[str, tuple[int, float, str]] = {}

    def place(id_: str, how: int, likeness: float = 0.0) -> None:
        new = (how, -likeness, id_)
        places[id_] = min(places.get(id_, new), new)

    names = [(folded(name), one.id) for one in concepts for name in (*one.concept.names, *one.concept.experts)]
    for name, id_ in names:
        if asked and asked in name:
            place(id_, SAME if name == asked else BEGINS if name.startswith(asked) else HOLDS)
    for meant in knowledge().lexicon.named_in(words):
        place(meant.concept, NAMED, meant.certainty)
    written = [name for name, _id in names]
    for _name, likeness, at in process.extract(asked, written, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=40):
        place(names[at][1], WRITTEN_ALIKE, likeness)
    for suggestion in suggest(words, limit=SUGGESTED):
        place(suggestion.concept.id, MEANT, suggestion.meant.certainty)
    return places
