"""Somebody who was to go cannot come: the decision is revoked, the contacts close, and the search goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from matching import audit
from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.database import db
from matching.dispatch.models import Decision, Inquiry
from matching.dispatch.services import contacts, reopening, standing
from matching.dispatch.services.agreeing import standing_agreement
from matching.dispatch.services.deciding import decision_of
from matching.dispatch.services.inquiries import promises
from matching.dispatch.states import DispatchState, InquiryState
from matching.errors import Invalid
from matching.help_requests import services as help_requests
from matching.help_requests.publishing import public_requests
from matching.help_requests.states import RequestState
from matching.outbox import Message
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from matching.workflow import NotAllowed
from tests.conftest import browser_of, sign_in
from tests.factories import a_coordinator, a_representative, a_user, an_organization, staff
from tests.journeys.steps import fill, form_with

from .factories import NOW, a_case, a_conjurer, agreed, asked, consulted, decide, decided, promised

REASON = "けがをして入院したため"

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def reopened(request, *parties, reason=REASON):
    return reopening.reopen(request, cannot_come=[p.id for p in parties], reason=reason, by=SYSTEM, now=NOW)


def test_the_decision_keeps_its_number_and_the_next_one_gets_its_own(session):
    ill, well = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case()
    promised(request, ill.party)
    first = decided(request)
    reopened(request, ill.party)
    assert (request.state, decision_of(request), first.revoked_because) == (RequestState.ACCEPTED, None, REASON)
    assert [dispatch.state for dispatch in first.dispatches] == [DispatchState.CANCELLED]
    assert standing_agreement(request) is None and promises(request) == []
    promised(request, well.party)
    second = decided(request)
    assert second.number != first.number and decision_of(request) is second
    assert [member.party_id for member in second.members] == [well.party_id]
    assert session.scalar(select(func.count()).select_from(Decision)) == 2


def test_the_contacts_of_both_sides_close_at_once():
    supporter = a_conjurer(telephone="083-000-0011")
    request = a_case()
    decided(request)
    assert contacts.of_supporters(request)
    reopened(request, supporter.party)
    assert contacts.of_supporters(request) == [] and contacts.of_the_requester(request, [supporter.party_id]) == []


def test_the_decision_ends_the_publication_and_reopening_does_not_bring_it_back(desk, session):
    a_conjurer()
    request = a_case()
    help_requests.release(request, by=SYSTEM, now=NOW)
    decided(request)
    assert request.released_at is None
    assert "request:conceal" in [entry.event for entry in audit.history(case=request.id)]
    session.commit()
    form = fill(form_with(desk.get(f"/requests/{request.id}/reopen"), "reason"), reason=REASON)
    page = form.submit(status=303).follow(status=200)
    assert "もう一度公開してよいか、依頼者に聞いて" in page and "要約を公開してよいと聞いた" in page
    session.expire_all()
    assert public_requests(day=NOW.date()).page.items == []


def test_another_ones_yes_still_counts():
    ill, well = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=2)
    promised(request, ill.party)
    promised(request, well.party)
    decided(request)
    reopened(request, ill.party)
    assert request.state is RequestState.PROMISED
    assert [inquiry.party_id for inquiry in promises(request)] == [well.party_id]
    consulted(request)


def test_both_sides_hear_of_it_without_the_reason_and_those_without_mail_are_called(session):
    ill = a_conjurer(mail="emiko@example.jp")
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.MAIL, "jichikai@example.jp")])
    request = a_case(requester=organization)
    decided(request)
    assert reopened(request, ill.party) == []
    mails = session.scalars(select(Message).where(Message.event == "decision:revoke")).all()
    assert {mail.recipient for mail in mails} == {"emiko@example.jp", "jichikai@example.jp"}
    assert not any("入院" in mail.body for mail in mails)
    to_requester = next(mail for mail in mails if mail.recipient == "jichikai@example.jp")
    assert "ほかの方を探しています" in to_requester.body and ill.party.name not in to_requester.body


def test_somebody_without_mail_is_named_to_the_desk(desk, session):
    a_conjurer()
    request = decided().request
    session.commit()
    form = form_with(desk.get(f"/requests/{request.id}").click("行く人が来られなくなった"), "reason")
    page = fill(form, reason=REASON).submit(status=303).follow(status=200)
    assert "石川 笑子" in page and "電話で伝えてください" in page
    assert "取り消した決定" in page and REASON in page
    session.expire_all()
    assert request.state is RequestState.ACCEPTED


def test_what_took_place_already_stays_as_it_was_reported():
    supporter = a_conjurer()
    request = a_case()
    decision = decided(request)
    [dispatch] = decision.dispatches
    dispatch.state, dispatch.report = DispatchState.DONE, "よかった。"
    db.session.flush()
    reopened(request, supporter.party)
    assert dispatch.state is DispatchState.DONE


def test_the_days_that_were_called_off_no_longer_keep_anybody_busy():
    supporter = a_conjurer()
    request = a_case()
    decided(request)
    reopened(request, supporter.party)
    other = a_case(requester=an_organization("ひばり町内会"))
    found = standing.standing_of(other, now=NOW)([supporter.party_id])[supporter.party_id]
    assert found.busy_on == frozenset() and found.done == 0


def test_it_is_said_who_and_why(desk, session):
    ill, well = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=2)
    promised(request, ill.party)
    promised(request, well.party)
    decided(request)
    with pytest.raises(Invalid) as nobody:
        reopened(request)
    assert nobody.value.field == "cannot_come"
    session.commit()
    page = form_with(desk.get(f"/requests/{request.id}/reopen"), "reason").submit(status=422)
    assert "来られなくなった人を選んで" in page and "理由を書いてください" in page
    form = form_with(page, "reason")
    form.set("cannot_come", True, index=0)
    fill(form, reason=REASON).submit(status=303)
    session.expire_all()
    states = {i.party_id: i.state for i in session.scalars(select(Inquiry))}
    assert states == {ill.party_id: InquiryState.DECLINED, well.party_id: InquiryState.PROMISED}


def test_a_double_click_and_a_stale_page_revoke_once(desk, session):
    a_conjurer()
    request = decided().request
    session.commit()
    form = fill(form_with(desk.get(f"/requests/{request.id}/reopen"), "reason"), reason=REASON)
    stale = fill(form_with(desk.get(f"/requests/{request.id}/reopen"), "reason"), reason="二つ目")
    form.submit(status=303)
    form.submit(status=409)
    stale.submit(status=409)
    session.expire_all()
    assert session.scalars(select(Decision)).one().revoked_because == REASON


@pytest.mark.parametrize("how_far", [asked, promised, agreed])
def test_only_what_is_decided_is_reopened(desk, session, how_far):
    supporter = a_conjurer()
    request = a_case()
    how_far(request)
    with pytest.raises(NotAllowed):
        reopened(request, supporter.party)
    session.commit()
    desk.get(f"/requests/{request.id}/reopen", status=409)


def test_each_side_reads_that_the_decision_is_over(app, session):
    ill = a_conjurer(telephone="083-000-0011")
    organization = an_organization()
    goer, owner = a_user(party=ill.party), a_representative(organization)
    request = a_case(requester=organization)
    decision = decided(request)
    notice = next(one for one in decision.notices if not one.to_requester)
    reopened(request, ill.party)
    session.commit()
    theirs = sign_in(app, goer.email)
    assert "取り消されました" in theirs.get(f"/my/results/{notice.id}", status=200)
    assert "行くことに決まったもの" not in theirs.get("/me")
    page = sign_in(app, owner.email).get(f"/my/requests/{request.id}")
    assert "ほかの方を探しています" in page and "083-000-0011" not in page
    assert ill.party.name not in page and REASON not in page


def test_the_old_link_shows_nothing_of_the_new_decision(app, session):
    from matching.dispatch.services import links

    ill, well = a_conjurer(), a_conjurer("村田 次郎", telephone="083-000-0055")
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0022", may_share=True)])
    request = a_case(requester=organization)
    promised(request, ill.party)
    first = decided(request)
    notice = next(one for one in first.notices if not one.to_requester)
    reopened(request, ill.party)
    promised(request, well.party)
    agreed(request)
    decide(request)
    token = links.token_of(notice)
    session.commit()
    page = browser_of(app).get(f"/result/{token}", status=200)
    assert "083-000-0022" not in page and "取り消されました" in page


def test_contact_data_and_what_somebody_told_of_themselves_are_read_only_by_those_who_handle_the_case(app, session):
    ill = a_conjurer()
    request = a_case(venue_contact="館長 083-000-0007", day_contact="係 090-0000-0008")
    promised(request, ill.party)
    decided(request)
    reopened(request, ill.party)
    told = ("083-000-0007", "090-0000-0008", REASON)
    shown = {}
    for who in (a_coordinator(), a_coordinator("center:小郡"), a_coordinator("saporant"), staff(Role.STAFF)):
        page = sign_in(app, who.email).get(f"/requests/{request.id}")
        assert "会場責任者" in page and "取り消した決定" in page and ill.party.name in page
        shown[who.email] = [words for words in told if words in page]
    assert list(shown.values()) == [list(told), [], [], []]
