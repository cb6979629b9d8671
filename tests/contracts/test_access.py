"""Who may open what: every view is marked, and the table below is what each role meets."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import select

from matching import create_app, outbox
from matching.accounts import permissions
from matching.accounts.actor import SYSTEM, Actor, Held, Source, actor_of, link_of
from matching.accounts.models import Role
from matching.accounts.permissions import OF_THE_RECORD, POLICY, Permission, access_of, may
from matching.help_requests.models import RequestKind
from matching.registry import services as registry
from matching.registry.models import ContactKind, Gender, Person, Purpose
from matching.registry.services import Contact, SkillWords
from tests.conftest import browser_of, sign_in
from tests.councils.factories import a_candidate, a_clerk, a_council, a_department, a_member
from tests.dispatch.factories import (
    NOW,
    a_case,
)
from tests.factories import a_coordinator, a_person, an_organization
from tests.journeys.steps import form_with
from tests.supporters.factories import a_supporter

ROLES = {
    "S": "a stranger",
    "R": "a representative of the requester",
    "V": "the supporter who goes",
    "O": "a representative of another organization",
    "D": "a coordinator of the case's desk",
    "E": "a coordinator of another desk of the city",
    "C": "a coordinator of the contractor's desk",
    "K": "a council clerk",
    "P": "personnel",
    "L": "reading staff",
    "A": "an administrator",
}
# o opens   s on to the sign-in page   > on to another page   - does not exist for them   x no right
# = has registered already
PAGES = """
                                                S RVO DEC KPLA
