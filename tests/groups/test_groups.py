"""Groups registered at the support centre."""

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.errors import Invalid, MatchingError
from matching.groups import services
from matching.groups.models import Group
from matching.groups.states import GroupState
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import ContactKind, Purpose
from matching.registry.services import Contact
from matching.workflow import NotAllowed
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_user, an_organization, rename, staff

from .factories import NOW, a_group


def is_findable(group):
    return profiles.find(registry="group", registration_id=group.id) is not None


def test_a_group_is_found_until_it_ends(session):
    group = a_group(None, "ハーモニカの演奏", fields=[6], districts=[18])
    assert is_findable(group)
    card = services.card_of(group)
    assert card.kind == "group" and card.fields == {6} and card.districts == {18} and card.heads is None
    services.end_group(group, by=SYSTEM, now=NOW)
    assert group.state is GroupState.ENDED and group.ended_on and not is_findable(group)
    with pytest.raises(NotAllowed):
        services.end_group(group, by=SYSTEM, now=NOW)


def test_a_group_without_consent_is_not_found_until_it_consents(session):
    group = a_group(consents=[])
    assert not is_findable(group)
    purposes = [Purpose.MATCHING]
    registry.set_consents(group.organization, purposes, among=purposes, by=SYSTEM, now=NOW, on=group.registered_on)
    assert is_findable(group)
    registry.withdraw_consent(registry.active_consents(group.party_id)[Purpose.MATCHING], by=SYSTEM, now=NOW)
    assert not is_findable(group)


def test_an_organization_has_one_open_registration_and_a_number_of_its_own(session):
    group = a_group()
    with pytest.raises(MatchingError):
        a_group(group.organization)
    with pytest.raises(Invalid):
        a_group(an_organization("別の会"), number=group.number)
    services.end_group(group, by=SYSTEM, now=NOW)
    a_group(group.organization)


def test_the_pages_show_groups_and_reading_one_is_written_down(app, session):
    group = a_group(
        contacts=[Contact(ContactKind.TELEPHONE, "083-000-0035", True, "夜8時まで")], intro="11人の会です。"
    )
    browser = sign_in(app, a_coordinator("saporant").email)
    assert "さざなみ" in browser.get("/groups")
    assert "さざなみ" in browser.get("/groups", {"q": group.number})
    rename(group.organization, name="漣", kana="サザナミ")
    assert all("漣" in browser.get("/groups", {"q": kana}) for kana in ("さざなみ", "サザナミ"))
    assert "当てはまる団体はありません" in browser.get("/groups", {"q": "ない名前"})
    assert "登録を終えた団体はありません" in browser.get("/groups?state=ended")
    page = browser.get(f"/groups/{group.id}")
    assert "083-000-0035" in page and "ハーモニカの演奏" in page and "11人の会です。" in page
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "group:read")) == 1
    browser.get("/groups/999", status=404)


def test_an_empty_list_says_what_to_do(app, session):
    assert "登録団体はまだありません" in sign_in(app, staff(Role.STAFF).email).get("/groups")


def test_volunteers_do_not_see_groups(app, session):
    group = a_group()
    browser = sign_in(app, a_user().email)
    browser.get("/groups", status=404)
    browser.get(f"/groups/{group.id}", status=404)
    assert session.scalar(select(func.count()).select_from(Group)) == 1
