"""Staff accounts: only the administrator sees them, gives roles and takes them."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import IntegrityError

from matching.accounts import staffing
from matching.accounts.actor import SYSTEM, actor_of
from matching.accounts.models import Role, RoleGrant, User
from matching.accounts.permissions import Permission, may
from matching.audit import AuditEntry
from matching.database import db
from matching.errors import MatchingError
from matching.outbox import Message
from tests.conftest import browser_of, sign_in
from tests.councils.factories import NOW, a_council, a_department, a_member
from tests.factories import a_coordinator, a_desk, a_person, a_user, staff

NEW = "/admin/accounts/new"


@pytest.fixture
def administrator(session, app):
    user = staff(Role.ADMINISTRATOR)
    return user, sign_in(app, user.email)


def give(browser, **words):
    form = next(form for form in browser.get(NEW).forms.values() if "role" in form.fields)
    for name, value in {"email": "hana@example.jp", "name": "係 花", "role": "staff", **words}.items():
        form[name] = value
    return form


def grants_of(session, email: str) -> list[RoleGrant]:
    return list(session.scalars(select(RoleGrant).join(User).where(User.email == email)))


def test_an_administrator_lands_on_the_accounts(administrator):
    _user, browser = administrator
    assert browser.get("/me", status=303).location.endswith("/admin/accounts")


def test_the_accounts_are_nobody_elses_business(session, app):
    for user, status in ((a_coordinator(), 403), (staff(Role.PERSONNEL), 403), (a_user(), 404)):
        browser = sign_in(app, user.email)
        browser.get("/admin/accounts", status=status)
        browser.get(NEW, status=status)


def test_a_new_account_is_made_with_its_role_and_desk(session, administrator):
    _user, browser = administrator
    page = give(browser, role="coordinator", desk=str(a_desk("saporant").id)).submit(status=303).follow()
    assert "係 花さんに権限を加えました" in page and "コーディネーター（さぽらんて）" in page
    [grant] = grants_of(session, "hana@example.jp")
    assert (grant.role, grant.desk_id) == (Role.COORDINATOR, a_desk("saporant").id)


def test_the_same_role_sent_twice_is_one(session, administrator):
    _user, browser = administrator
    form = give(browser)
    form.submit(status=303)
    form.submit(status=303)
    assert len(grants_of(session, "hana@example.jp")) == 1
    events = list(session.scalars(select(AuditEntry.event).where(AuditEntry.subject_type == "user")))
    assert events.count("role:grant") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"email": "hana"}, "メールアドレスは name@example.jp"),
        ({"name": ""}, "名前を入力してください"),
        ({"role": "coordinator"}, "コーディネーターの窓口を選んでください"),
        ({"role": "clerk"}, "審議会担当の所管課を選んでください"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_made(session, administrator, words, message):
    _user, browser = administrator
    page = give(browser, **words).submit(status=422)
    assert message in page and page.html.title.text.startswith("入力エラー：")
    assert session.scalar(select(func.count()).select_from(User).where(User.email == "hana@example.jp")) == 0


def test_a_role_that_is_taken_is_gone_at_once(session, app, administrator):
    _user, browser = administrator
    colleague = a_coordinator()
    theirs = sign_in(app, colleague.email)
    theirs.get("/desk", status=200)
    form = next(form for form in browser.get("/admin/accounts").forms.values() if "外す" in form.text)
    page = form.submit(status=303).follow()
    assert "窓口 花子さんの権限を外しました" in page and "権限を外しました。" in page.html.select_one(".timeline").text
    theirs.get("/desk", status=404)
    form.submit(status=404)


def test_an_administrator_cannot_lock_themselves_out(session, administrator):
    user, browser = administrator
    page = browser.get("/admin/accounts")
    assert "外す" not in page
    token = give(browser)["csrf_token"].value
    browser.post(f"/admin/accounts/roles/{user.roles[0].id}/take", {"csrf_token": token}, status=409)
    assert grants_of(session, user.email)


def test_accounts_are_found_by_name_and_by_role(session, administrator):
    _user, browser = administrator
    a_coordinator()
    staff(Role.CLERK).name = "審議 係"

    def names(**asked: str) -> list[str]:
        return [one.text for one in browser.get("/admin/accounts", asked).html.select(".queue .title")]

    assert names(q="審議") == ["審議 係"]
    assert names(role="coordinator") == ["窓口 花子"]
    assert "当てはまるアカウントはありません" in browser.get("/admin/accounts", {"q": "いない"})


def test_more_accounts_need_no_more_queries(session, administrator):
    _user, browser = administrator

    def queries() -> int:
        asked = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        browser.get("/admin/accounts", status=200)
        return len(asked)

    for _ in range(3):
        a_coordinator()
    few = queries()
    for _ in range(27):
        a_coordinator()
    assert queries() == few


# -- Whose account it is


def test_an_account_that_a_stranger_opened_is_not_given_privileges_with_their_password(
    session, app, web, administrator
):
    _user, browser = administrator
    register = next(form for form in web.get("/register").forms.values() if "password" in form.fields)
    register["email"], register["password"] = "hana@example.jp", "strangers-own-word"
    register.submit()
    strangers = session.scalars(select(User).where(User.email == "hana@example.jp")).one()
    password, session_key = strangers.password, strangers.fs_uniquifier
    confirmation = session.scalars(select(Message.body).where(Message.recipient == "hana@example.jp")).one()
    give(browser, role="personnel").submit(status=303)
    session.expire_all()
    assert strangers.password != password and strangers.fs_uniquifier != session_key
    assert (strangers.confirmed_at is not None, strangers.name) == (True, "係 花")
    browser_of(app).get(re.search(r"http://localhost(/confirm/\S+)", confirmation)[1], expect_errors=True)
    theirs = browser_of(app)
    form = next(form for form in theirs.get("/login").forms.values() if "password" in form.fields)
    form["email"], form["password"] = "hana@example.jp", "strangers-own-word"
    form.submit(expect_errors=True)
    theirs.get("/people", status=303)
    assert "アカウントを、新しくしました" in browser.get("/admin/accounts")


# -- Contractors


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_whoever_works_for_a_contractor_is_a_contractor_in_everything(session, role):
    user = a_coordinator("saporant")
    session.add(RoleGrant(user=user, role=role, department_id=a_department().id if role is Role.CLERK else None))
    session.flush()
    actor, only = actor_of(user), actor_of(a_coordinator("saporant"))
    for permission in Permission:
        assert may(actor, permission) == may(only, permission), permission
    council, seated = a_council(), a_person()
    a_member(council, seated)
    for permission, subject in ((Permission.COUNCIL_EDIT, council), (Permission.PERSON_READ, seated)):
        assert not may(actor, permission, subject), permission


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"role": "coordinator", "desk": "saporant"}, {"role": "clerk"}),
        ({"role": "coordinator", "desk": "saporant"}, {"role": "administrator"}),
        ({"role": "coordinator", "desk": "saporant"}, {"role": "coordinator", "desk": "kyodo"}),
        ({"role": "staff"}, {"role": "coordinator", "desk": "saporant"}),
    ],
)
def test_a_contractors_role_and_one_of_the_city_are_not_held_by_one_person(session, administrator, first, second):
    _user, browser = administrator
    department = a_department()

    def with_ids(words):
        desk = {"desk": str(a_desk(words["desk"]).id)} if "desk" in words else {}
        return words | desk | {"department": str(department.id)}

    give(browser, **with_ids(first)).submit(status=303)
    give(browser, **with_ids(first)).submit(status=303)
    page = give(browser, **with_ids(second)).submit(status=422)
    assert "委託先の窓口の人には、ほかの権限を加えられません" in page
    assert len(grants_of(session, "hana@example.jp")) == 1


# -- Once, and written down where


def test_the_same_role_is_held_once_wherever_it_was_given(session):
    for place in ({}, {"desk_id": a_desk().id}, {"department_id": a_department().id}):
        user = a_user()
        session.add(RoleGrant(user=user, role=Role.STAFF, **place))
        session.flush()
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(insert(RoleGrant).values(user_id=user.id, role=Role.STAFF, **place))


def test_the_log_says_at_which_desk_or_department(session, administrator):
    _user, browser = administrator
    desk, department = a_desk("center:小郡"), a_department()
    give(browser, role="coordinator", desk=str(desk.id)).submit(status=303)
    give(browser, role="clerk", department=str(department.id)).submit(status=303)
    page = browser.get("/admin/accounts")
    told = page.html.select_one(".timeline").text
    assert "コーディネーター（小郡地域交流センター）" in told and f"審議会担当（{department.name}）" in told
    taken = next(form for form in page.forms.values() if "外す" in form.text)
    taken.submit(status=303)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "user").order_by(AuditEntry.id))
    assert [(one.event, one.fields) for one in entries if one.event.startswith("role:")] == [
        ("role:grant", ["coordinator", f"desk:{desk.id}"]),
        ("role:grant", ["clerk", f"department:{department.id}"]),
        ("role:take", ["coordinator", f"desk:{desk.id}"]),
    ]


def test_two_administrators_who_take_each_others_role_leave_one(session, app, administrator):
    _one, browser = administrator
    other = staff(Role.ADMINISTRATOR)
    theirs = sign_in(app, other.email)
    session.commit()

    def taking(browser):
        [form] = [form for form in browser.get("/admin/accounts").forms.values() if "外す" in form.text]
        return form

    forms = [taking(browser), taking(theirs)]
    gate = threading.Barrier(2)

    def send(form):
        gate.wait()
        return form.submit(expect_errors=True).status_int

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(send, forms))
    session.rollback()
    assert session.scalar(select(func.count()).where(RoleGrant.role == Role.ADMINISTRATOR)) == 1
    assert answers[0] == 303 and answers[1] in (403, 404, 409)


def test_the_last_administrator_stays(session):
    user = staff(Role.ADMINISTRATOR)
    away = staff(Role.ADMINISTRATOR)
    away.active = False
    session.flush()
    with pytest.raises(MatchingError, match="最後の管理者"):
        staffing.take_role(user.roles[0], by=SYSTEM, now=NOW)
    staffing.take_role(away.roles[0], by=SYSTEM, now=NOW)
