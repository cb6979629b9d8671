"""A help request with its needs, its occasions and its terms."""

from __future__ import annotations

from datetime import date, datetime, time
from secrets import token_hex

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.actor import Source
from ..database import Model, Stamped
from ..registry.models import Organization, Person
from ..registry.vocabulary import Desk, District, Field, Money, Part
from ..workflow import N_, Labelled
from .states import ENDED, RequestState


class RequestKind(Labelled):
    """派遣: the desk sends somebody. 紹介: the desk introduces; the two sides arrange the rest."""

    DISPATCH = "dispatch", N_("派遣")
    INTRODUCTION = "introduction", N_("紹介")


class Honorarium(Labelled):
    NONE = "none", N_("なし")
    FIXED = "fixed", N_("あり")


class Travel(Labelled):
    NONE = "none", N_("なし")
    ACTUAL = "actual", N_("実費")


class Materials(Labelled):
    NONE = "none", N_("かからない")
    REQUESTER = "requester", N_("依頼者が用意・負担")
    SUPPORTER = "supporter", N_("サポーターが用意（実費を依頼者が負担）")


class Insurance(Labelled):
    CITY = "city", N_("市の社会貢献活動保険の対象（確認済み）")
    REQUESTER = "requester", N_("依頼者が加入する")
    NONE = "none", N_("なし")


class HelpRequest(Stamped, Model):
    """What one organization asks for, and how far it has come."""

    __tablename__ = "help_request"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("form_key"),
        UniqueConstraint("public_key"),
        Index("ix_help_request_queue", "state", "desk_id"),
        Index("ix_help_request_ended_at", "ended_at", "id"),
        Index("ix_help_request_released_at", "released_at", "id"),
        Index("ix_help_request_submitted_at", "submitted_at", "id"),
        CheckConstraint("head_count BETWEEN 1 AND 200", name="head_count_from_1_to_200"),
        CheckConstraint("attendance IS NULL OR attendance BETWEEN 1 AND 100000", name="attendance_in_bounds"),
        CheckConstraint(
            "state = 'submitted' OR accepted_at IS NOT NULL OR ended_at IS NOT NULL", name="moved_on_only_if_accepted"
        ),
        CheckConstraint(
            "state NOT IN ('not_possible', 'withdrawn', 'cancelled') OR ending IS NOT NULL", name="an_ending_says_why"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(20))  # given at acceptance: R8-012
    form_key: Mapped[str] = mapped_column(String(40))  # one per opened form: a double click makes one request
    requester_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    came_by: Mapped[Source]
    caller: Mapped[str | None] = mapped_column(String(80))  # who telephoned or came

    title: Mapped[str] = mapped_column(String(80))
    trouble: Mapped[str] = mapped_column(Text)  # the requester's own words: they stay inside
    field_number: Mapped[int | None] = mapped_column(ForeignKey("field.number"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    place: Mapped[str | None] = mapped_column(String(120))
    head_count: Mapped[int] = mapped_column(default=1)  # 派遣人数: how many should come
    attendance: Mapped[int | None]  # 参加予定人数: how many take part
    money: Mapped[Money | None]
    budget_yen: Mapped[int | None]

    kind: Mapped[RequestKind | None]
    outline: Mapped[str | None] = mapped_column(Text)  # 打診用要約: all that a candidate is told
    venue_contact: Mapped[str | None] = mapped_column(String(120))
    day_contact: Mapped[str | None] = mapped_column(String(120))
    honorarium: Mapped[Honorarium | None]
    honorarium_yen: Mapped[int | None]
    travel: Mapped[Travel | None]
    materials: Mapped[Materials | None]
    payer: Mapped[str | None] = mapped_column(String(80))
    insurance: Mapped[Insurance | None]
    terms_note: Mapped[str | None] = mapped_column(String(300))

    state: Mapped[RequestState] = mapped_column(default=RequestState.SUBMITTED)
    submitted_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    released_at: Mapped[datetime | None]  # since when the requester lets the outline be shown to everybody
    public_key: Mapped[str] = mapped_column(String(16), default=lambda: token_hex(8))  # names it to everybody
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(300))  # why it could not be, was cancelled or withdrawn
    version: Mapped[int] = mapped_column()

    requester: Mapped[Organization] = relationship(foreign_keys=requester_id)
    contact_person: Mapped[Person | None] = relationship(foreign_keys=contact_person_id)
    desk: Mapped[Desk] = relationship()
    field: Mapped[Field | None] = relationship()
    district: Mapped[District | None] = relationship()
    needs: Mapped[list[Need]] = relationship(order_by="Need.position", cascade="all, delete-orphan")
    occasions: Mapped[list[Occasion]] = relationship(order_by="Occasion.position", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def shown_number(self) -> str:
        return self.number or "受付前"

    @property
    def terms_are_answered(self) -> bool:
        """Whether everything a candidate wants to know about money and insurance is known."""
        answered = (self.honorarium, self.travel, self.materials, self.insurance)
        return all(answered) and bool(self.payer)


class Handover(Model):
    """A case went from one desk to another, with what the next one should know."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), index=True)
    from_desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    to_desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    note: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    from_desk: Mapped[Desk] = relationship(foreign_keys=from_desk_id)
    to_desk: Mapped[Desk] = relationship(foreign_keys=to_desk_id)


class Need(Model):
    """One thing that is asked for, as a phrase."""

    __tablename__ = "need"
    __table_args__ = (UniqueConstraint("request_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    position: Mapped[int]
    phrase: Mapped[str] = mapped_column(String(60))
    concept: Mapped[str | None] = mapped_column(String(60))  # of the lexicon, when the phrase was picked from it


class Occasion(Model):
    """One time that somebody should come: a first wish, a second choice, and what was settled."""

    __tablename__ = "occasion"
    __table_args__ = (
        UniqueConstraint("request_id", "position"),
        CheckConstraint("ends IS NULL OR starts IS NULL OR starts < ends", name="ends_after_it_starts"),
        CheckConstraint('"on" IS NOT NULL OR note IS NOT NULL', name="has_a_day_or_a_note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    position: Mapped[int]
    on: Mapped[date | None]
    part: Mapped[Part | None]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    second_on: Mapped[date | None]
    second_part: Mapped[Part | None]
    note: Mapped[str | None] = mapped_column(String(120))  # 「来週のどこか」
