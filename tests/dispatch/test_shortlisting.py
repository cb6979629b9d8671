"""Who comes onto a shortlist, who does not, and that it stays as it was made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM, link_of
from matching.concepts.services import knowledge
from matching.database import db
from matching.dispatch.models import CandidateState, Shortlist
from matching.dispatch.services import explaining, inquiring, reading, searching, shortlisting
from matching.errors import Invalid, MatchingError
from matching.help_requests import services as help_requests
from matching.help_requests.models import RequestKind
from matching.profiles import services as profiles
from matching.profiles.models import Profile
from matching.registry import services as registry
from matching.registry.models import Purpose, Registry
from matching.registry.services import SkillWords
from matching.supporters import services as supporters
from tests.concepts.factories import a_concept
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.factories import a_coordinator, a_desk, a_person, an_organization
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.supporters.factories import a_supporter

from .factories import BOTH, NOW, a_case, a_conjurer, asked, candidate_of, names_on, shortlist_of

pytestmark = pytest.mark.usefixtures("session")


def profile_of(supporter) -> Profile:
    found = profiles.find(registry=Registry.SUPPORTER.value, registration_id=supporter.id)
    assert found is not None
    return found


def withdraw(party, purpose=Purpose.MATCHING):
    registry.withdraw_consent(registry.active_consents(party.id)[purpose], by=SYSTEM, now=NOW)


def change(supporter, *phrases: str):
    supporters.edit(
        supporter,
        supporters.Told(skills=[SkillWords(phrase) for phrase in phrases], intro="別のことを始めました。"),
        name="改名 花子",
        kana=None,
        district_id=None,
        consents=BOTH,
        contacts=[],
        by=SYSTEM,
        now=NOW,
    )


def frozen(shortlist: Shortlist):
    return [(c.party_id, c.rank, c.score, c.strength, c.bars, c.reasons, c.also_in) for c in shortlist.candidates] + [
        shortlist.versions,
        shortlist.ask,
        shortlist.searched,
    ]


def test_acceptance_makes_the_first_list_with_reasons_in_the_words_of_both_sides():
    a_conjurer()
    shortlist = shortlist_of(a_case())
    assert names_on(shortlist) == ["石川 笑子"]
    assert any(
        r.kind == "matched" and "手品" in str(dict(r.params)) for r in explaining.reasons_of(shortlist.candidates[0])
    )
    assert set(shortlist.versions) == {"analyzer", "weights", "numbers", "lexicon", "encoder"}
    assert shortlist.versions["lexicon"] and shortlist.ask["needs"] == ["手品"]


def test_a_list_stays_word_for_word_when_the_supporter_later_says_something_else(session):
    supporter = a_conjurer()
    shortlist = shortlist_of(a_case())
    before = frozen(shortlist)
    change(supporter, "編み物")
    session.commit()
    session.expire_all()
    assert frozen(db.session.get(Shortlist, shortlist.id)) == before


def test_a_new_list_leaves_the_old_one_as_it_was(session):
    a_conjurer()
    request = a_case()
    old = shortlist_of(request)
    before = frozen(old)
    a_conjurer("村田 次郎")
    new = shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)
    assert len(names_on(new)) == 2
    session.expire_all()
    assert frozen(old) == before and not old.is_current
    assert shortlist_of(request) is new


def test_consent_taken_back_keeps_somebody_off_the_next_list_and_from_being_asked():
    supporter = a_conjurer()
    request = a_case()
    withdraw(supporter.party)
    with pytest.raises(MatchingError, match="利用の同意がない"):
        asked(request, supporter.party)
    assert names_on(shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)) == []


def test_consent_taken_back_hides_somebody_on_the_old_list_too():
    staying, leaving = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case()
    withdraw(leaving.party)
    case = reading.read_case(request, by=SYSTEM, now=NOW, sees_councils=True)
    assert [c.party_id for c in case.candidates] == [staying.party_id]
    assert case.next_to_ask.party_id == staying.party_id


def test_consent_taken_back_hides_even_those_added_by_hand_from_the_next_list():
    a_conjurer()
    other = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    request = a_case()
    shortlisting.add_by_hand(request, profile_of(other), missed_because="手品もすると聞いた", by=SYSTEM, now=NOW)
    withdraw(other.party)
    assert names_on(shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)) == ["石川 笑子"]


def test_an_ended_registration_can_no_longer_be_asked():
    supporter = a_conjurer()
    request = a_case()
    supporters.end(supporter, by=SYSTEM, now=NOW)
    with pytest.raises(MatchingError, match="登録が終わっている"):
        asked(request, supporter.party)


def test_nobody_without_a_basis_is_found():
    a_conjurer(consents=[Purpose.CONTACT])
    assert names_on(shortlist_of(a_case())) == []


def test_a_person_merged_into_another_shows_once():
    one, two = a_conjurer("山田 太朗"), a_conjurer("山田 太郎")
    two.party.canonical_id = one.party_id
    shortlist = shortlist_of(a_case())
    assert [c.party_id for c in shortlist.candidates] == [one.party_id]


def test_a_body_with_two_registrations_shows_once_and_names_the_other_registry():
    body = an_organization("さざなみ手品クラブ")
    a_supporter(body, "手品", consents=BOTH)
    a_group(body, "手品")
    candidate = candidate_of(a_case())
    registries = {candidate.of_registry.value, *(name for name, _ in candidate.also_in)}
    assert registries == {"supporter", "group"}
    assert len(shortlist_of(candidate.request).candidates) == 1


def a_conjuring_council_member(name="審議 委員"):
    person = a_candidate(name=name)
    a_member(a_council(f"{name}の審議会"), person, skills=[SkillWords("手品")])
    return person


def test_council_members_are_introduced_only():
    person = a_conjuring_council_member()
    assert names_on(shortlist_of(a_case())) == []
    assert [c.party_id for c in shortlist_of(a_case(kind=RequestKind.INTRODUCTION)).candidates] == [person.id]


def test_council_members_without_consent_to_candidacy_are_not_found():
    a_member(a_council(), a_person("委員 一郎"), skills=[SkillWords("手品")])
    assert names_on(shortlist_of(a_case(kind=RequestKind.INTRODUCTION))) == []


def test_a_council_member_whose_term_has_run_out_is_no_candidate():
    """Nobody has to touch the roster: the term is joined when the list is read."""
    person = a_candidate(name="任期 終子")
    term = a_member(a_council(), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    assert names_on(shortlist_of(request)) == ["任期 終子"]
    term.ends = NOW.date() - timedelta(days=1)
    with pytest.raises(MatchingError):
        asked(request, person)
    assert names_on(shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)) == []


def test_a_case_in_which_a_council_member_is_asked_is_not_handed_to_a_contractor():
    person = a_conjuring_council_member()
    request = a_case(kind=RequestKind.INTRODUCTION)
    asked(request, person)
    with pytest.raises(Invalid):
        help_requests.hand_over(request, to_desk=a_desk("saporant"), note="お願いします", by=SYSTEM, now=NOW)


def test_a_contractors_desk_never_gets_council_members():
    a_conjuring_council_member()
    assert names_on(shortlist_of(a_case(kind=RequestKind.INTRODUCTION, desk="saporant"))) == []


def test_a_council_member_cannot_be_asked_once_it_is_a_dispatch_or_a_contractors_case(session):
    person = a_conjuring_council_member()
    request = a_case(kind=RequestKind.INTRODUCTION)
    request.kind = RequestKind.DISPATCH
    with pytest.raises(MatchingError):
        asked(request, person)


def test_those_who_see_no_council_data_do_not_see_council_candidates_or_whom_they_were_asked():
    person = a_conjuring_council_member()
    request = a_case(kind=RequestKind.INTRODUCTION)
    asked(request, person)
    case = reading.read_case(request, by=SYSTEM, now=NOW, sees_councils=False)
    assert (case.candidates, case.inquiries) == ([], [])
    seen = reading.read_case(request, by=SYSTEM, now=NOW, sees_councils=True)
    assert len(seen.candidates) == len(seen.inquiries) == 1


def test_the_place_of_the_next_one_survives_a_new_list():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case()
    inquiry = asked(request, one.party, reserve=candidate_of(request, two.party))
    inquiring.decline(inquiry, reason="日時の都合がつかない", by=link_of(one.party_id), now=NOW)
    shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)
    assert candidate_of(request, two.party).state is CandidateState.RESERVE


def test_adding_by_hand_says_why_and_what_the_matcher_would_have_said():
    request = a_case()
    late = a_conjurer()
    with pytest.raises(Invalid) as refused:
        shortlisting.add_by_hand(request, profile_of(late), missed_because=" ", by=SYSTEM, now=NOW)
    assert refused.value.field == "missed_because"
    added = shortlisting.add_by_hand(request, profile_of(late), missed_because="登録が遅れた", by=SYSTEM, now=NOW)
    assert (added.by_hand, added.rank, added.score is not None) == (True, 1, True)
    assert any(r.kind == "matched" for r in explaining.reasons_of(added))


def test_nobody_is_added_twice():
    supporter = a_conjurer()
    request = a_case()
    with pytest.raises(MatchingError, match="すでに候補一覧に"):
        shortlisting.add_by_hand(request, profile_of(supporter), missed_because="念のため", by=SYSTEM, now=NOW)


def test_nobody_without_a_basis_is_added_by_hand():
    request = a_case()
    supporter = a_conjurer()
    profile = profile_of(supporter)
    db.session.delete(registry.active_consents(supporter.party_id)[Purpose.MATCHING])
    db.session.flush()
    with pytest.raises(MatchingError, match="同意"):
        shortlisting.add_by_hand(request, profile, missed_because="頼んだことがある", by=SYSTEM, now=NOW)


def test_those_added_by_hand_move_on_to_the_next_list():
    request = a_case()
    other = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    shortlisting.add_by_hand(request, profile_of(other), missed_because="手品もすると聞いた", by=SYSTEM, now=NOW)
    shortlist = shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)
    kept = next(c for c in shortlist.candidates if c.party_id == other.party_id)
    assert (kept.by_hand, kept.missed_because) == (True, "手品もすると聞いた")


def test_who_is_added_by_hand_tells_by_which_versions_they_were_judged_where_these_are_not_the_lists(app, session):
    request = a_case()
    old = shortlist_of(request)
    a_concept("手品の会")
    session.commit()
    late = a_conjurer()
    added = shortlisting.add_by_hand(request, profile_of(late), missed_because="登録が遅れた", by=SYSTEM, now=NOW)
    assert added.versions["lexicon"] == knowledge().lexicon.version != old.versions["lexicon"]
    assert added.versions["numbers"] and added.judged_otherwise == {"lexicon": added.versions["lexicon"]}
    session.commit()
    desk = sign_in(app, a_coordinator().email)
    for path in (f"/requests/{request.id}", f"/requests/{request.id}/candidates", f"/shortlists/{old.id}"):
        page = desk.get(path)
        assert "この一覧とは別の版で出しました" in page and added.versions["lexicon"] in page, path


def test_who_is_added_by_hand_is_not_folded_away_with_those_who_hardly_fit(app, session):
    for number in range(3):
        a_conjurer(f"手品 {number}子")
    request = a_case()
    late = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    added = shortlisting.add_by_hand(request, profile_of(late), missed_because="手品もする", by=SYSTEM, now=NOW)
    assert added.strength == "weak" and added.rank > 3
    session.commit()
    page = sign_in(app, a_coordinator().email).get(f"/requests/{request.id}/candidates")
    [row] = [row for row in page.html.select(".queue-row") if "庭野 松男" in row.select_one(".title").text]
    assert row.find_parent("details") is None


def test_who_was_judged_as_the_list_says_nothing_of_versions_until_they_move_to_a_list_that_is_not(app, session):
    request = a_case()
    other = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    added = shortlisting.add_by_hand(request, profile_of(other), missed_because="手品もする", by=SYSTEM, now=NOW)
    session.commit()
    desk = sign_in(app, a_coordinator().email)
    assert not added.judged_otherwise and "別の版で" not in desk.get(f"/requests/{request.id}/candidates")
    a_concept("手品の会")
    moved = shortlisting.make_shortlist(request, by=SYSTEM, now=NOW).candidates[-1]
    session.commit()
    assert moved.party_id == other.party_id and moved.judged_otherwise == {"lexicon": added.versions["lexicon"]}
    assert "別の版で出しました" in desk.get(f"/requests/{request.id}/candidates")


def test_who_was_added_by_hand_before_versions_were_kept_takes_those_of_the_list_along():
    request = a_case()
    old = shortlist_of(request)
    judged = a_conjurer("庭野 松男", skills=("庭木の剪定",))
    shortlisting.add_by_hand(
        request, profile_of(judged), missed_because="手品もする", by=SYSTEM, now=NOW
    ).versions = None
    unjudged = a_conjurer("村田 次郎", skills=("木彫り",))
    added = shortlisting.add_by_hand(request, profile_of(unjudged), missed_because="手品もする", by=SYSTEM, now=NOW)
    added.versions = added.score = None
    a_concept("手品の会")
    new = shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)
    moved = {candidate.party_id: candidate for candidate in new.candidates}
    assert moved[judged.party_id].judged_otherwise == {"lexicon": old.versions["lexicon"]}
    assert not moved[unjudged.party_id].judged_otherwise


@pytest.mark.parametrize("words", ["むらた", "村田", "ムラタ", "庭木の剪定", "剪定"])
def test_the_search_for_adding_finds_by_name_by_kana_and_by_skill(words):
    request = a_case()
    supporter = a_conjurer("村田 次郎", kana="むらた じろう", skills=("庭木の剪定",))
    found = searching.find_registrants(request, words, now=NOW)
    assert [profile.party_id for profile in found] == [supporter.party_id]


@pytest.mark.parametrize("words", ["", "  ", "・", "%", "_"])
def test_searching_for_nothing_finds_nobody(words):
    request = a_case()
    a_conjurer()
    assert searching.find_registrants(request, words, now=NOW) == []


def test_no_list_is_made_before_acceptance_or_after_the_end():
    waiting = a_request(now=NOW)
    with pytest.raises(MatchingError):
        shortlisting.make_shortlist(waiting, by=SYSTEM, now=NOW)
    request = a_case()
    help_requests.withdraw(request, "雨で中止のため", by=SYSTEM, now=NOW)
    with pytest.raises(MatchingError):
        shortlisting.make_shortlist(request, by=SYSTEM, now=NOW + timedelta(days=1))


def test_a_request_has_one_current_list(session):
    a_case()
    assert len(session.scalars(select(Shortlist).where(Shortlist.is_current)).all()) == 1
