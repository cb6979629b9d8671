"""The decision (派遣決定): a number, a day, who decided; then both sides are told. Or 派遣できない, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from flask_babel import gettext as _
from sqlalchemy import select, update

from ... import audit, outbox
from ...accounts.actor import Actor, Source
from ...database import db
from ...errors import Invalid, MatchingError
from ...help_requests import services as help_requests
from ...help_requests.models import HelpRequest, Occasion
from ...help_requests.states import RequestAction
from ...i18n import era_year, fiscal_year, today
from ...letters import render
from ...registry import services as registry
from ...registry.models import Party
from ..models import Decision, DecisionResult, Dispatch, DispatchMember, Inquiry, Notice
from . import links
from .agreeing import retract_agreement, standing_agreement
from .inquiries import mail_of, promises, stand_down
from .searching import admitted


@dataclass(frozen=True)
class Settled:
    """When one occasion takes place after all."""

    occasion: Occasion
    on: date | None
    starts: time | None = None
    ends: time | None = None
    note: str | None = None


def decision_of(request: HelpRequest) -> Decision | None:
    """The one that stands."""
    return db.session.scalar(select(Decision).where(Decision.request_id == request.id, Decision.revoked_at.is_(None)))


def revoked_decisions_of(request: HelpRequest) -> list[Decision]:
    """Those of before, because somebody could not come after all; oldest first."""
    revoked = select(Decision).where(Decision.request_id == request.id, Decision.revoked_at.is_not(None))
    return list(db.session.scalars(revoked.order_by(Decision.id)))


def _number(day: date) -> str:
    """令和8年度第12号: the era year is the one in which the fiscal year began."""
    begins = date(fiscal_year(day), 5, 1)
    return f"{era_year(begins)}年度第{registry.next_number('decision', day)}号"


def can_go(inquiry: Inquiry, occasion: Occasion) -> bool:
    """Whoever said yes goes to every occasion but those of which they said that they cannot come."""
    return (occasion.id, 0) not in {(one["occasion"], one["choice"]) for one in inquiry.settled or ()}


def _check_day(decided_on: date, request: HelpRequest, *, now: datetime) -> None:
    """A wrong year would use up a number of that year."""
    if not today(request.submitted_at) <= decided_on <= today(now):
        raise Invalid(_("決定日は、依頼を受けた日から今日までの日にしてください。"), field="decided_on")


def decide(
    request: HelpRequest,
    *,
    settled: list[Settled],
    decided_on: date,
    decided_by: str,
    by: Actor,
    now: datetime,
) -> Decision:
    """Settle a request: dispatches for its occasions, notices to both sides."""
    going, agreement = promises(request), standing_agreement(request)
    if not going:
        raise MatchingError(_("内諾した人がいません。先に打診してください。"))
    _check_day(decided_on, request, now=now)
    standing = admitted([inquiry.candidate for inquiry in going], on=today(now))
    for inquiry in going:
        if inquiry.candidate_id not in standing:
            message = _(
                "%(name)sさんは登録が終わっているか、同意を取り消しています。辞退として記録してから進めてください。",
                name=inquiry.party.name,
            )
            raise MatchingError(message)
    if not settled:  # a decision without a day could never be reported, nor its contacts closed
        raise Invalid(_("実施日か日時のメモを、1回分は入力してください。"))
    for one in settled:
        if one.starts and one.ends and one.starts >= one.ends:
            message = _("終わりの時刻は、始まりよりあとにしてください。")
            raise Invalid(message, field=f"ends_{one.occasion.id}")
        if one.on and one.on < today(request.submitted_at):
            message = _("実施日は、依頼を受けた日よりあとの日にしてください。")
            raise Invalid(message, field=f"on_{one.occasion.id}")
        if not any(can_go(inquiry, one.occasion) for inquiry in going):
            raise Invalid(
                _("この回に行ける人がいません。この回の日時とメモを空にするか、もう1人に打診してください。"),
                field=f"on_{one.occasion.id}",
            )
    help_requests.advance(request, RequestAction.DECIDE, by=by, now=now)
    assert agreement is not None  # the workflow leads here through 了承 only
    decision = Decision(
        request=request,
        number=_number(decided_on),
        result=DecisionResult.GRANTED,
        decided_on=decided_on,
        decided_by=decided_by.strip(),
        drafted_by_id=by.user_id,
    )
    db.session.add(decision)
    for one in settled:
        dispatch = Dispatch(
            occasion=one.occasion,
            on=one.on,
            starts=one.starts,
            ends=one.ends,
            when_note=one.note or None,
            place=request.place,
        )
        dispatch.members = [
            DispatchMember(party=inquiry.party, heads=inquiry.heads or 1)
            for inquiry in going
            if can_go(inquiry, one.occasion)
        ]
        decision.dispatches.append(dispatch)
    db.session.flush()
    audit.record("decision:grant", decision, by=by, at=now, case=request.id)
    goes = {member.party_id for member in decision.members}
    for inquiry in going:
        if inquiry.party_id in goes:
            _give_notice(decision, inquiry.party, to_requester=False, now=now)
        else:  # every day they could have come on was left out
            stand_down(inquiry, by=by, now=now)
    _give_notice(decision, request.requester, to_requester=True, now=now)
    return decision


def give_up(
    request: HelpRequest, *, reason: str, decided_on: date, decided_by: str, by: Actor, now: datetime
) -> Decision:
    """派遣できない: a result too. The requester is told why; whoever said yes is told that they are not needed."""
    if not reason.strip():
        raise Invalid(_("派遣できない理由を入力してください。依頼者にも伝わります。"), field="reason")
    help_requests.refuse_contact_data(reason, field="reason")
    _check_day(decided_on, request, now=now)
    request.ending = reason.strip()
    help_requests.advance(request, RequestAction.GIVE_UP, by=by, now=now)
    retract_agreement(request, by=by, now=now)
    for inquiry in promises(request):
        stand_down(inquiry, by=by, now=now)
    decision = Decision(
        request=request,
        number=_number(decided_on),
        result=DecisionResult.NOT_POSSIBLE,
        decided_on=decided_on,
        decided_by=decided_by.strip(),
        drafted_by_id=by.user_id,
        reason=reason.strip(),
    )
    db.session.add(decision)
    db.session.flush()
    audit.record("decision:not_possible", decision, by=by, at=now, case=request.id)
    _give_notice(decision, request.requester, to_requester=True, now=now)
    return decision


def letter_name(decision: Decision, *, to_requester: bool) -> str:
    if decision.result is DecisionResult.NOT_POSSIBLE:
        return "decision_not_possible"
    return "decision_to_requester" if to_requester else "decision_to_supporter"


def _give_notice(decision: Decision, party: Party, *, to_requester: bool, now: datetime) -> Notice:
    """By mail where there is an address; else it waits for a printed letter or a call that staff records."""
    notice = Notice(decision=decision, party=party, to_requester=to_requester, link_key=links.new_key())
    db.session.add(notice)
    db.session.flush()
    request = decision.request
    address = help_requests.mail_of(request) if to_requester else mail_of(party)
    if address:
        subject, body = render(
            letter_name(decision, to_requester=to_requester),
            decision=decision,
            party=party,
            link=links.address_of(notice),
            desk=request.desk,
        )
        notice.channel = Source.MAIL
        notice.message = outbox.enqueue(
            "decision:tell",
            to=address,
            subject=subject,
            body=body,
            now=now,
            party_id=party.id,
            case=request.id,
            key=f"notice:{notice.id}",
        )
    return notice


def record_told(notice: Notice, *, channel: Source, by: Actor, now: datetime) -> None:
    """Staff told one side by telephone or sent the printed letter."""
    told = update(Notice).where(Notice.id == notice.id, Notice.told_at.is_(None))
    values = {"channel": channel, "told_at": now, "told_by_id": by.user_id}
    if not db.session.execute(told.values(**values).returning(Notice.id)).first():
        raise MatchingError(_("すでに伝えた記録があります。"))
    db.session.refresh(notice)
    audit.record("notice:tell", notice, by=by.told_by(channel), at=now, case=notice.request.id)
