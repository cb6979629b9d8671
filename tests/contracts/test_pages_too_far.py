"""A page of a list that has become shorter meanwhile, or that never was, is an answer and no error."""

import pytest

from matching.accounts.models import Role
from tests.conftest import sign_in
from tests.factories import a_coordinator, staff

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
