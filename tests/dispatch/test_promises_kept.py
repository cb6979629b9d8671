"""What the product promises by name: consent, contact data, saying yes, being told. Each was broken once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM, Source
from matching.database import db
from matching.dispatch.models import Notice
from matching.dispatch.services import agreeing, deciding, inquiring
from matching.dispatch.services.shortlisting import current_shortlist
from matching.dispatch.states import AgreementState, InquiryState
from matching.errors import Invalid, MatchingError
from matching.help_requests import services as help_requests
from matching.help_requests.models import RequestKind
from matching.help_requests.services import Asked
from matching.help_requests.states import RequestState
from matching.outbox import Message, MessageState
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose, Representation, RepresentationState
from matching.registry.services import Contact
from matching.supporters import services as supporters
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_user, an_organization
from tests.help_requests.factories import a_request

from .factories import NOW, OUTLINE, TERMS, a_case, a_conjurer, agreed, asked, consulted, decide, decided, promised

pytestmark = pytest.mark.usefixtures("session")


def take_consent_back(party):
    registry.withdraw_consent(registry.active_consents(party.id)[Purpose.MATCHING], by=SYSTEM, now=NOW)


# -- leaving reaches those who ask


def test_whoever_takes_their_consent_back_is_no_longer_asked():
    supporter = a_conjurer(mail="warako@example.jp")
    request = a_case()
    inquiry = asked(request, channel=Source.MAIL)
    take_consent_back(supporter.party)
    assert (inquiry.state, request.state) == (InquiryState.RETRACTED, RequestState.ACCEPTED)
    db.session.refresh(inquiry.message)
    assert inquiry.message.state is MessageState.CANCELLED


def test_whoever_ends_their_registration_is_no_longer_asked():
    supporter = a_conjurer()
    inquiry = asked(a_case())
    supporters.end(supporter, by=SYSTEM, now=NOW)
    assert inquiry.state is InquiryState.RETRACTED


def test_nobody_is_sent_whose_consent_is_gone():
    supporter = a_conjurer()
    request = a_case()
    agreed(request)
    take_consent_back(supporter.party)
    with pytest.raises(MatchingError):
        decide(request)
    assert request.state is RequestState.AGREED


# -- who asks, and what they may be told


def sent_by_a_stranger():
    stranger, organization = a_person("名乗る 人"), an_organization()
    user = a_user(email="stranger@example.jp", party=stranger)
    claim = registry.claim(stranger, organization, title="会長", by=SYSTEM, now=NOW)
    request = a_request(
        now=NOW, requester=organization, contact_person=stranger, submitted_by_id=user.id, outline=OUTLINE, **TERMS
    )
    return request, claim


def test_a_request_waits_until_a_desk_knows_who_sent_it():
    request, claim = sent_by_a_stranger()
    with pytest.raises(Invalid):
        help_requests.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=SYSTEM, now=NOW)
    registry.decide_representation(claim, approve=True, by=SYSTEM, now=NOW)
    help_requests.accept(request, kind=RequestKind.DISPATCH, outline=OUTLINE, by=SYSTEM, now=NOW)
    assert help_requests.mail_of(request) == "stranger@example.jp"


def test_a_stranger_whose_claim_ends_hears_no_more():
    request, claim = sent_by_a_stranger()
    registry.decide_representation(claim, approve=False, by=SYSTEM, now=NOW)
    assert help_requests.mail_of(request) is None
    claim.state = RepresentationState.ENDED
    assert db.session.scalar(select(func.count()).select_from(Representation)) == 1


# -- what candidates hear


@pytest.mark.parametrize(
    "facts",
    [{"title": "佐藤 090-1234-5678 まで"}, {"payer": "会長 090-1234-5678"}, {"terms_note": "kaicho@example.jp へ"}],
)
def test_nothing_that_candidates_are_told_leads_round_the_desk(facts):
    a_conjurer()
    request = a_case(**facts)
    with pytest.raises(Invalid):
        asked(request)
    assert request.state is RequestState.ACCEPTED


def test_who_pays_does_not_say_who_asks():
    a_conjurer()
    request = a_case()
    told = asked(request).told
    assert told["terms"]["payer"] == "依頼した団体"
    assert request.requester.name not in str(told)


def test_an_answer_to_a_question_holds_no_telephone_number():
    a_conjurer()
    inquiry = asked(a_case())
    inquiring.ask(inquiry, question="駐車場はありますか", by=SYSTEM, now=NOW)
    with pytest.raises(Invalid):
        inquiring.reply(inquiry, text="090-1234-5678 に聞いてください", by=SYSTEM, now=NOW)


def test_a_yes_to_no_day_at_all_is_not_a_yes():
    a_conjurer()
    inquiry = asked(a_case())
    none = [{"occasion": occasion["id"], "choice": 0} for occasion in inquiry.told["occasions"]]
    with pytest.raises(Invalid):
        inquiring.promise(inquiry, settled=none, by=SYSTEM, now=NOW)


def test_the_deadline_does_not_outlive_the_link():
    a_conjurer()
    with pytest.raises(Invalid):
        asked(a_case(), answer_by=NOW.date() + timedelta(days=60))


def test_nobody_apologises_for_a_mail_that_never_came():
    a_conjurer(mail="warako@example.jp")
    inquiry = asked(a_case(), channel=Source.MAIL)
    inquiry.message.state = MessageState.FAILED
    db.session.flush()
    inquiring.retract(inquiry, by=SYSTEM, now=NOW)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


# -- a yes is a yes to these terms


def test_terms_do_not_change_after_somebody_was_told_them():
    a_conjurer()
    request = a_case()
    promised(request)
    terms = help_requests.Terms(venue_contact="鍵当番", payer="サポーター本人")
    with pytest.raises(MatchingError):
        help_requests.complete(request, asked=None, terms=terms, by=SYSTEM, now=NOW)


def test_the_list_is_made_anew_when_the_request_says_something_else():
    a_conjurer()
    english = a_conjurer("英語 話子", skills=("英会話",))
    request = a_case()
    before = current_shortlist(request)
    matter = help_requests.matter_of(request)
    changed = Asked(type(matter)(**{**vars(matter), "needs": ("英会話",), "title": "英会話"}), request.kind, OUTLINE)
    terms = help_requests.terms_of(request)
    help_requests.complete(request, asked=changed, terms=terms, by=SYSTEM, now=NOW)
    after = current_shortlist(request)
    assert after is not before and after.candidates[0].party_id == english.party_id


# -- no dead ends


def test_what_was_asked_of_the_requester_can_be_taken_back():
    a_conjurer()
    request = a_case()
    agreement = consulted(request)
    agreeing.take_back(agreement, by=SYSTEM, now=NOW)
    assert (agreement.state, request.state) == (AgreementState.RETRACTED, RequestState.PROMISED)
    assert agreed(request).state is AgreementState.AGREED


def test_a_desk_can_give_up_while_the_requester_is_silent():
    a_conjurer()
    request = a_case()
    agreement = consulted(request)
    deciding.give_up(request, reason="返事がないため", decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)
    assert (agreement.state, request.state) == (AgreementState.RETRACTED, RequestState.NOT_POSSIBLE)


def test_nobody_is_sent_before_they_were_asked_for():
    a_conjurer()
    request = a_case()
    agreed(request)
    with pytest.raises(Invalid):
        decide(request, on=date(1999, 1, 1))


# -- both sides are told, and see what they may see, also without mail


def test_a_letter_that_could_not_be_sent_told_nobody():
    a_conjurer(mail="warako@example.jp")
    decision = decided()
    notice = next(notice for notice in decision.notices if not notice.to_requester)
    assert notice.is_told
    notice.message.state = MessageState.FAILED
    assert not notice.is_told


def test_a_printed_letter_carries_the_contact_items_that_the_other_side_chose(app, session):
    a_conjurer(telephone="083-000-0055")
    request = a_case(day_contact="鍵当番　083-000-0044")
    registry.set_contacts(request.requester, [Contact(ContactKind.TELEPHONE, "083-000-0066", may_share=True)])
    decision = decided(request)
    letters = {notice.to_requester: notice.id for notice in decision.notices}
    desk = sign_in(app, a_coordinator().email)
    to_requester, to_supporter = desk.get(f"/notices/{letters[True]}"), desk.get(f"/notices/{letters[False]}")
    assert "083-000-0055" in to_requester and "仁保1-2-3" not in to_requester
    assert "083-000-0066" in to_supporter and "083-000-0044" in to_supporter


def test_a_notice_is_recorded_once(session):
    a_conjurer()
    notice = session.scalars(select(Notice).where(Notice.decision_id == decided().id)).first()
    deciding.record_told(notice, channel=Source.TELEPHONE, by=SYSTEM, now=NOW)
    with pytest.raises(MatchingError):
        deciding.record_told(notice, channel=Source.PAPER, by=SYSTEM, now=NOW)
    assert notice.channel is Source.TELEPHONE


def test_staff_see_the_case_and_never_the_requesters_page_of_it(app, session):
    a_conjurer()
    request = a_case()
    desk = sign_in(app, a_coordinator("saporant").email)
    assert desk.get(f"/my/requests/{request.id}", status=303).headers["Location"] == f"/requests/{request.id}"


def test_a_number_that_no_row_can_have_finds_nobody(app, session):
    request = a_case()
    desk = sign_in(app, a_coordinator().email)
    for number in (2**63, -(2**63) - 1):
        desk.get(f"/requests/{request.id}/candidates/add?profile={number}", status=200)


def test_nobody_sees_on_their_page_what_can_still_be_taken_back(app, session):
    supporter = a_conjurer(mail="warako@example.jp")
    user = a_user(email="warako@example.jp", party=supporter.party)
    inquiry = asked(a_case(), channel=Source.MAIL)
    page = f"/my/inquiries/{inquiry.id}"
    browser = sign_in(app, user.email)
    assert page not in browser.get("/me")
    inquiry.message.state, inquiry.message.sent_at = MessageState.SENT, NOW
    session.commit()
    assert page in browser.get("/me")
