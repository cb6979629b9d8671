"""People: the list, writing down, correcting; and one party's whole picture."""

import csv
import io
from datetime import date

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role, RoleGrant, User
from matching.audit import AuditEntry
from matching.database import db
from matching.help_requests.models import RequestKind
from matching.profiles.models import Profile
from matching.registry import services as registry
from matching.registry.models import (
    BasisKind,
    ContactKind,
    Gender,
    Import,
    Person,
    Provenance,
    Purpose,
    Registry,
)
from matching.registry.services import Contact, SkillWords
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.dispatch.factories import a_case, a_conjurer, asked, decided
from tests.factories import a_coordinator, a_desk, a_person, a_representative, a_user, acting, an_organization, staff
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.registry.test_organizations import form_with, statements, titles
from tests.supporters.factories import NOW, a_supporter


@pytest.fixture
def desk(app, session):
    user = a_coordinator()
    session.commit()
    return sign_in(app, user.email)


@pytest.fixture
def contractor(app, session):
    user = a_coordinator("saporant")
    session.commit()
    return sign_in(app, user.email)


@pytest.fixture
def clerk(app, session):
    user = staff(Role.CLERK)
    session.commit()
    return sign_in(app, user.email)


# -- The list


def three():
    helps, sits = a_person("手伝 花子", district_id=3), a_person("委員 一郎")
    a_supporter(helps)
    acts = registry.person_of(a_representative(an_organization()))
    a_member(a_council(), sits, starts=date(2020, 1, 1), ends=None)
    return helps, acts, sits


def test_the_list_is_narrowed_by_what_people_are(session, desk):
    three()
    assert len(titles(desk.get("/people"))) == 3
    for being, name in {"supporter": "手伝 花子", "representative": "代表 一郎", "council": "委員 一郎"}.items():
        assert titles(desk.get("/people", {"being": being})) == [name]
    assert titles(desk.get("/people", {"district": "3"})) == ["手伝 花子"]
    assert titles(desk.get("/people", {"q": "いいん"})) == []
    assert "当てはまる人はいません" in desk.get("/people", {"q": "だれもいない"})


def test_a_contractor_and_a_clerk_each_see_their_own(session, contractor, clerk):
    three()
    assert set(titles(contractor.get("/people"))) == {"手伝 花子", "代表 一郎"}
    assert "審議会等委員" not in contractor.get("/people").html.main.text
    assert titles(contractor.get("/people", {"being": "council"})) == titles(contractor.get("/people"))
    page = clerk.get("/people")
    assert titles(page) == ["委員 一郎"]
    assert [option["value"] for option in page.html.select("#filter-being option")] == ["", "council"]


@pytest.mark.parametrize("path", ["/people", "/people/export"])
def test_three_and_thirty_people_take_the_same_number_of_queries(session, desk, path):
    def some(first, last):
        for number in range(first, last):
            person = a_person(f"手伝 {number}", district_id=number % 21 + 1)
            a_supporter(person)
            registry.claim(person, an_organization(f"第{number}会"), title="", by=SYSTEM, now=NOW)
            a_member(a_council(f"第{number}審議会"), person)
        session.commit()

    some(0, 3)
    desk.get(path)
    few = statements(desk, path)
    some(3, 30)
    assert statements(desk, path) <= few + 1  # the districts are read once


def test_the_file_guards_formulas_and_holds_no_contact_data(session, desk, contractor):
    person = a_person("@太郎", kana="たろう")
    registry.set_contacts(person, [Contact(ContactKind.TELEPHONE, "083-000-4321")])
    a_supporter(person)
    a_member(a_council(), a_person("委員 一郎"))
    file = desk.get("/people/export")
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert rows[0] == ["番号", "氏名", "ふりがな", "地域", "協働サポーター", "担当している団体", "審議会等の数"]
    assert "'@太郎" in {row[1] for row in rows} and "4321" not in file
    assert "委員 一郎" not in contractor.get("/people/export").body.decode()
    desk.get("/people/export", {"q": "太郎", "district": ""})
    taken = session.scalars(select(AuditEntry).where(AuditEntry.event == "person:export").order_by(AuditEntry.id))
    assert [entry.fields for entry in taken] == [None, None, ["q"]]


# -- Written down


def filled(form, **values):
    for name, value in ({"name": "山田 花子", "source": "telephone"} | values).items():
        form[name] = value
    return form