/                                               o ooo ooo oooo
/privacy                                        o ooo ooo oooo
/accessibility                                  o ooo ooo oooo
/how-we-search                                  o ooo ooo oooo
/directory/groups                               o ooo ooo oooo
/directory/groups/{public_group}                o ooo ooo oooo
/directory/supporters                           o ooo ooo oooo
/directory/supporters/{public_supporter}        o ooo ooo oooo
/directory/requests                             o ooo ooo oooo
/directory/requests/{public_request}            o ooo ooo oooo
/answer/{answer}                                o ooo ooo oooo
/consent/{consent}                              o ooo ooo oooo
/result/{result}                                o ooo ooo oooo
/me                                             s ooo >>> >>>>
/requests/mine                                  s ooo ooo oooo
/requests/new                                   s o>o >>> >>>>
/supporters/new                                 s o=o ooo oooo
/supporters/registered                          s ooo ooo oooo
/organizations/claim                            s ooo ooo oooo
/my/requests/{case}                             s o-- >>> xx>x
/my/agreements/{agreement}                      s o-- xxx xxxx
/my/dispatches/{dispatch}/report                s o-- xxx xxxx
/my/inquiries/{inquiry}                         s -o- xxx xxxx
/my/results/{notice}                            s -o- xxx xxxx
/requests/{case}                                s >-- ooo xxox
/requests/{case}/next                           s --- >>> xx>x
/requests/{open}/withdraw                       s o-- oxx xxxx
/requests/{open}/release                         s o-- oxx xxxx
/requests/{open}/complete                       s --- oxx xxxx
/requests/{open}/candidates                     s --- oxx xxxx
/requests/{open}/candidates/add                 s --- oxx xxxx
/requests/{case}/consult                        s --- oxx xxxx
/requests/{case}/decide                         s --- oxx xxxx
/requests/{case}/give-up                        s --- oxx xxxx
/requests/{case}/cancel                         s --- oxx xxxx
/requests/{case}/reopen                          s --- oxx xxxx
/requests/{case}/hand-over                       s --- oxx xxxx
/candidates/{candidate}/inquire                 s --- oxx xxxx
/shortlists/{shortlist}                         s --- oxx xxxx
/shortlists/{shortlist}/why                     s --- oxx xxxx
/inquiries/{inquiry}/record                     s --- oxx xxxx
/agreements/{agreement}/record                  s --- oxx xxxx
/dispatches/{dispatch}/report                   s --- oxx xxxx
/notices/{notice}                               s --- oxx xxxx
/desk                                           s --- ooo xxox
/desk/ended                                     s --- ooo xxox
/desk/requests.csv                              s --- ooo xxox
/requests/enter                                 s --- ooo xxxx
/supporters                                     s --- ooo xxox
/supporters/enter                               s --- ooo xxxx
/supporters/export                              s --- ooo xxxx
/supporters/{supporter}                         s -o- ooo xxxx
/supporters/{supporter}/edit                    s -o- ooo xxxx
/groups                                         s --- ooo xxoo
/groups/enter                                   s --- ooo xxxx
/groups/export                                  s --- ooo xxxx
/groups/{group}                                 s --- ooo xxoo
/groups/{group}/edit                            s --- ooo xxxx
/organizations                                  s --- ooo xxoo
/organizations/export                           s --- ooo xxxx
/organizations/new                              s --- ooo xxxx
/organizations/{organization}                   s o-- ooo xxoo
/organizations/{organization}/edit              s o-- ooo xxxx
/organizations/{organization}/representatives/new  s --- ooo xxxx
/representations                                s --- ooo xxxx
/representations/{representation}               s --- ooo xxxx
/find                                           s --- ooo oooo
/people                                         s --- ooo oooo
/people/export                                  s --- ooo ooxo
/people/new                                     s --- ooo ooxo
/people/{person}                                s --- ooo xooo
/people/{person}/edit                           s --- ooo xoxo
/people/{organization}                          s --- ooo xxoo
/councils                                       s --- oox oooo
/councils/{council}                             s --- oox oooo
/councils/new                                   s --- xxx xoxo
/councils/export                                s --- xxx ooxo
/councils/members                               s --- oox oooo
/councils/members/new                           s --- xxx xoxo
/councils/members/export                        s --- xxx ooxo
/councils/members/{member}                      s --- oox oooo
/councils/{council}/edit                        s --- xxx xoxo
/councils/{council}/end                         s --- xxx xoxo
/councils/{council}/renew                       s --- xxx xoxo
/councils/{council}/appoint                     s --- xxx xoxo
/councils/{council}/appoint/new                 s --- xxx xoxo
/councils/{council}/appoint/{member}            s --- xxx xoxo
/councils/appointments/{term}/edit              s --- xxx xoxo
/councils/appointments/{term}/leave             s --- xxx xoxo
/lexicon                                        s --- ooo xxxo
/lexicon/try                                    s --- ooo xxxo
/lexicon/new                                    s --- oox xxxo
/lexicon/export                                 s --- ooo xxxo
/lexicon/{concept}                              s --- ooo xxxo
/lexicon/{concept}/edit                         s --- oox xxxo
/outbox                                         s --- ooo xxxo
/admin/accounts                                 s --- xxx xxxo
/admin/accounts/new                             s --- xxx xxxo
"""


def read_table() -> tuple[str, dict[str, str]]:
    head, *rows = (line for line in PAGES.split("\n") if line.strip())
    table = {}
    for row in rows:
        path, *cells = row.split()
        table[path] = "".join(cells)
    return "".join(head.split()), table


COLUMNS, TABLE = read_table()
assert set(COLUMNS) == set(ROLES)


def shape(path: str) -> str:
    return re.sub(r"[<{][^>}]*[>}]", "*", path)


# -- Marks


def test_every_view_wears_a_mark(app):
    with app.app_context():
        unmarked = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(rule.endpoint) is None]
    assert unmarked == []


def test_only_the_named_extensions_are_exempt(app):
    with app.app_context():
        exempt = {r.endpoint for r in app.url_map.iter_rules() if access_of(r.endpoint) == "exempt"}
    assert {endpoint.split(".")[0] for endpoint in exempt} == {"static", "bootstrap", "security"}


def test_only_the_first_pages_the_directory_and_signed_links_are_public(app):
    with app.app_context():
        public = {r.endpoint for r in app.url_map.iter_rules() if access_of(r.endpoint) == "public"}
    first = {"home.index", "home.privacy", "home.accessibility"}
    lists, pages = ("groups", "supporters", "requests"), ("group", "supporter", "request")
    directory = {f"directory.{name}" for name in (*lists, *pages)}
    links = {"dispatch.answer", "dispatch.consent", "dispatch.result"}
    assert public == first | directory | links | {"dispatch.how_we_search"}


def test_an_unmarked_view_is_refused(tmp_path):
    app = create_app({"TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://"}, instance=tmp_path)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    page = browser_of(app).get("/forgotten", status=403)
    assert "secret" not in page and "権限がありません" in page


# -- The policy


def test_every_permission_has_rules_and_every_rule_a_predicate():
    assert set(POLICY) == set(Permission)
    assert all(rules and all(rules) for rules in POLICY.values())


def test_nobody_without_an_account_may_do_anything():
    assert [permission for permission in Permission if may(permissions.PUBLIC, permission)] == []


PREDICATES = {predicate for rules in POLICY.values() for rule in rules for predicate in rule}


EVERYBODY = Actor(
    "user", user_id=1, parties=frozenset({1}), roles=tuple(Held(role, 1, 1) for role in Role), source=Source.WEB
)


@pytest.mark.parametrize("predicate", sorted(PREDICATES - OF_THE_RECORD, key=lambda one: one.__name__))
def test_what_is_not_of_the_record_does_not_read_it(session, predicate):
    assert predicate(EVERYBODY, object()) == predicate(EVERYBODY, None)


@pytest.mark.parametrize("predicate", sorted(OF_THE_RECORD, key=lambda one: one.__name__))
def test_where_a_record_is_needed_and_none_is_given_the_answer_is_no(predicate):
    assert predicate(EVERYBODY, None) is False


def test_a_link_holder_acts_for_one_party_and_holds_no_role():
    actor = link_of(7)
    assert (actor.parties, actor.roles, actor.user_id) == (frozenset({7}), (), None)


# -- The table


def met(answer) -> str:
    if answer.status_int in (302, 303):
        return "s" if "/login" in answer.headers["Location"] else ">"
    return {200: "o", 403: "x", 404: "-", 409: "="}.get(answer.status_int, str(answer.status_int))


def test_each_role_meets_what_the_table_says(city):
    values, browsers = city
    differing = []
    for path, expected in TABLE.items():
        found = "".join(met(browsers[role].get(path.format(**values), expect_errors=True)) for role in COLUMNS)
        if found != expected:
            differing.append(f"{path:46}  {expected} expected\n{'':46}  {found} found")
    assert not differing, f"\n{'':46}  {COLUMNS}\n" + "\n".join(differing)


def test_every_page_stands_in_the_table(app):
    with app.app_context():
        pages = {
            shape(rule.rule)
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and access_of(rule.endpoint) != "exempt"
        }
    assert pages - {shape(path) for path in TABLE} == set(), "a new page needs a row in PAGES"
    assert {shape(path) for path in TABLE} - pages == set(), "a row names a page that is gone"


def test_a_head_request_of_a_stranger_is_led_to_the_sign_in_too(web):
    assert "/login" in web.head("/desk", status=303).headers["Location"]


def test_nothing_exists_where_there_is_no_record(app, session):
    desk = sign_in(app, a_coordinator().email)
    for rule in app.url_map.iter_rules():
        if "<int" in rule.rule and "GET" in rule.methods:
            for number in ("999999", "99999999999999999999", "0"):
                desk.get(re.sub("<[^>]*>", number, rule.rule), status=[403, 404])  # 403: no right to any


def test_where_one_has_no_right_to_any_record_nobody_learns_which_ones_there_are(app, session, city):
    values, browsers = city
    numbers = (values["member"], 999999, *session.scalars(select(Person.id).limit(3)))
    reading = {browsers["C"].get(f"/councils/members/{one}", expect_errors=True).status_int for one in numbers}
    token = {"csrf_token": token_in(browsers["C"])}
    writing = {
        browsers["C"].post(f"/councils/members/{one}/candidacy", token, expect_errors=True).status_int
        for one in numbers
    }
    assert (reading, writing) == ({403}, {403})


# -- Changing


def changing(app):
    return [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]


@pytest.mark.parametrize("who", ["S", "D", "A"])
def test_nothing_is_changed_without_the_token_of_a_page(app, city, who):
    _values, browsers = city
    refused = {
        rule.rule: browsers[who].post(re.sub("<[^>]*>", "1", rule.rule), {"x": "1"}, expect_errors=True).status_int
        for rule in changing(app)
    }
    assert {path: status for path, status in refused.items() if status != 400} == {}


def token_in(browser) -> str:
    """A token that this browser's session accepts."""
    page = browser.get("/organizations/claim")
    return next(form["csrf_token"].value for form in page.forms.values() if "csrf_token" in form.fields)


