"""Everything after acceptance: shortlist and candidates, inquiries, agreement, decision, dispatches."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.actor import Source
from ..database import Model, Stamped
from ..help_requests.models import HelpRequest, Occasion
from ..outbox import Message, MessageState
from ..registry.models import Party, Registry
from ..workflow import N_, Labelled
from .states import AgreementState, DispatchState, InquiryState


class OfRequest:
    """Mixin: permissions read whose request and which desk a record belongs to."""

    if TYPE_CHECKING:
        request: Any

    @property
    def desk_id(self) -> int:
        return self.request.desk_id

    @property
    def requester_id(self) -> int:
        return self.request.requester_id

    @property
    def submitted_by_id(self) -> int | None:
        return self.request.submitted_by_id


class Shortlist(OfRequest, Stamped, Model):
    """Who was proposed for a request, frozen with what it rested on."""

    __tablename__ = "shortlist"
    __table_args__ = (
        Index(
            "uq_shortlist_one_current",
            "request_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), index=True)
    is_current: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    versions: Mapped[dict[str, Any]]  # analyzer, weights and their numbers, lexicon, encoder
    ask: Mapped[dict[str, Any]]  # what was asked for, as the engine saw and understood it, and what was left out
    searched: Mapped[int]  # how many profiles were compared
    relaxed: Mapped[list[Any] | None]  # how many would fit with one condition less; None where it was not counted

    request: Mapped[HelpRequest] = relationship()
    candidates: Mapped[list[Candidate]] = relationship(
        back_populates="shortlist", order_by="Candidate.rank, Candidate.id", cascade="all, delete-orphan"
    )

    @property
    def left_out(self) -> list[str]:
        """Conditions of the request that did not count for this list."""
        return list(self.ask.get("left_out", ()))

    @property
    def understood(self) -> list[str]:
        """The names of the concepts that the request was taken to speak of, the weightiest first."""
        return list(self.ask.get("meant", ()))


JUDGED = ("analyzer", "weights", "lexicon", "encoder")  # two with the same versions of these are judged alike


class CandidateState(Labelled):
    LISTED = "listed", N_("候補")
    RESERVE = "reserve", N_("次点")


class Candidate(OfRequest, Stamped, Model):
    """One party on a shortlist, with the frozen reasons; or added by hand, with why the matcher missed them."""

    __tablename__ = "candidate"
    __table_args__ = (
        UniqueConstraint("shortlist_id", "party_id"),
        CheckConstraint("NOT by_hand OR missed_because IS NOT NULL", name="by_hand_says_why"),
        Index("ix_candidate_registration", "registry", "registration_id"),
        Index(
            "uq_candidate_one_reserve",
            "shortlist_id",
            unique=True,
            sqlite_where=text("state = 'reserve'"),
            postgresql_where=text("state = 'reserve'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shortlist_id: Mapped[int] = mapped_column(ForeignKey("shortlist.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)  # the canonical one
    of_registry: Mapped[Registry] = mapped_column("registry")
    registration_id: Mapped[int]
    also_in: Mapped[list[Any] | None]  # other registries of the same party
    rank: Mapped[int]
    score: Mapped[float | None]
    strength: Mapped[str | None] = mapped_column(String(20))
    bars: Mapped[list[Any] | None]
    reasons: Mapped[list[Any] | None]
    by_hand: Mapped[bool] = mapped_column(default=False)
    missed_because: Mapped[str | None] = mapped_column(String(300))
    versions: Mapped[dict[str, Any] | None]  # what one added by hand was judged by; None: as the list, or not judged
    state: Mapped[CandidateState] = mapped_column(default=CandidateState.LISTED)

    shortlist: Mapped[Shortlist] = relationship(back_populates="candidates")
    party: Mapped[Party] = relationship()

    @property
    def request(self) -> HelpRequest:
        return self.shortlist.request

    @property
    def judged_otherwise(self) -> dict[str, Any]:
        """The versions that this candidate was judged by, as far as they are not those of the list."""
        own, listed = self.versions or {}, self.shortlist.versions
        return {name: own[name] for name in JUDGED if name in own and own[name] != listed.get(name)}


class Inquiry(OfRequest, Stamped, Model):
    """Asking one candidate. At most one waits for an answer at a time."""

    __tablename__ = "inquiry"
    __table_args__ = (
        Index(
            "uq_inquiry_one_waiting",
            "request_id",
            unique=True,
            sqlite_where=text("state IN ('open', 'asked')"),
            postgresql_where=text("state IN ('open', 'asked')"),
        ),
        CheckConstraint("state != 'declined' OR decline_reason IS NOT NULL", name="a_decline_says_why"),
        CheckConstraint("overridden IS NULL OR override_reason IS NOT NULL", name="an_override_says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), index=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    channel: Mapped[Source]  # telephone, paper or mail
    told: Mapped[dict[str, Any]]  # outline, occasions and terms as they were told
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answer_by: Mapped[date]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    link_key: Mapped[str] = mapped_column(String(40), unique=True)
    overridden: Mapped[list[Any] | None]  # codes of warnings that were set aside
    override_reason: Mapped[str | None] = mapped_column(String(300))

    state: Mapped[InquiryState] = mapped_column(default=InquiryState.OPEN)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[Source | None]
    heads: Mapped[int | None]  # how many they would come with
    settled: Mapped[list[Any] | None]  # which wish of each occasion suits: [{"occasion": id, "choice": 1}]
    remark: Mapped[str | None] = mapped_column(String(300))
    decline_reason: Mapped[str | None] = mapped_column(String(300))
    question: Mapped[str | None] = mapped_column(String(500))
    reply: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column()

    request: Mapped[HelpRequest] = relationship()
    candidate: Mapped[Candidate] = relationship()
    party: Mapped[Party] = relationship()
    message: Mapped[Message | None] = relationship()

    __mapper_args__ = {"version_id_col": version}


class Agreement(OfRequest, Stamped, Model):
    """The requester's consent (了承) to the outline of who would come."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index(
            "uq_agreement_one_standing",
            "request_id",
            unique=True,
            sqlite_where=text("state IN ('asked', 'agreed')"),
            postgresql_where=text("state IN ('asked', 'agreed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), index=True)
    outline: Mapped[str] = mapped_column(Text)  # who would come, without contact data
    channel: Mapped[Source]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    link_key: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[AgreementState] = mapped_column(default=AgreementState.ASKED)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[Source | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column()

    request: Mapped[HelpRequest] = relationship()
    message: Mapped[Message | None] = relationship()

    __mapper_args__ = {"version_id_col": version}


class DecisionResult(Labelled):
    GRANTED = "granted", N_("派遣・紹介を決定")
    NOT_POSSIBLE = "not_possible", N_("派遣できない")


class Decision(OfRequest, Stamped, Model):
    """The act that settles a request: number, day, who decided; or that it is not possible, and why.

    Where somebody cannot come after all it is revoked and keeps its number; the next decision gets a number of its own.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(
            "uq_decision_one_standing",
            "request_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_decision_request_id", "request_id"),
        CheckConstraint("result != 'not_possible' OR reason IS NOT NULL", name="not_possible_says_why"),
        CheckConstraint("revoked_at IS NULL OR revoked_because IS NOT NULL", name="a_revocation_says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"))
    number: Mapped[str] = mapped_column(String(40))  # 令和8年度第12号
    result: Mapped[DecisionResult]
    decided_on: Mapped[date]
    decided_by: Mapped[str] = mapped_column(String(80))  # the person or post that approved it
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str | None] = mapped_column(String(300))
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(String(300))  # stays with the desk

    request: Mapped[HelpRequest] = relationship()
    dispatches: Mapped[list[Dispatch]] = relationship(back_populates="decision", order_by="Dispatch.id")
    notices: Mapped[list[Notice]] = relationship(back_populates="decision", order_by="Notice.id")

    @property
    def members(self) -> list[DispatchMember]:
        """Who goes, each party once, whatever number of days it goes on."""
        return list({member.party_id: member for dispatch in self.dispatches for member in dispatch.members}.values())

    def days_of(self, party: Party) -> list[Dispatch]:
        """The days on which a party goes; all of them for the requester, who goes nowhere."""
        own = [d for d in self.dispatches if any(member.party_id == party.id for member in d.members)]
        return own or self.dispatches


class Dispatch(OfRequest, Stamped, Model):
    """One occasion with the people who go."""

    __tablename__ = "dispatch"
    __table_args__ = (
        CheckConstraint("state != 'not_done' OR report IS NOT NULL", name="not_done_says_why"),
        Index("ix_dispatch_on", "on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    occasion_id: Mapped[int | None] = mapped_column(ForeignKey("occasion.id"))
    on: Mapped[date | None]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    when_note: Mapped[str | None] = mapped_column(String(120))
    place: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[DispatchState] = mapped_column(default=DispatchState.PLANNED)
    attended: Mapped[int | None]
    report: Mapped[str | None] = mapped_column(Text)
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[Source | None]
    version: Mapped[int] = mapped_column()

    decision: Mapped[Decision] = relationship(back_populates="dispatches")
    occasion: Mapped[Occasion | None] = relationship()
    members: Mapped[list[DispatchMember]] = relationship(back_populates="dispatch", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}

    def may_be_reported_on(self, day: date) -> bool:
        """From its day on; without a day, at once."""
        return self.state is DispatchState.PLANNED and (self.on is None or self.on <= day)

    @property
    def request(self) -> HelpRequest:
        return self.decision.request


class DispatchMember(Model):
    """Who goes, and with how many."""

    __tablename__ = "dispatch_member"

    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, index=True)
    heads: Mapped[int] = mapped_column(default=1)

    dispatch: Mapped[Dispatch] = relationship(back_populates="members")
    party: Mapped[Party] = relationship()


class Notice(OfRequest, Stamped, Model):
    """How one side was told of the decision: by mail, or by a printed letter or a telephone call that staff records."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("decision_id", "party_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    to_requester: Mapped[bool]
    channel: Mapped[Source | None]  # None: still to be told
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    told_at: Mapped[datetime | None]
    told_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    link_key: Mapped[str] = mapped_column(String(40), unique=True)

    decision: Mapped[Decision] = relationship(back_populates="notices")
    party: Mapped[Party] = relationship()
    message: Mapped[Message | None] = relationship(lazy="joined")

    @property
    def is_told(self) -> bool:
        """Somebody said it, or the mail is out or on its way; a mail that could not be sent told nobody."""
        failed = self.message is not None and self.message.state is MessageState.FAILED
        return self.told_at is not None or (self.message is not None and not failed)

    @property
    def request(self) -> HelpRequest:
        return self.decision.request
