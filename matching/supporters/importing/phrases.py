"""From cells to skills: tags, with or without separators, and the short lines of a free text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from ...registry.services import MAX_SKILLS

LONGEST = 100
LONGEST_INTRO = 2000
NOT_A_SKILL = frozenset({"その他", "そのほか", "等", "など", "なし", "特になし", "分野", "技術", "専門分野"})

_COMMA = re.compile(r"[,、;；]")
_BULLET = re.compile(r"^[\s・●○■□◆◇★☆※►▶*\-]+|^[①-⑳]\s*|^[(（]?\d{1,2}[.．)）、]\s*")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_AT_COMMA = re.compile(r"[,、;；](?![^(]*\))")  # outside of brackets
_CIRCLED = re.compile(r"[①-⑳]")
_HEADING = re.compile(r"[【(（]([^】)）]*)[】)）]")
_BETWEEN = re.compile(r"[/・,、\s\"]+")
_SENTENCE_ENDS = re.compile(r"[。．.!?）)」]$")


def tags_of_column(cells: Sequence[str]) -> list[list[str]]:
    """The tags of each cell of one column, in their order, each once.

    Where many cells have commas, a comma separates; line breaks and spaces inside a tag are slips. Elsewhere spaces
    separate, and tags may stand together without any: a run is cut where it is made up of tags that the column also
    holds on their own.
    """
    folded = [_squeeze_brackets(unicodedata.normalize("NFKC", _CIRCLED.sub(" ", cell))) for cell in cells]
    filled = [cell for cell in folded if cell.strip()]
    if filled and sum(bool(_COMMA.search(cell)) for cell in filled) * 4 >= len(filled):
        return [_tidy_tags(_one_line(tag) for tag in _COMMA.split(cell)) for cell in folded]
    known = _tags_alone(folded)
    return [_tidy_tags(_cut_cell(cell, known)) for cell in folded]


def _one_line(tag: str) -> str:
    """A tag whose second line is not the bracket behind it names two things."""
    return re.sub(r"\s+", " ", re.sub(r"\s*\n\s*", "/", re.sub(r"\s+(?=\()", "", tag.strip())))


def _squeeze_brackets(text: str) -> str:
    return _IN_BRACKETS.sub(lambda found: re.sub(r"\s+", "", found[0]), text)


def _tags_alone(cells: Sequence[str]) -> frozenset[str]:
    """Runs that at least two cells hold, and that are not themselves made up of others."""
    counts = Counter(run for cell in cells for run in set(cell.split()))
    runs = frozenset(run for run, count in counts.items() if count > 1 and len(run) > 1)
    return frozenset(run for run in runs if len(_cut(run, runs - {run}) or ()) < 2)


def _cut_cell(cell: str, known: frozenset[str]) -> list[str]:
    whole = _cut(re.sub(r"\s+", "", cell), known)  # a line may have been broken in the middle of a tag
    if whole:
        return whole
    return [tag for run in cell.split() for part in _AT_COMMA.split(run) for tag in _cut(part, known) or [part]]


def _cut(run: str, known: frozenset[str]) -> list[str] | None:
    """The run as known tags, the longest first; None when something is left over."""
    longest = max(map(len, known), default=0)
    best: list[list[str] | None] = [[]] + [None] * len(run)  # best[i]: how to read run[:i]
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - longest), end):
            before, piece = best[start], run[start:end]
            if before is None:
                continue
            read = [*before, piece] if piece in known else before if _BETWEEN.fullmatch(piece) else None
            if read is not None and (best[end] is None or len(read) < len(best[end] or ())):
                best[end] = read
    return best[-1]


def _tidy_tags(tags: Iterator[str] | Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for tag in tags:
        tag = _BULLET.sub("", tag.strip(" \"'・、")).replace("(", "（").replace(")", "）")
        if tag and tag not in NOT_A_SKILL:
            found[tag] = None
    return list(found)


def lines_of_text(text: str) -> list[str]:
    """The statements of a free text, one a line; a line that was only broken at the margin is joined again."""
    lines: list[str] = []
    bulleted = any(_BULLET.match(line) for line in text.split("\n"))
    fresh = True
    for line in map(str.strip, text.split("\n")):
        if not line:
            fresh = True
            continue
        previous = lines[-1] if lines else ""
        goes_on = not _BULLET.match(line) and (
            bool(_BULLET.match(previous)) if bulleted else len(previous) >= 30 and not _SENTENCE_ENDS.search(previous)
        )
        if goes_on and not fresh:
            lines[-1] = previous + line
        else:
            lines.append(line)
        fresh = False
    stripped = (_HEADING.sub(r"\1", line) if _HEADING.fullmatch(line) else line for line in lines)
    stripped = (_BULLET.sub("", line).strip(" 　。★") for line in stripped)
    return [line for line in stripped if line and line not in NOT_A_SKILL]


def skills_and_rest(tags: Sequence[str], speciality: str) -> tuple[list[str], list[str]]:
    """At most twelve phrases, tags first; and what was too long or too much, for the introduction."""
    skills: dict[str, None] = {}
    rest: list[str] = []
    for phrase in [*tags, *lines_of_text(speciality)]:
        if len(phrase) <= LONGEST and len(skills) < MAX_SKILLS:
            skills[phrase] = None
        elif phrase not in skills:
            rest.append(phrase)
    return list(skills), rest


def introduction(parts: Sequence[str]) -> str:
    """The parts as paragraphs, cut at a line where they grow too long."""
    text = "\n\n".join(part for part in parts if part)
    if len(text) <= LONGEST_INTRO:
        return text
    cut = text[:LONGEST_INTRO]
    return cut[: max(cut.rfind("\n"), cut.rfind("。") + 1, LONGEST_INTRO // 2)].rstrip()
