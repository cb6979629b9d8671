"""Asking a candidate: what warns, what must be there first, what they are told, who is next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from .... import audit, outbox
from ....accounts.actor import Actor, Source
from ....database import db
from ....engine.types import Reason
from ....errors import Invalid, MatchingError
from ....help_requests import services as help_requests
from ....help_requests.models import HelpRequest, Occasion
from ....help_requests.states import RequestAction
from ....i18n import today
from ....letters import render
from ....profiles import services as profiles
from ....profiles.models import Profile
from ....registry.models import Registry
from ....supporters.models import Supporter
from ...models import Candidate, CandidateState, Inquiry
from ...states import InquiryState
from .. import links
from ..inquiries import inquiries_of, mail_of, promises, waiting_inquiry
from ..searching import admitted, registries_for, searcher
from ..standing import standing_of, times_this_year


def warnings_now(candidate: Candidate, *, now: datetime) -> list[Reason]:
    """The hard rules as they stand at this moment, not as they stood when the list was frozen."""
    request = candidate.shortlist.request
    profile, ask = _profile_of(candidate), help_requests.ask_of(request)
    # Not read apart: what is decided on must not be older than the transaction that writes.
    found = () if profile is None else searcher(request, now=now, only=profile.id, limit=1)(ask).hits
    # What somebody says of their own limits is shown, too; but only a rule of the house asks for a reason.
    reasons = [r for hit in found for r in hit.ranked.reasons if r.kind == "warning" and r.criterion == "conflict"]
    if not found:
        standing = standing_of(request, now=now)([candidate.party_id])[candidate.party_id]
        if standing.of_the_requester:
            reasons.append(Reason("warning", "conflict", "conflict.own"))
    earlier = [i for i in inquiries_of(request) if i.party_id == candidate.party_id]
    if any(i.state in (InquiryState.DECLINED, InquiryState.STOOD_DOWN) for i in earlier):
        reasons.append(Reason("warning", "conflict", "conflict.declined_this"))
    if (cap := _yearly_cap(candidate)) and times_this_year(candidate.party_id, today(now)) >= cap:
        reasons.append(Reason("warning", "conflict", "conflict.yearly_cap", {"cap": cap}))
    return reasons


def _profile_of(candidate: Candidate) -> Profile | None:
    return profiles.find(registry=candidate.of_registry.value, registration_id=candidate.registration_id)


def _yearly_cap(candidate: Candidate) -> int | None:
    if candidate.of_registry is not Registry.SUPPORTER:
        return None
    supporter = db.session.get(Supporter, candidate.registration_id)
    return supporter.yearly_cap if supporter else None


def _told(request: HelpRequest) -> dict[str, Any]:
    """What the candidate is told, kept as it was: title, outline, days and terms; not who asks, nor their trouble."""

    def of(occasion: Occasion) -> dict[str, Any]:
        return {
            "id": occasion.id,
            "on": occasion.on.isoformat() if occasion.on else None,
            "part": occasion.part.value if occasion.part else None,
            "starts": occasion.starts.strftime("%H:%M") if occasion.starts else None,
            "ends": occasion.ends.strftime("%H:%M") if occasion.ends else None,
            "second_on": occasion.second_on.isoformat() if occasion.second_on else None,
            "second_part": occasion.second_part.value if occasion.second_part else None,
            "note": occasion.note,
        }

    return {
        "title": request.title,
        "outline": request.outline,
        "district": request.district.name if request.district else None,
        "head_count": request.head_count,
        "attendance": request.attendance,
        "kind": request.kind.value if request.kind else None,
        "occasions": [of(occasion) for occasion in request.occasions],
        "terms": {
            "honorarium": request.honorarium.value if request.honorarium else None,
            "honorarium_yen": request.honorarium_yen,
            "travel": request.travel.value if request.travel else None,
            "materials": request.materials.value if request.materials else None,
            "payer": (request.payer or "").replace(request.requester.name, _("依頼した団体")),
            "insurance": request.insurance.value if request.insurance else None,
            "note": request.terms_note,
        },
    }


def _check_may_ask(candidate: Candidate, *, now: datetime) -> None:
    request = candidate.shortlist.request
    if not candidate.shortlist.is_current:
        raise MatchingError(_("候補一覧が新しくなっています。新しい一覧から選んでください。"))
    if not request.outline:
        raise MatchingError(_("打診用要約がまだありません。先に「依頼の内容を整える」で入力してください。"))
    if not request.terms_are_answered:
        raise MatchingError(
            _(
                "謝礼・交通費・材料費・支払う人・保険の条件がそろっていません。先に「依頼の内容を整える」で入力してください。"
            )
        )
    for told in (request.title, request.payer, request.terms_note, *(occasion.note for occasion in request.occasions)):
        help_requests.refuse_contact_data(told or "", field="outline")
    if candidate.of_registry not in registries_for(request):
        raise MatchingError(_("審議会等の委員は、市の窓口が「紹介」するときだけ打診できます。"))
    if not admitted([candidate], on=today(now)):
        raise MatchingError(_("この人は登録が終わっているか、利用の同意がないため、打診できません。"))
    if waiting := waiting_inquiry(request):
        raise MatchingError(_("%(name)sさんの返事を待っています。打診は1人ずつ行います。", name=waiting.party.name))
    if any(i.party_id == candidate.party_id for i in promises(request)):
        raise MatchingError(_("この人からは、すでに内諾をもらっています。"))


def inquire(
    candidate: Candidate,
    *,
    channel: Source,
    answer_by: date,
    reserve: Candidate | None = None,
    override_reason: str | None = None,
    by: Actor,
    now: datetime,
) -> Inquiry:
    """Ask a candidate. By mail it waits in the outbox for the undo time; by telephone or paper it is only recorded."""
    request = candidate.shortlist.request
    _check_may_ask(candidate, now=now)
    if answer_by < today(now):
        raise Invalid(_("返事の期限は、今日かそれよりあとの日にしてください。"), field="answer_by")
    if answer_by > today(now) + timedelta(days=current_app.config["LINK_DAYS"]):
        raise Invalid(_("返事の期限が先すぎます。リンクが使えるあいだの日にしてください。"), field="answer_by")
    address = mail_of(candidate.party)
    if channel is Source.MAIL and not address:
        raise Invalid(_("この人のメールアドレスが登録されていません。電話か書面を選んでください。"), field="channel")
    warnings = [reason.code for reason in warnings_now(candidate, now=now)]
    if warnings and not (override_reason or "").strip():
        raise Invalid(_("注意があります。それでも打診する理由を入力してください。"), field="override_reason")
    help_requests.advance(request, RequestAction.INQUIRE, by=by, now=now)
    inquiry = Inquiry(
        request=request,
        candidate=candidate,
        party_id=candidate.party_id,
        channel=channel,
        told=_told(request),
        asked_at=now,
        asked_by_id=by.user_id,
        answer_by=answer_by,
        link_key=links.new_key(),
        overridden=warnings or None,
        override_reason=(override_reason or "").strip() or None if warnings else None,
    )
    db.session.add(inquiry)
    db.session.flush()
    hold_as_reserve(candidate, reserve)
    if channel is Source.MAIL and address:
        subject, body = render(
            "inquiry", inquiry=inquiry, party=candidate.party, link=links.address_of(inquiry), desk=request.desk
        )
        inquiry.message = outbox.enqueue(
            "inquiry:send",
            to=address,
            subject=subject,
            body=body,
            now=now,
            hold=True,
            party_id=candidate.party_id,
            case=request.id,
            key=f"inquiry:{inquiry.id}",
        )
    audit.record(
        "inquiry:send",
        inquiry,
        by=by.told_by(channel) if channel is not Source.MAIL else by,
        at=now,
        case=request.id,
        fields=["override_reason"] if warnings else None,
    )
    return inquiry


def hold_as_reserve(asked: Candidate, reserve: Candidate | None) -> None:
    """At most one is held as 次点; whoever is asked is no longer it."""
    for candidate in asked.shortlist.candidates:
        if candidate.state is CandidateState.RESERVE and candidate is not reserve:
            candidate.state = CandidateState.LISTED
    db.session.flush()
    if reserve and reserve.shortlist_id == asked.shortlist_id and reserve is not asked:
        reserve.state = CandidateState.RESERVE
    db.session.flush()


def next_to_ask(inquiries: Iterable[Inquiry], candidates: Iterable[Candidate]) -> Candidate | None:
    """Who is next: the one held as 次点, else the first on the list who has not been asked."""
    asked = {inquiry.party_id for inquiry in inquiries}
    free = [candidate for candidate in candidates if candidate.party_id not in asked]
    held = [candidate for candidate in free if candidate.state is CandidateState.RESERVE]
    return next(iter(held or free), None)
