"""What the owner of a registration does with it, and what searches see."""

import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.profiles import services as profiles
from matching.registry import services as registry
from matching.registry.models import BasisKind, Purpose, Registry
from matching.registry.services import SkillWords
from matching.registry.vocabulary import Money, OrganizationKind, Support
from matching.supporters import services
from matching.supporters.states import WORKFLOW, SupporterAction, SupporterState
from matching.workflow import NotAllowed
from tests.conftest import sign_in
from tests.factories import a_person, a_user, an_organization

from .factories import NOW, a_registration, a_supporter, a_volunteer
from .test_desk import is_findable, posting_to
from .test_registering import the_form, tick

ACTS = {
    SupporterAction.CONFIRM: lambda one: services.confirm(one, by=SYSTEM, now=NOW),
    SupporterAction.RETURN: lambda one: services.return_(one, note="直してください。", by=SYSTEM, now=NOW),
    SupporterAction.RESUBMIT: lambda one: services.resubmit(one, by=SYSTEM, now=NOW),
    SupporterAction.PAUSE: lambda one: services.pause(one, by=SYSTEM, now=NOW),
    SupporterAction.RESUME: lambda one: services.resume(one, by=SYSTEM, now=NOW),
    SupporterAction.END: lambda one: services.end(one, by=SYSTEM, now=NOW),
}
WAY = {
    SupporterState.SUBMITTED: (),
    SupporterState.RETURNED: (SupporterAction.RETURN,),
    SupporterState.ACTIVE: (SupporterAction.CONFIRM,),
    SupporterState.PAUSED: (SupporterAction.CONFIRM, SupporterAction.PAUSE),
    SupporterState.ENDED: (SupporterAction.END,),
}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(SupporterState, SupporterAction)))
def test_every_step_is_as_the_table_says_and_only_the_active_are_found(session, state, action):
    supporter = a_registration()
    for step in WAY[state]:
        ACTS[step](supporter)
    assert supporter.state is state
    if WORKFLOW.allows(state, action):
        ACTS[action](supporter)
        assert supporter.state is WORKFLOW.after(state, action)
        assert session.scalar(select(AuditEntry.event).where(AuditEntry.event == f"supporter:{action.value}"))
    else:
        with pytest.raises(NotAllowed):
            ACTS[action](supporter)
        assert supporter.state is state
    assert is_findable(supporter) == (supporter.state is SupporterState.ACTIVE)


