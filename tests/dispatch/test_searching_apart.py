"""While a request searches before it writes, others write; and what they wrote counts."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, delete, func, select, text, update

from matching.accounts.actor import SYSTEM
from matching.accounts.models import RoleGrant, User
from matching.database import apart, db, with_reading_apart
from matching.dispatch.models import Candidate, Inquiry
from matching.dispatch.services import inquiring, searching, shortlisting
from matching.dispatch.states import InquiryState
from matching.help_requests import services as help_requests
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import RequestState
from matching.profiles import services as profiles
from matching.registry.models import Consent, Purpose, Representation, RepresentationState
from matching.registry.vocabulary import Desk
from tests.conftest import sign_in
from tests.factories import a_coordinator, an_organization
from tests.help_requests.factories import a_request
from tests.journeys.steps import fill, form_with

from .factories import NOW, OUTLINE, TERMS, a_case, a_conjurer, asked, candidate_of, names_on, shortlist_of


def write_at_once(statement):
    """On a connection that waits for nobody."""
    engine = create_engine(db.engine.url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def during_search(monkeypatch):
    """Statements for another connection, which carries out one whenever somebody searches; it does not wait."""
    statements = []
    search = profiles.Searching.__call__

    def searching(self, *args, **kw):
        if statements:
            write_at_once(statements.pop(0))
        return search(self, *args, **kw)

    monkeypatch.setattr(profiles.Searching, "__call__", searching)
    return statements


@pytest.fixture
def after_search(monkeypatch):
    """The same, but carried out when a search has just read: it does not know of them."""
    statements = []
    search = profiles.Searching.__call__

    def searching(self, *args, **kw):
        found = search(self, *args, **kw)
        if statements:
            write_at_once(statements.pop(0))
        return found

    monkeypatch.setattr(profiles.Searching, "__call__", searching)
    return statements


def a_write():
    return update(Desk).values(name=Desk.name)


def press(browser, request):
    return form_with(browser.get(f"/requests/{request.id}/candidates"), "shown").submit(status=303)


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def complete(desk, request, **values):
    form = form_with(desk.get(f"/requests/{request.id}/complete"), "outline")
    return fill(form, **values)


def test_others_write_while_it_is_searched_again(desk, during_search):
    a_conjurer()
    request = a_case()
    first = shortlist_of(request).id
    during_search.append(a_write())
    press(desk, request)
    assert not during_search and shortlist_of(request).id > first


def test_others_write_while_a_list_is_made_with_one_condition_less(desk, during_search):
    a_conjurer(districts=(2,))
    request = a_case(district_id=3)
    page = desk.get(f"/requests/{request.id}/candidates")
    token = form_with(page, "shown")["csrf_token"].value
    during_search.append(a_write())
    path = f"/shortlists/{shortlist_of(request).id}/relax"
    desk.post(path, {"without": "district", "csrf_token": token}, status=303)
    assert not during_search and shortlist_of(request).left_out == ["district"]


def test_others_write_while_a_request_is_taken_in(desk, during_search):
    a_conjurer()
    request = a_request(now=NOW, **TERMS)
    during_search.append(a_write())
    complete(desk, request, kind="dispatch", outline=OUTLINE).submit("action", value="accept", status=303)
    assert not during_search and names_on(shortlist_of(request)) == ["石川 笑子"]
    assert request.number == "R8-001"


def test_others_write_while_a_changed_request_is_searched_for(desk, during_search):
    a_conjurer()
    a_conjurer("庭野 緑", skills=("庭木の剪定",))
    request = a_case()
    during_search.append(a_write())
    complete(desk, request, title="庭木を切ってほしい", needs="庭木の剪定").submit(status=303)
    assert not during_search and names_on(shortlist_of(request))[0] == "庭野 緑"


def test_others_write_while_somebody_is_added_by_hand(desk, during_search):
    a_conjurer()
    request = a_case()
    late = a_conjurer("庭野 緑", skills=("庭木の剪定",))
    profile = profiles.find(registry="supporter", registration_id=late.id)
    form = form_with(desk.get(f"/requests/{request.id}/candidates/add?profile={profile.id}"), "missed_because")
    during_search.append(a_write())
    fill(form, missed_because="登録したばかり").submit(status=303)
    assert not during_search and candidate_of(request, late.party).by_hand


def test_whoever_takes_the_consent_back_while_they_are_added_is_not_added_and_what_was_typed_is_kept(
    desk, session, during_search
):
    a_conjurer()
    request = a_case()
    late = a_conjurer("庭野 緑", skills=("庭木の剪定",))
    profile = profiles.find(registry="supporter", registration_id=late.id)
    form = form_with(desk.get(f"/requests/{request.id}/candidates/add?profile={profile.id}"), "missed_because")
    during_search.append(update(Consent).where(Consent.party_id == late.party_id).values(withdrawn_at=NOW))
    page = fill(form, missed_because="登録したばかり").submit(status=422)
    assert "この人は、この依頼の候補にできません" in page
    assert form_with(page, "missed_because")["missed_because"].value == "登録したばかり"


def test_others_write_while_words_are_offered(desk, monkeypatch, session):
    from matching.concepts import services

    request = a_request(now=NOW, **TERMS)
    offered, wrote = services.offered, []

    def offering(*args, **kw):
        write_at_once(a_write())
        wrote.append(True)
        return offered(*args, **kw)

    form = form_with(desk.get(f"/requests/{request.id}/complete"), "outline")
    monkeypatch.setattr(services, "offered", offering)
    token = form["csrf_token"].value
    desk.post(f"/requests/{request.id}/complete", {**dict(form.submit_fields()), "add": ""}, status=200)
    desk.post("/concepts/suggest", {"text": "庭の木が伸びた", "csrf_token": token}, status=200)
    assert wrote == [True, True]


def takes_the_consent_back(supporter):
    given = update(Consent).where(Consent.party_id == supporter.party_id, Consent.purpose == Purpose.MATCHING)
    return given.values(withdrawn_at=NOW)


def test_whoever_takes_the_consent_back_after_the_search_is_not_on_the_list(desk, session, after_search):
    leaving = a_conjurer()
    staying = a_conjurer("手品 二郎")
    request = a_case()
    after_search.append(takes_the_consent_back(leaving))
    press(desk, request)
    session.expire_all()
    assert not after_search and names_on(shortlist_of(request)) == [staying.party.name]
    assert [candidate.rank for candidate in shortlist_of(request).candidates] == [1]


def test_whoever_takes_the_consent_back_after_the_search_is_not_offered_to_be_added(app, session, after_search):
    leaving, staying = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case()
    session.commit()
    after_search.append(takes_the_consent_back(leaving))

    def view():
        return [one.party_id for one in searching.find_registrants(request, "手品", now=NOW)]

    assert with_reading_apart(view, before_again=lambda: None) == [staying.party_id]


def test_whoever_was_asked_elsewhere_meanwhile_is_warned_of(app, session):
    supporter = a_conjurer(monthly_cap=1)
    elsewhere = asked(a_case())
    inquiring.retract(elsewhere, by=SYSTEM, now=NOW)
    candidate = candidate_of(a_case(title="もう1つの手品"), supporter.party)
    asks = update(Inquiry).where(Inquiry.id == elsewhere.id).values(state=InquiryState.OPEN)
    session.commit()

    def view():
        codes = {reason.code for reason in inquiring.warnings_now(candidate, now=NOW)}
        apart("meanwhile", lambda: write_at_once(asks))
        return codes

    assert {"conflict.cap", "conflict.inquiry"} <= with_reading_apart(view, before_again=lambda: None)


@pytest.mark.parametrize(
    "hits",
    [
        lambda request, profile, ask: searching.judge(request, profile.id, ask, now=NOW).hits,
        lambda request, _profile, ask: searching.look_for(request, ask, now=NOW).result.hits,
    ],
    ids=["judging", "looking"],
)
def test_what_was_read_for_one_request_does_not_answer_for_another(app, session, hits):
    supporter, own = a_conjurer(), an_organization("手品の会")
    state = RepresentationState.APPROVED
    session.add(Representation(person=supporter.party, organization=own, title="会長", state=state))
    requests = [a_case(), a_case(requester=own)]
    profile = profiles.find(registry="supporter", registration_id=supporter.id)
    session.commit()

    def view():
        ask = help_requests.ask_of(requests[0])
        found = [hits(request, profile, ask) for request in requests]
        return ["conflict.own" in {reason.code for reason in one[0].ranked.reasons} for one in found]

    assert with_reading_apart(view, before_again=lambda: None) == [False, True]


def test_a_request_that_changes_during_the_search_is_searched_for_as_it_is_then(desk, session, during_search):
    a_conjurer()
    a_conjurer("庭野 緑", skills=("庭木の剪定",))
    request = a_case()
    changed = update(HelpRequest).where(HelpRequest.id == request.id)
    during_search.append(changed.values(title="庭木の剪定", version=HelpRequest.version + 1))
    press(desk, request)
    session.expire_all()
    assert shortlist_of(request).ask["title"] == request.title == "庭木の剪定"
    assert len(set(session.scalars(select(Candidate.shortlist_id)))) == 2


def test_a_form_is_stale_when_the_request_changed_during_the_search(desk, session, during_search):
    a_conjurer()
    request = a_request(now=NOW, **TERMS)
    form = complete(desk, request, kind="dispatch", outline=OUTLINE)
    changed = update(HelpRequest).where(HelpRequest.id == request.id)
    during_search.append(changed.values(place="3階", version=HelpRequest.version + 1))
    form.submit("action", value="accept", status=409)
    session.expire_all()
    assert (request.state, request.place) == (RequestState.SUBMITTED, "3階")
    assert shortlisting.current_shortlist(request) is None


@pytest.mark.parametrize(
    ("change", "status"),
    [(delete(RoleGrant), 404), (update(User).values(active=False), 401)],
    ids=["whose role is taken", "who may no longer sign in"],
)
def test_somebody_during_the_search_writes_nothing(app, session, during_search, change, status):
    a_conjurer()
    request = a_case()
    user = a_coordinator()
    table = change.table
    form = form_with(sign_in(app, user.email).get(f"/requests/{request.id}/candidates"), "shown")
    before = shortlist_of(request).id
    during_search.append(change.where((table.c.user_id if "user_id" in table.c else table.c.id) == user.id))
    form.submit(status=status)
    session.expire_all()
    assert not during_search and shortlist_of(request).id == before


def test_what_was_committed_is_not_done_again(app, session):
    done = []

    def view():
        db.session.execute(a_write())
        with db.session.begin_nested():
            db.session.execute(a_write())
        if done:
            db.session.commit()
        done.append(len(done))
        return apart("key", lambda: "read") + apart("other", lambda: "there")

    assert with_reading_apart(view, before_again=lambda: None) == "readthere"
    assert done == [0, 1]


def test_what_keeps_changing_is_read_on_the_spot_in_the_end(app, session):
    runs = []

    def view():
        runs.append(len(runs))
        return apart(len(runs), lambda: db.session.scalar(select(func.count()).select_from(Desk)))

    assert with_reading_apart(view, before_again=lambda: None) == db.session.scalar(text("SELECT COUNT(*) FROM desk"))
    assert len(runs) == 4
