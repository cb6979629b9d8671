"""Facts about the pairs of letters by which names are found: they follow every name, and lead to it among many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.orm import load_only

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.registry import services as registry
from matching.registry.grams import NameGram, how_many_cannot_be_found, how_many_differ, write_all_anew
from matching.registry.keys import pairs
from matching.registry.models import Organization, Party, PartyKind, Person
from matching.registry.services import finding
from tests.factories import a_person, an_organization, rename

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def grams_of(party: Party) -> set[str]:
    return set(db.session.scalars(select(NameGram.gram).where(NameGram.party_id == party.id)))


# -- They follow the name


def test_pairs_are_of_the_name_and_of_its_reading_in_hiragana(session):
    person = a_person("渡邊 エリ", kana="ワタナベ エリ")
    assert person.name_key == "渡辺エリ" and person.kana_key == "わたなべえり"
    assert grams_of(person) == {"渡辺", "辺エ", "エリ", "わた", "たな", "なべ", "べえ", "えり"}


def test_without_a_reading_the_name_is_its_own(session):
    assert an_organization("サロン花").kana_key == "さろん花"
    assert a_person("林").kana_key == "林" and grams_of(a_person("林")) == set()


def test_pairs_change_with_the_name_and_not_with_anything_else(session):
    person = a_person("山本 花子", kana="やまもと はなこ")
    rename(person, name="山田 花子", kana="やまだ はなこ")
    assert grams_of(person) == pairs("山田花子", "やまだはなこ")
    rename(person, name="山田 花子", kana=None)
    assert grams_of(person) == pairs("山田花子") and person.kana_key == "山田花子"
    written: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    registry.edit_facts(person, note="犬が苦手", by=SYSTEM, now=NOW)
    db.session.flush()
    assert written and not any("name_gram" in statement for statement in written)


def test_pairs_follow_a_name_of_which_little_was_read(session):
    id_ = a_person("山本 花子", kana="やまもと はなこ").id
    session.commit()
    session.expunge_all()
    person = session.scalar(select(Party).where(Party.id == id_).options(load_only(Party.id, raiseload=False)))
    person.name, person.kana = "田中 太郎", "たなか たろう"
    session.flush()
    assert grams_of(person) == pairs("田中太郎", "たなかたろう")


def test_pairs_are_exact_after_writing_renaming_merging_and_deleting(session):
    some = [a_person(f"山本 花子{n}", kana="やまもと はなこ") for n in range(3)] + [an_organization()]
    rename(some[0], name="阿部 一", kana=None)
    some[1].canonical_id = some[0].id
    db.session.flush()
    db.session.delete(some[2])
    db.session.flush()
    assert how_many_differ() == 0
    assert not db.session.scalar(select(NameGram.gram).where(NameGram.party_id == some[2].id).limit(1))


def test_what_was_changed_past_the_application_is_counted_and_set_right(app, session):
    some = [a_person("山本 花子"), a_person("田中 太郎"), a_person("中村 美咲")]
    db.session.execute(update(Party).where(Party.id == some[0].id).values(name_key="別の名前"))
    db.session.execute(delete(NameGram).where(NameGram.party_id == some[1].id, NameGram.gram == "田中"))
    db.session.commit()
    assert (how_many_differ(), how_many_cannot_be_found()) == (2, 2)
    result = app.test_cli_runner().invoke(args=["names", "reindex"])
    assert result.output.strip() == "2 names set right"
    assert (how_many_differ(), how_many_cannot_be_found()) == (0, 0)


# -- They lead to it


def many(count: int, name: str, kana: str) -> None:
    """People of one name, past the services: quick."""
    db.session.flush()
    last = db.session.scalar(select(db.func.max(Party.id))) or 0
    known = {"name": name, "kana": kana, "name_key": name, "kana_key": kana, "kind": PartyKind.PERSON, "version": 1}
    stamps = {"created_at": NOW, "updated_at": NOW}
    ids = range(last + 1, last + 1 + count)
    db.session.execute(insert(Party.__table__), [{"id": id_, **known, **stamps} for id_ in ids])
    db.session.execute(insert(Person.__table__), [{"id": id_} for id_ in ids])
    write_all_anew()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT setval('party_id_seq', (SELECT MAX(id) FROM party))"))


@pytest.fixture
def narrow(monkeypatch):
    """So few names are looked at that hundreds are many."""
    for bound, number in {"LOOKED_AT": 20, "PASSED_OVER": 40, "FEW": 5}.items():
        monkeypatch.setattr(finding, bound, number)


@pytest.mark.parametrize(
    "words",
    ["獅子王院 花子", "獅子王", "王院花", "ししおういんはなこ", "シシオウイン", "獅子王印花子", "ししおおいんはなこ"],
)
def test_a_rare_name_is_found_among_many_common_ones(session, narrow, words):
    many(150, "山本花子", "やまもとはなこ")
    rare = a_person("獅子王院 花子", kana="ししおういん はなこ")
    many(150, "獅子花子", "ししはなこ")
    assert registry.parties_like(words).ids[0] == rare.id


def test_of_many_who_bear_the_name_so_many_are_shown_as_asked_for(session, narrow):
    many(150, "山本花子", "やまもとはなこ")
    found = registry.parties_like("山本", limit=10).ids
    assert len(found) == 10 and found == registry.parties_like("山本", limit=10).ids
    assert len(registry.parties_named("花子", limit=15).ids) == 15


def test_a_list_by_name_says_where_others_bear_it_or_may(session, narrow):
    many(45, "山本花子", "やまもとはなこ")
    rare = a_person("獅子王院 花子", kana="ししおういん はなこ")
    for words in ("花子", "山本", "子"):
        assert registry.parties_named(words).more and registry.parties_like(words).more
        assert registry.parties_like(words, admits=Party.id == rare.id).more, words
    for words in ("獅子王院", "獅子王院花子", "ししおういん", "鈴木"):
        assert not registry.parties_named(words).more and not registry.parties_like(words).more, words
    among = select(Party.id).where(Party.id == rare.id)
    assert not registry.parties_like("花子", admits=Party.id == rare.id, among=among).more


def test_names_that_begin_with_the_words_come_before_those_that_hold_them(session, narrow):
    many(100, "金子花", "かねこはな")
    first = a_person("子安 愛", kana="こやす あい")
    assert registry.parties_like("子安").ids[0] == first.id
    assert registry.parties_like("子").ids[0] == first.id


def test_a_long_name_in_katakana_is_found_by_its_pairs_and_not_among_the_first_names(session, narrow):
    many(60, "山本花子", "やまもとはなこ")
    name = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホ"
    club = an_organization(name)
    assert registry.parties_named(name).ids == [club.id]
    assert registry.parties_named(name[1:]).ids == [club.id]
    assert registry.parties_named("山田" + name).ids == []


def test_who_may_be_found_is_asked_of_each(session, narrow):
    many(150, "山本花子", "やまもとはなこ")
    club = an_organization("山本花子の会")
    only = Party.kind == PartyKind.ORGANIZATION
    assert registry.parties_like("山本花子", admits=only).ids == [club.id]
    among = select(Organization.id)
    assert registry.parties_like("山元花この会", admits=only, among=among).ids == [club.id]


def test_a_merged_name_is_not_offered(session):
    one, other = a_person("山本 花子"), a_person("山本 花代")
    other.canonical_id = one.id
    db.session.flush()
    assert registry.parties_like("山本").ids == [one.id]
