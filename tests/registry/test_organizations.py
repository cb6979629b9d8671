"""Organizations: listed, written down, corrected by the desk, reached as they say themselves."""

import csv
import io

import pytest
from sqlalchemy import event, func, select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.database import db
from matching.registry import services as registry
from matching.registry.models import ContactKind, Organization
from matching.registry.services import Contact
from matching.registry.vocabulary import OrganizationKind
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_representative, an_organization, staff
from tests.supporters.factories import NOW


def form_with(page, field):
    return next(form for form in page.forms.values() if field in form.fields)


@pytest.fixture
def desk(app, session):
    user = a_coordinator()
    session.commit()
    return sign_in(app, user.email)


def titles(page):
    return [link.text for link in page.html.select(".queue .title a")]


# -- The list


def test_the_list_is_narrowed_by_name_kind_district_and_the_end_of_a_telephone(session, desk):
    one = registry.create_organization("さくら台自治会", kind=OrganizationKind.NEIGHBORHOOD, district_id=3)
    other = registry.create_organization("渡邉商店", kind=OrganizationKind.BUSINESS, kana="わたなべしょうてん")
    registry.set_contacts(other, [Contact(ContactKind.TELEPHONE, "083-000-4321")])
    assert titles(desk.get("/organizations")) == [one.name, other.name]  # without a reading, by the name
    for query in ({"q": "渡辺"}, {"q": "ワタナベ"}, {"kind": "business"}, {"q": "4321"}):
        assert titles(desk.get("/organizations", query)) == ["渡邉商店"], query
    assert titles(desk.get("/organizations", {"district": "3", "q": "さくら"})) == ["さくら台自治会"]
    empty = desk.get("/organizations", {"q": "ひまわり"})
    assert "当てはまる団体はありません" in empty and "083-000-4321" not in desk.get("/organizations")


def test_an_empty_list_says_what_to_do(desk):
    assert "団体はまだありません" in desk.get("/organizations")


def statements(browser, path):
    counted = []
    with browser_engine(counted):
        browser.get(path)
    return len(counted)


class browser_engine:
    def __init__(self, counted):
        self.counted = counted

    def note(self, _conn, _cursor, statement, *_rest):
        self.counted.append(statement)

    def __enter__(self):
        event.listen(db.engine, "before_cursor_execute", self.note)

    def __exit__(self, *_error):
        event.remove(db.engine, "before_cursor_execute", self.note)


@pytest.mark.parametrize("path", ["/organizations", "/organizations/export"])
def test_three_and_thirty_organizations_take_the_same_number_of_queries(session, desk, path):
    for number in range(3):
        a_representative(an_organization(f"第{number}自治会"))
    session.commit()
    few = statements(desk, path)
    for number in range(3, 30):
        a_representative(an_organization(f"第{number}自治会"))
    session.commit()
    assert statements(desk, path) == few


def test_the_file_holds_the_list_without_contact_data_and_guards_formulas(app, session, desk):
    organization = registry.create_organization("=cmd()", kind=OrganizationKind.OTHER, district_id=2)
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-4321")])
    session.commit()
    file = desk.get("/organizations/export", {"kind": "other"})
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert rows[0][1] == "団体名" and rows[1][1:5] == ["'=cmd()", "", "そのほか", "白石"] and len(rows) == 2
    assert "4321" not in file
    [taken] = session.scalars(select(AuditEntry).where(AuditEntry.event == "organization:export"))
    assert taken.fields == ["kind"]


# -- Written down


def filled(form, **values):
    told = {"name": "ひまわり会", "organization_kind": "salon", "source": "telephone"} | values
    for name, value in told.items():
        form[name] = value
    return form


def test_an_organization_is_written_down_once_however_often_the_button_is_pressed(session, desk):
    form = filled(form_with(desk.get("/organizations/new"), "organization_kind"), telephone="083-000-0001")
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    [organization] = session.scalars(select(Organization))
    assert [point.value for point in organization.contact_points] == ["083-000-0001"]
    made = session.scalars(select(AuditEntry).where(AuditEntry.event == "organization:create")).one()
    assert made.source == "telephone"
    assert "団体の記録を作りました。" in first.follow()


