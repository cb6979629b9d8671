"""Parties and what hangs on them: representation, contact points, consents, bases, skills, provenance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from ..accounts.actor import Source
from ..database import Model, Stamped, letter_by_letter
from ..workflow import N_, Labelled
from .keys import kana_key, name_key
from .states import RepresentationState
from .vocabulary import District, OrganizationKind


class PartyKind(Labelled):
    PERSON = "person", N_("個人")
    ORGANIZATION = "organization", N_("団体")


class WrittenFor(Labelled):
    """The office for which staff wrote a party down: who may know of it, while nothing else says so."""

    COUNCILS = "councils", N_("審議会等")
    CITY = "city", N_("市の窓口")
    DESKS = "desks", N_("すべての窓口")


LONGEST_KEY = 120  # one letter can become eighteen when it is folded


def _where(condition: str) -> dict[str, Any]:
    """Of an index: only these rows."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Party(Stamped, Model):
    """A person or an organization, once, whatever registries they stand in.

    A merged party keeps its row and names its canonical one: merging never repoints, so it can be undone.
    """

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint("canonical_id IS NULL OR canonical_id != id", name="not_its_own_canonical"),
        # Lists are read in this order, a page at a time; of one kind where the list has only that.
        Index("ix_party_name_key", "name_key"),
        Index("ix_party_kana_key", "kana_key", "name_key", "id"),
        Index("ix_party_of_kind", "kind", "kana_key", "name_key", "id", **_where("canonical_id IS NULL")),
        Index("ix_party_canonical_id", "canonical_id", **_where("canonical_id IS NOT NULL")),
        Index("ix_party_written_for", "written_for", **_where("written_for IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PartyKind]
    name: Mapped[str] = mapped_column(String(120))
    kana: Mapped[str | None] = mapped_column(String(120))
    # Folded: width, variant kanji, spaces. What they were is read before they change: see ``grams``.
    name_key: Mapped[str] = mapped_column(letter_by_letter(LONGEST_KEY), active_history=True)
    kana_key: Mapped[str] = mapped_column(
        letter_by_letter(LONGEST_KEY), active_history=True
    )  # of the name without a reading
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    form_key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of the opened form: sent twice, one
    written_for: Mapped[WrittenFor | None]  # None: by themselves, or nobody knows
    version: Mapped[int] = mapped_column()

    district: Mapped[District | None] = relationship()
    contact_points: Mapped[list[ContactPoint]] = relationship(
        back_populates="party", order_by="ContactPoint.id", cascade="all, delete-orphan"
    )
    consents: Mapped[list[Consent]] = relationship(back_populates="party", order_by="Consent.id")
    bases: Mapped[list[Basis]] = relationship(back_populates="party", order_by="Basis.id")

    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": version}

    @validates("name", "kana")
    def _fold(self, field: str, told: str | None) -> str | None:
        """The keys follow the name and its reading, wherever these are written."""
        name, kana = (told, self.kana) if field == "name" else (self.name, told)
        if field == "name":
            self.name_key = name_key(name or "")[:LONGEST_KEY]
        self.kana_key = kana_key(kana or name or "")[:LONGEST_KEY]
        return told

    @property
    def canonical(self) -> int:
        return self.canonical_id or self.id

    def contact(self, kind: ContactKind) -> ContactPoint | None:
        return next((point for point in self.contact_points if point.kind is kind), None)

    @property
    def mail(self) -> str | None:
        point = self.contact(ContactKind.MAIL)
        return point.value if point else None


class Gender(Labelled):
    """As told; asked only where a council's balance is reported."""

    FEMALE = "female", N_("女性")
    MALE = "male", N_("男性")
    OTHER = "other", N_("そのほか・答えない")


class Person(Party):
    """A human being.

    Whoever shows many rows with their people or organizations loads these with ``selectinload``: joined, SQLite puts all
    people there are together first.
    """

    __tablename__ = "person"
    __mapper_args__ = {"polymorphic_identity": PartyKind.PERSON}

    id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True)
    birth_year: Mapped[int | None]
    gender: Mapped[Gender | None]
    affiliation: Mapped[str | None] = mapped_column(String(300))


class Organization(Party):
    """Any body that asks or helps: a neighbourhood association, a school, a business, a department."""

    __tablename__ = "organization"
    __mapper_args__ = {"polymorphic_identity": PartyKind.ORGANIZATION}

    id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True)
    organization_kind: Mapped[OrganizationKind] = mapped_column(index=True)


