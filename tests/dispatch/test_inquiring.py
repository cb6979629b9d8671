"""Asking candidates: what must be known first, what is warned of, and what their answers do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from matching import audit, outbox
from matching.accounts.actor import SYSTEM, Source, link_of
from matching.audit import AuditEntry
from matching.dispatch.models import CandidateState, Inquiry
from matching.dispatch.services import inquiring, reporting, shortlisting, standing
from matching.dispatch.services.agreeing import agreements_of, standing_agreement
from matching.dispatch.services.inquiries import inquiries_of
from matching.dispatch.services.inquiries import promises as promises_of
from matching.dispatch.states import AgreementState, InquiryState
from matching.errors import Invalid, MatchingError
from matching.help_requests import services as help_requests
from matching.help_requests.states import RequestState
from matching.i18n import TOKYO
from matching.outbox import Message, MessageState, TooLate
from matching.registry.models import ContactKind, Representation, RepresentationState
from matching.registry.services import Contact, set_contacts
from matching.workflow import NotAllowed
from tests.factories import an_organization

from .factories import (
    NOW,
    TERMS,
    a_case,
    a_conjurer,
    agreed,
    asked,
    candidate_of,
    consulted,
    decided,
    promised,
    shortlist_of,
)

pytestmark = pytest.mark.usefixtures("session")
HELD = timedelta(minutes=5)


class Postbox:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.mails = []

    def send(self, mail) -> None:
        self.mails.append(mail)


def deliver(now=NOW):
    box = Postbox()
    outbox.deliver_due(now=now, transport=box)
    return box.mails


def codes(candidate, now=NOW) -> set[str]:
    return {reason.code for reason in inquiring.warnings_now(candidate, now=now)}


def events(request) -> list[str]:
    return [entry.event for entry in audit.history(case=request.id)]


# -- What must be known first


@pytest.mark.parametrize("missing", TERMS)
def test_nobody_is_asked_before_the_terms_are_known(missing):
    a_conjurer()
    request = a_case(**{missing: None})
    with pytest.raises(MatchingError, match="条件がそろっていません"):
        asked(request)
    assert request.state is RequestState.ACCEPTED


def test_nobody_is_asked_without_an_outline():
    a_conjurer()
    request = a_case()
    request.outline = None
    with pytest.raises(MatchingError, match="打診用要約"):
        asked(request)


def test_an_answer_is_not_wanted_for_yesterday():
    a_conjurer()
    with pytest.raises(Invalid) as refused:
        asked(a_case(), answer_by=date(2026, 11, 23))
    assert refused.value.field == "answer_by"


def test_somebody_without_mail_is_not_asked_by_mail():
    a_conjurer()
    with pytest.raises(Invalid) as refused:
        asked(a_case(), channel=Source.MAIL)
    assert refused.value.field == "channel"


def test_one_is_asked_at_a_time():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case()
    asked(request, one.party)
    with pytest.raises(MatchingError, match="石川 笑子さんの返事を待っています"):
        asked(request, two.party)


def test_whoever_said_yes_is_not_asked_again():
    supporter = a_conjurer()
    request = a_case(head_count=2)
    promised(request, supporter.party)
    with pytest.raises(MatchingError, match="すでに内諾"):
        asked(request, supporter.party)


def test_only_the_current_list_counts():
    a_conjurer()
    request = a_case()
    old = candidate_of(request)
    shortlisting.make_shortlist(request, by=SYSTEM, now=NOW)
    with pytest.raises(MatchingError, match="新しい一覧"):
        inquiring.inquire(old, channel=Source.TELEPHONE, answer_by=date(2026, 12, 1), by=SYSTEM, now=NOW)


def test_what_was_told_stays_as_it_was_told_and_holds_nothing_of_the_requesters_own_words():
    a_conjurer()
    request = a_case(trouble="会長は不器用です。", day_contact="会長 083-000-0044")
    told = asked(request).told
    assert "不器用" not in str(told) and "083" not in str(told) and request.requester.name not in told["outline"]
    request.outline = "別の要約"
    assert told["outline"] != request.outline


# -- Warnings


def test_somebody_who_is_busy_that_day_is_asked_only_with_a_reason():
    supporter = a_conjurer()
    decided()
    request = a_case(title="また手品をお願いしたい")
    assert "conflict.busy" in codes(candidate_of(request, supporter.party))
    with pytest.raises(Invalid) as refused:
        asked(request, supporter.party)
    assert refused.value.field == "override_reason"
    inquiry = asked(request, supporter.party, override_reason="午前と午後で両方行けると聞いた")
    assert "conflict.busy" in inquiry.overridden and inquiry.override_reason


def test_the_monthly_cap_warns_and_is_free_again_in_the_next_month():
    supporter = a_conjurer(monthly_cap=1)
    asked(a_case())
    second = a_case(title="もう1つの手品")
    candidate = candidate_of(second, supporter.party)
    assert any("cap" in code for code in codes(candidate))
    assert not any("cap" in code for code in codes(candidate, now=NOW + timedelta(days=10)))


def test_an_inquiry_that_was_taken_back_does_not_use_up_the_month():
    supporter = a_conjurer(monthly_cap=1)
    inquiring.retract(asked(a_case()), by=SYSTEM, now=NOW)
    assert not any("cap" in code for code in codes(candidate_of(a_case(), supporter.party)))


def test_the_yearly_cap_warns():
    supporter = a_conjurer(yearly_cap=1)
    decided()
    request = a_case()
    assert "conflict.yearly_cap" in codes(candidate_of(request, supporter.party))


def test_the_yearly_cap_counts_what_a_merged_row_did():
    supporter = a_conjurer(yearly_cap=1)
    decided()
    other = a_conjurer("石川 えみ子", yearly_cap=1)
    supporter.party.canonical_id = other.party_id
    request = a_case()
    assert "conflict.yearly_cap" in codes(candidate_of(request))


def test_ones_own_organization_warns(session):
    supporter = a_conjurer()
    organization = an_organization()
    session.add(
        Representation(
            person_id=supporter.party_id,
            organization_id=organization.id,
            title="会長",
            state=RepresentationState.APPROVED,
        )
    )
    request = a_case(requester=organization)
    assert "conflict.own" in codes(candidate_of(request))


def test_somebody_who_declined_this_request_is_asked_again_only_with_a_reason():
    supporter = a_conjurer()
    request = a_case()
    inquiring.decline(asked(request), reason="体調や家庭の事情", by=SYSTEM, now=NOW)
    assert "conflict.declined_this" in codes(candidate_of(request))
    with pytest.raises(Invalid):
        asked(request, supporter.party)
    asked(request, supporter.party, override_reason="体調が戻ったと電話があった")


def test_a_reason_is_kept_only_where_there_was_something_to_override():
    a_conjurer()
    inquiry = asked(a_case(), override_reason="念のため")
    assert (inquiry.overridden, inquiry.override_reason) == (None, None)


@given(day=st.dates(date(2019, 1, 1), date(2040, 12, 31)))
def test_a_month_begins_and_ends_at_midnight_in_tokyo(day):
    first, following = standing._month(day)
    assert first.astimezone(TOKYO).date() == day.replace(day=1)
    assert (following - timedelta(seconds=1)).astimezone(TOKYO).month == day.month
    assert following.astimezone(TOKYO).day == 1


# -- 次点


def test_one_is_held_as_the_next_and_no_longer_when_asked():
    one, two, three = a_conjurer(), a_conjurer("村田 次郎"), a_conjurer("海老原 三枝")
    request = a_case()
    second, third = candidate_of(request, two.party), candidate_of(request, three.party)
    first = asked(request, one.party, reserve=second)
    assert second.state is CandidateState.RESERVE
    inquiring.decline(first, reason="遠い・移動の手段がない", by=SYSTEM, now=NOW)
    assert inquiring.next_to_ask(inquiries_of(request), shortlist_of(request).candidates) is second
    asked(request, two.party, reserve=third)
    assert (second.state, third.state) == (CandidateState.LISTED, CandidateState.RESERVE)


def test_the_one_who_is_asked_is_not_held_as_the_next():
    supporter = a_conjurer()
    request = a_case()
    candidate = candidate_of(request)
    asked(request, supporter.party, reserve=candidate)
    assert candidate.state is CandidateState.LISTED


# -- Mail, undo and delivery


def by_mail():
    supporter = a_conjurer(mail="emiko@example.jp")
    request = a_case()
    return request, asked(request, supporter.party, channel=Source.MAIL)


def test_a_mail_is_held_for_five_minutes():
    _request, inquiry = by_mail()
    assert inquiry.message.due_at == NOW + HELD
    assert deliver(NOW + HELD - timedelta(seconds=1)) == []
    assert len(deliver(NOW + HELD)) == 1


def test_undo_before_delivery_sends_nothing_and_reopens_the_request(session):
    request, inquiry = by_mail()
    inquiring.undo(inquiry, by=SYSTEM, now=NOW + timedelta(minutes=1))
    assert (inquiry.state, request.state) == (InquiryState.RETRACTED, RequestState.ACCEPTED)
    assert deliver(NOW + timedelta(days=1)) == []
    assert session.scalars(select(Message.state)).all() == [MessageState.CANCELLED]


def test_undo_after_delivery_is_refused(session):
    request, inquiry = by_mail()
    session.commit()
    assert len(deliver(NOW + HELD)) == 1
    with pytest.raises(TooLate, match="すでに送られた"):
        inquiring.undo(inquiry, by=SYSTEM, now=NOW + HELD)
    session.rollback()
    assert (inquiry.state, request.state) == (InquiryState.OPEN, RequestState.INQUIRING)


def test_what_was_told_by_telephone_cannot_be_undone_but_retracted():
    a_conjurer()
    inquiry = asked(a_case())
    with pytest.raises(MatchingError, match="メールで送った打診だけ"):
        inquiring.undo(inquiry, by=SYSTEM, now=NOW)
    inquiring.retract(inquiry, by=SYSTEM, now=NOW)
    assert inquiry.state is InquiryState.RETRACTED


def test_an_inquiry_retracted_after_its_mail_left_is_followed_by_a_word(session):
    _request, inquiry = by_mail()
    session.commit()
    deliver(NOW + HELD)
    inquiring.retract(inquiry, by=SYSTEM, now=NOW + timedelta(hours=1))
    assert session.scalars(select(Message.event).order_by(Message.id)).all() == ["inquiry:send", "inquiry:retracted"]


def test_a_mail_that_still_waits_does_not_follow_an_answer_by_telephone(session):
    _request, inquiry = by_mail()
    inquiring.promise(inquiry, by=SYSTEM.told_by(Source.TELEPHONE), now=NOW)
    session.commit()
    assert deliver(NOW + HELD) == []


# -- Answers


def test_a_declined_inquiry_reopens_the_request():
    a_conjurer()
    request = a_case()
    inquiry = asked(request)
    inquiring.decline(inquiry, reason="日時の都合がつかない", by=link_of(inquiry.party_id), now=NOW)
    assert (inquiry.state, request.state) == (InquiryState.DECLINED, RequestState.ACCEPTED)
    assert (inquiry.answered_at, inquiry.answered_by) == (NOW, Source.MAIL)
    assert events(request)[-2:] == ["request:release", "inquiry:decline"]


def test_a_decline_says_why():
    a_conjurer()
    inquiry = asked(a_case())
    with pytest.raises(Invalid):
        inquiring.decline(inquiry, reason="  ", by=SYSTEM, now=NOW)
    assert inquiry.state is InquiryState.OPEN


def test_a_decline_beside_another_promise_goes_back_to_the_promise():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=2)
    promised(request, one.party)
    inquiring.decline(asked(request, two.party), reason="体調や家庭の事情", by=SYSTEM, now=NOW)
    assert request.state is RequestState.PROMISED


def test_a_question_waits_for_its_answer_and_the_candidate_then_says_yes(session):
    request, inquiry = by_mail()
    party = link_of(inquiry.party_id)
    inquiring.ask(inquiry, question="駐車場はありますか。", by=party, now=NOW)
    assert (inquiry.state, request.state) == (InquiryState.ASKED, RequestState.INQUIRING)
    inquiring.reply(inquiry, text="3台分あります。", by=SYSTEM, now=NOW)
    assert (inquiry.state, inquiry.reply) == (InquiryState.OPEN, "3台分あります。")
    mail = session.scalars(select(Message).where(Message.event == "inquiry:reply")).one()
    assert "3台分あります" in mail.body and "/answer/" in mail.body
    inquiring.promise(inquiry, heads=1, by=party, now=NOW)
    assert request.state is RequestState.PROMISED


def test_an_answer_to_no_question_is_refused():
    a_conjurer()
    with pytest.raises(NotAllowed):
        inquiring.reply(asked(a_case()), text="はい", by=SYSTEM, now=NOW)


def test_a_promise_taken_back_after_the_agreement_retracts_it():
    supporter = a_conjurer()
    request = a_case()
    agreement = agreed(request)
    inquiry = promises_of(request)[0]
    inquiring.decline(inquiry, reason="入院することになった", by=SYSTEM, now=NOW)
    assert (agreement.state, request.state) == (AgreementState.RETRACTED, RequestState.ACCEPTED)
    assert standing_agreement(request) is None
    assert supporter.party_id == inquiry.party_id


def test_a_promise_taken_back_while_the_requester_thinks_retracts_the_question_and_its_mail(session):
    a_conjurer()
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.MAIL, "jichikai@example.jp")])
    request = a_case(requester=organization)
    agreement = consulted(request, channel=Source.MAIL)
    inquiring.decline(promises_of(request)[0], reason="都合が変わった", by=SYSTEM, now=NOW)
    assert agreement.state is AgreementState.RETRACTED
    assert request.state is RequestState.ACCEPTED
    session.refresh(agreement.message)
    assert agreement.message.state is MessageState.CANCELLED


def test_one_of_two_promises_taken_back_after_the_agreement_asks_the_requester_anew():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=2)
    promised(request, one.party)
    promised(request, two.party)
    agreed(request)
    inquiring.decline(promises_of(request)[0], reason="都合が変わった", by=SYSTEM, now=NOW)
    assert request.state is RequestState.PROMISED
    assert [a.state for a in agreements_of(request)] == [AgreementState.RETRACTED]
    consulted(request)
    assert request.state is RequestState.CONSULTING


def test_one_promise_taken_back_while_another_is_asked_changes_nothing_else():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=2)
    first = promised(request, one.party)
    second = asked(request, two.party)
    inquiring.decline(first, reason="都合が変わった", by=SYSTEM, now=NOW)
    assert (request.state, second.state) == (RequestState.INQUIRING, InquiryState.OPEN)
    inquiring.decline(second, reason="都合が変わった", by=SYSTEM, now=NOW)
    assert request.state is RequestState.ACCEPTED


def test_a_promise_is_not_taken_back_by_page_after_the_decision():
    a_conjurer()
    decision = decided()
    with pytest.raises(MatchingError, match="電話"):
        inquiring.decline(promises_of(decision.request)[0], reason="風邪", by=SYSTEM, now=NOW)


@pytest.mark.parametrize("state", [InquiryState.DECLINED, InquiryState.RETRACTED, InquiryState.STOOD_DOWN])
def test_an_inquiry_that_is_over_takes_no_answer(session, state):
    a_conjurer()
    request = a_case()
    inquiry = asked(request)
    inquiry.decline_reason, inquiry.state = "都合", state
    session.flush()
    for act in (
        lambda: inquiring.promise(inquiry, by=SYSTEM, now=NOW),
        lambda: inquiring.decline(inquiry, reason="都合", by=SYSTEM, now=NOW),
        lambda: inquiring.ask(inquiry, question="なぜ", by=SYSTEM, now=NOW),
        lambda: inquiring.retract(inquiry, by=SYSTEM, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()


# -- The requester withdraws


def test_a_withdrawal_cancels_the_mail_that_waits_and_retracts_the_inquiry(session):
    request, inquiry = by_mail()
    help_requests.withdraw(request, "雨で中止のため", by=SYSTEM, now=NOW)
    session.commit()
    assert inquiry.state is InquiryState.RETRACTED
    assert deliver(NOW + timedelta(days=1)) == []


def test_a_withdrawal_tells_those_who_were_asked_and_those_who_said_yes(session):
    one, two = a_conjurer(mail="one@example.jp"), a_conjurer("村田 次郎", mail="two@example.jp")
    request = a_case(head_count=2)
    promised(request, one.party)
    asked(request, two.party, channel=Source.MAIL)
    session.commit()
    deliver(NOW + HELD)
    help_requests.withdraw(request, "雨で中止のため", by=SYSTEM, now=NOW + timedelta(hours=1))
    told = {(m.recipient, m.event) for m in session.scalars(select(Message).where(Message.event != "inquiry:send"))}
    assert told == {("one@example.jp", "inquiry:stood_down"), ("two@example.jp", "inquiry:retracted")}
    assert [i.state for i in session.scalars(select(Inquiry).order_by(Inquiry.id))] == [
        InquiryState.STOOD_DOWN,
        InquiryState.RETRACTED,
    ]


def test_a_withdrawal_retracts_what_the_requester_was_asked():
    a_conjurer()
    request = a_case()
    agreement = consulted(request)
    help_requests.withdraw(request, "雨で中止のため", by=SYSTEM, now=NOW)
    assert agreement.state is AgreementState.RETRACTED


# -- The log


def test_the_log_tells_who_by_which_way_and_never_what_was_written(session):
    supporter = a_conjurer(telephone="083-000-0011")
    request = a_case()
    inquiry = asked(request)
    inquiring.decline(
        inquiry,
        reason="妻が入院したため",
        by=SYSTEM.told_by(Source.TELEPHONE, on_behalf_of=supporter.party_id),
        now=NOW,
    )
    rows = session.scalars(select(AuditEntry).where(AuditEntry.case == request.id)).all()
    written = "".join(f"{row.event}{row.subject_type}{row.fields}" for row in rows)
    assert "入院" not in written and "石川" not in written and "083" not in written
    entry = next(row for row in rows if row.event == "inquiry:decline")
    assert (entry.source, entry.on_behalf_of_id) == ("telephone", supporter.party_id)


def test_fairness_counts_reports_and_requests_of_the_same_party():
    supporter = a_conjurer()
    decision = decided(on=date(2026, 11, 24))
    reporting.report(decision.dispatches[0], done=True, text="よかった。", by=SYSTEM, now=NOW)
    request = a_case()
    told = standing.standing_of(request, now=NOW)([supporter.party_id])[supporter.party_id]
    assert (told.done, told.asked_this_month, told.last_asked) == (1, 1, date(2026, 11, 24))
