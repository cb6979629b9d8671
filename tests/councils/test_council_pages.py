"""One council: its figures of a day, adding, correcting, abolishing, and who may do so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from matching.accounts.models import Role, RoleGrant
from matching.councils import services
from matching.councils.models import Council
from matching.councils.states import CouncilState
from matching.errors import Invalid
from matching.i18n import today
from matching.profiles import services as profiles
from matching.registry.models import Gender
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_user, staff

from .factories import NOW, SYSTEM, a_candidate, a_clerk, a_council, a_department, a_member
from .pages import fill, main_form, posting_to

TODAY = today(datetime.now(UTC))


def written(session):
    session.expire_all()
    return session.scalars(select(Council).order_by(Council.id.desc())).first()


# -- Adding


def test_a_clerk_adds_a_council_of_their_department(clerk, session):
    form = main_form(clerk.get("/councils/new"))
    assert [text for _value, _chosen, text in form["department"].options] == ["協働推進課"]
    fill(form, name=" まちづくり審議会 ", founded_on="条例第18条", seats="１２", topics="協働")
    page = form.submit(status=303).follow()
    assert "加えました" in page and "条例第18条" in page and "審議 担当（ウェブ）" in page
    council = written(session)
    assert (council.name, council.seats, council.department.name) == ("まちづくり審議会", 12, "協働推進課")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "名称を入力してください。"),
        ("name", "・・・", "名前を入力してください。"),
        ("name", "あ" * 121, "120文字まで"),
        ("seats", "0", "1から500までの数字"),
        ("seats", "たくさん", "1から500までの数字"),
        ("topics", "あ" * 301, "300文字まで"),
    ],
)
def test_what_cannot_be_is_refused_and_the_input_kept(clerk, session, field, value, message):
    form = fill(main_form(clerk.get("/councils/new")), name="まちづくり審議会", founded_on="条例第18条")
    form[field] = value
    page = form.submit(status=422)
    assert message in page and page.html.title.text.startswith("入力エラー：")
    assert main_form(page)["founded_on"].value == "条例第18条"
    assert session.scalar(select(func.count()).select_from(Council)) == 0


def test_a_council_sent_twice_is_written_once(clerk, session):
    form = fill(main_form(clerk.get("/councils/new")), name="まちづくり審議会")
    form.submit(status=303)
    assert "同じ名前の審議会等が、すでにあります。" in form.submit(status=422)
    assert session.scalar(select(func.count()).select_from(Council)) == 1


def test_a_clerk_does_not_add_for_another_department(clerk, session):
    other = a_department("高齢福祉課")
    form = fill(main_form(clerk.get("/councils/new")), name="福祉審議会")
    form["department"].force_value(str(other.id))
    assert "一覧から選んでください。" in form.submit(status=422)
    office = fill(main_form(sign_in(clerk.app_of, staff(Role.PERSONNEL).email).get("/councils/new")), name="福祉審議会")
    office["department"] = str(other.id)
    office.submit(status=303)
    assert written(session).department is other


# -- Who writes


def test_only_the_clerks_of_its_department_and_the_offices_write_in_a_council(app, session, clerk, other_clerk):
    council = a_council()
    term = a_member(council)
    paths = [f"/councils/{council.id}/{page}" for page in ("edit", "end", "appoint", "appoint/new", "renew")]
    paths += [f"/councils/{council.id}/appoint/{term.person_id}"]
    paths += [f"/councils/appointments/{term.id}/{page}" for page in ("edit", "leave")]
    nowhere = sign_in(app, a_clerk().email)
    for path in paths:
        clerk.get(path, status=200)
        for browser in (other_clerk, nowhere):
            browser.get(path, status=403)
        for role in (Role.PERSONNEL, Role.ADMINISTRATOR):
            sign_in(app, staff(role).email).get(path, status=200)
        sign_in(app, staff(Role.STAFF).email).get(path, status=403)
        sign_in(app, a_coordinator().email).get(path, status=403)
        sign_in(app, a_user().email).get(path, status=404)
    for page in (other_clerk.get(f"/councils/{council.id}"), nowhere.get(f"/councils/{council.id}")):
        assert "まとめて再任する" not in page
    nowhere.get("/councils/new", status=403)


def test_a_department_of_another_role_does_not_let_a_clerk_without_one_write(app, session):
    council, user = a_council(), a_clerk()
    session.add(RoleGrant(user=user, role=Role.STAFF, department_id=council.department_id))
    session.commit()
    sign_in(app, user.email).get(f"/councils/{council.id}/edit", status=403)


def test_no_button_of_another_departments_council_works(clerk, other_clerk, session):
    council = a_council()
    term = a_member(council)
    services.leave(term, on=date(2026, 1, 1), by=SYSTEM, now=NOW)
    token = main_form(other_clerk.get("/councils/new"))["csrf_token"].value
    for path in (f"appointments/{term.id}/return", f"appointments/{term.id}/strike", f"{council.id}/reopen"):
        other_clerk.post(f"/councils/{path}", {"csrf_token": token, "version": "1"}, status=403)


# -- Correcting


def test_a_council_is_corrected_and_the_log_names_fields_only(clerk, session):
    council = a_council(seats=12)
    form = fill(main_form(clerk.get(f"/councils/{council.id}/edit")), name="協働審議会", seats="")
    page = form.submit(status=303).follow()
    assert "協働審議会" in page and "内容を直しました" in page
    assert written(session).seats is None
    services.edit_council(
        council,
        name="協働審議会",
        department=council.department,
        founded_on="",
        seats=None,
        topics="",
        by=SYSTEM,
        now=NOW,
    )
    assert clerk.get(f"/councils/{council.id}").text.count("審議会等の内容を直しました。") == 1


def test_a_new_name_stands_on_the_cards_of_its_members(session):
    council = a_council()
    person = a_candidate()
    a_member(council, person)
    services.edit_council(
        council,
        name="協働審議会",
        department=council.department,
        founded_on=None,
        seats=None,
        topics=None,
        by=SYSTEM,
        now=NOW,
    )
    assert profiles.find(registry="council", registration_id=person.id).content.card["intro"] == "協働審議会"


def test_a_page_that_somebody_else_overtook_is_refused(clerk, session):
    council = a_council()
    form, ending = (
        main_form(clerk.get(f"/councils/{council.id}/edit")),
        main_form(clerk.get(f"/councils/{council.id}/end")),
    )
    fill(form, topics="新しい").submit(status=303)
    assert "ほかの人が先に更新しました" in fill(form, topics="古い").submit(status=409)
    ending.submit(status=409)
    assert written(session).topics == "新しい" and written(session).ended_on is None


def test_the_name_of_another_council_is_refused(clerk, session):
    a_council("環境審議会")
    council = a_council()
    form = fill(main_form(clerk.get(f"/councils/{council.id}/edit")), name="環境審議会")
    assert "すでにあります" in form.submit(status=422)


# -- Abolishing


def test_a_council_ends_and_its_members_with_it(clerk, session):
    council = a_council()
    staying = a_member(
        council, a_person("残る 人"), starts=TODAY - timedelta(days=30), ends=TODAY + timedelta(days=300)
    )
    a_member(council, a_person("前の 人"), starts=date(2020, 1, 1), ends=date(2021, 1, 1))
    form = main_form(clerk.get(f"/councils/{council.id}/end"))
    page = form.submit(status=422)
    assert "この日に任期の残る委員が1人います" in page and "残る 人" in page and "前の 人" not in page
    form = main_form(page)
    form["members_leave"] = True
    page = form.submit(status=303).follow()
    assert "廃止と記録しました。" in page and "残る 人さんの退任を記録しました。" in page
    session.expire_all()
    assert (council.state, council.ended_on, staying.left_on) == (CouncilState.ENDED, TODAY, TODAY)
    assert "委員を入れる" not in page
    page = posting_to(page, "/reopen").submit(status=303).follow()
    session.expire_all()
    assert council.state is CouncilState.STANDING and staying.left_on is None and "委員を入れる" in page


@pytest.mark.parametrize("because", ["異動", "審議会等の廃止"])
def test_who_left_before_stays_away_when_a_council_is_opened_again(session, because):
    council = a_council()
    left = a_member(council, a_person("先に やめた"))
    services.leave(left, on=date(2026, 3, 31), because=because, by=SYSTEM, now=NOW)
    services.end_council(council, on=date(2026, 3, 31), members_leave=False, by=SYSTEM, now=NOW)
    services.reopen_council(council, by=SYSTEM, now=NOW)
    assert left.left_on == date(2026, 3, 31) and left.left_because == because


def test_a_term_that_is_to_begin_later_keeps_a_council_from_ending(session):
    council = a_council()
    a_member(council, starts=date(2027, 1, 1), ends=date(2028, 1, 1))
    with pytest.raises(Invalid):
        services.end_council(council, on=date(2026, 12, 31), members_leave=True, by=SYSTEM, now=NOW)


def test_nobody_sits_on_a_council_after_its_last_day(session):
    council = a_council()
    services.end_council(council, on=date(2026, 3, 31), members_leave=False, by=SYSTEM, now=NOW)
    a_member(council, a_person("前の 人"), starts=date(2024, 4, 1), ends=date(2026, 3, 31))
    for ends in (date(2026, 4, 1), None):
        with pytest.raises(Invalid):
            a_member(council, a_person("あとの 人"), starts=date(2025, 4, 1), ends=ends)


# -- Its page


def test_the_page_counts_seats_women_ages_and_terms_that_run_out(clerk, session):
    council = a_council(seats=5)
    for n, (year, gender, ends) in enumerate(
        [
            (TODAY.year - 60, Gender.FEMALE, TODAY + timedelta(days=90)),
            (TODAY.year - 40, Gender.MALE, TODAY + timedelta(days=91)),
            (None, None, None),
        ]
    ):
        person = a_person(f"委員 {n}", birth_year=year, gender=gender)
        a_member(council, person, starts=TODAY - timedelta(days=10), ends=ends)
    page = clerk.get(f"/councils/{council.id}")
    for words in ("欠員 2人", "女性の割合は50%です（性別の分かる2人のうち1人）", "約50.0歳", "1人の任期が"):
        assert words in page
    assert page.text.count("まもなく満了") == 1
    reader = sign_in(clerk.app_of, staff(Role.STAFF).email).get(f"/councils/{council.id}")
    assert "平均年齢" not in reader  # of two people, a mean tells too much


def test_more_members_than_seats_is_said(clerk, session):
    council = a_council(seats=1)
    for name in ("一 人", "二 人"):
        a_member(council, a_person(name), ends=None)
    assert "定数を1人超えています" in clerk.get(f"/councils/{council.id}")


def test_the_members_of_another_day_are_shown(clerk, session):
    council = a_council()
    a_member(council, a_person("昔の 人"), starts=date(2020, 4, 1), ends=date(2022, 3, 31))
    a_member(council, a_person("これからの 人"), starts=TODAY + timedelta(days=5), ends=None)
    page = clerk.get(f"/councils/{council.id}?on=2022-03-31")
    assert page.html.select("table")[0].find("a").text == "昔の 人" and "2022年（令和4年）3月31日（木）現在" in page
    page = clerk.get(f"/councils/{council.id}")
    assert "この日の委員はいません" in page and "これからの任期" in page and "終わった任期" in page
    assert "日付は 2026-04-01 のように" in clerk.get(f"/councils/{council.id}?on=x")
    clerk.get(f"/councils/{council.id}?on=99999999999999", status=200)
