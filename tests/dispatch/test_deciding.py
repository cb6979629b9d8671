"""The requester's consent, the decision and its number, telling both sides, giving up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matching.accounts.actor import SYSTEM, Source, link_of
from matching.dispatch.models import Decision, DecisionResult, Notice
from matching.dispatch.services import agreeing, deciding, inquiries, inquiring
from matching.dispatch.services.drafting import outline_of
from matching.dispatch.services.inquiries import promises
from matching.dispatch.states import AgreementState, InquiryState
from matching.errors import Invalid, MatchingError
from matching.help_requests.models import Occasion
from matching.help_requests.states import RequestState
from matching.i18n import fiscal_year
from matching.outbox import Message, MessageState, TooLate
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from matching.registry.vocabulary import Part
from matching.workflow import NotAllowed
from tests.factories import an_organization

from .factories import (
    NOW,
    a_case,
    a_conjurer,
    agreed,
    asked,
    candidate_of,
    consulted,
    decide,
    decided,
    promised,
    settled,
)

pytestmark = pytest.mark.usefixtures("session")


def a_requester_with_mail():
    organization = an_organization()
    set_contacts(organization, [Contact(ContactKind.MAIL, "jichikai@example.jp", may_share=True)])
    return organization


def mails(session, event=None) -> list[Message]:
    query = select(Message).order_by(Message.id)
    return list(session.scalars(query.where(Message.event == event) if event else query))


# -- The requester's consent


def test_nobody_is_proposed_before_somebody_said_yes():
    a_conjurer()
    request = a_case()
    asked(request)
    with pytest.raises(NotAllowed):
        agreeing.consult(request, outline="手品の方", channel=Source.TELEPHONE, by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("outline", "channel", "field"),
    [
        ("  ", Source.TELEPHONE, "outline"),
        ("手品の石川さん 083-000-0011", Source.TELEPHONE, "outline"),
        ("手品の石川さん emiko@example.jp", Source.TELEPHONE, "outline"),
        ("手品の方", Source.MAIL, "channel"),
    ],
)
def test_what_the_requester_is_told_holds_no_contact_data_and_takes_a_way_that_exists(outline, channel, field):
    a_conjurer()
    request = a_case()
    promised(request)
    with pytest.raises(Invalid) as refused:
        agreeing.consult(request, outline=outline, channel=channel, by=SYSTEM, now=NOW)
    assert refused.value.field == field
    assert request.state is RequestState.PROMISED


def test_the_draft_names_skills_and_nobody():
    supporter = a_conjurer(telephone="083-000-0011")
    request = a_case()
    promised(request)
    draft = outline_of(promises(request))
    assert "手品" in draft and supporter.party.name not in draft and "083" not in draft


def test_a_requester_who_refuses_sends_the_request_back_and_stands_the_promised_down(session):
    supporter = a_conjurer(mail="emiko@example.jp")
    request = a_case()
    agreement = consulted(request)
    with pytest.raises(Invalid):
        agreeing.refuse(agreement, reason=" ", by=SYSTEM, now=NOW)
    agreeing.refuse(agreement, reason="前にも来てもらったため", by=link_of(request.requester_id), now=NOW)
    assert (agreement.state, request.state) == (AgreementState.REFUSED, RequestState.ACCEPTED)
    assert inquiries.inquiries_of(request)[0].state is InquiryState.STOOD_DOWN
    told = mails(session, "inquiry:stood_down")
    assert [mail.recipient for mail in told] == ["emiko@example.jp"]
    assert "前にも来て" not in told[0].body
    assert supporter.party.name in told[0].body


def test_a_consent_is_given_once():
    a_conjurer()
    request = a_case()
    agreement = agreed(request)
    with pytest.raises(NotAllowed):
        agreeing.agree(agreement, by=SYSTEM, now=NOW)
    with pytest.raises(NotAllowed):
        agreeing.refuse(agreement, reason="やはりやめます", by=SYSTEM, now=NOW)


def test_the_question_to_the_requester_can_be_undone_while_its_mail_waits(session):
    a_conjurer()
    request = a_case(requester=a_requester_with_mail())
    agreement = consulted(request, channel=Source.MAIL)
    agreeing.undo(agreement, by=SYSTEM, now=NOW)
    assert (agreement.state, request.state) == (AgreementState.RETRACTED, RequestState.PROMISED)
    session.refresh(agreement.message)
    assert agreement.message.state is MessageState.CANCELLED


def test_an_undo_does_not_take_away_a_consent_that_was_given_meanwhile(session):
    a_conjurer()
    request = a_case(requester=a_requester_with_mail())
    agreement = agreed(request, channel=Source.MAIL)
    with pytest.raises(TooLate):
        agreeing.undo(agreement, by=SYSTEM, now=NOW)
    assert (agreement.state, request.state) == (AgreementState.AGREED, RequestState.AGREED)


# -- The decision


def test_a_decision_needs_a_promise_and_the_requesters_consent():
    a_conjurer()
    request = a_case()
    with pytest.raises(MatchingError, match="内諾した人がいません"):
        decide(request)
    promised(request)
    with pytest.raises(NotAllowed):
        decide(request)
    consulted(request)
    with pytest.raises(NotAllowed):
        decide(request)


def test_a_decision_is_not_of_tomorrow():
    a_conjurer()
    request = a_case()
    agreed(request)
    with pytest.raises(Invalid) as refused:
        decide(request, decided_on=date(2026, 11, 25))
    assert refused.value.field == "decided_on"


def test_a_decision_names_at_least_one_day():
    a_conjurer()
    request = a_case()
    agreed(request)
    with pytest.raises(Invalid):
        deciding.decide(request, settled=[], decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)
    assert request.state is RequestState.AGREED


def test_an_end_before_the_beginning_is_refused():
    a_conjurer()
    request = a_case()
    agreed(request)
    backwards = [deciding.Settled(request.occasions[0], date(2026, 12, 5), time(15), time(14))]
    with pytest.raises(Invalid):
        deciding.decide(request, settled=backwards, decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)


def test_everybody_who_promised_goes_with_the_heads_they_named():
    one, two = a_conjurer(), a_conjurer("村田 次郎")
    request = a_case(head_count=4)
    inquiry = asked(request, one.party)
    inquiring.promise(inquiry, heads=3, by=SYSTEM, now=NOW)
    promised(request, two.party)
    decision = decided(request)
    members = {member.party_id: member.heads for member in decision.dispatches[0].members}
    assert members == {one.party_id: 3, two.party_id: 1}
    assert decision.result is DecisionResult.GRANTED


def test_nobody_is_sent_on_a_day_of_which_they_said_no(session):
    one, two = a_conjurer(mail="one@example.jp"), a_conjurer("村田 次郎", mail="two@example.jp")
    request = a_case(head_count=2)
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    session.flush()
    first, second = request.occasions
    for supporter, refused in ((one, second), (two, first)):
        inquiry = asked(request, supporter.party)
        answer = [{"occasion": o.id, "choice": 0 if o is refused else 1} for o in request.occasions]
        inquiring.promise(inquiry, settled=answer, by=SYSTEM, now=NOW)
    decision = decided(request)
    assert [[m.party_id for m in d.members] for d in decision.dispatches] == [[one.party_id], [two.party_id]]
    letters = {mail.recipient: mail.body for mail in mails(session, "decision:tell")}
    assert "12月5日" in letters["one@example.jp"] and "12月12日" not in letters["one@example.jp"]
    assert "12月12日" in letters["two@example.jp"] and "12月5日" not in letters["two@example.jp"]


def test_a_day_on_which_nobody_can_come_is_not_decided(session):
    a_conjurer()
    request = a_case()
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    session.flush()
    first, second = request.occasions
    inquiry = asked(request)
    inquiring.promise(inquiry, settled=[{"occasion": second.id, "choice": 0}], by=SYSTEM, now=NOW)
    agreed(request)
    with pytest.raises(Invalid) as refused:
        decide(request)
    assert refused.value.field == f"on_{second.id}"
    only = [deciding.Settled(first, on=first.on)]
    decision = deciding.decide(request, settled=only, decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)
    assert len(decision.dispatches) == 1


def test_somebody_whose_only_day_was_left_out_is_told_that_they_are_not_needed(session):
    one, two = a_conjurer(), a_conjurer("村田 次郎", mail="two@example.jp")
    request = a_case(head_count=2)
    request.occasions.append(Occasion(position=2, on=date(2026, 12, 12), part=Part.MORNING))
    session.flush()
    first = request.occasions[0]
    promised(request, one.party)
    inquiry = asked(request, two.party)
    inquiring.promise(inquiry, settled=[{"occasion": first.id, "choice": 0}], by=SYSTEM, now=NOW)
    agreed(request)
    only = [deciding.Settled(first, on=first.on)]
    decision = deciding.decide(request, settled=only, decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)
    assert inquiry.state is InquiryState.STOOD_DOWN
    assert {notice.party_id for notice in decision.notices} == {one.party_id, request.requester_id}
    assert [mail.event for mail in mails(session) if mail.recipient == "two@example.jp"] == ["inquiry:stood_down"]


def test_both_sides_are_told_by_mail_or_wait_to_be_told(session):
    supporter = a_conjurer(mail="emiko@example.jp")
    decision = decided(a_case())
    told = {notice.party_id: notice for notice in decision.notices}
    assert len(told) == 2
    assert told[supporter.party_id].channel is Source.MAIL
    waiting = told[decision.request.requester_id]
    assert (waiting.channel, waiting.message) == (None, None)
    deciding.record_told(waiting, channel=Source.PAPER, by=SYSTEM, now=NOW)
    assert (waiting.channel, waiting.told_at) == (Source.PAPER, NOW)
    with pytest.raises(MatchingError, match="すでに伝えた"):
        deciding.record_told(waiting, channel=Source.PAPER, by=SYSTEM, now=NOW)


def test_numbers_run_through_the_fiscal_year_and_begin_anew():
    a_conjurer()
    numbers = []
    for day in (date(2027, 3, 30), date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 2)):
        now = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        request = a_case(now=now)
        inquiry = asked(request, override_reason="続けて引き受けると聞いた", answer_by=day, now=now)
        inquiring.promise(inquiry, by=SYSTEM, now=now)
        agreed(request, now=now)
        numbers.append(decide(request, now=now, on=day + timedelta(days=20)).number)
    assert numbers == ["令和8年度第1号", "令和8年度第2号", "令和9年度第1号", "令和9年度第2号"]


def test_a_decision_of_march_that_is_written_down_in_april_belongs_to_march():
    a_conjurer()
    before, now = datetime(2027, 3, 20, 3, tzinfo=UTC), datetime(2027, 4, 2, 3, tzinfo=UTC)
    request = a_case(now=before)
    agreed(request, now=before)
    assert decide(request, now=now, on=date(2027, 4, 10), decided_on=date(2027, 3, 31)).number == "令和8年度第1号"


def test_a_decision_is_not_older_than_its_request():
    a_conjurer()
    request = a_case()
    agreed(request)
    with pytest.raises(Invalid):
        decide(request, decided_on=NOW.date() - timedelta(days=1))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(day=st.dates(date(2019, 4, 1), date(2100, 12, 31)))
def test_a_number_names_the_era_year_in_which_its_fiscal_year_began(session, day):
    year = fiscal_year(day) - 2018
    assert deciding._number(day).startswith(f"令和{'元' if year == 1 else year}年度第")


def test_a_request_is_decided_once():
    a_conjurer()
    decision = decided()
    with pytest.raises(NotAllowed):
        decide(decision.request)


# -- 派遣できない


def test_giving_up_tells_the_requester_why_and_stands_the_promised_down(session):
    a_conjurer(mail="emiko@example.jp")
    request = a_case(requester=a_requester_with_mail())
    promised(request)
    decision = deciding.give_up(
        request, reason="日程の合う方がいないため", decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW
    )
    assert (request.state, decision.result) == (RequestState.NOT_POSSIBLE, DecisionResult.NOT_POSSIBLE)
    assert decision.number == "令和8年度第1号"
    told = {mail.event: mail for mail in mails(session)}
    assert "日程の合う方がいないため" in told["decision:tell"].body
    assert told["decision:tell"].recipient == "jichikai@example.jp"
    assert told["inquiry:stood_down"].recipient == "emiko@example.jp"


@pytest.mark.parametrize("reason", ["  ", "石川さん（083-000-0011）の都合がつかない"])
def test_giving_up_says_why_without_contact_data(reason):
    request = a_case()
    with pytest.raises(Invalid) as refused:
        deciding.give_up(request, reason=reason, decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)
    assert refused.value.field == "reason"
    assert request.state is RequestState.ACCEPTED


def test_nobody_gives_up_while_somebody_is_being_asked():
    a_conjurer()
    request = a_case()
    asked(request)
    with pytest.raises(NotAllowed):
        deciding.give_up(request, reason="急ぐため", decided_on=NOW.date(), decided_by="課長", by=SYSTEM, now=NOW)


def test_a_notice_is_made_once_for_each_side(session):
    a_conjurer(mail="emiko@example.jp")
    decided(a_case(requester=a_requester_with_mail()))
    assert len(session.scalars(select(Notice)).all()) == 2
    assert len(mails(session, "decision:tell")) == 2
    assert len(session.scalars(select(Decision)).all()) == 1


def test_the_supporters_letter_holds_no_contact_data_of_the_requester(session):
    a_conjurer(mail="emiko@example.jp")
    decided(a_case(requester=a_requester_with_mail(), venue_contact="鍵当番 083-000-0033"))
    letter = next(mail for mail in mails(session, "decision:tell") if mail.recipient == "emiko@example.jp")
    assert "083-000-0033" not in letter.body and "jichikai@" not in letter.body
    assert "/result/" in letter.body


def test_the_settled_days_come_from_the_occasions():
    a_conjurer()
    request = a_case()
    assert [one.on for one in settled(request)] == [date(2026, 12, 5)]
    assert candidate_of(request).rank == 1