@pytest.mark.parametrize(("who", "status"), [("V", 404), ("O", 404), ("E", 403), ("C", 403), ("L", 403), ("A", 403)])
def test_nobody_else_carries_a_case_on(app, city, who, status):
    values, browsers = city
    token = token_in(browsers[who])
    paths = {
        "/requests/<int:request_id>/": values["case"],
        "/candidates/<int": values["candidate"],
        "/shortlists/": values["shortlist"],
        "/agreements/": values["agreement"],
        "/dispatches/": values["dispatch"],
        "/notices/": values["notice"],
        "/inquiries/": values["inquiry"],
    }
    met_ = {}
    for rule in changing(app):
        with app.app_context():
            handled = access_of(rule.endpoint) is Permission.REQUEST_HANDLE
        if handled:
            number = next((value for start, value in paths.items() if rule.rule.startswith(start)), values["case"])
            path = re.sub("<[^>]*>", str(number), rule.rule)
            met_[rule.rule] = browsers[who].post(path, {"csrf_token": token}, expect_errors=True).status_int
    assert len(met_) >= 15 and set(met_.values()) == {status}, met_


SETTLING = dict.fromkeys("RVOEC", 404) | dict.fromkeys("KPL", 403) | dict.fromkeys("DA", 400)  # 400: no such answer


