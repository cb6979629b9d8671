"""A coordinator writes down what somebody asked for by telephone, at the counter or on paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from matching import audit
from matching.accounts.actor import Source
from matching.help_requests.models import HelpRequest, RequestKind
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind, ContactPoint, Organization, Person
from matching.registry.vocabulary import OrganizationKind
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_desk, a_representative, an_organization

PAGE = "/requests/enter"


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def form_of(page):
    return next(form for form in page.forms.values() if "trouble" in form.fields)


@pytest.fixture
def coordinator(session):
    return a_coordinator()


@pytest.fixture
def browser(app, coordinator):
    return sign_in(app, coordinator.email)


def filled(browser, organization=None, **values):
    form = form_of(browser.get(f"{PAGE}?organization={organization.id}" if organization else PAGE))
    usual = {
        "caller": "田中 一郎",
        "caller_telephone": "083-000-0002",
        "title": "サロンでスマホを教えてほしい",
        "trouble": "孫に写真を送りたいという人が多いです。",
        "occasions-0-on": in_days(30),
    }
    if not organization:
        usual |= {
            "organization_name": "ひばりサロン",
            "organization_kind": "salon",
            "organization_telephone": "083-000-0003",
        }
    for name, value in {**usual, **values}.items():
        form[name] = value
    return form


def test_a_call_of_a_known_organization_becomes_a_request(session, browser, coordinator):
    organization = an_organization()
    answer = filled(browser, organization).submit("action", value="save", status=303)
    request = session.scalars(select(HelpRequest)).one()
    assert answer.headers["Location"] == f"/requests/{request.id}"
    assert (request.requester_id, request.caller, request.came_by) == (organization.id, "田中 一郎", Source.TELEPHONE)
    assert (request.state, request.desk, request.submitted_by_id) == (RequestState.SUBMITTED, a_desk(), None)
    assert request.contact_person.contact(ContactKind.TELEPHONE).value == "083-000-0002"
    [entry] = audit.history(case=request.id)
    assert (entry.source, entry.actor_user_id, entry.on_behalf_of_id) == ("telephone", coordinator.id, organization.id)


def test_the_search_finds_an_organization_and_leads_to_its_form(session, browser):
    organization = an_organization("さくら台自治会")
    an_organization("ひばり町内会")
    page = browser.get(PAGE, {"q": "さくら　台"}, status=200)
    assert "ひばり町内会" not in page
    assert form_of(page.click("さくら台自治会"))["organization"].value == str(organization.id)


def test_the_search_says_when_it_finds_nothing(browser):
    assert "見つかりませんでした" in browser.get(PAGE, {"q": "どこにもない"})


def test_a_new_organization_is_written_down_with_its_first_request(session, browser):
    filled(browser, came_by="paper", organization_district="3").submit(status=303)
    organization = session.scalars(select(Organization)).one()
    assert (organization.name, organization.organization_kind, organization.district_id) == (
        "ひばりサロン",
        OrganizationKind.SALON,
        3,
    )
    assert organization.contact(ContactKind.TELEPHONE).value == "083-000-0003"
    assert session.scalars(select(HelpRequest)).one().came_by is Source.PAPER


def test_the_same_name_is_not_written_down_twice(session, browser):
    an_organization("ひばりサロン")
    page = filled(browser, organization_name="ひばり サロン").submit(status=422)
    assert "同じ名前の団体がすでにあります" in page
    assert session.scalar(select(func.count()).select_from(HelpRequest)) == 0


def test_the_same_name_in_another_district_is_another_organization(session, browser):
    an_organization("ひばりサロン").district_id = 4
    filled(browser, organization_district="3").submit(status=303)
    assert session.scalar(select(func.count()).select_from(Organization)) == 2


def test_a_caller_who_called_before_is_the_same_person(session, browser):
    organization = an_organization()
    filled(browser, organization, share_telephone=True).submit(status=303)
    filled(browser, organization, caller="田中　一郎", caller_mail="tanaka@example.jp").submit(status=303)
    person = session.scalars(select(Person)).one()
    points = {point.kind: point for point in session.scalars(select(ContactPoint))}
    assert {kind: point.party_id for kind, point in points.items()} == dict.fromkeys(
        (ContactKind.TELEPHONE, ContactKind.MAIL), person.id
    )
    assert points[ContactKind.TELEPHONE].may_share  # said in the first call
    assert not points[ContactKind.MAIL].may_share


def test_a_new_number_may_not_be_shared_before_somebody_says_so(session, browser):
    organization = an_organization()
    filled(browser, organization, share_telephone=True).submit(status=303)
    filled(browser, organization, caller_telephone="083-000-0009").submit(status=303)
    point = session.scalars(select(ContactPoint)).one()
    assert (point.value, point.may_share) == ("083-000-0009", False)


def test_a_namesake_of_another_organization_is_somebody_else(session, browser):
    filled(browser, an_organization()).submit(status=303)
    filled(browser, an_organization("ひばり町内会")).submit(status=303)
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_the_coordinator_never_gets_the_requesters_mail(session, browser):
    filled(browser, an_organization()).submit(status=303)
    assert session.scalar(select(func.count()).select_from(Message)) == 0
    filled(browser, an_organization("ひばり町内会"), caller_mail="tanaka@example.jp").submit(status=303)
    mail = session.scalars(select(Message)).one()
    assert mail.recipient == "tanaka@example.jp"
    assert "/my/requests/" not in mail.body


def test_taking_in_at_once_drafts_the_outline_for_checking_first(session, browser):
    form = filled(browser, an_organization(), kind="dispatch", needs="スマホ")
    page = form.submit("action", value="accept", status=422)
    assert session.scalar(select(func.count()).select_from(HelpRequest)) == 0
    form = form_of(page)
    assert "サロンでスマホを教えてほしい" in form["outline"].value
    assert "孫に" not in form["outline"].value
    answer = form.submit("action", value="accept", status=303)
    request = session.scalars(select(HelpRequest)).one()
    assert answer.headers["Location"] == f"/requests/{request.id}"
    assert (request.state, request.kind, request.number) == (RequestState.ACCEPTED, RequestKind.DISPATCH, "R8-001")
    assert [entry.event for entry in audit.history(case=request.id)][:2] == ["request:submit", "request:accept"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "", "outline": "スマホの使い方"}, "派遣か紹介か"),
        ({"kind": "dispatch", "outline": "電話は083-000-0002"}, "電話番号のようなもの"),
    ],
)
def test_a_refused_acceptance_enters_nothing(session, browser, values, message):
    page = filled(browser, an_organization(), **values).submit("action", value="accept", status=422)
    assert message in page
    assert session.scalar(select(func.count()).select_from(HelpRequest)) == 0


def test_a_request_for_another_desk_is_not_taken_in_here(session, browser):
    values = {"desk": str(a_desk("saporant").id), "kind": "dispatch", "outline": "スマホの使い方"}
    page = filled(browser, an_organization(), **values).submit("action", value="accept", status=422)
    assert "その窓口が受け付けます" in page
    form_of(page).submit("action", value="save", status=303)
    assert session.scalars(select(HelpRequest)).one().desk.code == "saporant"


def test_pressing_the_button_twice_enters_one_request(session, browser):
    form = filled(browser)
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(HelpRequest)) == 1


def test_taking_in_twice_accepts_once(session, browser):
    form = filled(browser, an_organization(), kind="dispatch", outline="スマホの使い方を教える")
    for _ in range(2):
        form.submit("action", value="accept", status=303)
    assert session.scalars(select(HelpRequest)).one().number == "R8-001"


def test_one_more_row_keeps_the_organization(session, browser):
    organization = an_organization()
    page = filled(browser, organization).submit("action", value="add_occasion", status=200)
    form = form_of(page)
    assert (form["organization"].value, form["caller"].value) == (str(organization.id), "田中 一郎")
    assert "occasions-2-on" in form.fields


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"caller": ""}, "連絡してきた人の名前"),
        ({"caller_telephone": ""}, "折り返し連絡するため"),
        ({"organization_name": "　"}, "団体の名前を"),
        ({"organization_kind": ""}, "団体の種類を"),
        ({"came_by": ""}, "受け方を"),
        ({"occasions-0-on": in_days(-2)}, "過ぎた日"),
    ],
)
def test_a_slip_is_told(session, browser, values, message):
    assert message in filled(browser, **values).submit(status=422)
    assert session.scalar(select(func.count()).select_from(HelpRequest)) == 0


def test_a_desk_that_is_not_offered_is_refused(session, browser):
    form = filled(browser)
    form["desk"].force_value("999")
    assert "一覧から選んでください" in form.submit(status=422)


@pytest.mark.parametrize("organization", ["99999", "x", "1" * 30])
def test_an_unknown_organization_is_not_found(browser, organization):
    browser.get(f"{PAGE}?organization={organization}", status=404)


def test_a_merged_organization_stands_for_its_canonical_one(session, browser):
    kept, merged = an_organization(), an_organization("さくら台 自治会")
    merged.canonical_id = kept.id
    assert form_of(browser.get(f"{PAGE}?organization={merged.id}"))["organization"].value == str(kept.id)


def test_only_coordinators_enter_requests(session, app):
    sign_in(app, a_representative(an_organization()).email).get(PAGE, status=404)
