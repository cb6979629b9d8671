"""Consents and other grounds: given, taken back, and who may be matched. Rooms above hear of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from blinker import Namespace
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ... import audit
from ...accounts.actor import Actor
from ...database import db
from ...errors import MatchingError
from ..models import Basis, BasisKind, Consent, Party, Purpose

# Upward news: a room above listens and acts in the same transaction.
signals = Namespace()
consent_given = signals.signal("consent-given")
consent_withdrawn = signals.signal("consent-withdrawn")
basis_ended = signals.signal("basis-ended")


def active_consents(party_id: int) -> dict[Purpose, Consent]:
    rows = db.session.scalars(select(Consent).where(Consent.party_id == party_id, Consent.withdrawn_at.is_(None)))
    return {consent.purpose: consent for consent in rows}


def set_consents(
    party: Party, purposes: Iterable[Purpose], *, among: Iterable[Purpose], by: Actor, now: datetime, on: date
) -> None:
    """Give the named purposes and withdraw the others of ``among``; purposes outside ``among`` stay as they are."""
    active, wanted = active_consents(party.id), set(purposes)
    for purpose in among:
        if purpose in wanted and purpose not in active:
            consent = Consent(
                party_id=party.id, purpose=purpose, given_on=on, given_by=by.source, recorded_by_id=by.user_id
            )
            db.session.add(consent)
            audit.record("consent:give", consent, by=by, at=now, fields=[purpose.value])
            db.session.flush()
            consent_given.send(consent, by=by, now=now)
        elif purpose not in wanted and purpose in active:
            withdraw_consent(active[purpose], by=by, now=now)


def withdraw_consent(consent: Consent, *, by: Actor, now: datetime) -> None:
    consent.withdrawn_at = now
    audit.record("consent:withdraw", consent, by=by, at=now, fields=[consent.purpose.value])
    db.session.flush()
    consent_withdrawn.send(consent, by=by, now=now)


def give_basis(
    party: Party, kind: BasisKind, *, note: str = "", import_id: int | None = None, by: Actor, now: datetime
) -> Basis:
    basis = Basis(party_id=party.id, kind=kind, note=note, import_id=import_id)
    db.session.add(basis)
    audit.record("basis:give", basis, by=by, at=now, fields=[kind.value])
    return basis


def end_basis(basis: Basis, *, by: Actor, now: datetime) -> None:
    """Somebody objects: their data are not used on this ground any longer, and no file brings it back."""
    if basis.ended_at is not None:
        raise MatchingError(_("この理由は、すでに使わないことになっています。"))
    basis.ended_at = now
    audit.record("basis:end", basis, by=by, at=now, fields=[basis.kind.value])
    db.session.flush()
    basis_ended.send(basis, by=by, now=now)


def bases_to_match() -> tuple[Select[Any], Select[Any]]:
    """The parties that staff may match: by consent, and by another ground."""
    consenting = select(Consent.party_id).where(Consent.purpose == Purpose.MATCHING, Consent.withdrawn_at.is_(None))
    return consenting, select(Basis.party_id).where(Basis.ended_at.is_(None))


def stands_on_basis(party_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """A condition on a table that names parties: staff may match this one. Each is looked up by itself, so that it costs
    nothing how many parties there are."""
    consenting = select(Consent.id).where(
        Consent.party_id == party_id, Consent.purpose == Purpose.MATCHING, Consent.withdrawn_at.is_(None)
    )
    grounded = select(Basis.id).where(Basis.party_id == party_id, Basis.ended_at.is_(None))
    return or_(*(some.correlate(party_id.parent.entity).exists() for some in (consenting, grounded)))


def has_basis(party_id: int) -> bool:
    return (
        Purpose.MATCHING in active_consents(party_id)
        or db.session.scalar(select(Basis.id).where(Basis.party_id == party_id, Basis.ended_at.is_(None)).limit(1))
        is not None
    )
