"""The list of organizations, who acts or acted for one of them, and what happened to a party in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import selectinload

from ...accounts.history import Happened, history_of
from ...accounts.models import Role, RoleGrant, User
from ...audit import AuditEntry
from ...database import db
from ..models import ContactKind, Organization, Party, PartyKind, Purpose, Representation
from ..paging import MOST
from ..sifting import FAR, Order, Sieve, Sifted, rarest, sift
from ..states import RepresentationState
from ..vocabulary import OrganizationKind
from .finding import FEW, parties_like

FOUND = 500  # parties that words find at most
AT_ONCE = 1_000  # a database takes so many values in one question

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


def list_of(kind: PartyKind) -> Order:
    """Parties of this kind by kana and name, merged ones left out."""
    among = and_(Party.kind == kind, Party.canonical_id.is_(None))
    by = (Party.kana_key, Party.name_key, Party.id)
    return Order(Party.id, select(Party.id).where(among), by, ((Party, "ix_party_of_kind"),), among)


def organizations_found(
    *,
    words: str,
    by_telephone: bool,
    kind: OrganizationKind | None,
    district_id: int | None,
    most: int = MOST,
    far: int | None = FAR,
) -> Sifted:
    """Organizations that the filters leave, by kana; with words, the likeliest first."""
    sieves = [of_district(district_id)] if district_id is not None else []
    if kind is not None:
        table: Any = Organization.__table__
        of_kind = select(table.c.id).where(table.c.organization_kind == kind)
        sieves.append(Sieve(of_kind, of_kind.where(table.c.id == Party.id).exists()))
    order = list_of(PartyKind.ORGANIZATION)
    return parties_found(order, sieves, words, by_telephone=by_telephone, most=most, far=far)


def of_district(district_id: int) -> Sieve:
    return Sieve(select(Party.id).where(Party.district_id == district_id), Party.district_id == district_id)


def parties_found(
    order: Order,
    sieves: Sequence[Sieve],
    words: str,
    *,
    by_telephone: bool,
    most: int = MOST,
    far: int | None = FAR,
    limit: int = FOUND,
) -> Sifted:
    """Parties of the list that meet every condition: with words the likeliest of them first, else in its order."""
    if not words.strip():
        return sift(order, sieves, most=most, far=far)
    admits = and_(true() if order.among is None else order.among, *(one.met for one in sieves))
    few = rarest(sieves, FEW)
    among = few.ids if few else None
    return parties_like(words, admits=admits, among=among, by_telephone=by_telephone, limit=limit)


def acting_for(organization_ids: Sequence[int]) -> dict[int, dict[RepresentationState, int]]:
    """Organization id → how many act for it, and how many say so and wait; one query for each thousand."""
    found: dict[int, dict[RepresentationState, int]] = {}
    for start in range(0, len(organization_ids), AT_ONCE):
        some = organization_ids[start : start + AT_ONCE]
        query = select(Representation.organization_id, Representation.state, func.count())
        query = query.where(Representation.organization_id.in_(some))
        counts = db.session.execute(query.group_by(Representation.organization_id, Representation.state))
        for organization_id, state, count in counts:
            found.setdefault(organization_id, {})[state] = count
    return found


def all_representations_of(organization_id: int) -> list[Representation]:
    """Whoever acts, acted or wanted to act for an organization, the first first."""
    query = (
        select(Representation)
        .where(Representation.organization_id == organization_id)
        .options(selectinload(Representation.person))
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
