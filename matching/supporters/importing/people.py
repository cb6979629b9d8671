"""Writing the people of one file: new ones come in, known ones are brought up to date, nothing is ever erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from ... import audit
from ...accounts.actor import Actor, Source
from ...audit import AuditEntry
from ...database import db
from ...i18n import today
from ...registry import services as registry
from ...registry.forms import READABLE
from ...registry.models import BasisKind, Import, Person, Provenance, Registry
from ...registry.services import Contact, SkillWords
from .. import services
from ..models import Supporter
from ..states import SupporterState
from .contacts import read_contacts
from .phrases import introduction, skills_and_rest, tags_of_column
from .table import Cell, Row, Table, Unreadable, read_table, tidy

LONGEST_NAME = 60
LONGEST_AFFILIATION = 300
LONGEST_DEPARTMENT = 60
MORE_THAN_A_NAME = re.compile(r'[,"\n]')  # a quotation mark that was closed too late
IN_INTRO = ("career", "record", "projects")
TELLS_INTRO = {*IN_INTRO, "speciality", "base"}


@dataclass
class Summary:
    """What became of a file's rows; ``already`` is when the same file was read before."""

    added: list[str] = field(default_factory=list)
    updated: list[tuple[str, list[str]]] = field(default_factory=list)  # name, names of the changed fields
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)  # row number, reason
    left_out: list[tuple[int, str]] = field(default_factory=list)  # row number, what is wrong with a contact
    not_found: list[str] = field(default_factory=list)  # imported earlier, not in this file
    doubtful: list[tuple[int, str]] = field(
        default_factory=list
    )  # row number, name: added, but somebody alike is known
    unused: tuple[str, ...] = ()  # headings
    already: datetime | None = None


@dataclass(frozen=True)
class Known:
    """Somebody whom an earlier file brought in."""

    person: Person
    supporter: Supporter
    key: tuple[str, str]
    cells: Mapping[str, Cell]  # the newest value of each field
    tags: tuple[str, ...]
    of_department: bool  # named in a file of the department whose file is read now
    edited: frozenset[str]  # what the desk changed by hand since: an import leaves that alone


