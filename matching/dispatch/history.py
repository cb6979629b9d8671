"""What happened in a case, in words: for the desk with who did it, for the requester without anybody's name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from .. import audit
from ..accounts.actor import Actor, Source
from ..accounts.history import Happened
from ..accounts.models import User
from ..audit import AuditEntry
from ..database import db
from ..help_requests import services as help_requests
from ..help_requests.models import Handover, HelpRequest
from ..i18n import label
from ..registry.models import Party

EVENTS = {
    "request:submit": _l("依頼が出されました"),
    "request:complete": _l("依頼の内容を整えました"),
    "request:accept": _l("依頼を受け付けました"),
    "request:inquire": _l("打診を始めました"),
    "request:release": _l("候補選びに戻りました"),
    "request:keep_promise": _l("内諾の段階に戻りました"),
    "request:promise": _l("内諾をもらいました"),
    "request:consult": _l("依頼者に了承を求めました"),
    "request:agree": _l("依頼者が了承しました"),
    "request:disagree": _l("依頼者が了承しませんでした"),
    "request:decide": _l("派遣・紹介が決まりました"),
    "request:report": _l("すべての報告がそろいました"),
    "request:close": _l("依頼を終了しました"),
    "request:give_up": _l("派遣できないと決めました"),
    "request:cancel": _l("中止になりました"),
    "request:withdraw": _l("依頼が取り下げられました"),
    "request:read": _l("依頼の内容を見ました"),
    "request:hand_over": _l("別の窓口に引き継ぎました"),
    "request:publish": _l("要約の公開を始めました"),
    "request:conceal": _l("要約の公開をやめました"),
    "request:reopen": _l("候補選びに戻りました（行く人が来られなくなったため）"),
    "shortlist:make": _l("候補一覧を作りました"),
    "candidate:add": _l("候補を手で加えました"),
    "inquiry:send": _l("打診しました"),
    "inquiry:promise": _l("候補者が内諾しました"),
    "inquiry:decline": _l("候補者が辞退しました"),
    "inquiry:ask": _l("候補者から質問がありました"),
    "inquiry:answer": _l("質問に答えました"),
    "inquiry:retract": _l("打診を取り消しました"),
    "inquiry:stand_down": _l("今回は見送ると決めました"),
    "agreement:ask": _l("来てくれる人の概要を依頼者に伝えました"),
    "agreement:agree": _l("了承の返事を記録しました"),
    "agreement:refuse": _l("了承しない返事を記録しました"),
    "agreement:retract": _l("了承のお願いを取り消しました"),
    "decision:grant": _l("決定を記録しました"),
    "decision:not_possible": _l("派遣できない決定を記録しました"),
    "decision:revoke": _l("決定を取り消しました（行く人が来られなくなったため）"),
    "notice:tell": _l("決定を伝えた記録をしました"),
    "dispatch:report": _l("実施の報告がありました"),
    "dispatch:cancel": _l("派遣を中止しました"),
    "contact:show": _l("連絡先を見ました"),
}

# What the requester is told of it. Whoever was asked, said yes or no is not named, nor how many they were.
FOR_THE_REQUESTER = {
    "request:submit": _l("依頼を受け取りました。"),
    "request:accept": _l("窓口が依頼を受け付け、手伝える人を探し始めました。"),
    "request:hand_over": _l("担当の窓口が変わりました。"),
    "request:publish": _l("要約の公開を始めました。"),
    "request:conceal": _l("要約の公開をやめました。"),
    "agreement:ask": _l("来てくれる人の案内をお送りしました。"),
    "agreement:agree": _l("この方でよいとのお返事を受け取りました。"),
    "agreement:refuse": _l("この方ではないほうがよいとのお返事を受け取り、ほかの方を探しています。"),
    "agreement:retract": _l("お送りした案内を取り消しました。あらためてご連絡します。"),
    "request:decide": _l("来てくれる人が決まりました。"),
    "decision:revoke": _l("来てくれる予定の方のご都合がつかなくなり、決定を取り消しました。"),
    "dispatch:report": _l("どうだったかの報告を受け取りました。"),
    "request:close": _l("この依頼は終わりました。"),
    "request:give_up": _l("来てくれる人が見つからず、派遣できないと決まりました。"),
    "request:cancel": _l("中止になりました。"),
    "request:withdraw": _l("依頼を取り下げました。"),
}
# Who merely read it stands in the log too, but tells nobody how the case went.
LOOKED = frozenset({"request:read"})


def history_of_case(request: HelpRequest, *, reader: Actor, hidden: Collection[int] = ()) -> list[Happened]:
    """When, who and by which way, what; newest first. ``hidden`` parties are not named."""
    rows = audit.history(case=request.id, events=EVENTS.keys() - LOOKED)
    users = {user.id: user for user in db.session.scalars(_among(User, [r.actor_user_id for r in rows]))}
    behalf = {row.on_behalf_of_id for row in rows}.difference(hidden)
    parties = {party.id: party for party in db.session.scalars(_among(Party, behalf))}
    handovers = iter(help_requests.handovers_of(request))
    told = [Happened(row.at, _who(row, users, parties), _sentence(row, handovers, reader)) for row in rows]
    return told[::-1]


def history_for_requester(request: HelpRequest) -> list[Happened]:
    """The same for whoever asks, newest first: only what is theirs to know, and nobody's name."""
    told = audit.history(case=request.id, events=FOR_THE_REQUESTER.keys())
    return [Happened(row.at, "", str(FOR_THE_REQUESTER[row.event])) for row in reversed(told)]


def _sentence(entry: AuditEntry, handovers: Iterator[Handover], reader: Actor) -> str:
    sentence = str(EVENTS[entry.event])
    if entry.event != "request:hand_over" or (handover := next(handovers, None)) is None:
        return sentence
    desks = {"before": handover.from_desk.name, "after": handover.to_desk.name}
    # What one desk of the city wrote to another may name council members: a contractor reads what was for them.
    if reader.contractor and handover.to_desk_id not in reader.desks:
        return _("%(before)sから%(after)sに引き継ぎました", **desks)
    return _("%(before)sから%(after)sに引き継ぎました。「%(note)s」", note=handover.note, **desks)


def _among(model: Any, ids: Iterable[int | None]) -> Any:
    return select(model).where(model.id.in_({id_ for id_ in ids if id_ is not None}))


def _who(entry: AuditEntry, users: dict[int, User], parties: dict[int, Party]) -> str:
    behalf = parties.get(entry.on_behalf_of_id or 0)
    if entry.actor_kind == "link":
        return _("%(name)s（メールのリンク）", name=behalf.name if behalf else _("候補者"))
    user = users.get(entry.actor_user_id or 0)
    name = user.shown_name if user else _("自動")
    way = label(Source(entry.source))
    return _("%(name)s（%(way)s）", name=name, way=way) if entry.actor_kind == "user" else name
