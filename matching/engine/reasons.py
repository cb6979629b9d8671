"""The closed list of what a reason can say; the words for it stand above the engine, in ``profiles/wording.py``."""

from __future__ import annotations

from collections.abc import Mapping

Params = dict[str, str | int | float | None]

MATCHED, MISSING, UNKNOWN, WARNING = "matched", "missing", "unknown", "warning"

# Every code that a Reason can carry → the names of its parameters. What a parameter means is said where the reason is made.
CODES: Mapping[str, tuple[str, ...]] = {
    "words.exact": ("asked", "theirs"),
    "words.reading": ("asked", "theirs"),
    "words.synonym": ("asked", "theirs"),
    "words.fuzzy": ("asked", "theirs"),
    "words.similar": ("asked", "theirs"),  # characters in common; ``theirs`` is the whole phrase
    "words.concept": ("asked", "theirs", "concept"),  # both sides speak of this concept of the lexicon
    "words.none": (),
    "words.nothing_asked": (),
    "meaning.related": ("asked", "theirs", "nearness"),  # 0…1
    "needs.all": ("of",),
    "needs.some": ("covered", "of"),
    "need.uncovered": ("need",),
    "field.same": ("field",),
    "field.other": ("field",),
    "field.unknown": (),
    "support.offered": ("support",),
    "support.not_offered": ("support",),
    "support.unknown": (),
    "level.confirmed": ("theirs", "qualification"),
    "level.qualified": ("theirs", "qualification"),
    "level.stated": ("theirs", "level"),
    "level.low": ("theirs", "level"),
    "level.expert": ("theirs",),
    "level.amateur": ("theirs",),
    "level.unknown": (),
    "limit.stated": ("theirs",),
    "limit.content": ("theirs", "asked"),
    "district.same": ("district",),
    "district.near": ("district", "km"),
    "district.far": ("district", "km"),
    "district.elsewhere": ("district",),
    "district.unknown": (),
    "dates.free": ("free", "of"),
    "dates.some": ("free", "of"),
    "dates.none": ("of",),
    "dates.unknown": (),
    "money.fits": ("theirs", "asked"),
    "money.more": ("theirs", "asked"),
    "money.unknown": (),
    "heads.enough": ("heads", "people"),
    "heads.fewer": ("heads", "people"),
    "heads.unknown": (),
    "track.done": ("done",),
    "fairness.never_asked": (),
    "fairness.last_asked": ("on", "days"),
    "conflict.busy": ("on",),
    "conflict.cap": ("asked", "cap"),
    "conflict.own": (),
    "conflict.ends": ("ends", "on"),
    "conflict.ended": ("ends",),
    "conflict.inquiry": ("open",),
}
