"""Appointing: finding the person first, writing a new one down, substitutes; and terms corrected, left, taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import Source
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.councils import services
from matching.councils.models import Appointment, CouncilRole
from matching.errors import Invalid, MatchingError
from matching.i18n import today
from matching.registry import services as registry
from matching.registry.models import Gender, Person, Purpose, Registry
from tests.conftest import sign_in
from tests.factories import a_person, staff

from .factories import NOW, SYSTEM, a_candidate, a_council, a_department, a_member
from .pages import fill, main_form, posting_to

TODAY = today(datetime.now(UTC))


def count(session, table):
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table))


def latest(session):
    session.expire_all()
    return session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()


# -- Who it is


def test_people_of_the_councils_are_found_and_others_are_not(clerk, session):
    council = a_council()
    a_member(a_council("別の審議会", department=a_department("高齢福祉課")), a_person("山田 花子"), ends=None)
    a_candidate(name="山田 次郎")
    hidden = a_person("山田 三郎")
    page = clerk.get(f"/councils/{council.id}/appoint", {"q": "山田"})
    assert "山田 花子" in page and "いま1つの審議会等" in page and "山田 次郎" in page and "候補の同意あり" in page
    assert "山田 三郎" not in page
    clerk.get(f"/councils/{council.id}/appoint/{hidden.id}", status=404)
    assert "当てはまる人はいません" in clerk.get(f"/councils/{council.id}/appoint", {"q": "ぬぬぬ"})


def test_somebody_whom_a_clerk_has_just_written_down_is_found(clerk, session):
    form = next(form for form in clerk.get("/people/new").forms.values() if "affiliation" in form.fields)
    fill(form, name="山田 四郎", source="telephone").submit(status=303)
    council = a_council()
    page = clerk.get(f"/councils/{council.id}/appoint", {"q": "山田"})
    assert "山田 四郎" in page
    assert "山田 四郎" in clerk.get("/councils/members", {"q": "山田"})


def test_somebody_found_is_appointed(clerk, session):
    council = a_council(seats=1)
    a_member(council, a_person("前から いる"), starts=date(2026, 4, 1), ends=date(2028, 3, 31))
    person = a_candidate(name="山田 次郎")
    page = clerk.get(f"/councils/{council.id}/appoint", {"q": "やまだ 次郎"})
    page = clerk.get(f"/councils/{council.id}/appoint", {"q": "山田 次郎"}).click("この人にする")
    form = main_form(page)
    assert form["ends"].value == "2028-03-31" and "agreed" not in form.fields  # the usual end; agreed already
    fill(form, starts=TODAY.isoformat(), category="公募", role="vice_chair")
    page = form.submit(status=303).follow()
    assert "山田 次郎さんを委嘱・任命しました。" in page and "定数の1人を、1人超えています。" in page
    assert "山田 次郎さんの任期を入れました。" in page
    term = latest(session)
    assert (term.person, term.role, term.category, term.ends) == (
        person,
        CouncilRole.VICE_CHAIR,
        "公募",
        date(2028, 3, 31),
    )


def test_an_appointment_sent_twice_is_made_once(clerk, session):
    council = a_council()
    form = main_form(clerk.get(f"/councils/{council.id}/appoint/{a_candidate().id}"))
    fill(form, starts="2026-04-01")
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location and count(session, Appointment) == 1


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"starts": ""}, "任期の始まりの日を入力してください。"),
        ({"starts": "きのう"}, "日付は 2026-04-01 のように"),
        ({"ends": "2026-03-31"}, "任期の終わりは、始まりよりあとの日付にしてください。"),
        ({"category": "あ" * 61}, "60文字まで"),
        ({"agreed": True, "agreed_on": "2199-01-01"}, "今日までの日付にしてください。"),
        ({"expertise": "\n".join(f"専門{n}" for n in range(13))}, "12件まで"),
        ({"expertise": "あ" * 101}, "1行を100文字まで"),
    ],
)
def test_a_term_that_cannot_be_is_refused_and_nothing_is_kept(clerk, session, told, message):
    council, person = a_council(), a_candidate()
    registry.withdraw_consent(registry.active_consents(person.id)[Purpose.COUNCIL], by=SYSTEM, now=NOW)
    a_member(a_council("昔の審議会"), person)
    form = fill(
        main_form(clerk.get(f"/councils/{council.id}/appoint/{person.id}")), starts="2026-04-01", ends="2028-03-31"
    )
    page = fill(form, **told).submit(status=422)
    assert message in page and page.html.title.text.startswith("入力エラー：")
    assert count(session, Appointment) == 1 and not registry.active_consents(person.id)


def test_somebody_new_is_written_down_with_the_term_and_the_consent(clerk, session):
    council = a_council()
    page = clerk.get(f"/councils/{council.id}/appoint", {"q": "河野 直樹"}).click("新しく書きとめる")
    form = main_form(page)
    assert form["name"].value == "河野 直樹"
    fill(form, kana="こうの なおき", birth_year="1974", gender="male", affiliation="商店会 会長", starts="2026-04-01")
    fill(form, ends="2028-03-31", agreed=True, agreed_on="2026-03-20", expertise="・商店街\n話し合いの進行\n商店街")
    first = form.submit(status=303)
    assert form.submit(status=303).location == first.location
    assert count(session, Person) == 1 and count(session, Appointment) == 1
    person = session.scalars(select(Person)).one()
    assert (person.kana, person.birth_year, person.gender, person.affiliation) == (
        "こうの なおき", 1974, Gender.MALE, "商店会 会長",
    )  # fmt: skip
    consent = registry.active_consents(person.id)[Purpose.COUNCIL]
    assert consent.given_on == date(2026, 3, 20) and consent.given_by is Source.PAPER
    assert [skill.phrase for skill in registry.skills_of(person.id, Registry.COUNCIL)] == ["商店街", "話し合いの進行"]


def new_form(clerk, council, **told):
    form = main_form(clerk.get(f"/councils/{council.id}/appoint/new"))
    return fill(
        form, **({"name": "河野 直樹", "birth_year": "1974", "starts": "2026-04-01", "ends": "2028-03-31"} | told)
    )


def test_a_clerk_is_not_told_of_somebody_whom_only_the_desks_know(clerk, session):
    known = a_person("河野 直樹", birth_year=1974)
    council = a_council()
    form = new_form(clerk, council, affiliation="商店会")
    form.submit(status=303)
    assert count(session, Person) == 2 and latest(session).person is not known and known.affiliation is None
    form = main_form(new_form(clerk, council).submit(status=422))
    assert str(known.id) not in {value for value, _checked, _label in form["same"].options}
    form["same"].force_value(str(known.id))
    form.submit(status=422)


def test_somebody_known_elsewhere_is_offered_by_name_and_birth_year_only(app, session):
    known = a_person("河野 直樹", birth_year=1974, affiliation="どこかの会")
    a_person("河野 直樹", birth_year=1990)
    council = a_council()
    office = sign_in(app, staff(Role.PERSONNEL).email)
    page = new_form(office, council, affiliation="商店会", gender="male").submit(status=422)
    form = main_form(page)
    assert "同じ名前の人がすでにいます" in page and "1990" not in page and "どこかの会" not in page
    assert "同じ人かどうかを選んでください。" in page
    fill(form, same=str(known.id)).submit(status=303)
    assert latest(session).person is known and count(session, Person) == 2
    assert known.affiliation == "どこかの会" and known.gender is Gender.MALE  # only what nobody knew yet


def test_somebody_else_of_the_same_name_is_written_down_once(clerk, session):
    a_candidate(name="河野 直樹", birth_year=1974)
    council = a_council()
    form = fill(main_form(new_form(clerk, council).submit(status=422)), same="new")
    form.submit(status=303)
    form.submit(status=303)
    assert count(session, Person) == 2 and count(session, Appointment) == 1


@pytest.mark.parametrize("same", ["999999", "x", ""])
def test_nobody_is_chosen_who_was_not_offered(clerk, session, same):
    a_candidate(name="河野 直樹", birth_year=1974)
    other = a_person("別の 人")
    form = main_form(new_form(clerk, a_council()).submit(status=422))
    form["same"].force_value(same)
    form.submit(status=422)
    form["same"].force_value(str(other.id))
    form.submit(status=422)
    assert count(session, Appointment) == 0


@pytest.mark.parametrize(("field", "value"), [("name", "・"), ("birth_year", "2199"), ("affiliation", "あ" * 301)])
def test_a_person_who_cannot_be_is_refused(clerk, session, field, value):
    new_form(clerk, a_council(), **{field: value}).submit(status=422)
    assert count(session, Person) == 0


# -- Substitutes


@pytest.fixture
def left(session):
    """A council, and the term of somebody who left it before the end."""
    council = a_council()
    term = a_member(council, a_person("前任 一郎"), starts=date(2025, 4, 1), ends=date(2027, 3, 31), category="公募")
    services.leave(term, on=date(2026, 6, 30), because="異動", by=SYSTEM, now=NOW)
    return term


def test_a_substitute_sits_for_the_rest_of_the_predecessors_term(clerk, session, left):
    person = a_candidate(name="後任 二郎")
    page = clerk.get(f"/councils/{left.council_id}").click("補欠を入れる")
    assert "前任 一郎さんの補欠を入れます。" in page
    page = clerk.get(f"/councils/{left.council_id}/appoint?for={left.id}", {"q": "後任"}).click("この人にする")
    form = main_form(page)
    assert form["starts"].value == "2026-07-01" and form["category"].value == "公募"
    form["ends"] = "2028-03-31"
    assert "補欠の任期は、前の方と同じ日" in form.submit(status=422)
    form["ends"] = ""
    page = form.submit(status=303).follow()
    term = latest(session)
    assert (term.person, term.substitute_for, term.ends) == (person, left, date(2027, 3, 31)) and "補欠" in page
    assert "補欠を入れる" not in page
    assert "前任 一郎さんの補欠" in clerk.get(f"/councils/members/{person.id}")


def substitute(left, **facts):
    facts = {"starts": date(2026, 7, 1), "ends": None} | facts
    return a_member(left.council, a_person("後任 二郎"), substitute_for=left, **facts)


def test_a_term_has_one_substitute_after_its_leave_on_the_same_council(session, left):
    with pytest.raises(Invalid):
        substitute(left, starts=date(2026, 6, 30))
    with pytest.raises(Invalid):
        a_member(a_council("別の審議会"), a_person("別の 人"), substitute_for=left, starts=date(2026, 7, 1), ends=None)
    term = substitute(left)
    with pytest.raises(Invalid):
        a_member(left.council, a_person("三人目"), substitute_for=left, starts=date(2026, 7, 1), ends=None)
    with pytest.raises(Invalid):  # who has not left has no substitute
        a_member(left.council, a_person("三人目"), substitute_for=term, starts=date(2026, 7, 1), ends=None)


def test_the_substitutes_term_moves_with_the_predecessors(session, left):
    term = substitute(left)
    facts = {"category": "公募", "role": CouncilRole.MEMBER, "ex_officio": False, "by": SYSTEM, "now": NOW}
    services.correct(left, starts=left.starts, ends=date(2027, 5, 31), **facts)
    assert term.ends == date(2027, 5, 31)
    with pytest.raises(Invalid):
        services.correct(left, starts=left.starts, ends=date(2026, 6, 30), **facts)
    with pytest.raises(Invalid):
        services.correct(term, starts=term.starts, ends=date(2028, 1, 1), **facts)


def test_a_leave_that_has_a_substitute_stands(clerk, session, left):
    term = substitute(left)
    page = posting_to(clerk.get(f"/councils/{left.council_id}"), "/return").submit(status=409)
    assert "補欠の委員がいます" in page
    with pytest.raises(MatchingError):
        services.strike(left, by=SYSTEM, now=NOW)
    services.strike(term, by=SYSTEM, now=NOW)
    services.take_back_leave(left, by=SYSTEM, now=NOW)
    assert left.left_on is None


# -- One term


def test_a_slip_is_corrected_and_the_log_names_the_fields(clerk, session):
    term = a_member(a_council(), a_person("安部 憲昭"))
    form = main_form(clerk.get(f"/councils/appointments/{term.id}/edit"))
    fill(form, category="学識経験者", role="chair", ex_officio=True)
    page = form.submit(status=303).follow()
    assert "安部 憲昭さんの任期の記録を直しました。" in page and "学識経験者" in page and "充て職" in page
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "appointment:edit")).one()
    assert entry.fields == ["category", "ex_officio", "role"]
    assert "ほかの人が先に更新しました" in form.submit(status=409)


def test_a_corrected_term_stays_a_term(clerk, session):
    council, person = a_council(), a_person()
    a_member(council, person, starts=date(2023, 6, 1), ends=date(2025, 5, 31))
    term = a_member(council, person)
    path = f"/councils/appointments/{term.id}/edit"
    assert "同じ期間に" in fill(main_form(clerk.get(path)), starts="2025-05-31").submit(status=422)
    assert "始まりよりあと" in fill(main_form(clerk.get(path)), ends="2025-05-31").submit(status=422)
    services.leave(term, on=date(2026, 3, 31), by=SYSTEM, now=NOW)
    page = fill(main_form(clerk.get(path)), ends="2026-03-30").submit(status=422)
    assert "退任の日（2026年3月31日（火））が任期の中に入る" in page
    fill(main_form(clerk.get(path)), ends="2026-03-31").submit(status=303)


def test_a_member_leaves_early_and_it_is_taken_back(clerk, session):
    council = a_council()
    day = TODAY - timedelta(days=10)
    term = a_member(council, a_person("安部 憲昭"), starts=day - timedelta(days=300), ends=TODAY + timedelta(days=300))
    form = main_form(clerk.get(f"/councils/{council.id}").click("退任を記録する"))
    assert "任期の始まりか" in fill(form, on="2001-01-01").submit(status=422)
    assert "それより前の日付" in fill(form, on="2100-01-01").submit(status=422)
    page = fill(form, on=day.isoformat(), because="転居").submit(status=303).follow()
    assert "退任を記録しました" in page and "転居" in page and "この日の委員はいません" in page
    form.submit(status=409)
    clerk.get(f"/councils/appointments/{term.id}/leave", status=409)
    stale = posting_to(page, "/return")
    page = stale.submit(status=303).follow()
    assert "退任の記録を取り消しました" in page and "この日の委員はいません" not in page
    session.expire_all()
    assert term.left_on is None and term.left_because is None
    stale.submit(status=409)


def test_a_leave_is_not_taken_back_over_a_later_term(session):
    council, person = a_council(), a_person()
    term = a_member(council, person)
    services.leave(term, on=date(2026, 3, 31), by=SYSTEM, now=NOW)
    a_member(council, person, starts=date(2026, 6, 1), ends=date(2028, 5, 31))
    with pytest.raises(Invalid):
        services.take_back_leave(term, by=SYSTEM, now=NOW)
    assert term.left_on


def test_a_term_written_down_by_mistake_is_struck_out_and_the_log_says_so(clerk, session):
    term = a_member(a_council(), a_person("安部 憲昭"))
    page = clerk.get(f"/councils/appointments/{term.id}/edit")
    form = posting_to(page, "/strike")
    page = form.submit(status=303).follow()
    assert (
        "安部 憲昭さんの任期を取り消しました。" in page
        and "まちがって入れた安部 憲昭さんの任期を取り消しました。" in page
    )
    assert count(session, Appointment) == 0
    form.submit(status=404)


def test_a_struck_term_leaves_a_trace_of_whose_it_was_and_its_number_to_nobody(clerk, session):
    council, person = a_council(), a_person("安部 憲昭")
    term = a_member(council, person)
    number, page = term.id, clerk.get(f"/councils/appointments/{term.id}/edit")
    page = posting_to(page, "/strike").submit(status=303).follow()
    assert "まちがって入れた安部 憲昭さんの任期を取り消しました。" in page
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "appointment:strike")).one()
    assert (entry.subject_type, entry.subject_id, entry.on_behalf_of_id) == ("council", council.id, person.id)
    assert entry.source == Source.WEB.value
    assert a_member(council, a_person("別の 人")).id > number
    assert clerk.get(f"/councils/{council.id}").text.count("別の 人さんの任期を入れました。") == 1
