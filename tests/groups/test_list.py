"""The list of groups: found, narrowed, counted, renewed, taken home."""

import csv
from datetime import date
from io import StringIO

import pytest
from sqlalchemy import event, select
from time_machine import travel

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.database import db
from matching.groups import publishing, services
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact
from matching.registry.vocabulary import OrganizationKind
from tests.conftest import sign_in
from tests.factories import a_coordinator, an_organization, rename, staff

from .factories import NOW, a_group

TELEPHONE = Contact(ContactKind.TELEPHONE, "083-000-0035", True)
LAST_YEAR = date(2026, 3, 31)


@pytest.fixture(autouse=True)
def _today():
    with travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator("saporant").email)


def names(page):
    return [one.text.strip() for one in page.html.select(".queue .title")]


def a_choir():
    return a_group(an_organization("合唱団やまびこ", OrganizationKind.CITIZEN_GROUP), "合唱の指導", fields=[6])


def test_groups_are_found_by_name_number_and_what_they_do(desk):
    harmonica, choir = a_group(), a_choir()
    rename(harmonica.organization, name="さざなみ", kana="さざなみ")
    for words in (
        "さざなみ",
        "サザナミ",
        "さざなに",
        harmonica.number,
        harmonica.number.replace("-", "－"),
        "ハーモニカ",
    ):
        assert names(desk.get("/groups", {"q": words}))[0] == "さざなみ", words
    assert names(desk.get("/groups", {"q": "合唱の指導"}))[0] == choir.organization.name
    page = desk.get("/groups", {"q": "まったくない団体"})
    assert "当てはまる団体はありません" in page and "言葉を短くするか" in page


@pytest.mark.parametrize("words", ["Sp-012", "sp-012", "SP-012", " Ｓｐ－012"])
def test_a_number_of_large_and_small_letters_is_found_however_it_is_typed(desk, words):
    a_group(an_organization("さざなみ"), number="Sp-012", consents=[Purpose.PUBLIC_NAMED])
    assert names(desk.get("/groups", {"q": words})) == ["さざなみ"]
    assert [one.name for one in publishing.public_entries(day=date(2026, 11, 24), words=words).items] == ["さざなみ"]


def test_the_list_is_narrowed_by_field_district_and_kind(desk):
    a_group(districts=[18], fields=[7])
    choir = a_choir()
    choir.anywhere = True
    assert names(desk.get("/groups?field=6")) == ["合唱団やまびこ"]
    assert names(desk.get("/groups?field=7&district=18")) == ["さざなみ"]
    assert names(desk.get("/groups?district=3")) == ["合唱団やまびこ"]
    assert names(desk.get("/groups?kind=citizen_group")) == ["合唱団やまびこ"]
    assert names(desk.get("/groups?kind=nonsense&field=x")) == names(desk.get("/groups")) != []


def test_groups_not_yet_renewed_this_fiscal_year_stand_apart(desk, session):
    due = a_group(an_organization("まだの会"), registered_on=LAST_YEAR)
    a_group(an_organization("四月の会"), registered_on=date(2026, 4, 1))
    renewed = a_group(an_organization("済んだ会"), registered_on=date(2015, 5, 1))
    services.renew(renewed, on=date(2026, 4, 1), by=SYSTEM, now=NOW)
    ended = a_group(an_organization("終えた会"), registered_on=LAST_YEAR)
    services.end_group(ended, by=SYSTEM, now=NOW)
    page = desk.get("/groups?state=due")
    assert names(page) == ["まだの会"]
    assert all(words in page for words in ("登録中（3）", "今年度の更新がまだ（1）", "登録終了（1）"))
    assert names(desk.get("/groups?state=ended")) == ["終えた会"]
    form = next(form for form in page.forms.values() if "/renew" in form.action)
    page = form.submit("source", value="telephone", status=303).follow()
    assert "「まだの会」の登録を更新しました。" in page and "今年度の更新は、すべて済んでいます" in page
    session.expire_all()
    assert due.renewed_on == date(2026, 11, 24)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "group:renew")).all()[-1]
    assert (entry.subject_id, entry.source, entry.on_behalf_of_id) == (due.id, "telephone", due.organization_id)
    form.submit("source", value="telephone", status=409)  # pressed twice


def test_going_back_to_the_list_keeps_its_filters_and_leads_nowhere_else(desk):
    a_group(registered_on=LAST_YEAR, fields=[6])
    page = desk.get("/groups?state=due&field=6&_external=1&back=//evil.example")
    form = next(form for form in page.forms.values() if "/renew" in form.action)
    form.action += "&_scheme=javascript&_external=1&endpoint=x"
    assert form.submit("source", value="paper", status=303).location.endswith("/groups?state=due&field=6")


def test_reading_staff_see_the_list_without_buttons(app, session):
    a_group(registered_on=LAST_YEAR)
    browser = sign_in(app, staff(Role.STAFF).email)
    page = browser.get("/groups?state=due")
    assert "さざなみ" in page and "電話で更新" not in page and "CSV" not in page and "団体を登録する" not in page
    browser.get("/groups/export", status=403)


def test_the_file_has_no_contact_data_and_no_formula_and_is_written_down(desk, session):
    group = a_group(
        an_organization("=HYPERLINK(1)"), "@合唱", contacts=[TELEPHONE], fields=[6], members=11, number="+9"
    )
    a_group(an_organization("ほかの会"), consents=[Purpose.PUBLIC_NAMED])
    answer = desk.get("/groups/export?field=6")
    assert answer.content_type == "text/csv" and "083-000-0035" not in answer
    head, row = csv.reader(StringIO(answer.body.decode("utf-8-sig")))
    told = dict(zip(head, row, strict=True))
    assert (told["団体名"], told["できること"], told["登録番号"]) == ("'=HYPERLINK(1)", "'@合唱", "'+9")
    assert (told["会員の数"], told["登録した日"], told["公開"]) == ("11", "2026-11-24", "しない")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "group:export")).one()
    assert entry.fields == ["field", "state"]
    assert group.number not in str(entry.fields)


@pytest.mark.parametrize("address", ["/groups", "/groups?state=due", "/groups?q=%E4%BC%9A", "/groups/export"])
def test_a_list_needs_no_more_queries_when_it_is_longer(desk, session, address):
    def queries():
        counted = []
        event.listen(db.engine, "before_cursor_execute", count := lambda *a: counted.append(a[2]))
        desk.get(address)
        event.remove(db.engine, "before_cursor_execute", count)
        return len(counted)

    def some(numbers):
        for number in numbers:
            a_group(an_organization(f"会{number}"), fields=[6], districts=[18], registered_on=LAST_YEAR)
        session.commit()

    some(range(3))
    queries()
    few = queries()
    some(range(3, 30))
    assert queries() <= few
