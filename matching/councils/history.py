"""What happened to a council and to its people, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..accounts.history import Happened, history_of
from ..audit import AuditEntry
from ..database import db
from ..registry.models import Consent, Person
from .models import Appointment, Council

COUNCIL = {
    "council:create": _l("審議会等を加えました。"),
    "council:edit": _l("審議会等の内容を直しました。"),
    "council:end": _l("廃止と記録しました。"),
    "council:reopen": _l("廃止を取り消しました。"),
}
STRUCK = "appointment:strike"
TERM = {
    "appointment:appoint": _l("%(whose)sの任期を入れました。"),
    "appointment:edit": _l("%(whose)sの任期の記録を直しました。"),
    "appointment:leave": _l("%(whose)sの退任を記録しました。"),
    "appointment:return": _l("%(whose)sの退任の記録を取り消しました。"),
}
CONSENT = {
    "consent:give": _l("審議会等の委員の候補になる同意を記録しました。"),
    "consent:withdraw": _l("審議会等の委員の候補になる同意が取り消されました。"),
}


def history_of_council(council: Council, terms: Sequence[Appointment]) -> list[Happened]:
    names = {term.id: _("%(name)sさん", name=term.person.name) for term in terms}
    return history_of([council, *terms], COUNCIL | _about_terms(names) | {STRUCK: _saying_whose(council)})


def history_of_person(terms: Sequence[Appointment], consents: Sequence[Consent]) -> list[Happened]:
    names = {term.id: _("「%(name)s」", name=term.council.name) for term in terms}
    return history_of([*terms, *consents], CONSENT | _about_terms(names))


def _saying_whose(council: Council) -> Callable[[AuditEntry], str]:
    """Of a struck term nothing is left but the log: it says for whom it was."""
    struck = select(AuditEntry.on_behalf_of_id).where(
        AuditEntry.event == STRUCK, AuditEntry.subject_type == "council", AuditEntry.subject_id == council.id
    )
    names = {person.id: person.name for person in db.session.scalars(select(Person).where(Person.id.in_(struck)))}

    def say(entry: AuditEntry) -> str:
        if name := names.get(entry.on_behalf_of_id or 0):
            return _("まちがって入れた%(name)sさんの任期を取り消しました。", name=name)
        return _("まちがって入れた任期を取り消しました。")

    return say


def _about_terms(names: dict[int, str]) -> dict[str, Any]:
    def saying(sentence: Any) -> Callable[[AuditEntry], str]:
        return lambda entry: str(sentence) % {"whose": names.get(entry.subject_id or 0, "")}

    return {event: saying(sentence) for event, sentence in TERM.items()}
