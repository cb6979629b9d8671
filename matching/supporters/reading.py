"""What stands around one registration on its page: what happened, what is public, where values came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..accounts.history import Happened, history_of
from ..audit import AuditEntry
from ..database import db
from ..registry import services as registry
from ..registry.models import Consent, Import, Organization, Provenance, Purpose, Representation
from .models import Supporter
from .publishing import PublicSupporter, face_of
from .states import SupporterState


def _consent_given(entry: AuditEntry) -> str:
    return _("「%(purpose)s」に同意しました。", purpose=_purpose(entry))


def _consent_withdrawn(entry: AuditEntry) -> str:
    return _("「%(purpose)s」への同意を取り消しました。", purpose=_purpose(entry))


def _purpose(entry: AuditEntry) -> str:
    [purpose] = entry.fields or [Purpose.MATCHING]
    return _(Purpose(purpose).label)


CONSENTS: dict[str, Any] = {"consent:give": _consent_given, "consent:withdraw": _consent_withdrawn}

HAPPENED = {
    "supporter:submit": _l("登録の申し込みを受け付けました。"),
    "supporter:confirm": _l("登録を確認しました。"),
    "supporter:return": _l("書き直しをお願いしました。"),
    "supporter:resubmit": _l("直して出し直しました。"),
    "supporter:edit": _l("登録の内容を直しました。"),
    "supporter:pause": _l("お休みにしました。"),
    "supporter:resume": _l("お休みを終えました。"),
    "supporter:end": _l("登録を終えました。"),
    "supporter:import": _l("ファイルから取り込みました。"),
    "supporter:update": _l("ファイルの新しい内容で更新しました。"),
    "supporter:renew": _l("登録の期間を延ばしました。"),
    "basis:give": _l("同意のほかに、登録内容を使える理由を記録しました。"),
    "basis:end": _l("同意のほかの理由では、登録内容を使わないことにしました。"),
    **CONSENTS,
}

# The same for the owner, who need not know of the desk's own steps.
MINE: dict[str, Any] = {
    "supporter:submit": _l("登録を申し込みました。"),
    "supporter:confirm": _l("窓口が内容を確認して、登録が始まりました。"),
    "supporter:return": _l("窓口から、書き直しのお願いがありました。"),
    "supporter:resubmit": _l("直して出し直しました。"),
    "supporter:edit": _l("登録の内容を直しました。"),
    "supporter:pause": _l("お休みにしました。"),
    "supporter:resume": _l("お休みを終えました。"),
    "supporter:renew": _l("登録の期間を延ばしました。"),
    "supporter:end": _l("登録を終えました。"),
    **CONSENTS,
}

VALUES = {
    "name": _l("氏名"),
    "kana": _l("ふりがな"),
    "affiliation": _l("所属"),
    "base": _l("活動拠点"),
    "tags": _l("分野"),
    "speciality": _l("専門"),
    "career": _l("略歴"),
    "record": _l("実績"),
    "projects": _l("関わった事業"),
    "telephone": _l("電話"),
    "mail": _l("メール"),
    "address": _l("住所"),
}


@dataclass(frozen=True)
class Around:
    """What the page of one registration shows besides the registration; what only the desk sees is empty for others."""

    findable: bool
    public: PublicSupporter | None = None  # what everybody reads of it, at this moment
    consents: list[Consent] = field(default_factory=list)
    representations: list[Representation] = field(default_factory=list)
    provenance: list[tuple[str, Provenance, Import]] = field(default_factory=list)
    history: list[Happened] = field(default_factory=list)


def around(supporter: Supporter, *, for_desk: bool, councils: bool) -> Around:
    """``councils``: the reader may learn that somebody agreed to be considered for one."""
    party = supporter.party
    consents = [one for one in party.consents if councils or one.purpose is not Purpose.COUNCIL]
    findable = supporter.state is SupporterState.ACTIVE and registry.has_basis(party.id)
    public = face_of(supporter)
    if not for_desk:
        return Around(findable, public, consents, history=_mine(supporter, consents))
    acting = registry.representatives_of(party.id) if isinstance(party, Organization) else []
    query = (
        select(Provenance, Import)
        .join(Import, Import.id == Provenance.import_id)
        .where(Provenance.party_id == party.id)
        .order_by(Import.read_at.desc(), Provenance.id)
        .limit(100)
    )
    if not councils:  # a file that gave no ground for matching is a department's roster
        query = query.where(Provenance.import_id.in_([basis.import_id for basis in party.bases]))
    provenance = [(str(VALUES.get(one.field, one.field)), one, file) for one, file in db.session.execute(query)]
    return Around(findable, public, consents, acting, provenance, _history(supporter, consents, HAPPENED))


def _history(supporter: Supporter, consents: list[Consent], sentences: Mapping[str, Any]) -> list[Happened]:
    return history_of([supporter, *consents, *supporter.party.bases], sentences)


def _mine(supporter: Supporter, consents: list[Consent]) -> list[Happened]:
    """For the owner: who of the desk did it is not theirs to know."""
    return [replace(one, actor="") for one in _history(supporter, consents, MINE)]
