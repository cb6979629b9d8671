"""Words for what happened in a case, for warnings that this room adds, and for days and terms as they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..accounts.actor import Source
from ..accounts.models import User
from ..audit import AuditEntry
from ..database import db
from ..engine.types import Reason
from ..help_requests.models import Honorarium, Insurance, Materials, Travel
from ..i18n import as_day, label
from ..profiles import wording as profiles
from ..registry.models import Party
from ..registry.vocabulary import Part

EVENTS = {
    "request:submit": _l("依頼が出されました"),
    "request:enter": _l("依頼を入れました"),
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
    "notice:tell": _l("決定を伝えた記録をしました"),
    "dispatch:report": _l("実施の報告がありました"),
    "dispatch:cancel": _l("派遣を中止しました"),
    "contact:show": _l("連絡先を見ました"),
}


@dataclass(frozen=True)
class Line:
    """One line of a case's history."""

    at: datetime
    actor: str
    sentence: str


def lines_of(entries: Iterable[AuditEntry], *, hidden: Collection[int] = ()) -> list[Line]:
    """The audit entries of a case in words: when, who and by which way, what. ``hidden`` parties are not named."""
    rows = list(entries)
    users = {user.id: user for user in db.session.scalars(_among(User, [r.actor_user_id for r in rows]))}
    behalf = {row.on_behalf_of_id for row in rows}.difference(hidden)
    parties = {party.id: party for party in db.session.scalars(_among(Party, behalf))}
    return [Line(row.at, _who(row, users, parties), str(EVENTS.get(row.event, row.event))) for row in rows]


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


def say(reason: Reason) -> str:
    """A reason of the engine, or one that only this room knows."""
    if reason.code == "conflict.declined_this":
        return _("この依頼を一度辞退したか、見送りになっています")
    if reason.code == "conflict.yearly_cap":
        return _("今年度の上限（%(cap)s件）に達しています", cap=reason.params["cap"])
    return profiles.say(reason)


def _wish(on: str | None, part: str | None, starts: str | None = None, ends: str | None = None) -> str:
    if not on:
        return ""
    hours = f"{starts or ''}〜{ends or ''}" if starts or ends else ""
    return " ".join(word for word in (as_day(date.fromisoformat(on)), label(Part(part)) if part else "", hours) if word)


def first_wish(occasion: dict[str, Any]) -> str:
    """The first choice as it was told: day, part of the day, hours; or the note where no day is fixed."""
    day = _wish(occasion["on"], occasion["part"], occasion["starts"], occasion["ends"])
    return "、".join(word for word in (day, occasion["note"]) if word)


def second_wish(occasion: dict[str, Any]) -> str:
    return _wish(occasion["second_on"], occasion["second_part"])


def terms_in_words(terms: dict[str, Any]) -> list[tuple[str, str]]:
    """What is told about money and insurance: (name, words)."""
    yen = _("%(yen)s円", yen=f"{terms['honorarium_yen']:,}") if terms["honorarium_yen"] else ""
    honorarium = label(Honorarium(terms["honorarium"])) if terms["honorarium"] else ""
    rows = [
        (_("謝礼"), " ".join(word for word in (honorarium, yen) if word)),
        (_("交通費"), label(Travel(terms["travel"])) if terms["travel"] else ""),
        (_("材料費"), label(Materials(terms["materials"])) if terms["materials"] else ""),
        (_("支払う人"), terms["payer"] or ""),
        (_("保険"), label(Insurance(terms["insurance"])) if terms["insurance"] else ""),
        (_("そのほか"), terms["note"] or ""),
    ]
    return [(name, words or _("未定")) for name, words in rows if words or name != _("そのほか")]
