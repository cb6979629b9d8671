"""How often somebody may try, whichever process answers; and that nobody is kept out for good by a stranger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from matching import create_app, limits
from matching.accounts.permissions import POLICY, access_of, signed_in
from matching.database import db
from matching.limits import ADDRESS, LIMITS, MAILBOX, MAILS, SIGN_IN, Attempt
from matching.outbox import Message
from tests.conftest import PASSWORD, browser_of, sign_in
from tests.factories import a_person, a_user
from tests.journeys.steps import deliver_everything, fill, form_with, link_in, mails_to

ADDRESS_OF_HANAKO, WRONG = "hanako@example.jp", "chigau-kotoba"
NOW = datetime(2026, 11, 24, 1, 0, 30, tzinfo=UTC)
PAIR = next(limit for limit in SIGN_IN if limit.by == (ADDRESS, MAILBOX))
FROM_EVERYWHERE = next(limit for limit in SIGN_IN if limit.by == (MAILBOX,))
FROM_ONE_ADDRESS = next(limit for limit in SIGN_IN if limit.by == (ADDRESS,))
MAILS_AN_HOUR = next(limit for limit in MAILS if limit.by == (MAILBOX,))


def coming_from(app, address="203.0.113.1"):
    browser = browser_of(app)
    browser.extra_environ["REMOTE_ADDR"] = address
    return browser


def try_to_sign_in(browser, password=WRONG, mail=ADDRESS_OF_HANAKO):
    form = fill(form_with(browser.get("/login"), "password"), email=mail, password=password)
    return form.submit(expect_errors=True).status_int


def try_again_and_again(browser, times, *mails):
    """The statuses of so many failed tries from one opened page."""
    form = fill(form_with(browser.get("/login"), "password"), password=WRONG)
    mails = mails or (ADDRESS_OF_HANAKO,)
    return [fill(form, email=mails[n % len(mails)]).submit(expect_errors=True).status_int for n in range(times)]


@pytest.fixture
def hanako(session):
    user = a_user(email=ADDRESS_OF_HANAKO)
    session.commit()
    return user


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def fill_up(limit, browser):
    """As many failed tries as are heard."""
    assert set(try_again_and_again(browser, limit.tries)) == {200}


# -- Signing in


def test_the_try_after_the_last_one_is_refused_and_says_when_to_come_back(app, hanako, clock):
    web = coming_from(app)
    fill_up(PAIR, web)
    form = fill(form_with(web.get("/login"), "password"), email=ADDRESS_OF_HANAKO, password=PASSWORD)
    page = form.submit(status=429)
    assert "2026年11月24日（火）10:16を過ぎてから" in page and "協働推進課" in page
    assert int(page.headers["Retry-After"]) == 15 * 60 + 30 + 1
    assert PASSWORD not in page and len(page.html.find_all("h1")) == 1


def test_the_page_names_the_desks_telephone_where_it_is_known(app, hanako, clock, monkeypatch):
    monkeypatch.setitem(app.config, "DESK_TELEPHONE", "083-000-0000")
    web = coming_from(app)
    fill_up(PAIR, web)
    form = fill(form_with(web.get("/login"), "password"), email=ADDRESS_OF_HANAKO, password=WRONG)
    assert "電話 083-000-0000" in form.submit(status=429).html.main.text


def test_after_the_window_it_is_heard_again(app, hanako, clock):
    web = coming_from(app)
    fill_up(PAIR, web)
    clock.shift(PAIR.within - timedelta(seconds=1))
    assert try_to_sign_in(web, PASSWORD) == 429
    clock.shift(timedelta(seconds=1))
    assert try_to_sign_in(web, PASSWORD) == 302


def test_a_failed_try_counts_although_its_request_is_rolled_back(app, session, hanako):
    try_to_sign_in(coming_from(app))
    assert session.scalars(select(Attempt.count)).all() == [1, 1, 1]


def test_neither_addresses_nor_mailboxes_are_kept(app, session, hanako):
    try_to_sign_in(coming_from(app))
    kept = "".join(session.scalars(select(Attempt.key)))
    assert len(kept) == 3 * 64 and set(kept) <= set("0123456789abcdef")


def test_a_sign_in_that_succeeds_begins_anew(app, session, hanako):
    web = coming_from(app)
    for _ in range(3):
        assert set(try_again_and_again(web, PAIR.tries - 1)) == {200}
        assert try_to_sign_in(web, PASSWORD) == 302
        web = coming_from(app)
    assert session.scalars(select(Attempt.count)).all() == [3 * (PAIR.tries - 1)]  # the address remembers failed ones


def test_a_city_hall_signs_in_through_one_address(app, session, monkeypatch):
    monkeypatch.setitem(LIMITS, "security.login", (limits.Limit("sign-in", (ADDRESS,), 3, FROM_ONE_ADDRESS.within),))
    monkeypatch.setattr(limits, "SIGN_IN", LIMITS["security.login"])
    users = [a_user().email for _ in range(6)]
    session.commit()
    assert {try_to_sign_in(coming_from(app), PASSWORD, mail) for mail in users} == {302}


@pytest.mark.parametrize(
    "spelling",
    ["HANAKO@example.jp", "hanako+1@example.jp", " hanako@EXAMPLE.jp", "hanako@ｅxample.jp", "hanako@example。jp"],
)
def test_another_spelling_of_the_mailbox_is_the_same_mailbox(app, hanako, spelling):
    web = coming_from(app)
    fill_up(PAIR, web)
    assert try_to_sign_in(web, mail=spelling) == 429


def test_tries_that_come_as_json_count_as_well(app, session, hanako):
    web = coming_from(app)
    token = form_with(web.get("/login"), "password")["csrf_token"].value

    def status():
        body = {"email": ADDRESS_OF_HANAKO, "password": WRONG}
        return web.post_json("/login", body, headers={"X-CSRFToken": token}, expect_errors=True).status_int

    assert {status() for _ in range(PAIR.tries)} <= {200, 400}
    assert status() == 429


@pytest.mark.parametrize("body", [[["email", ADDRESS_OF_HANAKO], ["password", WRONG]], [1, 2], "x", None])
def test_json_that_is_no_object_is_not_heard_at_all(app, session, hanako, body):
    web = coming_from(app)
    for path in ("/login", "/reset", "/register", "/confirm"):
        token = form_with(web.get(path), "email")["csrf_token"].value
        web.post_json(path, body, headers={"X-CSRFToken": token}, status=400)
    assert session.scalars(select(Message)).all() == []


def test_a_form_of_another_site_uses_up_nobodys_tries(app, session, hanako):
    for _ in range(3):
        coming_from(app).post("/login", {"email": ADDRESS_OF_HANAKO, "password": WRONG}, status=400)
    assert session.scalars(select(Attempt)).all() == []


# -- Not for good, and not by a stranger


def test_a_stranger_at_another_address_does_not_keep_the_owner_out(app, hanako):
    stranger = coming_from(app, "198.51.100.7")
    fill_up(PAIR, stranger)
    assert try_to_sign_in(stranger) == 429
    assert try_to_sign_in(coming_from(app), PASSWORD) == 302


def test_one_address_alone_cannot_reach_the_limit_of_a_mailbox(app):
    windows = FROM_EVERYWHERE.within / PAIR.within
    assert PAIR.tries * windows * 4 <= FROM_EVERYWHERE.tries


def test_who_sets_a_new_password_by_mail_signs_in_whatever_strangers_tried(app, session, hanako, monkeypatch):
    few = limits.Limit("sign-in", (MAILBOX,), PAIR.tries * 2, FROM_EVERYWHERE.within)
    monkeypatch.setitem(LIMITS, "security.login", (PAIR, few))
    monkeypatch.setattr(limits, "SIGN_IN", (PAIR, few))
    for address in range(2):
        fill_up(PAIR, coming_from(app, f"198.51.100.{address}"))
    web = coming_from(app)
    assert try_to_sign_in(web, PASSWORD) == 429
    fill(form_with(web.get("/reset"), "email"), email=ADDRESS_OF_HANAKO).submit()
    deliver_everything(app)
    form = form_with(web.get(link_in(mails_to(app, ADDRESS_OF_HANAKO)[-1])).maybe_follow(), "password")
    fill(form, password="atarashii-kotoba", password_confirm="atarashii-kotoba").submit(status=[302, 303])
    assert try_to_sign_in(web, "atarashii-kotoba") == 302


def test_one_address_cannot_try_one_password_on_everybody(app, session):
    mails = [f"user{n}@example.jp" for n in range(FROM_ONE_ADDRESS.tries + 1)]
    tried = try_again_and_again(coming_from(app), len(mails), *mails)
    assert (set(tried[:-1]), tried[-1]) == ({200}, 429)
    assert try_to_sign_in(coming_from(app, "198.51.100.7"), mail="user1@example.jp") == 200


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # a household's or an office's network
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
        ("203.0.113.1", "203.0.113.2", False),
        ("", "", True),  # a server behind a socket tells no address
    ],
)
def test_what_counts_as_one_address(app, hanako, first, second, is_one):
    fill_up(PAIR, coming_from(app, first))
    assert try_to_sign_in(coming_from(app, second)) == (429 if is_one else 200)


# -- Mails that a stranger can cause


def ask_for_mail(browser, path, address):
    form = fill(form_with(browser.get(path), "email"), email=address)
    if "password" in form.fields:
        form["password"] = "atarashii-kotoba"
    return form.submit(expect_errors=True).status_int


def test_nobodys_mailbox_is_flooded_by_whichever_form(app, session, hanako):
    paths = ["/reset", "/register", "/confirm"]
    answers = [
        ask_for_mail(
            coming_from(app, f"198.51.100.{n % 2}"), paths[n % 3], f"hanako+{n % 2}@example.jp".replace("+0", "")
        )
        for n in range(MAILS_AN_HOUR.tries + 3)
    ]
    assert set(answers[MAILS_AN_HOUR.tries :]) == {429} and 429 not in answers[: MAILS_AN_HOUR.tries]
    assert (session.scalar(select(func.count()).select_from(Message)) or 0) <= MAILS_AN_HOUR.tries
    assert ask_for_mail(coming_from(app), "/reset", "somebody@example.jp") != 429


def test_a_whole_day_of_asking_sends_a_mailbox_no_more_than_its_share(app, session, hanako, clock, monkeypatch):
    few = (limits.Limit("mails", (MAILBOX,), 2, limits.HOUR), limits.Limit("mails", (MAILBOX,), 5, limits.DAY))
    monkeypatch.setitem(LIMITS, "security.forgot_password", few)
    web = coming_from(app)
    for _hour in range(4):
        answers = [ask_for_mail(web, "/reset", ADDRESS_OF_HANAKO) for _ in range(2)]
        clock.shift(limits.HOUR)
    assert answers == [429, 429]
    assert session.scalar(select(func.count()).select_from(Message)) == 5


def test_opening_the_forms_counts_nothing(app, session):
    for path in ("/login", "/register", "/reset", "/confirm"):
        coming_from(app).get(path, status=200)
    assert session.scalars(select(Attempt)).all() == []


# -- Signed links


@pytest.mark.parametrize("path", ["/answer/x", "/consent/x", "/result/x"])
def test_links_are_not_to_be_guessed(app, session, path):
    [limit] = LIMITS["dispatch.answer"]
    web = coming_from(app)
    assert {web.get(path, expect_errors=True).status_int for _ in range(limit.tries)} == {410}
    web.get(path, status=429)
    coming_from(app, "198.51.100.7").get(path, status=410)


def is_open(access) -> bool:
    """To strangers, or to whoever has an account."""
    return access in ("public", "exempt") or (signed_in,) in POLICY.get(access, ())


def test_every_form_that_anybody_can_send_has_a_limit(app):
    with app.app_context():
        rules = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
        open_ = {rule.endpoint for rule in rules if is_open(access_of(rule.endpoint))}
    assert open_ - set(LIMITS) == {"security.logout"}
    assert set(LIMITS) <= set(app.view_functions)


def test_an_account_does_not_flood_the_desks(app, session, monkeypatch):
    [limit] = LIMITS["registry.claim"]
    monkeypatch.setitem(LIMITS, "registry.claim", (replace(limit, tries=2),))
    one, other = (a_user(party=a_person()).email for _ in range(2))
    session.commit()

    def claims(browser, times):
        form = form_with(browser.get("/organizations/claim", {"q": "さくら"}), "title")
        form["organization_name"] = ""
        return [form.submit(expect_errors=True).status_int for _ in range(times)]

    assert claims(sign_in(app, one), 3) == [422, 422, 429]
    assert claims(sign_in(app, one), 1) == [429]  # from another browser too
    assert claims(sign_in(app, other), 1) == [422]


# -- Processes and proxies


@pytest.fixture
def second(app, databases, tmp_path):
    """Another process of the same server."""
    other = create_app(dict(app.config), instance=tmp_path)
    yield other
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_two_processes_share_the_count(app, second, hanako):
    first, other = coming_from(app), coming_from(second)
    for turn in range(PAIR.tries):
        assert try_to_sign_in((first, other)[turn % 2]) == 200
    assert (try_to_sign_in(first), try_to_sign_in(other)) == (429, 429)


def test_tries_at_the_same_moment_all_count(app, second, session, hanako):
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda n: try_to_sign_in(coming_from((app, second)[n % 2])), range(PAIR.tries * 2)))
    assert sorted(statuses) == [200] * PAIR.tries + [429] * PAIR.tries
    assert set(session.scalars(select(Attempt.count))) == {PAIR.tries * 2}


def behind_proxies(app, tmp_path, hops):
    return create_app({**app.config, "TRUSTED_PROXIES": hops}, instance=tmp_path)


@pytest.mark.parametrize(
    ("hops", "forwarded", "is_heard"),
    [
        (0, "192.0.2.{n}", False),  # a claim of the caller's
        (1, "192.0.2.{n}", True),  # told by our proxy
        (1, "192.0.2.{n}, 198.51.100.7", False),  # the caller's claim before what our proxy tells
        (2, "192.0.2.{n}, 198.51.100.7", True),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(app, hanako, tmp_path, hops, forwarded, is_heard):
    proxied = behind_proxies(app, tmp_path, hops)
    statuses = []
    for n in range(PAIR.tries + 1):
        browser = coming_from(proxied)
        browser.extra_environ["HTTP_X_FORWARDED_FOR"] = forwarded.format(n=n)
        statuses.append(try_to_sign_in(browser))
    assert statuses[-1] == (200 if is_heard else 429)
    with proxied.app_context():
        db.engine.dispose()


# -- Forgetting


def test_the_nightly_job_forgets_windows_that_are_over(app, session, hanako):
    with time_machine.travel(NOW, tick=False):
        try_to_sign_in(coming_from(app))
    for moment, left in ((NOW + limits.LONGEST, 3), (NOW + limits.LONGEST + timedelta(seconds=1), 0)):
        session.rollback()
        with time_machine.travel(moment, tick=False):
            assert app.test_cli_runner().invoke(args=["jobs", "run"]).exit_code == 0
        assert session.scalar(select(func.count()).select_from(Attempt)) == left
