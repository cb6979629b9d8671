"""Contact items open with the decision and close with the report; reports, calling off, closing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM, Source
from matching.audit import AuditEntry
from matching.dispatch.services import agreeing, contacts, reporting
from matching.dispatch.states import DispatchState
from matching.errors import Invalid
from matching.help_requests.models import Occasion
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact, set_contacts
from matching.registry.vocabulary import Part
from matching.workflow import NotAllowed
from tests.factories import a_person, an_organization

from .factories import NOW, a_case, a_conjurer, consulted, decided, promised

pytestmark = pytest.mark.usefixtures("session")
THE_DAY = NOW + timedelta(days=12)


def a_requester():
    organization = an_organization()
    set_contacts(
        organization,
        [Contact(ContactKind.TELEPHONE, "083-000-0022", may_share=True), Contact(ContactKind.ADDRESS, "山口市亀山町1")],
    )
    return organization


def values(shared) -> list[str]:
    return [point.value for one in shared for point in one.points]


def also(shared) -> dict[str, str]:
    return dict(pair for one in shared for pair in one.also)


def both(request, *viewers):
    return contacts.of_supporters(request), contacts.of_the_requester(request, viewers)


def test_before_the_decision_neither_side_sees_anything():
    supporter = a_conjurer(telephone="083-000-0011")
    request = a_case(requester=a_requester())
    promised(request)
    assert both(request, supporter.party_id) == ([], [])
    agreeing.agree(consulted(request), by=SYSTEM, now=NOW)
    assert both(request, supporter.party_id) == ([], [])


def test_after_the_decision_each_side_sees_what_the_other_chose_and_nothing_else():
    supporter = a_conjurer(telephone="083-000-0011", mail="emiko@example.jp")
    request = a_case(requester=a_requester(), venue_contact="鍵当番 083-000-0033", day_contact="会長 083-000-0044")
    decided(request)
    of_them, of_us = both(request, supporter.party_id)
    assert values(of_them) == ["083-000-0011"]
    assert values(of_us) == ["083-000-0022"]
    assert also(of_us) == {"会場責任者": "鍵当番 083-000-0033", "当日責任者": "会長 083-000-0044"}


def test_the_contact_persons_chosen_items_are_shown_too():
    supporter = a_conjurer()
    person = a_person("大庭 忠夫")
    set_contacts(person, [Contact(ContactKind.TELEPHONE, "083-000-0081", may_share=True)])
    request = a_case(contact_person=person)
    decided(request)
    assert values(contacts.of_the_requester(request, [supporter.party_id])) == ["083-000-0081"]


def test_without_consent_to_it_a_supporters_items_stay_closed():
    supporter = a_conjurer(telephone="083-000-0011", consents=[Purpose.MATCHING])
    shared = contacts.of_supporters(decided().request)
    assert [(one.party.id, one.points) for one in shared] == [(supporter.party_id, ())]


def test_consent_taken_back_closes_the_items_at_once():
    supporter = a_conjurer(telephone="083-000-0011")
    request = decided().request
    registry.withdraw_consent(registry.active_consents(supporter.party_id)[Purpose.CONTACT], by=SYSTEM, now=NOW)
    assert values(contacts.of_supporters(request)) == []


def test_somebody_who_does_not_go_sees_nothing():
    supporter, outsider = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(requester=a_requester())
    promised(request, supporter.party)
    decided(request)
    assert contacts.of_the_requester(request, [outsider.party_id]) == []


def test_those_who_go_together_do_not_see_each_other():
    one = a_conjurer(telephone="083-000-0011")
    two = a_conjurer("村田 次郎", telephone="083-000-0055")
    request = a_case(head_count=2, requester=a_requester())
    promised(request, one.party)
    promised(request, two.party)
    decided(request)
    seen = contacts.of_the_requester(request, [one.party_id])
    assert "083-000-0055" not in values(seen) and two.party_id not in {shared.party.id for shared in seen}


def test_the_items_close_with_the_report():
    supporter = a_conjurer(telephone="083-000-0011")
    decision = decided(a_case(requester=a_requester()))
    reporting.report(decision.dispatches[0], done=True, text="よかった。", by=SYSTEM, now=THE_DAY)
    assert both(decision.request, supporter.party_id) == ([], [])


def test_the_items_close_when_it_is_called_off():
    supporter = a_conjurer(telephone="083-000-0011")
    decision = decided(a_case(requester=a_requester()))
    reporting.cancel(decision.request, reason="台風のため", by=SYSTEM, now=NOW)
    assert both(decision.request, supporter.party_id) == ([], [])


def test_seeing_somebodys_items_is_written_down_and_seeing_nothing_is_not(session):
    supporter = a_conjurer(telephone="083-000-0011")
    request = decided(a_case(requester=an_organization())).request
    of_them, of_us = both(request, supporter.party_id)
    contacts.note_reading(request, of_them + of_us, by=SYSTEM, now=NOW)
    rows = session.scalars(select(AuditEntry).where(AuditEntry.event == "contact:show")).all()
    assert [(row.subject_id, row.case) for row in rows] == [(supporter.party_id, request.id)]


# -- Reports


def test_what_has_not_happened_is_not_reported_as_done():
    a_conjurer()
    dispatch = decided().dispatches[0]
    with pytest.raises(Invalid, match="まだ実施日"):
        reporting.report(dispatch, done=True, text="よかった。", by=SYSTEM, now=NOW)
    reporting.report(dispatch, done=True, text="よかった。", attended=30, by=SYSTEM, now=THE_DAY)
    assert (dispatch.state, dispatch.attended) == (DispatchState.DONE, 30)


def test_what_falls_through_may_be_told_before_the_day_and_says_why():
    a_conjurer()
    dispatch = decided().dispatches[0]
    with pytest.raises(Invalid) as refused:
        reporting.report(dispatch, done=False, text=" ", by=SYSTEM, now=NOW)
    assert refused.value.field == "text"
    reporting.report(dispatch, done=False, text="会場が使えなくなった", attended=5, by=SYSTEM, now=NOW)
    assert (dispatch.state, dispatch.attended) == (DispatchState.NOT_DONE, None)


def test_a_report_is_written_once():
    a_conjurer()
    dispatch = decided().dispatches[0]
    reporting.report(dispatch, done=True, text="よかった。", by=SYSTEM, now=THE_DAY)
    with pytest.raises(NotAllowed):
        reporting.report(dispatch, done=True, text="もう一度", by=SYSTEM, now=THE_DAY)


def test_a_request_is_reported_when_its_last_occasion_is():
    a_conjurer()
    request = a_case()
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    first, second = decided(request).dispatches
    reporting.report(first, done=True, text="1回目", by=SYSTEM, now=THE_DAY)
    assert request.state is RequestState.DECIDED
    reporting.report(second, done=False, text="大雪", by=SYSTEM, now=THE_DAY)
    assert request.state is RequestState.REPORTED


def test_calling_off_tells_both_sides_why_and_leaves_what_was_done(session):
    a_conjurer(mail="emiko@example.jp")
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.MAIL, "jichikai@example.jp")])
    request = a_case(requester=organization)
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    first, second = decided(request).dispatches
    reporting.report(first, done=True, text="1回目", by=SYSTEM, now=THE_DAY)
    reporting.cancel(request, reason="台風が近づいているため", by=SYSTEM, now=THE_DAY)
    assert (first.state, second.state) == (DispatchState.DONE, DispatchState.CANCELLED)
    assert request.state is RequestState.CANCELLED
    told = session.scalars(select(Message).where(Message.event == "dispatch:cancel")).all()
    assert {mail.recipient for mail in told} == {"emiko@example.jp", "jichikai@example.jp"}
    assert all("台風" in mail.body for mail in told)


def test_calling_off_says_why():
    a_conjurer()
    request = decided().request
    with pytest.raises(Invalid):
        reporting.cancel(request, reason="  ", by=SYSTEM, now=NOW)
    assert request.state is RequestState.DECIDED


def test_a_request_is_closed_only_after_the_report():
    a_conjurer()
    decision = decided()
    with pytest.raises(NotAllowed):
        reporting.close(decision.request, by=SYSTEM, now=NOW)
    reporting.report(decision.dispatches[0], done=True, text="よかった。", by=SYSTEM, now=THE_DAY)
    reporting.close(decision.request, by=SYSTEM, now=THE_DAY)
    assert (decision.request.state, decision.request.ended_at) == (RequestState.CLOSED, THE_DAY)


def test_a_report_says_by_which_way_it_came(session):
    a_conjurer()
    decision = decided()
    requester = decision.request.requester_id
    told = SYSTEM.told_by(Source.TELEPHONE, on_behalf_of=requester)
    reporting.report(decision.dispatches[0], done=True, text="よかった。", by=told, now=THE_DAY)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "dispatch:report")).one()
    assert (entry.source, entry.on_behalf_of_id) == ("telephone", requester)