def test_a_person_is_written_down_once_however_often_the_button_is_pressed(session, desk):
    form = filled(form_with(desk.get("/people/new"), "affiliation"), kana="ヤマダ ハナコ", telephone="083-000-0001")
    assert "gender" not in form.fields
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    [person] = session.scalars(select(Person))
    assert person.kana_key == "やまだはなこ" and person.mail is None
    assert "個人の記録を作りました。" in first.follow()


def test_mistakes_are_told_and_what_was_typed_stays(session, desk):
    form = filled(form_with(desk.get("/people/new"), "affiliation"), name="", birth_year="昭和", affiliation="大学")
    page = form.submit(status=422)
    assert page.html.title.text.startswith("入力エラー：") and "氏名を入力してください。" in page
    assert form_with(page, "affiliation")["affiliation"].value == "大学"
    filled(form_with(desk.get("/people/new"), "affiliation"), birth_year="2099").submit(status=422)
    assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_somebody_alike_is_looked_at_first_but_nobody_learns_of_whom_they_must_not(session, desk, contractor):
    a_member(a_council(), a_person("山田 花子"))
    page = filled(form_with(desk.get("/people/new"), "affiliation")).submit(status=422)
    assert "同じ名前の人がすでにいます" in page
    filled(form_with(contractor.get("/people/new"), "affiliation")).submit(status=303).follow(status=200)
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_whom_a_clerk_writes_down_the_clerks_see_and_contractors_do_not(session, clerk, contractor):
    form = form_with(clerk.get("/people/new"), "affiliation")
    assert "telephone" not in form.fields
    form["gender"] = "female"
    answer = filled(form).submit(status=303)
    assert "山田 花子" in answer.follow(status=200)
    session.expire_all()
    person = session.scalars(select(Person)).one()
    assert person.gender is Gender.FEMALE
    contractor.get(f"/people/{person.id}", status=403)
    contractor.get(f"/people/{person.id}/edit", status=403)


def written_down(browser, session, name="山田 花子") -> Person:
    filled(form_with(browser.get("/people/new"), "affiliation"), name=name).submit(status=303)
    session.expire_all()
    return session.scalars(select(Person).order_by(Person.id.desc())).first()


def opened(app, who, person) -> int:
    user = staff(who) if isinstance(who, Role) else a_coordinator(who)
    return sign_in(app, user.email).get(f"/people/{person.id}", expect_errors=True).status_int


def test_for_whom_somebody_was_written_down_does_not_change_with_the_writers_roles(app, session):
    desk, clerk, centre = a_coordinator(), staff(Role.CLERK), a_coordinator("center:小郡")
    of_desk, of_clerk, of_centre = (
        written_down(sign_in(app, user.email), session, name)
        for user, name in ((desk, "窓口 の人"), (clerk, "審議 の人"), (centre, "地域 の人"))
    )
    assert [opened(app, who, of_desk) for who in (Role.CLERK, "saporant", "kyodo")] == [403, 403, 200]
    session.add(RoleGrant(user=desk, role=Role.PERSONNEL))
    clerk.roles.clear()
    centre.roles[0].desk_id = a_desk("saporant").id
    session.commit()
    assert [opened(app, who, of_desk) for who in (Role.CLERK, "saporant")] == [403, 403]
    assert [opened(app, who, of_clerk) for who in (Role.CLERK, "saporant")] == [200, 403]
    assert [opened(app, who, of_centre) for who in (Role.CLERK, "saporant")] == [403, 403]


def test_whom_a_contractor_writes_down_the_desks_know_whatever_becomes_of_the_writer(app, session):
    writer = a_coordinator("saporant")
    person = written_down(sign_in(app, writer.email), session)
    writer.roles.clear()
    session.commit()
    assert [opened(app, who, person) for who in ("saporant", "kyodo", Role.CLERK)] == [200, 200, 403]


def test_a_member_of_staff_who_registers_is_written_down_for_no_office(session):
    for user in (staff(Role.CLERK), a_coordinator("saporant")):
        person = registry.become_person(user, name="係 花", by=acting(user), now=NOW)
        assert person.written_for is None


# -- Corrected