@pytest.mark.parametrize(("who", "status"), SETTLING.items())
def test_only_the_desk_of_a_case_and_the_administrator_settle_its_mail(session, city, who, status):
    values, browsers = city
    mail = outbox.enqueue("inquiry:send", to="a@example.jp", subject="件名", body="本文", now=NOW, case=values["case"])
    session.commit()
    answer = {"csrf_token": token_in(browsers[who]), "answer": "neither"}
    browsers[who].post(f"/outbox/{mail.id}/settle", answer, status=status)


def test_a_contractor_meets_no_council_anywhere(app, session, city):
    _values, browsers = city
    person = a_candidate(name="審議 委員")
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    contractors = a_case(desk="saporant", kind=RequestKind.INTRODUCTION, now=NOW)
    citys = a_case(kind=RequestKind.INTRODUCTION, now=NOW)
    paths = [f"/requests/{contractors.id}", f"/requests/{contractors.id}/candidates", f"/requests/{citys.id}"]
    paths += ["/desk?desk=all", "/supporters?q=%E6%89%8B%E5%93%81", "/groups", "/outbox", "/"]
    session.commit()
    for path in paths:
        page = browsers["C"].get(path, status=200)
        assert "審議 委員" not in page and "秘密の審議会" not in page, path
        assert "/councils" not in page
    assert "審議 委員" in browsers["D"].get(f"/requests/{citys.id}/candidates")


