"""Whatever room writes about a party: the log names what changed, and nothing else; the rooms above hear of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.groups import services as groups
from matching.registry import services as registry
from matching.registry.models import ContactKind, Gender
from matching.registry.services import Contact, SkillWords
from matching.registry.vocabulary import OrganizationKind
from matching.supporters import services as supporters
from tests.factories import a_person, a_user, an_organization

from ..groups.factories import a_group
from ..supporters.factories import NOW, a_registration

TELEPHONE = Contact(ContactKind.TELEPHONE, "083-000-0001")
BY = {"by": SYSTEM, "now": NOW}


@pytest.fixture
def heard():
    """What the rooms above heard of: the party's name and the fields."""
    news = []

    def hear(party, *, fields, **_more):
        news.append((party.name, sorted(fields)))

    with registry.party_changed.connected_to(hear):
        yield news


def logged(session, party):
    """The fields of each entry that says that this party changed."""
    session.flush()
    query = select(AuditEntry).where(AuditEntry.event == f"{party.kind.value}:edit", AuditEntry.subject_id == party.id)
    return [entry.fields for entry in session.scalars(query.order_by(AuditEntry.id))]


def test_a_desk_that_writes_what_is_known_changes_nothing(session, heard):
    organization = an_organization()
    told = {"name": "さくら台自治会", "kind": OrganizationKind.NEIGHBORHOOD}
    registry.write_organization(organization, **told, **BY)
    assert logged(session, organization) == [] == heard
    registry.write_organization(organization, **told, kana="さくらだいじちかい", **BY)
    assert logged(session, organization) == [["kana"]] and heard == [("さくら台自治会", ["kana"])]


def test_the_kana_of_a_contact_person_is_added_and_nothing_else(session, heard):
    organization = an_organization()
    registry.add_representative(organization, name="会長 一郎", title="会長", **BY)
    one = registry.add_representative(organization, name="会長 一郎", kana="かいちょう いちろう", title="会長", **BY)
    assert logged(session, one.person) == [["kana"]] and heard == [("会長 一郎", ["kana"])]


def test_whoever_registers_with_another_name_is_heard_of(session, heard):
    person = a_person("山田 花子", kana="やまだ はなこ", gender=Gender.FEMALE, note="手話もできる")
    user = a_user(party=person)
    registry.become_person(user, name="山田 華子", kana=None, **BY)
    assert (user.name, person.kana, person.gender, person.note) == (
        "山田 華子", "やまだ はなこ", Gender.FEMALE, "手話もできる",
    )  # fmt: skip
    assert logged(session, person) == [["name"]] and heard == [("山田 華子", ["name"])]


def test_a_supporter_who_moves_and_has_another_telephone(session, heard):
    supporter = a_registration(a_person("山田 花子"))
    user = a_user(party=supporter.party)
    facts = {"name": "佐藤 花子", "kana": None, "district_id": None, "birth_year": None, "consents": ()}
    told = supporters.Told(skills=[SkillWords("庭木の剪定")])
    supporters.edit(supporter, told, contacts=[TELEPHONE], **facts, **BY)
    assert logged(session, supporter.party) == [["name", "telephone"]] and user.name == "佐藤 花子"
    assert heard == [("佐藤 花子", ["name", "telephone"])]
    supporters.edit(supporter, told, contacts=[TELEPHONE], **facts, **BY)
    assert logged(session, supporter.party) == [["name", "telephone"]]


def test_contacts_that_come_with_a_registration(session, heard):
    person, organization = a_person(), an_organization()
    told = supporters.Told(skills=[SkillWords("庭木の剪定")])
    supporters.register(person, told, consents=(), contacts=[TELEPHONE], pledged=True, **BY)
    group = a_group(organization, contacts=[TELEPHONE])
    assert logged(session, person) == [["telephone"]] == logged(session, organization)
    groups.edit(group, groups.Told(skills=[SkillWords("演奏")]), consents=(), contacts=[], **BY)
    assert logged(session, organization) == [["telephone"], ["telephone"]]
