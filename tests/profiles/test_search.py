"""Facts about searching the stored profiles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from matching.database import db
from matching.engine.types import Ask, Card, Phrase, Standing
from matching.profiles import services
from matching.profiles.models import Profile
from matching.profiles.search import Budget

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
pytestmark = pytest.mark.usefixtures("database")


def publish(number: int, *phrases: str, registry: str = "supporter", party_id: int | None = None, **facts) -> Profile:
    said = Card(key="", kind="individual", phrases=tuple(Phrase(p) for p in phrases), **facts)
    return services.publish(registry=registry, registration_id=number, party_id=party_id or number, card=said, now=NOW)


def search(ask: Ask | str, **how):
    ask = Ask(title=ask) if isinstance(ask, str) else ask
    how.setdefault("registries", ["supporter", "group"])
    return services.search(ask, as_of=TODAY, **how)


def found(result) -> list[int]:
    return [hit.registration_id for hit in result.hits]


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_text_in_ranked_reasons_out() -> None:
    publish(1, "囲碁")
    publish(2, "絵本の読み聞かせ")
    result = search(Ask(title="お願い", needs=("よみきかせ",)))
    assert found(result) == [2]
    (hit,) = result.hits
    assert hit.registry == "supporter" and hit.party_id == 2 and hit.ranked.score > 0
    assert any(reason.code == "words.reading" for reason in hit.ranked.reasons)
    assert result.asked == 2 and result.analyzer and result.weights


def test_an_empty_index_and_an_empty_ask_answer_nothing() -> None:
    assert search("書道").hits == ()
    publish(1, "書道")
    assert search("").hits == ()
    assert search("書道", limit=0).hits == ()
    assert search("書道", registries=[]).hits == ()


def test_a_slip_is_found_in_the_stored_vocabulary() -> None:
    publish(1, "プログラミング")
    assert found(search("プログラミグ")) == [1]


def test_a_new_word_is_known_at_once() -> None:
    publish(1, "漬物")
    assert found(search("プログラミグ")) == []
    publish(2, "プログラミング")
    assert found(search("プログラミグ")) == [2]
    services.withdraw(registry="supporter", registration_id=2, now=NOW)
    assert found(search("プログラミグ")) == []


def test_only_asked_registries_are_searched() -> None:
    publish(1, "書道")
    publish(2, "書道", registry="group")
    assert [hit.registry for hit in search("書道", registries=["group"]).hits] == ["group"]


def test_whoever_is_not_admitted_is_not_found() -> None:
    publish(1, "書道")
    publish(2, "書道")
    assert found(search("書道", admits=Profile.party_id != 1)) == [2]
    assert found(search("書道", admits=Profile.party_id != 1, content_only=True)) == [2]


def test_one_party_shows_once_and_names_its_other_registrations() -> None:
    publish(1, "書道", party_id=1)
    publish(7, "書道の会", "茶道", registry="group", party_id=2)
    publish(3, "書道", party_id=3)
    result = search("書道", canonical_of=lambda ids: {id_: 1 for id_ in ids if id_ in (1, 2)})
    assert found(result) == [1, 3]
    assert result.hits[0].also == (("group", 7),)
    assert result.hits[1].also == ()


def test_standing_is_asked_for_the_parties_and_warns() -> None:
    publish(1, "書道", party_id=5)
    result = search("書道", standing_of=lambda ids: {5: Standing(open_inquiries=1)} if ids == [5] else {})
    assert any(reason.code == "conflict.inquiry" for reason in result.hits[0].ranked.reasons)


def test_one_certain_profile_is_judged_however_little_it_fits() -> None:
    profile = publish(1, "囲碁")
    assert found(search("税金の申告", admits=Profile.id == profile.id)) == []
    result = search(
        "税金の申告",
        admits=Profile.id == profile.id,
        floor=None,
        standing_of=lambda ids: {1: Standing(of_the_requester=True)},
    )
    assert [r.code for r in result.hits[0].ranked.reasons if r.kind == "warning"] == ["conflict.own"]


def test_content_only_always_fills_the_page() -> None:
    for number in range(1, 26):
        publish(number, "囲碁" if number != 20 else "書道")
    result = search("書道", content_only=True, limit=20)
    assert len(result.hits) == 20
    assert found(result)[0] == 20
    assert found(result)[1:] == list(range(1, 20))
    assert len(search("", content_only=True, limit=20).hits) == 20


def test_the_same_search_gives_the_same_answer() -> None:
    for number in range(1, 11):
        publish(number, "書道", f"特技その{number}")
    assert search("書道") == search("書道")


def test_of_a_word_that_everybody_says_those_are_read_of_whom_it_says_most() -> None:
    for number in range(1, 21):
        publish(number, "書道", *(["囲碁", "将棋"] if number not in (7, 9, 12) else []))
    small = Budget(postings=3, pool=3, compared=2)
    assert set(found(search("書道", budget=small, limit=2))) <= {7, 9, 12}
    assert len(search("書道", budget=small, limit=20).hits) == 20  # whoever asks for more gets more


def test_a_request_of_common_words_alone_gets_a_full_list() -> None:
    for number in range(1, 31):
        publish(number, "書道の講師", "茶道の先生", intro="ボランティアです。")
    result = search("書道と茶道の講師、ボランティア", budget=Budget(postings=25, pool=25, compared=20))
    assert len(result.hits) == 20
    assert all(reason.kind == "matched" for hit in result.hits for reason in hit.ranked.reasons[:1])


def test_rare_words_are_read_before_common_ones() -> None:
    for number in range(1, 21):
        publish(number, "書道")
    publish(21, "書道", "かな文字", party_id=21)
    assert found(search("書道のかな文字", budget=Budget(postings=3, pool=5, compared=5), limit=3))[0] == 21


def test_the_number_of_queries_does_not_grow(monkeypatch) -> None:
    def cost(ask: Ask) -> int:
        with counted_queries() as seen:
            search(ask)
        return len(seen)

    long = Ask(
        title="書道とスマートフォンとプログラミグ",
        detail="".join(f"特技その{i}を教えてほしいです。囲碁、将棋、手話、茶道、華道。" for i in range(200)),
        needs=("しょどう", "ちゃどう", "生け花"),
    )
    publish(1, "書道", "プログラミング")
    cost(long)  # what a process keeps is there from now on
    few = cost(long)
    for number in range(2, 31):
        publish(number, "書道", "華道", f"特技その{number}", intro="茶道と将棋も少し。")
    cost(long)  # new words are taken in once
    assert cost(long) <= max(few, 14)
    assert cost(Ask(title="書道")) <= 11


def test_old_analyses_are_read_anew_until_the_index_is_rebuilt() -> None:
    profile = publish(1, "書道")
    profile.analyzer, profile.content.words = "older", ""
    db.session.flush()
    assert found(search("書道")) == [1]
