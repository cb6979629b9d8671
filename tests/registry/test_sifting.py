"""Facts about narrowing long lists: the same rows come whichever way they are found, and bounds are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest
from sqlalchemy import event

from matching.database import db
from matching.groups import listing as group_listing
from matching.registry import paging, sifting
from matching.registry.paging import AtLeast, Paged, counted
from matching.registry.services import finding, organizations_found
from matching.registry.vocabulary import OrganizationKind
from matching.supporters import listing
from matching.supporters.models import Supporter
from matching.supporters.sieves import ORDER, in_states, sieves_of
from matching.supporters.states import SupporterState
from tests.conftest import sign_in
from tests.councils.factories import a_clerk
from tests.factories import a_coordinator, a_person, an_organization
from tests.groups.factories import a_group
from tests.supporters.factories import a_supporter

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
S = SupporterState


@pytest.fixture
def town(session):
    """Registrations of every state, in several fields and districts; their names are not in the order of their ids."""
    for number in range(24):
        name, kana = f"山田 {chr(0x4E00 + 7 * number % 24)}", chr(ord("あ") + 5 * number % 24)
        party = an_organization(f"{name}会") if number % 4 == 0 else a_person(name, kana=kana)
        supporter = a_supporter(party, fields=[1 + number % 3], districts=[1 + number % 2])
        supporter.anywhere = number % 6 == 0
        supporter.state = (S.ACTIVE, S.ACTIVE, S.PAUSED, S.SUBMITTED, S.ACTIVE, S.RETURNED)[number % 6]
        if number % 8 == 7:
            supporter.state, supporter.ended_on = S.ENDED, DAY
    session.commit()


NARROWED = [
    listing.Narrowed(),
    listing.Narrowed(field=2),
    listing.Narrowed(district=1),
    listing.Narrowed(kind=listing.PartyKind.ORGANIZATION),
    listing.Narrowed(field=1, district=2, kind=listing.PartyKind.PERSON),
    listing.Narrowed(words="山田"),
]


@pytest.mark.parametrize("state", [None, S.ACTIVE, S.PAUSED, S.ENDED])
@pytest.mark.parametrize("by", NARROWED)
def test_from_the_rarest_condition_or_along_the_order_the_same_are_found(town, monkeypatch, by, state):
    def shown() -> list[int]:
        return [one.id for one in listing.find(by, state=state, day=DAY, page=1).page.items]

    from_the_rarest = shown()
    monkeypatch.setattr(sifting, "RARE", -1)
    assert shown() == from_the_rarest
    if not by.words:
        rows = [db.session.get_one(Supporter, id_) for id_ in from_the_rarest]
        keys = [
            (one.state is not S.SUBMITTED if state is None else 0, one.party.kana_key, one.party.name_key)
            for one in rows
        ]
        assert keys == sorted(keys)


def test_counts_of_every_state_are_exact_where_they_are_told(town, monkeypatch):
    exact = listing.find(listing.Narrowed(field=2), state=None, day=DAY, page=1).counts
    held = {state: len(sifting.sift(ORDER, [in_states([state]), *sieves_of(2, None)]).ids) for state in S}
    assert exact == held
    monkeypatch.setattr(sifting, "RARE", 4)
    monkeypatch.setattr(sifting, "FEW", 3)
    some = listing.find(listing.Narrowed(field=2), state=None, day=DAY, page=1).counts
    assert None in some.values()
    assert all(count in (None, exact[state]) for state, count in some.items())


def test_a_walk_that_ends_before_everybody_says_so_and_keeps_the_order(town, monkeypatch):
    monkeypatch.setattr(sifting, "RARE", -1)
    sieves = [in_states([S.ACTIVE, S.PAUSED])]
    whole = sifting.sift(ORDER, sieves)
    assert not whole.more
    part = sifting.sift(ORDER, sieves, far=10)
    assert part.more and 0 < len(part.ids) < len(whole.ids) and part.ids == whole.ids[: len(part.ids)]
    assert sifting.sift(ORDER, sieves, far=None).ids == whole.ids


def test_more_than_can_be_paged_through_is_said_and_never_a_wrong_number(app, town, monkeypatch):
    monkeypatch.setattr(paging, "MOST", 6)
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    monkeypatch.setattr(listing, "sift", partial(sifting.sift, most=6))
    desk = a_coordinator()
    db.session.commit()
    first = sign_in(app, desk.email).get("/supporters")
    assert "6件以上" in first and "登録中（6以上）" in first and "ここに出せるのは、ここまでです" not in first
    last = sign_in(app, desk.email).get("/supporters?page=900")
    assert "4件目から6件目" in last and "6件のうち" not in last
    assert "ここに出せるのは、ここまでです" in last


@pytest.mark.parametrize("address", ["/supporters/export", "/groups/export", "/organizations/export", "/people/export"])
def test_a_file_that_does_not_hold_all_says_so_in_its_last_line(app, town, monkeypatch, address):
    a_group(an_organization("山田の会"))
    a_group(an_organization("山田の集まり"))
    desk = a_coordinator()
    db.session.commit()
    browser, told = sign_in(app, desk.email), "ほかにも当てはまるものがあるかもしれません。"
    assert told not in browser.get(address, {"q": "山田"})
    monkeypatch.setattr(finding, "LOOKED_AT", 1)
    monkeypatch.setattr(finding, "FEW", -1)
    *_rows, last = browser.get(address, {"q": "山田"}).text.splitlines()
    assert told in last


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/supporters?field=1", "/supporters/export?field=1"),
        ("/people?district=1", "/people/export?district=1"),
        ("/groups?field=1", "/groups/export?state=active&field=1"),
        ("/organizations?kind=other", "/organizations/export?kind=other"),
        ("/directory/groups?field=1", None),
        ("/directory/supporters?field=1", None),
        ("/councils/members", None),
    ],
)
def test_a_walk_that_came_to_nobody_does_not_say_that_there_is_nobody(app, town, monkeypatch, address, file):
    a_group(an_organization("山田の会"))
    reader = a_clerk() if "councils" in address else a_coordinator()
    db.session.commit()
    browser, said = sign_in(app, reader.email), "ここまでには、見つかりませんでした"
    assert said not in browser.get(address)
    monkeypatch.setattr(sifting, "RARE", -1)
    monkeypatch.setattr(sifting, "_reach", lambda order, far: ("", "", 0)[: len(order.by)] if far else None)
    page = browser.get(address)
    assert said in page and "条件を足して" in page and "ありません</h2>" not in page and "いません</h2>" not in page
    assert [link["href"] for link in page.html.select("section.empty a")][:-1] == ([file] if file else [])


@pytest.mark.parametrize("path", ["/supporters", "/groups"])
def test_a_tab_of_which_nothing_was_found_so_far_tells_no_number(app, town, monkeypatch, path):
    desk = a_coordinator()
    db.session.commit()
    monkeypatch.setattr(finding, "LOOKED_AT", 1)
    page = sign_in(app, desk.email).get(path, {"q": "山田"})
    tabs = [tab.text for tab in page.html.select(".tabs a")]
    assert tabs and not any("（0以上）" in tab for tab in tabs)


def test_a_list_of_few_among_many_parties_is_shown_whole(session, monkeypatch):
    """A walk along all parties would end before it meets the groups."""
    groups = [a_group(an_organization(f"ん{number}の会")) for number in range(5)]
    session.flush()
    monkeypatch.setattr(sifting, "RARE", 2)
    monkeypatch.setattr(sifting, "_reach", lambda order, far: ("", "", 0))
    found = group_listing.find(group_listing.Narrowed(), group_listing.Part.ACTIVE, day=DAY, page=1)
    assert [one.id for one in found.page.items] == [one.id for one in groups] and not found.page.more
    a_group(an_organization("ん5の会")), a_group(an_organization("ん6の会"))
    assert group_listing.find(group_listing.Narrowed(), group_listing.Part.ACTIVE, day=DAY, page=1).page.more


def test_numbers_are_counted_so_far():
    assert counted(paging.MOST) == paging.MOST and not isinstance(counted(paging.MOST), AtLeast)
    assert isinstance(counted(paging.MOST + 1), AtLeast) and counted(paging.MOST + 1) == paging.MOST
    assert Paged([1, 2, 3], page=9, per_page=2).page == 2


@pytest.mark.parametrize("rare", [20_000, -1])
@pytest.mark.parametrize("by", NARROWED[:5])
def test_the_number_of_queries_is_that_of_the_conditions(town, session, monkeypatch, by, rare):
    monkeypatch.setattr(sifting, "RARE", rare)

    def queries() -> int:
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        session.expire_all()
        listing.find(by, state=None, day=DAY, page=1)
        return len(asked)

    few = queries()
    for number in range(12):
        a_supporter(a_person(f"山田 {number}郎", kana="ん"), fields=[1], districts=[2])
    session.commit()
    assert queries() == few


def test_organizations_are_narrowed_by_kind(session):
    one = an_organization("ん商店", OrganizationKind.BUSINESS)
    an_organization("あ自治会")
    found = organizations_found(words="", by_telephone=False, kind=OrganizationKind.BUSINESS, district_id=None)
    assert found.ids == [one.id]