def test_a_volunteer_pauses_comes_back_and_leaves(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    url = f"/supporters/{supporter.id}"
    form = posting_to(browser.get(url), "/pause")
    form["until"] = "2020-01-01"
    assert "今日からあとの日付" in form.submit(status=422)
    form["until"] = ""
    page = form.submit(status=303).follow()
    assert "お休み中" in page
    posting_to(page, "/resume").submit(status=303)
    form = posting_to(browser.get(url), "/end")
    form["reason"] = "引っ越すため"
    page = form.submit(status=303).follow()
    assert "登録終了" in page and "引っ越すため" in page
    session.expire_all()
    assert supporter.ended_on and supporter.state is SupporterState.ENDED
    entries = session.scalars(select(AuditEntry))
    assert not any("引っ越す" in str(entry.fields) for entry in entries)
    assert "この登録は終わっている" in browser.get(f"{url}/edit", status=409)


def test_an_ended_registration_is_not_changed(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    services.end(supporter, by=SYSTEM, now=NOW)
    form["version"] = str(supporter.version)
    assert "この登録は終わっている" in form.submit(status=409)


def test_a_change_by_the_owner_is_found_at_once(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    assert form["skills-0-phrase"].value == "庭木の剪定" and "source" not in form.fields
    form["skills-0-phrase"], form["intro"] = "門松づくり", "毎年つくります。"
    form.submit(status=303)
    session.expire_all()
    assert supporter.state is SupporterState.ACTIVE
    card = profiles.find(registry="supporter", registration_id=supporter.id).content.card
    assert card["phrases"][0][0] == "門松づくり" and card["intro"] == "毎年つくります。"
    entry = session.scalar(select(AuditEntry).where(AuditEntry.event == "supporter:edit"))
    assert entry.fields == ["intro", "skills"]


def test_a_stale_edit_is_refused_even_when_only_skills_changed(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    first = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    second = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    first["skills-0-phrase"] = "門松づくり"
    first.submit(status=303)
    second["skills-0-phrase"] = "草刈り"
    second.submit(status=409)
    session.expire_all()
    assert [skill.phrase for skill in registry.skills_of(supporter.party_id, Registry.SUPPORTER)] == ["門松づくり"]


def test_a_bad_edit_keeps_what_was_typed_and_changes_nothing(app, session):
    user, supporter = a_volunteer()
    form = the_form(sign_in(app, user.email).get(f"/supporters/{supporter.id}/edit"))
    form["skills-0-phrase"], form["intro"] = "", "新しい紹介"
    page = form.submit(status=422)
    assert the_form(page)["intro"].value == "新しい紹介"
    session.expire_all()
    assert supporter.intro == ""


def test_withdrawing_consent_to_matching_takes_a_registration_out_of_every_search(app, session):
    user, supporter = a_volunteer()
    assert is_findable(supporter)
    browser = sign_in(app, user.email)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    for box in form.fields["consents"]:
        box.checked = False
    page = form.submit(status=303).follow()
    assert "依頼があってもご紹介していません" in page and "取り消し" in page
    session.expire_all()
    assert not is_findable(supporter) and supporter.state is SupporterState.ACTIVE
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    tick(form, "consents", "matching")
    form.submit(status=303)
    session.expire_all()
    assert is_findable(supporter)


def test_consent_withdrawn_elsewhere_is_heard_and_another_basis_keeps_it_found(session):
    supporter = a_supporter()
    consent = registry.active_consents(supporter.party_id)[Purpose.MATCHING]
    registry.withdraw_consent(consent, by=SYSTEM, now=NOW)
    assert not is_findable(supporter)
    other = a_supporter(a_person("別の 人"))
    registry.give_basis(other.party, BasisKind.PUBLIC_INFORMATION, by=SYSTEM, now=NOW)
    registry.withdraw_consent(registry.active_consents(other.party_id)[Purpose.MATCHING], by=SYSTEM, now=NOW)
    assert is_findable(other)


def test_other_peoples_registrations_do_not_exist_for_a_volunteer(app, session):
    mine, _ = a_volunteer()
    _, theirs = a_volunteer("佐藤 次郎")
    browser = sign_in(app, mine.email)
    for path in ("", "/edit"):
        browser.get(f"/supporters/{theirs.id}{path}", status=404)
    browser.get("/supporters", status=404)
    token = browser.get("/supporters/registered").forms[0]["csrf_token"].value
    for path in ("end", "pause", "resume", "confirm", "return"):
        browser.post(f"/supporters/{theirs.id}/{path}", {"csrf_token": token}, status=404)


def test_the_owner_cannot_confirm_their_own_registration(app, session):
    user, supporter = a_volunteer(active=False)
    browser = sign_in(app, user.email)
    page = browser.get(f"/supporters/{supporter.id}")
    assert not any(form.action.endswith("/confirm") for form in page.forms.values())
    token = page.forms[0]["csrf_token"].value
    browser.post(f"/supporters/{supporter.id}/confirm", {"csrf_token": token}, status=404)


def test_the_desks_note_is_not_shown_to_the_owner(app, session):
    user, supporter = a_volunteer()
    supporter.note_for_desk = "ゆっくり話す"
    browser = sign_in(app, user.email)
    assert "ゆっくり話す" not in browser.get(f"/supporters/{supporter.id}")
    the_form(browser.get(f"/supporters/{supporter.id}/edit")).submit(status=303)
    session.expire_all()
    assert supporter.note_for_desk == "ゆっくり話す"


def test_a_confirmed_skill_stays_confirmed_only_as_it_was_confirmed(session):
    supporter = a_registration(None, SkillWords("剪定", qualification="造園技能士2級"))
    [skill] = registry.skills_of(supporter.party_id, Registry.SUPPORTER)
    services.confirm(supporter, confirmed_skills=[skill.id], by=SYSTEM, now=NOW)
    registry.set_skills(supporter.party_id, Registry.SUPPORTER, [SkillWords("剪定", qualification="造園技能士1級")])
    assert not registry.skills_of(supporter.party_id, Registry.SUPPORTER)[0].confirmed


def test_the_card_says_what_was_told_and_leaves_open_what_was_not(session):
    bare = services.card_of(a_registration())
    assert bare.kind == "individual" and [phrase.text for phrase in bare.phrases] == ["庭木の剪定"]
    assert bare.districts is None and bare.availability is None and bare.supports is None and bare.money is None
    business = services.card_of(
        a_registration(
            an_organization("まちの工務店", OrganizationKind.BUSINESS),
            anywhere=True,
            fields=[3, 8],
            supports=frozenset({Support.LECTURE}),
            availability=frozenset({0, 20}),
            money=Money.FEE,
            heads=3,
        )
    )
    assert business.kind == "business" and len(business.districts or ()) == 21
    assert business.fields == {3, 8} and business.supports == {"lecture"}
    assert business.availability == {0, 20} and business.money == "fee" and business.heads == 3
    school = a_registration(an_organization("さくら小学校", OrganizationKind.SCHOOL), districts=[3])
    assert services.card_of(school).kind == "school" and services.card_of(school).districts == {3}


def test_a_registration_runs_to_the_end_of_the_fiscal_year(session):
    assert str(a_supporter().runs_until) == "2027-03-31"


def test_a_user_without_a_registration_reads_none(app, session):
    supporter = a_supporter()
    user = a_user()
    sign_in(app, user.email).get(f"/supporters/{supporter.id}", status=404)


APRIL = datetime(2027, 4, 1, 1, 0, tzinfo=UTC)


def test_in_april_a_registration_goes_on_by_itself(session):
    supporter = a_supporter()
    assert services.turn_the_year(renews=True, now=APRIL) == 1
    assert (str(supporter.runs_until), supporter.state) == ("2028-03-31", SupporterState.ACTIVE)
    assert services.turn_the_year(renews=True, now=APRIL) == 0


def test_where_the_city_wants_it_a_registration_ends_with_its_year(session):
    supporter = a_supporter()
    assert services.turn_the_year(renews=False, now=NOW) == 0
    assert services.turn_the_year(renews=False, now=APRIL) == 1
    assert supporter.state is SupporterState.ENDED