def import_supporters(
    data: bytes,
    *,
    file_name: str,
    basis: BasisKind,
    department: str = "",
    mapping: Mapping[str, list[str]],
    encoding: str = "auto",
    by: Actor,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Read one file in the caller's transaction. The same file again changes nothing. Raises Unreadable."""
    if len(department) > LONGEST_DEPARTMENT:
        raise Unreadable(f"所管課は{LONGEST_DEPARTMENT}文字までで示してください (the department's name is too long).")
    by = by.told_by(Source.IMPORT)
    table = read_table(data, mapping=mapping, encoding=encoding)
    if earlier := db.session.scalar(select(Import).where(Import.sha256 == table.sha256).limit(1)):
        return Summary(already=earlier.read_at)
    known = _known(department)
    file = Import(
        department=department,
        file_name=file_name[:200],
        sha256=table.sha256,
        basis=basis.value,
        read_at=now,
        imported_by_id=by.user_id,
    )
    db.session.add(file)
    audit.record("import:read", file, by=by, at=now)
    writing = _Writing(file, basis, by, now, Summary(refused=list(table.refused), unused=table.unused), _others(known))
    met: set[int] = set()
    rows = _good_rows(table, writing.summary)
    tags = dict(zip((row.number for row in rows), tags_of_column([row.text("tags") for row in rows]), strict=True))
    by_name: dict[str, list[Known]] = {}
    for one in known:
        by_name.setdefault(one.key[0], []).append(one)
    for done, row in enumerate(rows, start=1):
        with db.session.no_autoflush:
            writing.write(row, tags[row.number], by_name, met)
        progress(done, len(rows))
    summary = writing.summary
    summary.refused.sort()
    summary.not_found = [
        one.person.name
        for one in known
        if one.of_department and one.person.id not in met and one.supporter.state is not SupporterState.ENDED
    ]
    db.session.flush()
    return summary


def key_of(name: str, kana: str) -> tuple[str, str]:
    """People of one name and one kana are taken for one; kana in either script."""
    return registry.name_key(name), registry.kana_key(kana)


def _good_rows(table: Table, summary: Summary) -> list[Row]:
    good: list[Row] = []
    first: dict[tuple[str, str], int] = {}
    for row in table.rows:
        name, kana = row.text("name"), row.text("kana")
        key = key_of(name, kana)
        if not READABLE.search(key[0]):
            reason = "氏名がありません"
        elif MORE_THAN_A_NAME.search(name + kana):
            reason = '氏名かふりがなに、区切りの「,」「"」か改行が入っています。引用符の閉じ忘れを確かめてください'
        elif max(len(name), len(kana)) > LONGEST_NAME:
            reason = f"氏名かふりがなが長すぎます（{LONGEST_NAME}文字まで）"
        elif key in first:
            reason = f"{first[key]}行目と同じ氏名・ふりがなです"
        else:
            first[key] = row.number
            good.append(row)
            continue
        summary.refused.append((row.number, reason))
    return good


def _known(department: str) -> list[Known]:
    query = (
        select(Supporter, Person)
        .join(Person, Person.id == Supporter.party_id)
        .where(Supporter.came_by == Source.IMPORT)
        .order_by(Supporter.id)
    )
    found = {person.id: (supporter, person) for supporter, person in db.session.execute(query)}  # the last of each
    cells, tags = _values()
    edited = _edited()
    named = select(Provenance.party_id).join(Import, Import.id == Provenance.import_id)
    of_department = set(db.session.scalars(named.where(Import.department == department)))
    return [
        Known(
            person,
            supporter,
            key_of(person.name, person.kana or ""),
            cells.get(person.id, {}),
            tuple(tags.get(person.id, ())),
            person.id in of_department,
            frozenset(edited.get(supporter.id, ())),
        )
        for supporter, person in found.values()
    ]


def _others(known: Iterable[Known]) -> set[tuple[str, str]]:
    """The keys of people whom no file brought in: who of them is the same, only a person can tell."""
    imported = {one.person.id for one in known}
    query = select(Person.id, Person.name_key, Person.kana_key).where(Person.kana.is_not(None))
    return {(name, kana) for id_, name, kana in db.session.execute(query) if id_ not in imported}


def _values() -> tuple[dict[int, dict[str, Cell]], dict[int, list[str]]]:
    """Of everybody the newest value of each field, and the tags, read with the rest of their own column."""
    query = select(Provenance.party_id, Provenance.field, Provenance.value, Provenance.import_id).order_by(
        Provenance.import_id, Provenance.id
    )
    cells: dict[int, dict[str, Cell]] = {}
    columns: dict[int, dict[int, str]] = {}
    for party_id, name, value, import_id in db.session.execute(query):
        cells.setdefault(party_id, {})[name] = Cell(value, tidy(value))
        if name == "tags":
            columns.setdefault(import_id, {})[party_id] = tidy(value)
    tags: dict[int, list[str]] = {}
    for column in columns.values():
        tags.update(zip(column, tags_of_column(list(column.values())), strict=True))
    return cells, tags


def _edited() -> dict[int, set[str]]:
    query = select(AuditEntry.subject_id, AuditEntry.fields).where(AuditEntry.event == "supporter:edit")
    edited: dict[int, set[str]] = {}
    for supporter_id, fields in db.session.execute(query):
        edited.setdefault(supporter_id, set()).update(fields or ())
    return edited


@dataclass
class _Writing:
    """One file on its way into the registry."""

    file: Import
    basis: BasisKind
    by: Actor
    now: datetime
    summary: Summary
    others: set[tuple[str, str]]

    def write(self, row: Row, tags: list[str], by_name: Mapping[str, list[Known]], met: set[int]) -> None:
        """Kana tell people of one name apart; where they are missing, only the department's own list may be meant."""
        name, kana = key_of(row.text("name"), row.text("kana"))
        same_name = [one for one in by_name.get(name, ()) if one.person.id not in met]
        matches = [one for one in same_name if kana and one.key[1] == kana] or [
            one for one in same_name if one.of_department and not (one.key[1] and kana)
        ]
        own = [one for one in matches if one.of_department]
        matches = own or matches
        if len(matches) > 1:
            self.summary.refused.append((row.number, "同じ氏名の方が複数います。ふりがなを入れてください"))
        elif matches:
            met.add(matches[0].person.id)
            self._update(matches[0], row, tags)
        else:
            if (name, kana) in self.others:
                self.summary.doubtful.append((row.number, row.text("name")))
            self._add(row, tags)

    def _add(self, row: Row, tags: list[str]) -> None:
        skills, intro = _told(row.cells, tags)
        person = registry.create_person(
            _one_line(row.text("name")),
            kana=_one_line(row.text("kana")),
            affiliation=_affiliation(row.cells),
        )
        supporter = Supporter(party=person, came_by=Source.IMPORT, registered_on=today(self.now), intro=intro)
        db.session.add(supporter)
        registry.set_contacts(person, self._contacts(row))
        registry.set_skills(person.id, Registry.SUPPORTER, [SkillWords(phrase) for phrase in skills])
        registry.give_basis(person, self.basis, import_id=self.file.id, by=self.by, now=self.now)
        self._keep_origin(person, row)
        audit.record("supporter:import", supporter, by=self.by, at=self.now)
        db.session.flush()
        services.confirm(supporter, by=self.by, now=self.now)
        self.summary.added.append(person.name)

    def _update(self, one: Known, row: Row, tags: list[str]) -> None:
        person, supporter = one.person, one.supporter
        if supporter.state is SupporterState.ENDED:
            self.summary.refused.append(
                (row.number, "この方の登録は終わっています。もう一度登録するかは本人に確かめてください")
            )
            return
        if any(basis.kind is self.basis and basis.ended_at for basis in person.bases):
            self.summary.refused.append((row.number, "この方の情報は、使わないことになっています"))
            return
        changed = self._bring_up_to_date(one, row, tags)
        if not any(basis.kind is self.basis for basis in person.bases):
            registry.give_basis(person, self.basis, import_id=self.file.id, by=self.by, now=self.now)
        self._keep_origin(person, row)
        db.session.flush()
        if not changed:
            self.summary.unchanged += 1
            return
        supporter.updated_at = self.now
        audit.record("supporter:update", supporter, by=self.by, at=self.now, fields=changed)
        services.refresh(supporter, now=self.now)
        self.summary.updated.append((person.name, changed))

    def _bring_up_to_date(self, one: Known, row: Row, tags: list[str]) -> list[str]:
        """Change what differs and answer the names of the fields; what the desk edited by hand stays."""
        person, supporter = one.person, one.supporter
        cells = {**one.cells, **row.cells}  # a blank cell, or a column that is not there, says nothing
        phrases, intro = _told(cells, tags if "tags" in row.cells else list(one.tags))
        changed: list[str] = []
        if not person.kana and "kana" in cells:
            registry.edit_facts(person, kana=_one_line(cells["kana"].text), by=self.by, now=self.now)
            changed.append("kana")
        affiliation = _affiliation(cells)
        if affiliation and affiliation != person.affiliation:
            registry.edit_facts(person, affiliation=affiliation, by=self.by, now=self.now)
            changed.append("affiliation")
        if "intro" not in one.edited and TELLS_INTRO & row.cells.keys() and intro and intro != supporter.intro:
            supporter.intro = intro
            changed.append("intro")
        held = [skill.phrase for skill in registry.skills_of(person.id, Registry.SUPPORTER)]
        if "skills" not in one.edited and phrases and phrases != held:
            registry.set_skills(person.id, Registry.SUPPORTER, [SkillWords(phrase) for phrase in phrases])
            changed.append("skills")
        given = {contact.kind: contact for contact in self._contacts(row)}
        held_points = {point.kind: point.value for point in person.contact_points}
        if "contacts" not in one.edited and any(held_points.get(kind) != given[kind].value for kind in given):
            kept = [
                Contact(point.kind, point.value, point.may_share, point.hours)
                for point in person.contact_points
                if point.kind not in given
            ]
            registry.edit_contacts(person, [*kept, *given.values()], by=self.by, now=self.now)
            changed.append("contacts")
        return changed

    def _contacts(self, row: Row) -> list[Contact]:
        contacts, wrong = read_contacts(row.cells)
        self.summary.left_out += [(row.number, message) for message in wrong]
        return contacts

    def _keep_origin(self, person: Person, row: Row) -> None:
        for target, cell in row.cells.items():
            db.session.add(
                Provenance(party_id=person.id, field=target, value=cell.raw, import_id=self.file.id, row=row.number)
            )


def _told(cells: Mapping[str, Cell], tags: list[str]) -> tuple[list[str], str]:
    texts = {target: cell.text for target, cell in cells.items()}
    skills, rest = skills_and_rest(tags, texts.get("speciality", ""))
    base = f"活動拠点：{texts['base']}" if "base" in texts else ""
    return skills, introduction(["\n".join(rest), *(texts.get(target, "") for target in IN_INTRO), base])


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _affiliation(cells: Mapping[str, Cell]) -> str | None:
    lines = cells["affiliation"].text.split("\n") if "affiliation" in cells else []
    text = "、".join(line for line in lines if line)
    return text[:LONGEST_AFFILIATION] or None
