"""What somebody who registered is told by mail."""

import pytest
from sqlalchemy import select

from matching import outbox
from matching.accounts.actor import SYSTEM, Source
from matching.outbox import Message, MessageState
from matching.registry import services as registry
from matching.registry.models import ContactKind
from matching.registry.services import Contact
from matching.supporters import services
from tests.conftest import sign_in
from tests.factories import a_person, a_representative, a_user, an_organization

from .factories import NOW, a_registration, a_supporter
from .test_desk import at_the_desk, enter, posting_to


def letters(session):
    rows = session.scalars(select(Message).where(Message.event.startswith("supporter:")).order_by(Message.id))
    return [(row.event, row.recipient) for row in rows if row.state is not MessageState.CANCELLED]


def body_of(session, event):
    return session.scalars(select(Message.body).where(Message.event == event)).one()


def test_a_volunteer_with_an_account_is_told_at_every_step(app, session):
    user = a_user(party=a_person(), email="hana@example.jp")
    supporter = a_registration(registry.person_of(user))
    session.commit()
    outbox.deliver_due(now=NOW, transport=outbox.transport_from_config())
    desk = at_the_desk(app, session)
    form = posting_to(desk.get(f"/supporters/{supporter.id}"), "/return")
    form["note"] = "曜日を教えてください。"
    page = form.submit(status=303).follow()
    posting_to(page, "/confirm").submit(status=303)
    posting_to(sign_in(app, user.email).get(f"/supporters/{supporter.id}"), "/end").submit(status=303)
    session.expire_all()
    steps = ["submitted", "returned", "confirmed", "ended"]
    assert letters(session) == [(f"supporter:{step}", "hana@example.jp") for step in steps]
    returned = body_of(session, "supporter:returned")
    assert "曜日を教えてください。" in returned and f"http://localhost/supporters/{supporter.id}" in returned
    assert "お声がけします" in body_of(session, "supporter:confirmed")


def test_a_person_on_paper_is_told_by_mail_without_a_link_or_not_at_all(app, session):
    desk = at_the_desk(app, session)
    enter(desk, mail="yoshito@example.jp", confirmed=True).submit(status=303)
    assert letters(session) == [("supporter:confirmed", "yoshito@example.jp")]  # one letter, not two
    body = body_of(session, "supporter:confirmed")
    assert "http" not in body and "いまはお声がけしません" in body
    enter(desk, name="別の 人", confirmed=True).submit(status=303)
    assert len(letters(session)) == 1


def test_an_organization_is_told_through_those_who_act_for_it(session):
    organization = an_organization()
    user = a_representative(organization)
    a_registration(organization)
    assert letters(session) == [("supporter:submitted", user.email)]


def test_an_imported_person_is_not_told(session):
    person = a_person()
    registry.set_contacts(person, [Contact(ContactKind.MAIL, "expert@example.jp")])
    session.flush()
    supporter = a_registration(person, by=SYSTEM.told_by(Source.IMPORT))
    services.confirm(supporter, by=SYSTEM.told_by(Source.IMPORT), now=NOW)
    assert letters(session) == []


@pytest.mark.parametrize("active", [True, False])
def test_a_closed_account_gets_no_letters(session, active):
    user = a_user(party=a_person())
    user.active = active
    a_supporter(registry.person_of(user))
    assert len(letters(session)) == active


def test_a_letter_goes_with_the_change_or_not_at_all(session):
    user = a_user(party=a_person())
    session.commit()
    a_supporter(registry.person_of(user))
    session.rollback()
    assert letters(session) == []
