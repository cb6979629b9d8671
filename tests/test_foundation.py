"""The ground that every room stands on."""

from tests.conftest import sign_in
from tests.factories import a_coordinator


def test_the_first_page_answers_everybody(web):
    assert "協働むすび" in web.get("/", status=200)


def test_a_coordinator_signs_in_through_the_form(app, session):
    user = a_coordinator()
    session.commit()
    sign_in(app, user.email).get("/", status=200)
