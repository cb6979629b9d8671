"""Facts about who says just these words: of few everybody is looked at, of many the index leads to them."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from matching.database import db
from matching.profiles import saying
from matching.registry.models import Purpose
from matching.supporters.finding import parties_saying
from matching.supporters.states import SupporterState
from tests.factories import a_person, an_organization
from tests.groups.factories import a_group
from tests.supporters.factories import a_registration, a_supporter


@pytest.fixture(params=["few", "many"])
def looked_at(request, monkeypatch):
    if request.param == "many":
        monkeypatch.setattr(saying, "FEW", -1)
    return request.param


@pytest.fixture
def people(session):
    """Party ids by what they say."""
    mowing = a_supporter(a_person("草 一"), "公園の草刈り")
    calling = a_registration(a_person("声 二"), "草刈りの呼びかけ")
    resting = a_supporter(a_person("休 三"), "草刈り機の整備")
    resting.state = SupporterState.PAUSED
    others = a_supporter(a_person("刀 四"), "庭木の剪定")
    group = a_group(an_organization("草の会"), "草刈り")
    session.flush()
    return {"mowing": mowing, "calling": calling, "resting": resting, "others": others, "group": group}


def test_whoever_says_the_words_is_found_in_whatever_state(people, looked_at):
    found = parties_saying("草刈り").ids
    assert found == sorted(people[who].party_id for who in ("mowing", "calling", "resting"))
    assert parties_saying("剪定").ids == [people["others"].party_id]
    assert parties_saying("").ids == parties_saying("囲碁").ids == []


def test_the_beginning_of_a_word_is_enough(people, looked_at):
    assert people["others"].party_id in parties_saying("剪").ids
    assert people["mowing"].party_id in parties_saying("公園の草").ids


def test_who_may_be_found_is_asked_of_each(people, looked_at):
    only = people["mowing"].party_id
    assert parties_saying("草刈り", admits=lambda party_id: party_id == only).ids == [only]


def test_of_many_so_many_cards_are_read_as_the_bound_says(session, monkeypatch):
    monkeypatch.setattr(saying, "FEW", -1)
    monkeypatch.setattr(saying, "LOOKED_AT", 5)
    for number in range(12):
        a_supporter(a_person(f"草 {number}"), "草刈り", consents=[Purpose.MATCHING])
    session.flush()
    found = parties_saying("草刈り")
    assert len(found.ids) == 5 and found.more
    assert not parties_saying("手品").more
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    parties_saying("草刈り")
    assert len(asked) == 4


@pytest.mark.parametrize(("bound", "number"), [("LOOKED_AT", 2), ("BEGUN", 1), ("FOUND", 2)])
def test_where_a_bound_was_hit_there_may_be_more(people, monkeypatch, bound, number):
    for words in ("公園の草刈り", "草刈り機の整備", "草花"):
        a_registration(a_person("申 込"), words)
        a_supporter(a_person("草 五"), words, consents=[Purpose.MATCHING])
    db.session.flush()
    monkeypatch.setattr(saying, "FEW", -1)
    assert not parties_saying("草").more
    monkeypatch.setattr(saying, bound, number)
    assert parties_saying("草").more


def test_whoever_cannot_be_shown_is_no_more(people, monkeypatch):
    monkeypatch.setattr(saying, "FEW", -1)
    monkeypatch.setattr(saying, "LOOKED_AT", 1)
    assert parties_saying("剪定").more and not parties_saying("剪定", active=True).more


def test_what_was_told_to_one_registry_is_not_found_in_another(people, looked_at):
    group = people["group"]
    assert group.organization_id not in parties_saying("草刈り").ids
