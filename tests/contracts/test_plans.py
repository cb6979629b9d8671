"""No list and no search box reads a whole table of people, registrations, skills or words: SQLite says how it reads.

The tables below grow with everybody who registers. Allowed is to pass along an index, which every list does only so far,
and to count ids of people or organizations up to a bound (``person_1`` is another thing: joined, all of them).
"""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import event

from matching.database import db
from matching.profiles import saying
from matching.registry import sifting
from matching.registry.models import Purpose
from tests.conftest import browser_of, sign_in
from tests.councils.factories import NOW, a_clerk, a_council, a_member
from tests.factories import a_coordinator, a_person, an_organization
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.supporters.factories import a_supporter

GROWING = r"party|person_\d|organization_\d|supporter|group|skill|consent|basis|profile|profile_content|posting|term|name_gram|contact_point"
WHOLE = re.compile(rf"SCAN (?:{GROWING})(?:_\d+)?(?! USING (?:COVERING )?INDEX)\b")
PAGES = {
    "a coordinator": """
        /supporters /supporters?page=3 /supporters?state=active /supporters?state=ended /supporters?field=1
        /supporters?district=1 /supporters?kind=organization /supporters?field=1&district=1&kind=person
        /supporters?q=山本花子 /supporters?q=草刈り /supporters?q=草刈り&as=written&field=1 /supporters?q=abcdef01
        /groups /groups?state=due /groups?state=ended /groups?field=1&district=1&kind=citizen_group /groups?q=さくらの会
        /organizations /organizations?kind=business /organizations?district=1 /organizations?q=さくら
        /people /people?district=1 /people?being=supporter /people?being=representative /people?being=council
        /people?q=山本 /people?q=やまもとはなこお /people?q=1234 /find?q=山本花子 /find?q=草刈り /find?q=0830001234
        /supporters/enter?q=山本花子 /groups/enter?q=さくら /requests/enter?q=さくら /councils/members?q=山本花子
        /supporters/{supporter} /groups/{group} /people/{person} /organizations/{organization} /representations
        /organizations/{organization}/representatives/new?q=山本花子 /desk /desk/ended /desk/ended?q=草刈り /
    """,
    "a coordinator of the contractor's desk": "/people /people?q=山本花子 /people?being=supporter /find?q=山本花子 /people/{person}",
    "a council clerk": "/people /people?q=山本花子 /find?q=山本花子 /councils/members /councils/members?seating=1 /councils/{council}",
    "a stranger": """
        / /directory/supporters /directory/supporters?field=1&district=1 /directory/supporters?q=草刈り
        /directory/groups /directory/groups?field=1 /directory/groups?q=さくら /directory/requests
    """,
}


@pytest.fixture
def city(app, session):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("its plans follow what it has counted; of these few rows it reads all")
    shown = {"consents": [Purpose.MATCHING, Purpose.PUBLIC_NAMED]}
    person = a_person("山本 花子", kana="やまもと はなこ")
    supporter = a_supporter(person, fields=[1], districts=[1], **shown)
    organization = an_organization("さくらの会")
    group = a_group(organization, **shown)
    a_request(now=NOW, requester=organization)
    term = a_member(a_council())
    numbers = {"supporter": supporter.id, "group": group.id, "person": person.id, "organization": organization.id}
    people = {"a coordinator": a_coordinator(), "a coordinator of the contractor's desk": a_coordinator("saporant")}
    people["a council clerk"] = a_clerk()
    session.commit()
    browsers = {who: sign_in(app, user.email) for who, user in people.items()} | {"a stranger": browser_of(app)}
    return browsers, numbers | {"council": term.council_id}


@pytest.mark.parametrize("few", [True, False])
def test_no_page_reads_a_whole_table(city, monkeypatch, few):
    """``few`` False: as if what every condition leaves were many."""
    if not few:
        monkeypatch.setattr(sifting, "RARE", -1)
        monkeypatch.setattr(saying, "FEW", -1)
    browsers, numbers = city
    asked: list[tuple[str, object]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    found = []
    for who, pages in PAGES.items():
        for page in pages.format(**numbers).split():
            asked.clear()
            browsers[who].get(quote(page, safe="/?=&"), status=200)
            found += [(who, page, line) for statement in list(asked) for line in whole_tables(*statement)]
    assert not found


def whole_tables(statement: str, values: object) -> list[str]:
    if not statement.startswith(("SELECT", "WITH")):
        return []
    with db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    return [f"{line[3]}: {statement}" for line in plan if WHOLE.search(line[3])]
