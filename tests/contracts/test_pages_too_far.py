"""A page of a list that has become shorter meanwhile, or that never was, is an answer and no error."""

import pytest

from matching.accounts.models import Role
from matching.registry.models import Purpose
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, an_organization, staff
from tests.groups.factories import a_group
from tests.supporters.factories import a_supporter

OF_A_DESK = ("/supporters", "/groups", "/people", "/organizations", "/outbox", "/desk", "/desk/ended", "/lexicon")
OF_EVERYBODY = ("/directory/groups", "/directory/supporters", "/directory/requests", "/requests/mine")


@pytest.mark.parametrize("page", ["2", "9999"])
def test_a_page_too_far_is_no_error(app, session, page):
    coordinator, administrator = a_coordinator().email, staff(Role.ADMINISTRATOR).email
    browser = sign_in(app, coordinator)
    for address in (*OF_A_DESK, *OF_EVERYBODY):
        browser.get(address, {"page": page}, status=200)
    browser = sign_in(app, administrator)
    for address in ("/councils", "/councils/members", "/admin/accounts"):
        browser.get(address, {"page": page}, status=200)


def test_a_page_too_far_shows_the_last_and_not_nobody(app, session):
    public = [Purpose.MATCHING, Purpose.PUBLIC_NAMED]
    a_supporter(a_person("山田 花子"), "手品", consents=public)
    a_group(an_organization("合唱団やまびこ"), "手品", consents=public)
    session.commit()
    desk = sign_in(app, a_coordinator().email)
    for address, name in (
        ("/directory/supporters", "山田 花子"),
        ("/directory/groups", "合唱団やまびこ"),
        ("/supporters", "山田 花子"),
        ("/groups", "合唱団やまびこ"),
        ("/people", "山田 花子"),
        ("/organizations", "合唱団やまびこ"),
    ):
        for query in ({"page": "50"}, {"page": "50", "q": "手品"}):
            if "q" in query and address in ("/people", "/organizations"):
                continue
            assert name in desk.get(address, query).html.main.text, (address, query)
