"""Facts about publishing and withdrawing: the word index stays exact."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Thread

import pytest
from flask import Flask, current_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import aliased

from matching.concepts.services import knowledge
from matching.database import db
from matching.engine import cards
from matching.engine.cards import ReadCard
from matching.engine.reading import Reader
from matching.engine.spelling import alike, has_neighbours
from matching.engine.types import Card, Phrase
from matching.profiles import reindexing, services
from matching.profiles.encoding import card_from_json, card_to_json
from matching.profiles.models import Posting, Profile, Term, TermNeighbour, TermSynonym, WordIndex

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("database")


def card(*phrases: str, **facts) -> Card:
    return Card(key="", kind="individual", phrases=tuple(Phrase(p) for p in phrases), **facts)


def publish(number: int, said: Card, *, registry: str = "supporter", party_id: int | None = None) -> Profile:
    return services.publish(registry=registry, registration_id=number, party_id=party_id or number, card=said, now=NOW)


def words_held() -> list[str]:
    """The words of the index without the concepts."""
    return list(db.session.scalars(select(Term.text).where(Term.text.not_like("@%"))))


def assert_exact() -> None:
    """Every df is the number of profiles that hold the word, and no word is there for nothing."""
    expected: Counter[str] = Counter()
    for profile in db.session.scalars(select(Profile)):
        read = cards.read(card_from_json(profile.content.card, key=""), knowledge())
        weights = cards.posting_weights(read)
        expected.update(weights.keys())
        assert profile.length == pytest.approx(sum(w for text, w in weights.items() if text[0] != "@"))
        rows = db.session.execute(
            select(Term.text, Posting.impact)
            .join(Posting, Posting.term_id == Term.id)
            .where(Posting.profile_id == profile.id)
        )
        assert {text: impact for text, impact in rows} == cards.impacts(weights, profile.length)
    assert {text: df for text, df in db.session.execute(select(Term.text, Term.df))} == dict(expected)
    orphans = select(func.count()).select_from(TermSynonym).where(TermSynonym.term_id.not_in(select(Term.id)))
    assert db.session.scalar(orphans) == 0
    words = [text for text in expected if has_neighbours(text)]
    alike_ = {(one, other): int(ratio) for one in words for other, ratio in alike(one, words, most=99)}
    one, other = aliased(Term), aliased(Term)
    pairs = db.session.execute(
        select(one.text, other.text, TermNeighbour.ratio)
        .select_from(TermNeighbour)
        .outerjoin(one, one.id == TermNeighbour.term_id)
        .outerjoin(other, other.id == TermNeighbour.other_id)
    )
    assert {(a, b): ratio for a, b, ratio in pairs} == alike_
    sums = db.session.execute(select(WordIndex.profiles, WordIndex.length)).one_or_none() or (0, 0)
    assert tuple(sums) == db.session.execute(select(func.count(), func.coalesce(func.sum(Profile.length), 0))).one()


def test_publishing_twice_is_publishing_once() -> None:
    first = publish(1, card("絵本の読み聞かせ"))
    again = publish(1, card("絵本の読み聞かせ"))
    assert again.id == first.id
    assert services.figures()["profiles"] == 1
    assert_exact()


def test_a_changed_card_replaces_its_words() -> None:
    publish(1, card("絵本の読み聞かせ", intro="山田花子と申します"))
    publish(1, card("書道"))
    assert words_held() == ["書道"]
    assert_exact()


def test_withdrawing_takes_the_words_along() -> None:
    publish(1, card("書道", "茶道"))
    publish(2, card("書道"))
    services.withdraw(registry="supporter", registration_id=1, now=NOW)
    assert services.find(registry="supporter", registration_id=1) is None
    assert words_held() == ["書道"]
    assert_exact()
    services.withdraw(registry="supporter", registration_id=2, now=NOW)
    assert services.figures() == {"profiles": 0, "terms": 0, "postings": 0}


def test_withdrawing_what_is_not_there_does_nothing() -> None:
    services.withdraw(registry="supporter", registration_id=99, now=NOW)


def test_a_rolled_back_publication_leaves_nothing() -> None:
    publish(1, card("書道"))
    db.session.commit()
    publish(1, card("茶道"))
    publish(2, card("書道"))
    db.session.rollback()
    assert services.figures()["profiles"] == 1
    assert_exact()


def test_words_written_almost_alike_are_neighbours_both_ways_as_long_as_both_are_said() -> None:
    publish(1, card("スマートフォン"))
    publish(2, card("スマートフオン", "プログラミング"))
    publish(3, card("プログラミグ"))
    assert db.session.scalar(select(func.count()).select_from(TermNeighbour)) == 4
    assert_exact()
    services.withdraw(registry="supporter", registration_id=2, now=NOW)
    assert db.session.scalar(select(func.count()).select_from(TermNeighbour)) == 0
    assert_exact()


def test_a_reindex_finds_neighbours_that_are_missing_and_sets_the_sums_right(monkeypatch) -> None:
    monkeypatch.setattr(reindexing, "_WORDS_AT_ONCE", 2)
    for number, word in enumerate(("スマートフォン", "スマートフオン", "プログラミング", "プログラミグ"), start=1):
        publish(number, card(word))
    db.session.execute(delete(TermNeighbour))
    highest = db.session.scalar(select(func.max(Term.id)))
    db.session.execute(update(WordIndex).values(neighbours_to=highest, profiles=99, length=1.5))
    publish(5, card("プログラミンク"))
    assert not services.as_it_stands().counts_are_right
    assert services.reindex() == 0
    assert services.as_it_stands().counts_are_right
    assert_exact()


def test_a_reindex_sets_right_how_many_hold_a_word() -> None:
    publish(1, card("書道"))
    publish(2, card("書道", "茶道"))
    db.session.execute(update(Term).where(Term.text == "書道").values(df=7))
    assert not services.as_it_stands().counts_are_right
    db.session.execute(insert(Term).values(text="だれも言わない", reading="", df=0))
    services.reindex()
    assert services.as_it_stands().counts_are_right
    assert_exact()


def test_registries_do_not_disturb_each_other() -> None:
    publish(1, card("書道"))
    publish(1, card("書道"), registry="group")
    services.withdraw(registry="group", registration_id=1, now=NOW)
    assert services.find(registry="supporter", registration_id=1) is not None
    assert_exact()


def test_reindexing_changes_nothing_but_what_is_old() -> None:
    for number in range(1, 6):
        publish(number, card("書道", f"特技{number}"))
    for profile in db.session.scalars(select(Profile)):
        profile.analyzer = "older"
    steps: list[tuple[int, int]] = []
    assert services.reindex(lambda done, total: steps.append((done, total))) == 5
    assert steps[-1] == (5, 5)
    assert services.reindex() == services.as_it_stands().stale == 0
    assert_exact()


def test_a_stopped_reindexing_goes_on_where_it_was(monkeypatch) -> None:
    monkeypatch.setattr(reindexing, "PART", 2)
    for number in range(1, 6):
        publish(number, card("書道", f"特技{number}"))
    for profile in db.session.scalars(select(Profile)):
        profile.knowledge = "older"
    db.session.commit()
    parts: list[int] = []

    def stopped_in_the_second() -> None:
        parts.append(services.as_it_stands().stale)
        if len(parts) == 2:
            raise KeyboardInterrupt
        db.session.commit()

    with pytest.raises(KeyboardInterrupt):
        services.reindex(after_each_part=stopped_in_the_second)
    db.session.rollback()
    assert parts == [3, 1] and services.reindex() == 3
    assert_exact()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="another process is killed")
def test_a_killed_reindexing_goes_on_where_it_was(monkeypatch) -> None:
    monkeypatch.setattr(reindexing, "PART", 2)
    for number in range(1, 6):
        publish(number, card("書道", f"特技{number}"))
    db.session.execute(update(Profile).values(knowledge="older"))
    db.session.commit()
    db.session.remove()
    db.engine.dispose()
    landed: list[int] = []

    def killed_in_the_third() -> None:
        if len(landed) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        db.session.commit()
        landed.append(1)

    if (child := os.fork()) == 0:
        try:
            services.reindex(after_each_part=killed_in_the_third)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert services.as_it_stands().stale == 1
    assert services.reindex(after_each_part=db.session.commit) == 1
    assert_exact()


def test_others_write_while_cards_are_read_anew_and_what_they_wrote_stays(monkeypatch) -> None:
    for number in range(1, 4):
        publish(number, card("書道", f"特技{number}"))
    db.session.execute(update(Profile).values(analyzer="older"))
    db.session.commit()
    read = Reader.read

    def others(app: Flask) -> None:
        with app.app_context():
            publish(1, card("茶道"))
            services.withdraw(registry="supporter", registration_id=2, now=NOW)
            db.session.commit()
            db.session.remove()

    def reading(self: Reader, some: Sequence[Card]) -> list[ReadCard]:
        if some:
            other = Thread(target=others, args=(current_app._get_current_object(),))
            other.start()
            other.join()
        return read(self, some)

    monkeypatch.setattr(Reader, "read", reading)
    assert services.reindex(after_each_part=db.session.commit) == 3
    assert services.figures()["profiles"] == 2
    assert services.find(registry="supporter", registration_id=1).content.card["phrases"][0][0] == "茶道"
    assert services.as_it_stands() == reindexing.Standing(2, 0, 0, counts_are_right=True)
    assert_exact()


def test_a_card_survives_its_json() -> None:
    full = Card(
        key="k",
        kind="group",
        phrases=(Phrase("手話通訳", level=4, qualification="手話通訳士", confirmed=True), Phrase("点訳")),
        intro="紹介",
        fields=frozenset({1, 6}),
        districts=frozenset({3, 1}),
        availability=frozenset(),
        supports=frozenset({"advise"}),
        money="free",
        heads=3,
    )
    assert card_from_json(card_to_json(full), key="k") == full


def test_signs_that_databases_refuse_are_left_out() -> None:
    publish(1, card("書\x00道\ud800", intro="\x00"))
    db.session.commit()
    assert_exact()


TEXT = st.text(alphabet="書道茶道会計手話のをスマホォン教室", max_size=12)
STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "withdraw"]), st.integers(1, 4), st.lists(TEXT, max_size=3)), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_sequence_keeps_the_index_exact(steps) -> None:
    for action, number, phrases in steps:
        if action == "publish":
            publish(number, card(*phrases))
        else:
            services.withdraw(registry="supporter", registration_id=number, now=NOW)
    assert_exact()
    db.session.rollback()