def test_a_person_is_corrected_and_only_what_changed_is_named(session, desk):
    person = a_person("山田 花子", gender=Gender.FEMALE, birth_year=1960)
    user = a_user(party=person, name="山田 花子")
    session.commit()
    form = form_with(desk.get(f"/people/{person.id}/edit"), "affiliation")
    assert form["birth_year"].value == "1960"
    form["name"], form["source"] = "川田 花子", "telephone"
    assert "名前を直しました。" in form.submit(status=303).follow()
    session.expire_all()
    edited = session.scalars(select(AuditEntry).where(AuditEntry.event == "person:edit")).one()
    assert edited.fields == ["name"] and edited.on_behalf_of_id == person.id
    assert person.gender is Gender.FEMALE and session.get(User, user.id).name == "川田 花子"
    form.submit(status=409)


def test_a_clerk_corrects_without_touching_the_contact_points(session, clerk):
    person = a_person("委員 一郎")
    a_member(a_council(), person)
    registry.set_contacts(person, [Contact(ContactKind.TELEPHONE, "083-000-4321")])
    session.commit()
    page = clerk.get(f"/people/{person.id}/edit")
    assert "4321" not in page
    form = filled(form_with(page, "affiliation"), name="委員 一郎", gender="male", affiliation="大学教授")
    page = form.submit(status=303).follow()
    assert "4321" not in page and "大学教授" in page
    session.expire_all()
    assert [point.value for point in person.contact_points] == ["083-000-4321"]


def test_gender_and_birth_years_are_for_those_who_keep_the_rosters(app, session, clerk):
    person = a_person("委員 一郎", birth_year=1956, gender=Gender.MALE)
    a_member(a_council(), person)
    session.commit()
    browsers = {role: sign_in(app, staff(role).email) for role in (Role.PERSONNEL, Role.ADMINISTRATOR)}
    for browser, keeps in ((clerk, True), (browsers[Role.PERSONNEL], True), (browsers[Role.ADMINISTRATOR], False)):
        form = form_with(browser.get(f"/people/{person.id}/edit"), "affiliation")
        assert ("gender" in form.fields, "1956" in browser.get(f"/councils/members/{person.id}")) == (keeps, keeps)
        filled(form, name="委員 一郎", affiliation="大学教授").submit(status=303)
    session.expire_all()
    assert person.gender is Gender.MALE


def test_what_searches_see_follows_a_correction(session, clerk):
    person = a_candidate(name="委員 一郎")
    a_member(a_council(), person)
    session.commit()
    form = form_with(clerk.get(f"/people/{person.id}/edit"), "affiliation")
    filled(form, name="委員 一郎", affiliation="天文学の研究者").submit(status=303)
    session.expire_all()
    profile = session.scalars(select(Profile).where(Profile.party_id == person.id)).one()
    assert "天文学" in str(profile.content.card)


def test_a_clerk_meets_nobody_of_the_desks(session, clerk):
    person = a_person()
    a_supporter(person)
    organization = an_organization()
    session.commit()
    for path in (f"/people/{person.id}", f"/people/{person.id}/edit", f"/people/{organization.id}"):
        clerk.get(path, status=403)


# -- One party's whole picture


def somebody():
    """Of every room something."""
    conjurer = a_conjurer("石川 笑子", telephone="083-000-4321")
    person = conjurer.party
    registry.claim(person, an_organization("手品クラブ"), title="会長", by=SYSTEM, now=NOW)
    a_member(a_council("文化審議会"), person, category="公募")
    decided(a_case(title="手品の会", requester=an_organization("さくら台自治会")))
    return person


def test_everything_about_one_person_stands_on_one_page_and_its_reading_is_written_down(session, desk):
    person = somebody()
    session.commit()
    page = desk.get(f"/people/{person.id}")
    for known in ("083-000-4321", "手品クラブ", "文化審議会", "公募", "手品の会", "協働サポーター", "同意あり"):
        assert known in page, known
    assert "1回（うち内諾 1回、辞退 0回）" in page and "1回（うち今年度" in page
    assert "「文化審議会」の任期を入れました。" in page and "登録を確認しました" in page
    read = session.scalars(select(AuditEntry).where(AuditEntry.event == "person:read")).one()
    assert read.subject_id == person.id


def test_a_contractor_sees_the_same_page_without_councils(session, contractor):
    person = somebody()
    session.commit()
    page = contractor.get(f"/people/{person.id}")
    assert "手品クラブ" in page and "083-000-4321" in page
    assert "文化審議会" not in page and "任期を入れました" not in page


