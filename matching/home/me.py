"""My page: what waits for my answer, what I promised, where my registrations and requests stand, what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug.wrappers import Response

from ..accounts.actor import Actor
from ..accounts.history import Happened, history_of
from ..accounts.permissions import Permission, current_actor, requires
from ..database import db
from ..dispatch.models import Agreement, Decision, Dispatch, DispatchMember, Inquiry, Notice
from ..dispatch.services import reading
from ..dispatch.states import WAITING, DispatchState
from ..groups.models import Group
from ..groups.states import GroupState
from ..help_requests import services as help_requests
from ..help_requests.models import HelpRequest
from ..help_requests.states import RequestState
from ..i18n import as_day, today
from ..outbox import MessageState
from ..registry import services as registry
from ..registry.models import Representation
from ..supporters.models import Supporter
from ..supporters.states import SupporterState
from . import bp
from .navigation import landing_of

SHOWN = 10
TOLD = 20

HAPPENED = {
    "supporter:submit": _l("協働サポーターの登録を申し込みました。"),
    "supporter:confirm": _l("窓口が、協働サポーターの登録を確認しました。"),
    "supporter:return": _l("窓口が、登録の書き直しをお願いしました。"),
    "supporter:resubmit": _l("登録を直して、出し直しました。"),
    "supporter:edit": _l("登録の内容を直しました。"),
    "supporter:pause": _l("登録をお休みにしました。"),
    "supporter:resume": _l("登録のお休みを終えました。"),
    "supporter:renew": _l("登録の期間が1年延びました。"),
    "supporter:end": _l("登録を終えました。"),
    "group:register": _l("団体の登録が始まりました。"),
    "group:edit": _l("団体の登録の内容を直しました。"),
    "group:renew": _l("団体の登録を更新しました。"),
    "group:end": _l("団体の登録を終えました。"),
    "representation:claim": _l("団体の担当者だと申し出ました。"),
    "representation:approve": _l("窓口が、団体の担当者だと確かめました。"),
    "representation:refuse": _l("団体の担当者の申し出は、認められませんでした。"),
    "inquiry:promise": _l("「引き受けます」と返事をしました。"),
    "inquiry:decline": _l("「今回は辞退します」と返事をしました。"),
    "inquiry:ask": _l("窓口に質問しました。"),
    "inquiry:answer": _l("窓口が質問に答えました。"),
    "inquiry:retract": _l("窓口が相談を取り消しました。"),
    "inquiry:stand_down": _l("今回はお願いしないことになりました。"),
    "request:submit": _l("依頼を出しました。"),
    "request:accept": _l("窓口が依頼を受け付けました。"),
    "request:agree": _l("来てくれる人について了承しました。"),
    "request:disagree": _l("来てくれる人について、了承しないと返事をしました。"),
    "request:decide": _l("来てくれる人が決まりました。"),
    "request:report": _l("依頼の報告がそろいました。"),
    "request:close": _l("依頼が終わりました。"),
    "request:cancel": _l("依頼が中止になりました。"),
    "request:withdraw": _l("依頼を取り下げました。"),
    "request:publish": _l("依頼を公開しました。"),
    "request:conceal": _l("依頼の公開をやめました。"),
}


@dataclass(frozen=True)
class Waiting:
    """Something that only this person can answer."""

    title: str
    text: str
    url: str
    button: str


@dataclass(frozen=True)
class Planned:
    """A day on which somebody goes somewhere; ``comes``: it is to us that they come."""

    dispatch: Dispatch
    url: str
    comes: bool


@bp.get("/me")
@requires(Permission.ME_READ)
def me() -> str | Response:
    actor, person, day = current_actor(), registry.person_of(current_user), today(datetime.now(UTC))
    if actor.is_staff and not actor.parties:
        return redirect(url_for(landing_of(actor)), code=303)
    inquiries = [inquiry for inquiry in reading.inquiries_to(actor.parties) if _has_reached(inquiry)]
    registrations, groups = registrations_of(actor), groups_of(actor)
    representations = registry.representations_of(person.id) if person else []
    requests, planned, notices = requests_of(actor), planned_for(actor), reading.notices_to(actor.parties)
    coming = _coming(planned, notices, day)
    ahead = {one.dispatch.decision_id for one in coming}
    return render_template(
        "home/me.html",
        waiting=[
            *_asked(inquiries),
            *_to_agree(reading.agreements_to(actor.parties)),
            *_to_report(planned, day),
            *_to_mend(registrations),
        ],
        planned=coming,
        answers=[inquiry for inquiry in inquiries if inquiry.state not in WAITING][:SHOWN],
        notices=[one for one in notices if one.decision_id not in ahead][:SHOWN],
        registrations=registrations,
        groups=groups,
        representations=representations,
        requests=requests,
        history=_history([*registrations, *groups, *representations, *inquiries, *requests]),
    )


def _has_reached(inquiry: Inquiry) -> bool:
    """A mail that still waits, or was taken back before it left, told nobody."""
    return inquiry.message is None or inquiry.message.state not in (MessageState.HELD, MessageState.CANCELLED)


def _asked(inquiries: list[Inquiry]) -> list[Waiting]:
    return [
        Waiting(
            inquiry.told["title"],
            _("%(day)sまでに、引き受けられるかお返事ください。", day=as_day(inquiry.answer_by)),
            url_for("dispatch.my_inquiry", inquiry_id=inquiry.id),
            _("相談を読んで返事をする"),
        )
        for inquiry in inquiries
        if inquiry.state in WAITING
    ]


def _to_agree(agreements: list[Agreement]) -> list[Waiting]:
    return [
        Waiting(
            agreement.request.title,
            _("引き受けてくれる人が見つかりました。この方でよいか、お返事ください。"),
            url_for("dispatch.my_agreement", agreement_id=agreement.id),
            _("どんな人かを見て返事をする"),
        )
        for agreement in agreements
    ]


def _to_report(planned: list[Planned], day: date) -> list[Waiting]:
    """Visits whose day has come: their requester says how it went."""
    return [
        Waiting(
            one.dispatch.request.title,
            _("%(day)sはいかがでしたか。終わったら、短い報告をお願いします。", day=as_day(one.dispatch.on)),
            url_for("dispatch.my_report", dispatch_id=one.dispatch.id),
            _("報告する"),
        )
        for one in planned
        if one.comes and one.dispatch.on and one.dispatch.may_be_reported_on(day)
    ]


def _to_mend(registrations: list[Supporter]) -> list[Waiting]:
    return [
        Waiting(
            _("%(name)s の登録", name=one.party.name),
            one.returned_note or _("登録の書き直しをお願いしています。"),
            url_for("supporters.edit", supporter_id=one.id),
            _("登録を直す"),
        )
        for one in registrations
        if one.state is SupporterState.RETURNED
    ]


def _coming(planned: list[Planned], notices: list[Notice], day: date) -> list[Planned]:
    """Days still to come, or not yet fixed; who goes is led to the notice of the decision."""
    told = {notice.decision_id: url_for("dispatch.my_result", notice_id=notice.id) for notice in notices}
    coming = [one for one in planned if one.dispatch.on is None or one.dispatch.on >= day]
    return [one if one.comes else replace(one, url=told.get(one.dispatch.decision_id, "")) for one in coming]


def planned_for(actor: Actor) -> list[Planned]:
    """Visits by these parties and to them that are decided and not yet reported, by day; those without a day last."""
    goes = Dispatch.members.any(DispatchMember.party_id.in_(actor.parties))
    query = (
        select(Dispatch)
        .join(Dispatch.decision)
        .join(Decision.request)
        .where(
            Dispatch.state == DispatchState.PLANNED,
            HelpRequest.state == RequestState.DECIDED,
            or_(goes, HelpRequest.requester_id.in_(actor.parties)),
        )
        .options(contains_eager(Dispatch.decision).contains_eager(Decision.request))
        .order_by(Dispatch.on.is_(None), Dispatch.on, Dispatch.starts, Dispatch.id)
        .limit(50)
    )
    found = []
    for dispatch in db.session.scalars(query):
        request: Any = dispatch.request
        url = url_for("dispatch.my_request", request_id=request.id)
        found.append(Planned(dispatch, url, request.requester_id in actor.parties))
    return found


def registrations_of(actor: Actor) -> list[Supporter]:
    query = (
        select(Supporter)
        .where(Supporter.party_id.in_(actor.parties))
        .options(joinedload(Supporter.party))
        .order_by(Supporter.registered_on.desc(), Supporter.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def groups_of(actor: Actor) -> list[Group]:
    query = (
        select(Group)
        .where(Group.organization_id.in_(actor.parties), Group.state == GroupState.ACTIVE)
        .options(selectinload(Group.organization))
        .order_by(Group.number, Group.id)
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def requests_of(actor: Actor) -> list[HelpRequest]:
    query = help_requests.requests_of(actor).options(selectinload(HelpRequest.requester))
    return list(db.session.scalars(query.order_by(HelpRequest.submitted_at.desc(), HelpRequest.id.desc()).limit(SHOWN)))


def _history(records: list[Supporter | Group | Representation | Inquiry | HelpRequest]) -> list[Happened]:
    """What happened to these, without names: who at a desk did it is not told here."""
    return [replace(one, actor="") for one in history_of(records, HAPPENED)[:TOLD]]