class Representation(Stamped, Model):
    """A person who may act for an organization: claimed by them, then approved by a desk."""

    __tablename__ = "representation"
    __table_args__ = (
        Index(
            "uq_representation_open",
            "person_id",
            "organization_id",
            unique=True,
            sqlite_where=text("state IN ('claimed', 'approved')"),
            postgresql_where=text("state IN ('claimed', 'approved')"),
        ),
        Index("ix_representation_person_id", "person_id"),
        Index("ix_representation_claimed", "created_at", "id", **_where("state = 'claimed'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), default="")  # 会長, 事務局 …
    state: Mapped[RepresentationState] = mapped_column(default=RepresentationState.CLAIMED)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    organization: Mapped[Organization] = relationship(foreign_keys=organization_id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def party_id(self) -> int:
        """Whom the claim is about."""
        return self.person_id


class ContactKind(Labelled):
    TELEPHONE = "telephone", N_("電話")
    MAIL = "mail", N_("メール")
    ADDRESS = "address", N_("住所")


class ContactPoint(Stamped, Model):
    """One way to reach a party, and whether it may be given to the other side after a decision."""

    __tablename__ = "contact_point"
    __table_args__ = (
        Index("ix_contact_point_value_key", "kind", "value_key"),
        Index("ix_contact_point_ending", "kind", "ending"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    kind: Mapped[ContactKind]
    value: Mapped[str] = mapped_column(String(254))
    value_key: Mapped[str] = mapped_column(String(254))  # digits of a telephone, lower case of a mail address
    ending: Mapped[str] = mapped_column(String(4))  # its last four: how callers are found
    may_share: Mapped[bool] = mapped_column(default=False)
    hours: Mapped[str | None] = mapped_column(String(80))  # when to call

    party: Mapped[Party] = relationship(back_populates="contact_points")

    @validates("value_key")
    def _end(self, _name: str, value_key: str) -> str:
        self.ending = value_key[-4:]
        return value_key


class Purpose(Labelled):
    """What a party agrees to; each is given and taken back on its own."""

    MATCHING = "matching", N_("窓口が、依頼に合う人を探すために登録内容を使うこと")
    PUBLIC_NAMED = "public_named", N_("名前を出して登録内容を公開すること")
    PUBLIC_ANONYMOUS = "public_anonymous", N_("名前を出さずに登録内容を公開すること")
    CONTACT = "contact_after_decision", N_("派遣・紹介が決まったあとに、選んだ連絡先を相手に伝えること")
    COUNCIL = "council_candidacy", N_("市の審議会などの委員の候補として検討されること")


CONSENT_TEXT_VERSION = "2026-11"


class Consent(Stamped, Model):
    """A party agreed to one purpose: to which text, when, and how."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_one_active",
            "party_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_consent_party_id", "party_id"),
        Index("ix_consent_purpose", "purpose", "party_id", **_where("withdrawn_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    purpose: Mapped[Purpose]
    text_version: Mapped[str] = mapped_column(String(20), default=CONSENT_TEXT_VERSION)
    given_on: Mapped[date]
    given_by: Mapped[Source]  # web, paper or telephone
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]

    party: Mapped[Party] = relationship(back_populates="consents")


class BasisKind(Labelled):
    """Why staff may use data for matching when the person's own consent to it is not there."""

    PUBLIC_INFORMATION = "public_information", N_("公表情報")
    LAW_69 = "law_69", N_("個人情報保護法第69条")


class Basis(Stamped, Model):
    """A ground for matching other than consent, with what it rests on."""

    __tablename__ = "basis"
    __table_args__ = (Index("ix_basis_standing", "party_id", **_where("ended_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    kind: Mapped[BasisKind]
    note: Mapped[str] = mapped_column(String(300), default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"))
    ended_at: Mapped[datetime | None]

    party: Mapped[Party] = relationship(back_populates="bases")


class Registry(Labelled):
    """The three registries."""

    SUPPORTER = "supporter", N_("協働サポーター")
    GROUP = "group", N_("登録団体")
    COUNCIL = "council", N_("審議会等委員")


class Skill(Stamped, Model):
    """What a party can do, in free words, as told to one registry and for its purposes only."""

    __tablename__ = "skill"
    __table_args__ = (
        UniqueConstraint("party_id", "registry", "position"),
        CheckConstraint("level IS NULL OR level BETWEEN 1 AND 5", name="level_from_1_to_5"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    of_registry: Mapped[Registry] = mapped_column("registry")
    position: Mapped[int]
    phrase: Mapped[str] = mapped_column(String(100))
    concept: Mapped[str | None] = mapped_column(String(60))  # of the lexicon, when the phrase was picked from it
    level: Mapped[int | None]
    qualification: Mapped[str | None] = mapped_column(String(60))
    confirmed: Mapped[bool] = mapped_column(default=False)


class Import(Stamped, Model):
    """One file that was read in: from where, on which basis, by whom."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[str | None] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    basis: Mapped[str] = mapped_column(String(40))
    read_at: Mapped[datetime]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Provenance(Model):
    """Where one imported value came from: the file, its row, and the value as it stood there."""

    __tablename__ = "provenance"
    __table_args__ = (Index("ix_provenance_subject", "party_id", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    field: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Text)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), index=True)
    row: Mapped[int]


class Counter(Model):
    """The last number given in a series of one fiscal year."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