def test_a_contractor_is_not_told_of_what_somebody_was_asked_as_a_council_member(session, contractor, desk):
    person = a_candidate(name="両方 委員")
    a_member(a_council(), person, skills=[SkillWords("手品")])
    asked(a_case(title="手品の会", kind=RequestKind.INTRODUCTION), person)
    registry.claim(person, an_organization(), title="", by=SYSTEM, now=NOW)
    session.commit()
    assert "1回（うち内諾" in desk.get(f"/people/{person.id}")
    page = contractor.get(f"/people/{person.id}")
    assert "0回（うち内諾" in page and "手品" not in page.html.main.text


def test_council_staff_see_seats_and_neither_registrations_nor_contact_data(session, clerk):
    person = somebody()
    session.commit()
    page = clerk.get(f"/people/{person.id}")
    main = page.html.main.text
    assert "文化審議会" in main
    for hidden in ("4321", "協働サポーター", "手品クラブ", "手品の会", "登録を確認しました"):
        assert hidden not in main, hidden


def test_an_organization_has_a_page_of_everything_too(session, desk):
    organization = an_organization("さざなみ")
    a_group(organization, "ハーモニカの演奏")
    a_representative(organization)
    a_request(now=NOW, requester=organization, title="演奏の場を探す")
    session.commit()
    page = desk.get(f"/people/{organization.id}")
    for known in ("ハーモニカの演奏", "代表 一郎", "演奏の場を探す", "登録団体"):
        assert known in page
    assert session.scalars(select(AuditEntry).where(AuditEntry.event == "organization:read")).one()


def test_a_merged_party_stands_under_its_canonical_one(session, desk):
    person, twice = a_person("山田 花子"), a_person("山田 花子（旧）")
    a_supporter(twice, "草刈り")
    twice.canonical_id = person.id
    session.commit()
    page = desk.get(f"/people/{twice.id}")
    assert page.html.h1.text == "山田 花子" and "草刈り" in page
    assert titles(desk.get("/people", {"being": "supporter"})) == ["山田 花子"]


def imported(person, *, basis):
    file = Import(
        department="ながれ課" if basis else "人事課", file_name="一覧.csv", sha256=str(basis), basis="x", read_at=NOW
    )
    db.session.add(file)
    db.session.flush()
    for field, value in (("speciality", "取り込んだ専門"), ("telephone", "090-9999-0000")):
        db.session.add(Provenance(party_id=person.id, field=field, value=value, import_id=file.id, row=7))
    if basis:
        registry.give_basis(person, BasisKind.PUBLIC_INFORMATION, import_id=file.id, by=SYSTEM, now=NOW)


def test_where_imported_values_came_from_is_told_to_those_whose_file_it_was(app, session, desk, contractor, clerk):
    person = a_person()
    a_member(a_council(), person)
    imported(person, basis=True)
    imported(person, basis=False)
    reader = sign_in(app, staff(Role.STAFF).email)
    path = f"/people/{person.id}"
    seen = {name: browser.get(path) for name, browser in
            {"desk": desk, "contractor": contractor, "clerk": clerk, "reader": reader}.items()}  # fmt: skip
    assert {name for name, page in seen.items() if "ながれ課" in page} == {"desk", "contractor", "reader"}
    assert {name for name, page in seen.items() if "人事課" in page} == {"desk", "clerk", "reader"}
    assert {name for name, page in seen.items() if "090-9999-0000" in page} == {"desk", "contractor"}


def test_much_or_little_the_picture_takes_as_many_queries(session, desk):
    person = a_person()
    a_supporter(person, "草刈り")

    def some(first, last):
        for number in range(first, last):
            organization = an_organization(f"第{number}会")
            registry.claim(person, organization, title="", by=SYSTEM, now=NOW)
            a_request(now=NOW, requester=organization, contact_person=person, title=f"会{number}")
            a_member(a_council(f"第{number}審議会"), person)
        session.commit()

    some(0, 3)
    desk.get(f"/people/{person.id}")
    few = statements(desk, f"/people/{person.id}")
    some(3, 30)
    assert statements(desk, f"/people/{person.id}") == few


def test_nothing_of_somebody_elses_registry_is_named_as_a_skill(session, clerk):
    person = a_candidate(name="委員 一郎")
    a_member(a_council(), person, skills=[SkillWords("水質の調査")])
    a_supporter(person, "草刈り", consents=[Purpose.MATCHING, Purpose.COUNCIL])
    session.commit()
    page = clerk.get(f"/people/{person.id}").html.main.text
    assert "水質の調査" in page and "草刈り" not in page
    assert "審議会などの委員の候補" in page and "窓口が、依頼に合う人" not in page
    assert Registry.COUNCIL.label in page
