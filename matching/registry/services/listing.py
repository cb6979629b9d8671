"""The list of organizations, who acts or acted for one of them, and what happened to a party in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload

from ...accounts.history import Happened, history_of
from ...accounts.models import Role, RoleGrant, User
from ...audit import AuditEntry
from ...database import db
from ..models import ContactKind, Organization, Party, PartyKind, Purpose, Representation
from ..states import RepresentationState
from ..vocabulary import OrganizationKind
from .finding import parties_like

FOUND = 500  # parties that words find at most
AT_ONCE = 1_000  # a database takes so many values in one question; beyond, all are counted

FIELDS = {
    "name": _l("名前"),
    "kana": _l("ふりがな"),
    "organization_kind": _l("団体の種類"),
    "district": _l("地域"),
    "birth_year": _l("生まれた年"),
    "gender": _l("性別"),
    "affiliation": _l("所属"),
    "note": _l("メモ"),
    **{kind.value: _l(kind.label) for kind in ContactKind},
}


FOR_COUNCILS = frozenset({"gender", "skills"})  # of a person: asked for their rosters only


def _edited(entry: AuditEntry, leave: frozenset[str] = frozenset()) -> str | None:
    """``leave``: fields of which this reader is not told; where nothing else changed, nothing is said."""
    changed = set(entry.fields or ()) - leave
    if entry.fields and not changed:
        return None
    named = [str(FIELDS[name]) for name in FIELDS if name in changed]
    return _("%(what)sを直しました。", what=_("・").join(named)) if named else _("内容を直しました。")


def _about_consent(sentence: Any) -> Any:
    labels = {purpose.value: purpose.label for purpose in Purpose}

    def said(entry: AuditEntry) -> str:
        purposes = [_(labels[name]) for name in entry.fields or () if name in labels]
        return str(sentence) % {"what": _("・").join(purposes)}

    return said


HAPPENED: dict[str, Any] = {
    "person:create": _l("個人の記録を作りました。"),
    "person:edit": _edited,
    "organization:create": _l("団体の記録を作りました。"),
    "organization:edit": _edited,
}
REPRESENTED = {
    "representation:claim": _l("代表者・担当者だという申し出がありました：%(who)s"),
    "representation:approve": _l("代表者・担当者として確認しました：%(who)s"),
    "representation:refuse": _l("代表者・担当者だという申し出を、確認できませんでした：%(who)s"),
    "representation:end": _l("代表者・担当者を終えました：%(who)s"),
}
AGREED: dict[str, Any] = {
    "consent:give": _about_consent(_l("同意を受けました：%(what)s")),
    "consent:withdraw": _about_consent(_l("同意が取り消されました：%(what)s")),
    "basis:give": _l("同意のほかに、登録内容を使える理由を記録しました。"),
    "basis:end": _l("同意のほかの理由では、登録内容を使わないことにしました。"),
}


def happened_at_desks(party: Party) -> dict[str, Any]:
    """``HAPPENED`` for a contractor's staff: what coordinators and the party itself wrote, and nothing for a roster."""
    coordinators = User.roles.any(RoleGrant.role == Role.COORDINATOR)
    authors = set(db.session.scalars(select(User.id).where(or_(coordinators, User.party_id == party.id))))

    def of_authors(sentence: Any) -> Callable[[AuditEntry], str | None]:
        def say(entry: AuditEntry) -> str | None:
            if entry.actor_user_id is not None and entry.actor_user_id not in authors:
                return None
            return sentence(entry) if callable(sentence) else str(sentence)

        return say

    told = HAPPENED | {"person:edit": partial(_edited, leave=FOR_COUNCILS)}
    return {event: of_authors(sentence) for event, sentence in told.items()}


def organizations_found(
    *, words: str, by_telephone: bool, kind: OrganizationKind | None, district_id: int | None
) -> Select[Organization]:
    """Organizations that the filters leave, by kana; with words, the likeliest first."""
    query = select(Organization).where(Organization.canonical_id.is_(None)).options(joinedload(Organization.district))
    if kind is not None:
        query = query.where(Organization.organization_kind == kind)
    if district_id is not None:
        query = query.where(Organization.district_id == district_id)
    admits = Party.kind == PartyKind.ORGANIZATION
    return likeliest_first(query, Organization, words, admits=admits, by_telephone=by_telephone)


def likeliest_first(query: Select[Any], table: Any, words: str, *, admits: Any, by_telephone: bool) -> Select[Any]:
    """The query narrowed to parties like the words, in that order; without words, by kana and name."""
    if not words.strip():
        return query.order_by(table.kana_key, table.name_key, table.id)
    ids = parties_like(words, admits=admits, by_telephone=by_telephone, limit=FOUND)
    query = query.where(table.id.in_(ids))
    places = {party_id: place for place, party_id in enumerate(ids)}
    return query.order_by(case(places, value=table.id), table.id) if places else query


def acting_for(organization_ids: list[int]) -> dict[int, dict[RepresentationState, int]]:
    """Organization id → how many act for it, and how many say so and wait; one query."""
    query = select(Representation.organization_id, Representation.state, func.count())
    query = query.group_by(Representation.organization_id, Representation.state)
    if len(organization_ids) < AT_ONCE:
        query = query.where(Representation.organization_id.in_(organization_ids))
    found: dict[int, dict[RepresentationState, int]] = {}
    for organization_id, state, count in db.session.execute(query):
        found.setdefault(organization_id, {})[state] = count
    return found


def all_representations_of(organization_id: int) -> list[Representation]:
    """Whoever acts, acted or wanted to act for an organization, the first first."""
    query = (
        select(Representation)
        .where(Representation.organization_id == organization_id)
        .options(joinedload(Representation.person))
        .order_by(Representation.id)
    )
    return list(db.session.scalars(query))


def naming(sentences: Mapping[str, Any], names: Mapping[int, str], *, word: str = "who") -> dict[str, Any]:
    """Sentences with ``%(who)s``, or another word, in them: the name that belongs to the record of the entry."""

    def say(sentence: Any) -> Any:
        return lambda entry: str(sentence) % {word: names.get(entry.subject_id, "")}

    return {event: say(sentence) for event, sentence in sentences.items()}


def history_of_organization(organization: Organization, representations: list[Representation]) -> list[Happened]:
    names = {one.id: one.person.name for one in representations}
    return history_of([organization, *representations], HAPPENED | naming(REPRESENTED, names))
