"""Staff accounts: only the administrator sees them, gives roles and takes them."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select

from matching.accounts.models import Role, RoleGrant, User
from matching.audit import AuditEntry
from matching.database import db
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_desk, a_user, staff

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
