"""Facts about the lexicon that comes with the program, and about finding its concepts in a text."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from matching.engine.lexicon import FOLDER, Concept, Lexicon, lexicon
from matching.engine.text import fold
from matching.registry.vocabulary import FIELDS

HERE = Path(__file__).resolve().parent
REQUESTS = {
    "our own": HERE.parent / "evaluation/requests.jsonl",
    "held apart": HERE.parent / "evaluation/held_apart/requests.jsonl",
    "shared": HERE.parents[1] / "../shared/eval/match/requests.jsonl",
}
QUOTE = 12  # characters in a row that only a quotation shares

dentist = Concept(
    "dentist", "歯みがき指導", (1,), ("ブラッシング", "入れ歯"), situations=("奥の歯がぐらぐらして噛めない",)
)
piano = Concept("piano", "ピアノ", (6,), ("鍵盤",), near={"organ": 0.8})
organ = Concept("organ", "オルガン", (6,), ("足踏みオルガン",))
small = Lexicon([dentist, piano, organ])


def test_it_is_broad_and_even() -> None:
    concepts = lexicon().concepts.values()
    assert len(concepts) >= 1_500
    fields = Counter(concept.fields[0] for concept in concepts)
    assert set(fields) == set(FIELDS) and min(fields.values()) >= 20


def test_every_line_is_a_concept_of_its_own() -> None:
    ids = [json.loads(line)["id"] for path in FOLDER.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(ids) == len(set(ids)) == len(lexicon().concepts)


def test_every_concept_is_told_from_both_sides() -> None:
    for concept in lexicon().concepts.values():
        assert len(concept.names) >= 4 and concept.experts and len(concept.offers) >= 3, concept.id
        assert len(concept.situations) >= 7, concept.id
        in_its_own_words = [s for s in concept.situations if any(name in s for name in concept.names)]
        assert len(in_its_own_words) * 2 <= len(concept.situations), concept.id


def test_links_lead_somewhere_and_nowhere_twice() -> None:
    known = lexicon().concepts
    for concept in known.values():
        for other, weight in (*concept.broader.items(), *concept.near.items()):
            assert other in known and other != concept.id and 0 < weight <= 1, (concept.id, other)
        assert not {*concept.broader, *concept.near} & set(concept.confusable), concept.id


@pytest.mark.parametrize("path", REQUESTS.values(), ids=REQUESTS)
def test_no_entry_quotes_a_request_of_an_evaluation_set(path: Path) -> None:
    if not path.is_file():
        pytest.skip("the evaluation set is not here")
    told = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        request = json.loads(line)
        for text in (request["title"], request.get("detail") or "", *request["needs"]):
            bare = _bare(text)
            told |= {bare[at : at + QUOTE] for at in range(len(bare) - QUOTE + 1)}
    for concept in lexicon().concepts.values():
        for text in (*concept.situations, *concept.offers):
            bare = _bare(text)
            shared = [bare[at : at + QUOTE] for at in range(len(bare) - QUOTE + 1) if bare[at : at + QUOTE] in told]
            # A run of characters can meet by chance; a sentence cannot.
            assert len(shared) * 2 < max(len(bare) - QUOTE + 1, 4), (concept.id, text)


def _bare(text: str) -> str:
    return re.sub(r"\W", "", fold(text))


def test_a_name_is_found_as_a_word_and_not_as_a_piece() -> None:
    assert [meant.concept for meant in small.named_in("ピアノを弾ける人")] == ["piano"]
    assert small.named_in("ピアノフォルテ") == ()
    assert [meant.words for meant in small.named_in("足踏みオルガンの修理")] == ["足踏みオルガン"]


def test_width_case_and_old_kanji_do_not_hide_a_name() -> None:
    assert [meant.concept for meant in small.named_in("ﾋﾟｱﾉの伴奏")] == ["piano"]


def test_a_situation_is_found_by_its_words_not_as_a_sentence() -> None:
    (meant,) = small.situated_in("母の歯がぐらぐらで噛めません")
    assert meant.concept == "dentist" and 0 < meant.certainty <= 1
    assert small.situated_in("ピアノ") == ()


def test_a_neighbour_answers_less_surely_than_the_thing_itself() -> None:
    said = dict(small.said_as("piano"))
    assert said["ピアノ"] == 1.0 and 0 < said["オルガン"] < 0.5
    farther = small.changed([replace(piano, near={"organ": 0.5})])
    assert "オルガン" not in dict(farther.said_as("piano")) and farther.related("piano") == {"organ": 0.5}


def test_what_must_not_be_confused_never_answers() -> None:
    strict = small.changed([replace(piano, confusable=("organ",))])
    assert "オルガン" not in dict(strict.said_as("piano"))


def test_its_version_tells_any_change() -> None:
    assert small.changed([dentist]).version == small.version
    assert small.changed([replace(dentist, experts=("歯科衛生士",))]).version != small.version
    assert small.changed([], retired=["organ"]).version != small.version
