"""Facts about the bench's registrants and how they get into a database."""

from __future__ import annotations

import random
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from flask import Flask
from rapidfuzz import fuzz
from sqlalchemy import delete, insert, select, text

from matching.concepts.services import knowledge
from matching.database import db
from matching.engine.lexicon import lexicon
from matching.match_commands.benching.filling import building
from matching.match_commands.benching.filling.neighbours import neighbours
from matching.match_commands.benching.inventing.asking import hostile, troubles
from matching.match_commands.benching.inventing.population import Population
from matching.match_commands.benching.inventing.vocabulary import Words
from matching.profiles import services
from matching.profiles.models import Posting, Profile, ProfileContent, Term, TermNeighbour, TermSynonym, WordIndex
from matching.registry import grams
from matching.supporters.models import Supporter
from matching.supporters.services.searching import card_of
from tests.databases import Databases

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PEOPLE = 120


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(lexicon())


def test_a_number_always_makes_the_same_registrant(population: Population) -> None:
    assert population.registrant(77) == Population(lexicon()).registrant(77)
    assert population.registrant(77) != population.registrant(78)


def test_most_registrants_are_people_who_say_two_to_six_things(population: Population) -> None:
    some = [population.registrant(number) for number in range(1, 1001)]
    assert 20 <= sum(one.is_group for one in some) <= 90
    assert all(1 <= len(one.card.phrases) <= 6 for one in some)
    assert all(len(phrase.text) <= 100 for one in some for phrase in one.card.phrases)


def test_new_words_keep_appearing_and_others_are_everywhere() -> None:
    words, dice = Words(lexicon()), random.Random(1)
    new = [words.new(dice) for _ in range(4_000)]
    first, second = len(set(new[:2_000])), len(set(new)) - len(set(new[:2_000]))
    assert second > 0.6 * first
    drawn = [words.names.draw(dice).text for _ in range(5_000)]
    most = max(drawn.count(word) for word in set(drawn[:500]))
    assert most > 50 and len(set(drawn)) > 1_500


def test_asks_are_troubles_that_stand_on_no_card(population: Population) -> None:
    known = lexicon()
    said = {p.text for number in range(1, 301) for p in population.registrant(number).card.phrases}
    asks = troubles(known, 50)
    assert len({one.name for one in asks}) == 50
    assert not said & {one.ask.title for one in asks}
    assert hostile(known, "講師")[0].ask.title == "講師"


def test_all_words_written_alike_are_found() -> None:
    words, dice = Words(lexicon()), random.Random(2)
    texts = sorted({words.new(dice) for _ in range(300)} | {one.text for one in words.names.things[:400]})
    texts += ["スマートフォン講座", "スマートホン講座", "ア" * 14, "ア" * 13, "@idea", "@ideas"]
    every = {
        (i, j): fuzz.ratio(texts[i], texts[j])
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if min(len(texts[i]), len(texts[j])) >= 3 and not {texts[i][0], texts[j][0]} & {"@"}
    }
    found = list(neighbours(texts))
    assert len(found) == len({pair[:2] for pair in found})
    assert {(one, other): ratio for one, other, ratio in found} == pytest.approx(
        {pair: ratio for pair, ratio in every.items() if ratio >= 80}
    )


def everything() -> dict[str, Any]:
    """The index, by words and registrations instead of ids."""

    def rows(*columns: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in db.session.execute(select(*columns))]

    words = dict(rows(Term.id, Term.text))
    whose = dict(rows(Profile.id, Profile.registration_id))
    plain = (Profile.registry_name, Profile.registration_id, Profile.party_id, Profile.length)
    content = rows(
        ProfileContent.profile_id,
        ProfileContent.card,
        ProfileContent.words,
        ProfileContent.meaning,
    )
    return {
        "profiles": sorted(rows(*plain, Profile.analyzer, Profile.knowledge, Profile.published_at)),
        "said": {whose[id_]: (card, said) for id_, card, said, _ in content},
        "meant": {whose[id_]: np.frombuffer(meaning, np.int8) for id_, _, _, meaning in content},
        "sketches": {whose[id_]: sketch for id_, sketch in rows(Profile.id, Profile.sketch)},
        "changed": [registration for _, registration in sorted(rows(Profile.revision, Profile.registration_id))],
        "terms": sorted(rows(Term.text, Term.reading, Term.df)),
        "synonyms": sorted((g, words[i]) for g, i in rows(TermSynonym.synonym_group, TermSynonym.term_id)),
        "postings": sorted(
            (words[term], impact, whose[profile])
            for term, impact, profile in rows(Posting.term_id, Posting.impact, Posting.profile_id)
        ),
        "near": sorted(
            (words[one], words[other], ratio)
            for one, other, ratio in rows(TermNeighbour.term_id, TermNeighbour.other_id, TermNeighbour.ratio)
        ),
        "sums": rows(WordIndex.profiles, WordIndex.length),
    }


def filled(databases: Databases, count: int = PEOPLE) -> None:
    db.session.remove()
    db.engine.dispose()
    building.fill(databases.fresh, count, building.moment(NOW), tell=lambda _line: None, processes=1)


def test_the_bulk_twin_writes_what_publishing_one_by_one_writes(
    app: Flask, session: Any, databases: Databases, population: Population
) -> None:
    filled(databases)
    in_bulk = everything()
    for table in (TermNeighbour, TermSynonym, Posting, ProfileContent, Profile, Term, WordIndex):
        db.session.execute(delete(table))
    db.session.execute(insert(WordIndex), {"id": 1, "profiles": 0, "length": 0.0, "revision": 0})
    for number in range(1, PEOPLE + 1):
        card = population.registrant(number).card
        services.publish(registry="supporter", registration_id=number, party_id=number, card=card, now=NOW)
    one_by_one = everything()
    meant, meant_too = in_bulk.pop("meant"), one_by_one.pop("meant")
    for number, sketch in one_by_one.pop("sketches").items():
        digits, digits_too = (np.frombuffer(b64decode(one), np.int8) for one in (sketch, in_bulk["sketches"][number]))
        assert np.abs(digits.astype(int) - digits_too.astype(int)).max() <= 1
    for name, rows in one_by_one.items():
        assert in_bulk[name] == rows, name
    assert in_bulk["near"], "no words alike among so many people"
    for number, row in meant.items():
        assert row.shape == meant_too[number].shape
        assert np.abs(row.astype(int) - meant_too[number].astype(int)).max() <= 1


def test_a_bulk_registration_is_what_the_product_makes_of_it(
    app: Flask, session: Any, databases: Databases, population: Population
) -> None:
    filled(databases, 40)
    assert grams.how_many_differ() == 0
    for supporter in db.session.scalars(select(Supporter)):
        card = population.registrant(supporter.id).card
        told = card_of(supporter)
        assert (told.kind == "individual") == (card.kind == "individual")
        assert (told.phrases, told.intro, told.fields) == (card.phrases, card.intro, card.fields)
        assert (told.availability, told.supports, told.money) == (card.availability, card.supports, card.money)
        assert told.districts == card.districts


def test_a_kept_database_is_used_again_and_another_one_refused(app: Flask, session: Any, databases: Databases) -> None:
    assert not building._is_there(40)
    filled(databases, 40)
    assert building._is_there(40)
    with pytest.raises(building.Unfit, match="40 profiles instead of 41"):
        building._is_there(41)
    db.session.execute(text("UPDATE profile SET analyzer = 'older' WHERE id = 7"))
    with pytest.raises(building.Unfit, match="older"):
        building._is_there(40)
    assert knowledge().version
