"""Facts about searching many: what is read, what is remembered, and that it stays true."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime

import numpy as np
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from sqlalchemy import event, func, select, text

from matching.database import db
from matching.engine.spelling import RATIO, Spellings, can_be_misspelt
from matching.engine.types import Ask, Card, Phrase
from matching.profiles import services
from matching.profiles.models import Posting, Profile, Term, WordIndex
from matching.profiles.search import Budget
from matching.registry.models import Person

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SMALL = Budget(postings=1_000, pool=3, compared=2)
COMMON = ("書道", "茶道", "華道", "囲碁", "将棋", "手芸", "料理", "園芸", "体操", "合唱")


def publish(number: int, *phrases: str, intro: str = "", **facts) -> Profile:
    card = Card(key="", kind="individual", phrases=tuple(Phrase(p) for p in phrases), intro=intro, **facts)
    return services.publish(registry="supporter", registration_id=number, party_id=number, card=card, now=NOW)


def found(words: str, *, budget: Budget = SMALL, limit: int = 2, **facts) -> list[int]:
    result = services.search(
        Ask(title=words, **facts), as_of=date(2026, 11, 24), registries=["supporter"], limit=limit, budget=budget
    )
    return [hit.registration_id for hit in result.hits]


@pytest.fixture
def many(database: Flask) -> None:
    for number in range(1, 21):
        publish(number, "書道", COMMON[number % 10], intro="地域のボランティアとして手伝います。")
    db.session.commit()


@pytest.mark.usefixtures("many")
def test_what_changes_is_seen_by_the_next_search() -> None:
    assert 21 not in found("書道でかな文字を習いたい")
    publish(21, "書道のかな文字")
    assert found("書道でかな文字を習いたい")[0] == 21
    publish(21, "書道", *COMMON, intro="ほかのこともします。")
    publish(22, "書道のかな文字")
    assert found("書道でかな文字を習いたい")[0] == 22
    db.session.commit()
    assert found("書道でかな文字を習いたい")[0] == 22
    services.withdraw(registry="supporter", registration_id=22, now=NOW)
    assert 22 not in found("書道でかな文字を習いたい")


@pytest.mark.usefixtures("many")
def test_what_is_rolled_back_was_never_remembered() -> None:
    first = found("書道でかな文字を習いたい")
    publish(1, "家電の修理", fields=frozenset({1}))
    publish(21, "書道のかな文字", "プログラミング")
    assert found("書道でかな文字を習いたい")[0] == 21 and found("プログラミグ")[:1] == [21]
    db.session.rollback()
    assert found("書道でかな文字を習いたい") == first
    publish(21, "家電の修理", "ボイストレーニング")
    db.session.commit()
    assert found("家電の修理")[:1] == [21]
    assert found("ボイストレーニグ")[:1] == [21]


@pytest.mark.usefixtures("many")
def test_the_field_that_is_asked_for_turns_the_first_look() -> None:
    publish(21, "書道", "茶道", fields=frozenset({3}))
    publish(22, "書道", "茶道", fields=frozenset({6}))
    one = Budget(postings=1_000, pool=1, compared=1)
    assert found("書道と茶道", field=3, budget=one, limit=1) == [21]
    assert found("書道と茶道", field=6, budget=one, limit=1) == [22]


@pytest.mark.usefixtures("many")
def test_no_search_reads_a_table_from_end_to_end() -> None:
    statements: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        statements.append((statement, parameters))

    found("書道とプログラミグを教えてくれる講師", field=3)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        found("書道とプログラミグを教えてくれる講師", field=3)
        publish(30, "習字", "ボイストレーニング")
        services.withdraw(registry="supporter", registration_id=30, now=NOW)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    cursor = db.session.connection().connection.cursor()
    plans = [
        (statement, row[3])
        for statement, parameters in statements
        if re.match("SELECT|UPDATE|DELETE|INSERT", statement)
        for row in cursor.execute(
            f"EXPLAIN QUERY PLAN {statement}", parameters[0] if isinstance(parameters, list) else parameters
        )
    ]
    assert len(plans) > 10
    large = re.compile(r"SCAN (profile|posting|term)\w*(?! USING INDEX uq_profile)")
    assert [plan for plan in plans if large.match(plan[1])] == []


@given(
    st.lists(st.text(alphabet="アイウーンスマホ会計abc", min_size=1, max_size=12), max_size=30),
    st.text("アイウーンスマホ会計abc", max_size=12),
)
def test_no_word_written_almost_alike_is_overlooked(words: list[str], asked: str) -> None:
    spellings = Spellings()
    held = [(number, word) for number, word in enumerate(words, start=1) if can_be_misspelt(word)]
    for at in range(0, len(held), 7):
        ids, some = zip(*held[at : at + 7], strict=True)
        spellings.add(np.array(ids, np.int32), np.array([len(word) for word in some]), "".join(some))
    perhaps = set(spellings.perhaps(asked).tolist())
    alike = {i for i, w in enumerate(words, start=1) if can_be_misspelt(w) and fuzz.ratio(w, asked) >= RATIO}
    assert not can_be_misspelt(asked) or alike <= perhaps


def test_whoever_publishes_at_the_same_moment_counts_right(app: Flask) -> None:
    with app.app_context():
        db.session.add_all(Person(id=i, name=f"人{i}", name_key=f"人{i}") for i in range(1, 26))
        db.session.commit()
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            with app.app_context():
                for number in range(first, first + 6):
                    publish(number, "書道", f"あたらしい{number % 3}言葉", f"スマートフォン{number}")
                    publish(25, "書道", f"みんなの言葉{number}")  # all of them this one
                    if number % 3 == 0:
                        publish(number, "茶道", "囲碁")
                    if number % 5 == 0:
                        services.withdraw(registry="supporter", registration_id=number, now=NOW)
                    db.session.commit()
                db.session.remove()
        except BaseException as failure:  # told by the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(first,)) for first in (1, 7, 13, 19)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with app.app_context():
        assert services.as_it_stands().counts_are_right
        assert db.session.scalar(select(WordIndex.profiles)) == 21
        counted = select(Posting.term_id, func.count().label("held")).group_by(Posting.term_id).subquery()
        wrong = select(func.count()).select_from(Term).outerjoin(counted, counted.c.term_id == Term.id)
        assert db.session.scalar(wrong.where(func.coalesce(counted.c.held, 0) != Term.df)) == 0
        assert db.session.scalar(select(func.count(func.distinct(Profile.revision)))) == 21
        assert db.session.scalar(text("SELECT COUNT(*) FROM term_neighbour")) > 0
