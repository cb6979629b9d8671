"""What everybody may read of a group, and what never."""

from datetime import date

import pytest
from sqlalchemy import event, select

from matching.accounts.actor import SYSTEM
from matching.database import db
from matching.groups import services
from matching.groups.models import Group
from matching.groups.publishing import face_of, how_many, public_entries, public_entry
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact
from tests.factories import an_organization, rename

from .factories import NOW, a_group

DAY = date(2026, 11, 24)
NAMED = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
TELEPHONE = Contact(ContactKind.TELEPHONE, "083-000-0035", True)


def shown(**asked):
    return public_entries(day=DAY, **asked).items


def test_only_active_groups_that_consented_to_it_are_shown(session):
    a_group(an_organization("ひみつの会"), consents=[Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS, Purpose.CONTACT])
    ended = a_group(an_organization("おわった会"), consents=NAMED)
    services.end_group(ended, by=SYSTEM, now=NOW)
    group = a_group(an_organization("さざなみ"), consents=NAMED, fields=[6], districts=[18], members=11)
    [entry] = shown()
    assert (entry.name, entry.number, entry.members, entry.since) == ("さざなみ", group.number, 11, DAY)
    assert entry.skills == ("ハーモニカの演奏",) and [one.number for one in entry.fields] == [6]
    assert [one.id for one in entry.districts] == [18] and not entry.withheld
    assert public_entry(entry.key) == entry == face_of(group)
    assert str(group.organization_id) != entry.key and how_many() == 1
    assert public_entry("0" * 16) is None and face_of(ended) is None


def test_a_withdrawn_consent_hides_the_group_at_once(session):
    group = a_group(consents=NAMED)
    registry.withdraw_consent(registry.active_consents(group.party_id)[Purpose.PUBLIC_NAMED], by=SYSTEM, now=NOW)
    assert shown() == [] and how_many() == 0 and public_entry(group.public_key) is None


def test_contact_points_are_never_shown_nor_found(session):
    group = a_group(None, "合唱", "出前講座（083-000-0035まで）", contacts=[TELEPHONE])
    registry.set_consents(group.organization, NAMED, among=NAMED, by=SYSTEM, now=NOW, on=DAY)
    group.intro = "お問い合わせは sazanami@example.jp へ。よさこいも踊ります。"
    [entry] = shown()
    assert entry.skills == ("合唱",) and entry.intro == "" and entry.withheld
    for words in ("0035", "083-000-0035", "sazanami@example.jp", "出前講座"):
        assert shown(words=words) == []
    assert [one.name for one in shown(words="合唱")] == ["さざなみ"]


def test_a_local_telephone_number_is_not_shown(session):
    a_group(consents=NAMED, contacts=[Contact(ContactKind.TELEPHONE, "083-922-1234")])
    for text in ("電話は922-1234まで", "九二二ー五六七八です", "電話 9221234"):
        shown_group = session.scalars(select(Group)).one()
        shown_group.intro = text
        [entry] = shown()
        assert entry.intro == "" and entry.withheld, text


def test_words_find_names_numbers_and_what_groups_do(session):
    harmonica = a_group(consents=NAMED)
    a_group(an_organization("竹林の会"), "竹林の整備", consents=NAMED, anywhere=True, fields=[7])
    rename(harmonica.organization, name="漣", kana="サザナミ")
    assert [one.name for one in shown(words="さざなみ")] == ["漣"]
    assert [one.name for one in shown(words="さざなに")] == ["漣"]  # one letter is wrong
    assert [one.name for one in shown(words=harmonica.number)] == ["漣"]
    assert [one.name for one in shown(words="竹林")] == ["竹林の会"]
    assert [one.name for one in shown(field=7)] == ["竹林の会"]
    assert [one.name for one in shown(district=3)] == ["竹林の会"]
    assert shown(words="ない言葉の会") == []


@pytest.mark.parametrize("words", ["", "会"])
def test_a_page_needs_no_more_queries_when_there_are_more(session, words):
    def queries():
        counted = []
        db.session.expire_all()
        event.listen(db.engine, "before_cursor_execute", count := lambda *a: counted.append(a[2]))
        public_entries(day=DAY, words=words, per_page=50)
        event.remove(db.engine, "before_cursor_execute", count)
        return len(counted)

    for number in range(3):
        a_group(an_organization(f"会{number}"), consents=NAMED, contacts=[TELEPHONE])
    few = queries()
    for number in range(27):
        a_group(an_organization(f"会の{number}"), consents=NAMED, contacts=[TELEPHONE])
    assert queries() <= few and len(shown(per_page=50)) == 30


def test_a_page_that_a_shorter_list_no_longer_has_is_the_last(session):
    a_group(consents=NAMED)
    assert shown(page=2) == shown() != []
