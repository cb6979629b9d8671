"""What the pages of the lexicon show: one concept with its neighbours and its past, and what a text is taken to mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blinker import Namespace
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..accounts.history import Happened, history_of
from ..audit import AuditEntry
from ..engine.lexicon import IDEA_MARK, MEANING, NAMED, SITUATION, Concept
from ..engine.text import analyse
from ..engine.vectors import vectors
from .keeping import Kept, Linking, all_kept, folded
from .services import Suggestion, knowledge, suggest

TRIED = 8
OWN_NAMES = 0.8  # how sure a term is that speaks of the concept itself, or of who does it

signals = Namespace()
# Rooms above answer with the Speakers of some index terms, or None.
speakers_asked = signals.signal("speakers-asked")


@dataclass(frozen=True)
class Speakers:
    """How many registrations hold any of some index terms; ``or_more`` where not all were counted."""

    count: int
    or_more: bool = False


@dataclass(frozen=True)
class Neighbour:
    """A concept or a plain word beside another; ``id`` is None for words, ``nearness`` says the weight."""

    id: str | None
    label: str
    nearness: str = ""
    is_retired: bool = False


@dataclass(frozen=True)
class Picture:
    """All that the page of one concept shows beside its own words."""

    broader: Sequence[Neighbour]
    near: Sequence[Neighbour]
    confusable: Sequence[Neighbour]
    speakers: Speakers | None
    history: Sequence[Happened]


FACTS: dict[str, Any] = {
    "label": _l("項目の名前"),
    "fields": _l("分野"),
    "aliases": _l("ほかの言い方"),
    "experts": _l("できる人・専門の人"),
    "offers": _l("登録する人の言い方"),
    "situations": _l("困っている人の言い方"),
    "broader": _l("もっと広い項目"),
    "near": _l("近い項目"),
    "confusable": _l("まちがえやすいもの"),
}


def named_facts(names: Iterable[str]) -> str:
    asked = set(names)
    return _("・").join(str(label) for name, label in FACTS.items() if name in asked)


def _saying(sentence: Any) -> Callable[[AuditEntry], str]:
    return lambda entry: str(sentence) % {"what": named_facts(entry.fields or ())}


HAPPENED: dict[str, Any] = {
    "concept:add": _l("項目を加えました。"),
    "concept:edit": _saying(_l("%(what)sを直しました。")),
    "concept:give-back": _saying(_l("%(what)sを、プログラムのものに戻しました。")),
    "concept:retire": _l("使わないことにしました。"),
    "concept:restore": _l("また使うことにしました。"),
}


def around(one: Kept) -> Picture:
    everything = all_kept()
    linking = Linking(everything, before=one.concept)
    retired = {other.id for other in everything if other.is_retired}

    def linked(links: Mapping[str, float]) -> list[Neighbour]:
        ordered = sorted(links.items(), key=lambda link: (-link[1], link[0]))
        return [
            Neighbour(id_, linking.label_of(id_), nearness_in_words(weight), id_ in retired) for id_, weight in ordered
        ]

    def told(word: str) -> Neighbour:
        known = word if linking.knows(word) else None
        return Neighbour(known, linking.label_of(word), is_retired=word in retired)

    return Picture(
        broader=linked(one.concept.broader),
        near=linked(one.concept.near),
        confusable=[told(word) for word in one.concept.confusable],
        speakers=_speakers(one),
        history=history_of([one.entry], HAPPENED) if one.entry else (),
    )


def nearness_in_words(weight: float) -> str:
    return _("とても近い") if weight >= 0.7 else _("近い") if weight >= 0.5 else _("少し近い")


def _speakers(one: Kept) -> Speakers | None:
    """How many registrations were read as speaking of it, or say its names or its experts; None for what searches do
    not know."""
    words = knowledge().lexicon
    if one.id not in words.concepts:
        return None
    terms = [IDEA_MARK + one.id, *(term for term, certainty in words.said_as(one.id) if certainty >= OWN_NAMES)]
    answers = [answer for _room, answer in speakers_asked.send(None, terms=terms) if answer is not None]
    return answers[0] if answers else None


def shared_names(told: Concept, *, before: Concept | None) -> list[tuple[str, str]]:
    """(name, label of the other concept) for every newly given name that stands in another concept in use already."""
    old = {folded(name) for name in before.names} if before else set()
    new = {folded(name): name for name in told.names if folded(name) not in old}
    return [
        (new[folded(name)], other.label)
        for other in knowledge().lexicon.concepts.values()
        if other.id != told.id
        for name in other.names
        if folded(name) in new
    ]


@dataclass(frozen=True)
class Trial:
    """What a text is taken to mean. ``problem`` says why nothing came out."""

    text: str
    found: Sequence[Suggestion] = ()
    problem: str = ""


def tried(text: str) -> Trial:
    found = suggest(text, limit=TRIED)
    problem = ""
    if not found:
        problem = (
            _("当てはまる項目は見つかりませんでした。言い方を変えるか、この言い方を項目に加えてください。")
            if analyse(text)
            else _("手がかりになる言葉がありません。何に困っているか、何をしてほしいかを入れてください。")
        )
    return Trial(text, found, problem)


HOW = {
    NAMED: _l("名前がある"),
    SITUATION: _l("困っている人の言い方に似た言葉"),
    MEANING: _l("意味が近い"),
}


def sureness(certainty: float) -> str:
    return _("ほぼ確か") if certainty >= 0.7 else _("たぶん") if certainty >= 0.4 else _("もしかすると")


@dataclass(frozen=True)
class Learning:
    """How far meaning is compared, beyond the words: what is missing, or how many concepts are not learned yet."""

    without_vectors: bool
    without_encoder: bool
    untrained: int


def learning() -> Learning:
    known = knowledge()
    return Learning(
        without_vectors=vectors() is None,
        without_encoder=known.encoder is None,
        untrained=len(known.untrained),
    )