def test_what_is_missing_is_told_and_what_was_typed_stays(session, desk):
    form = filled(form_with(desk.get("/organizations/new"), "organization_kind"), name="・・", telephone="12")
    page = form.submit(status=422)
    assert page.html.title.text.startswith("入力エラー：")
    assert "名前を入力してください。" in page and form_with(page, "organization_kind")["telephone"].value == "12"
    assert session.scalar(select(func.count()).select_from(Organization)) == 0


def test_one_of_the_same_name_is_looked_at_first(session, desk):
    an_organization("ひまわり会")
    page = filled(form_with(desk.get("/organizations/new"), "organization_kind")).submit(status=422)
    assert "同じ名前の団体がすでにあります" in page
    form = form_with(page, "organization_kind")
    form["different"] = True
    form.submit(status=303)
    assert session.scalar(select(func.count()).select_from(Organization)) == 2


# -- Corrected


def test_the_desk_corrects_it_and_the_log_names_only_what_changed(session, desk):
    organization = an_organization("ひまわり会")
    session.commit()
    form = form_with(desk.get(f"/organizations/{organization.id}/edit"), "organization_kind")
    form["name"], form["district"], form["source"], form["mail"] = "ひまわりの会", "4", "paper", "a@example.jp"
    page = form.submit(status=303).follow()
    assert "ひまわりの会" in page and "名前・地域・メールを直しました。" in page
    session.expire_all()
    edited = session.scalars(select(AuditEntry).where(AuditEntry.event == "organization:edit")).one()
    assert (edited.fields, edited.source) == (["district", "mail", "name"], "paper")
    assert organization.name_key == registry.name_key("ひまわりの会")


def test_nothing_changed_is_not_written_down(session, desk):
    organization = an_organization("ひまわり会")
    session.commit()
    form = form_with(desk.get(f"/organizations/{organization.id}/edit"), "organization_kind")
    form["source"] = "paper"
    assert "変わったところはありませんでした。" in form.submit(status=303).follow()
    assert not session.scalars(select(AuditEntry).where(AuditEntry.event == "organization:edit")).all()


def test_a_page_opened_before_somebody_changed_the_contacts_is_refused(session, desk):
    organization = an_organization("ひまわり会")
    session.commit()
    form = form_with(desk.get(f"/organizations/{organization.id}/edit"), "organization_kind")
    form["source"] = "paper"
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0009")])
    session.commit()
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    session.expire_all()
    assert [point.value for point in organization.contact_points] == ["083-000-0009"]


# -- Its own people


def test_a_representative_sees_and_corrects_how_their_organization_is_reached(app, session):
    organization = an_organization("ひまわり会")
    organization.note = "窓口だけの話"
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0009")])
    own = sign_in(app, a_representative(organization).email)
    page = own.get(f"/organizations/{organization.id}")
    assert "083-000-0009" in page and "代表 一郎" in page
    assert "窓口だけの話" not in page and "これまでのこと" not in page
    page = page.click("連絡先を直す")
    form = form_with(page, "telephone")
    assert "name" not in form.fields and "note" not in form.fields
    form["telephone"] = ""
    assert "どちらかを入力してください" in form.submit(status=422)
    form["telephone"], form["share_telephone"] = "083-000-0010", True
    assert "083-000-0010" in form.submit(status=303).follow()
    session.expire_all()
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "organization"))
    assert [(entry.event, entry.fields) for entry in entries] == [("organization:edit", ["telephone"])]
    assert organization.name == "ひまわり会" and organization.note == "窓口だけの話"
    assert own.get(f"/organizations/{organization.id}/edit").status_int == 200


def test_whoever_only_claims_to_act_for_it_or_acts_for_another_sees_nothing(app, session):
    organization, other = an_organization("ひまわり会"), an_organization("こすもす会")
    user = a_representative(other)
    person = registry.person_of(user)
    registry.claim(person, organization, title="", by=SYSTEM, now=NOW)
    browser = sign_in(app, user.email)
    browser.get(f"/organizations/{organization.id}", status=404)
    browser.get(f"/organizations/{organization.id}/edit", status=404)


def test_council_staff_have_no_list_of_organizations(app, session):
    clerk = sign_in(app, staff(Role.CLERK).email)
    clerk.get("/organizations", status=403)
    clerk.get("/organizations/export", status=403)