def test_a_contractor_reads_of_somebody_only_what_is_the_desks(app, session, city):
    """Somebody whom the desks know, who sits on a council, agreed to be considered, and was corrected by its clerk."""
    values, browsers = city
    person, organization = a_person("両方 花子"), an_organization("ひばりの会")
    shown = [Purpose.MATCHING, Purpose.PUBLIC_NAMED, Purpose.COUNCIL]
    supporter = a_supporter(person, "草刈り", consents=shown)
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("財政の分析")])
    registry.set_contacts(person, [Contact(ContactKind.TELEPHONE, "083-922-4321")])
    clerk, other = a_clerk(a_department()), a_candidate(name="もう 一人")
    by = actor_of(clerk)
    registry.edit_facts(person, gender=Gender.FEMALE, by=by, now=NOW)
    registry.edit_facts(person, affiliation="大学教授", by=by, now=NOW)
    for one in (person, other):
        claimed = registry.claim(one, organization, title="会長", by=SYSTEM, now=NOW)
    contractors = a_case(desk="saporant", requester=organization, title="花壇の会")
    session.commit()
    paths = [
        f"/people/{person.id}", f"/people/{person.id}/edit", "/people", "/people?q=両方", "/people/export",
        f"/supporters/{supporter.id}", f"/supporters/{supporter.id}/edit", f"/supporters/enter?party={other.id}",
        "/supporters/enter", "/supporters", "/supporters/export", "/find?q=両方 花子", "/find?q=4321",
        "/find?q=秘密の審議会", "/find?q=財政の分析", "/organizations", f"/organizations/{organization.id}",
        f"/organizations/{organization.id}/edit", f"/people/{organization.id}", f"/people/{other.id}",
        f"/organizations/{organization.id}/representatives/new?q=両方", "/representations",
        f"/representations/{claimed.id}", f"/requests/{contractors.id}", f"/requests/{contractors.id}/hand-over",
        f"/requests/enter?organization={organization.id}", "/directory/supporters", "/directory/groups",
        f"/directory/supporters/{supporter.public_key}", f"/groups/{values['group']}", "/desk/ended",
    ]  # fmt: skip
    for path in paths:
        page = browsers["C"].get(quote(path, safe="/?=&"), status=200)
        told = page.body.decode("utf-8-sig") if page.content_type == "text/csv" else page.html.main.text
        for secret in ("秘密の審議会", "財政の分析", "委員の候補", "性別", clerk.name):
            assert secret not in told.replace("「秘密の審議会」を探した", "").replace("「財政の分析」を探した", ""), (
                path
            )
        assert "/councils" not in page, path
    told = browsers["D"].get(f"/people/{person.id}").html.main.text
    assert all(known in told for known in ("秘密の審議会", "委員の候補", "性別を直しました", clerk.name))


def test_what_a_contractor_saves_leaves_the_consent_to_councils_alone(app, session, city):
    _values, browsers = city
    person, other = a_person("両方 花子"), a_candidate(name="もう 一人")
    registry.claim(other, an_organization("ひばりの会"), title="", by=SYSTEM, now=NOW)
    supporter = a_supporter(person, "草刈り", consents=[Purpose.MATCHING, Purpose.COUNCIL])
    session.commit()
    desk = browsers["C"]
    form = form_with(desk.get(f"/supporters/{supporter.id}/edit"), "intro")
    form["source"], form["intro"], form["telephone"] = "telephone", "庭が好きです", "083-000-0001"
    form.submit(status=303)
    form = form_with(desk.get(f"/supporters/enter?party={other.id}"), "intro")
    form["source"], form["skills-0-phrase"], form["telephone"] = "paper", "剪定", "083-000-0002"
    form.submit(status=303)
    token = token_in(desk)
    session.expire_all()
    withdraw = {"csrf_token": token, "version": supporter.version, "source": "telephone", "purpose": Purpose.COUNCIL}
    desk.post(f"/supporters/{supporter.id}/withdraw", withdraw, status=422)
    form = form_with(desk.get(f"/supporters/{supporter.id}/edit"), "intro")
    sent = [*form.submit_fields(), ("consents", Purpose.COUNCIL.value), ("source", "telephone")]
    desk.post(f"/supporters/{supporter.id}/edit", sent, status=422)
    session.expire_all()
    assert Purpose.COUNCIL in registry.active_consents(person.id)
    assert set(registry.active_consents(other.id)) == {Purpose.COUNCIL}
    desk.post(f"/supporters/{supporter.id}/withdraw", withdraw | {"purpose": Purpose.MATCHING}, status=303)
    browsers["D"].post(f"/supporters/{supporter.id}/withdraw", withdraw, expect_errors=True)
    session.expire_all()
    assert set(registry.active_consents(person.id)) == {Purpose.COUNCIL}
