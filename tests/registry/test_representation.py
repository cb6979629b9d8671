"""Saying that I act for an organization, and the desk that checks it."""

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm.exc import StaleDataError

from matching.accounts.actor import SYSTEM
from matching.accounts.models import User
from matching.audit import AuditEntry
from matching.database import db
from matching.registry import services as registry
from matching.registry.models import ContactKind, Organization, Party, Person, Representation, RepresentationState
from matching.registry.services import Contact
from matching.registry.vocabulary import OrganizationKind
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_person, a_representative, a_user, acting, an_organization

from ..councils.factories import a_council, a_member
from ..journeys.steps import form_with
from ..supporters.factories import NOW


def claim_form(page):
    return next(form for form in page.forms.values() if "title" in form.fields)


@pytest.fixture
def browser(app, session):
    user = a_user(name="")
    session.commit()
    return sign_in(app, user.email)


def test_somebody_finds_their_organization_by_name_and_sees_nothing_private(browser, session):
    organization = an_organization("さくら台自治会")
    organization.district_id = 3
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0009")])
    registry.claim(a_person("会長 一郎"), organization, title="会長", by=SYSTEM, now=NOW)
    page = browser.get("/organizations/claim", {"q": "さくら台"})
    assert "さくら台自治会（湯田）" in page
    assert "083-000-0009" not in page and "会長 一郎" not in page
    form = claim_form(page)
    form["choice"], form["name"], form["kana"], form["title"] = (
        str(organization.id),
        "山田 花子",
        "やまだ はなこ",
        "書記",
    )
    assert form.submit(status=303).location.endswith("/me")
    session.expire_all()
    person = session.scalar(select(Person).where(Person.name == "山田 花子"))
    claimed = session.scalar(select(Representation).where(Representation.person_id == person.id))
    assert claimed.state is RepresentationState.CLAIMED and claimed.title == "書記"
    assert organization.contact_points[0].value == "083-000-0009"


def test_a_merged_organization_is_not_offered_beside_its_canonical_one(browser, session):
    merged, kept = an_organization("さくら台自治会（旧）"), an_organization("さくら台自治会")
    merged.canonical_id = kept.id
    page = browser.get("/organizations/claim", {"q": "さくら台"})
    assert "さくら台自治会" in page and "（旧）" not in page


def test_a_new_organization_is_founded_and_the_person_goes_on_where_they_came_from(browser, session):
    form = claim_form(browser.get("/organizations/claim", {"q": "ひまわり子ども会", "next": "/requests/new"}))
    assert form["organization_name"].value == "ひまわり子ども会"
    form["organization_kind"], form["telephone"] = "children", "083-000-0010"
    form["name"], form["kana"] = "山田 花子", "やまだ はなこ"
    answer = form.submit(status=303)
    assert answer.location.endswith("/requests/new")
    organization = session.scalar(select(Organization))
    assert organization.contact_points[0].value == "083-000-0010"
    form.submit(status=303)
    assert session.scalar(select(func.count()).select_from(Organization)) == 1
    assert session.scalar(select(func.count()).select_from(Representation)) == 1


def test_a_claim_to_a_new_organization_of_a_known_name_is_a_claim_to_the_known_one(browser, session):
    known = an_organization("花の会")
    known.district_id = 3
    registry.set_contacts(known, [Contact(ContactKind.TELEPHONE, "083-000-0009")])
    form = claim_form(browser.get("/organizations/claim", {"q": "花の"}))
    form["choice"], form["organization_name"], form["organization_kind"] = "new", "花 の 会", "salon"
    form["telephone"], form["name"], form["kana"] = "083-000-0010", "山田 花子", "やまだ はなこ"
    form.submit(status=303)
    session.expire_all()
    claimed = session.scalars(select(Representation)).one()
    assert claimed.organization_id == known.id and claimed.state is RepresentationState.CLAIMED
    assert [point.value for point in known.contact_points] == ["083-000-0009"]
    other = registry.claim_new(
        a_person(), name="花の会", kind=known.organization_kind, district_id=4, title="", by=SYSTEM, now=NOW
    )
    assert other.organization_id != known.id


@pytest.mark.parametrize(
    "target", ["https://example.com/", "//example.com", "/\\example.com", "javascript:x", "/\texample"]
)
def test_a_link_sends_nobody_to_another_site(browser, target):
    form = claim_form(browser.get("/organizations/claim", {"q": "ひまわり", "next": target}))
    form["organization_kind"], form["name"], form["kana"] = "children", "山田 花子", "やまだ はなこ"
    assert form.submit(status=303).location.endswith("/me")


def test_what_is_missing_is_told_and_nothing_is_written(browser, session):
    an_organization("さくら台自治会")
    page = claim_form(browser.get("/organizations/claim", {"q": "さくら"})).submit(status=422)
    for message in ("団体を選んでください。", "氏名を入力してください。"):
        assert message in page
    form = claim_form(page)
    form["choice"] = "new"
    form["organization_name"] = ""
    page = form.submit(status=422)
    assert "団体名を入力してください。" in page and "団体の種類を選んでください。" in page
    assert session.scalar(select(func.count()).select_from(Party)) == 1


def test_an_organization_that_the_search_did_not_show_is_not_claimed(browser, session):
    an_organization("さくら台自治会")
    hidden = an_organization("ひみつの会")
    form = claim_form(browser.get("/organizations/claim", {"q": "さくら"}))
    form["name"], form["kana"] = "山田 花子", "やまだ はなこ"
    form["choice"].force_value(str(hidden.id))
    assert "団体を選んでください。" in form.submit(status=422)
    assert session.scalar(select(func.count()).select_from(Representation)) == 0


def waiting(session):
    organization = an_organization()
    person = a_person("山田 花子")
    user = a_user(party=person)
    claimed = registry.claim(person, organization, title="会長", by=SYSTEM, now=NOW)
    session.commit()
    return user, organization, claimed


def button(page, end):
    return next(form for form in page.forms.values() if form.action.endswith(end))


def test_a_desk_approves_and_the_person_may_act(app, session):
    user, organization, claimed = waiting(session)
    browser = sign_in(app, a_coordinator().email)
    page = browser.get("/representations")
    assert "山田 花子" in page and "さくら台自治会" in page
    page = page.click("山田 花子さん")
    form = button(page, "/approve")
    assert "確認を待っている申し出はありません" in form.submit(status=303).follow()
    session.expire_all()
    assert claimed.state is RepresentationState.APPROVED and claimed.decided_by_id
    assert acting(user).parties == {user.party_id, organization.id}
    assert "いまの状態は「確認済み」です" in form.submit(status=409)


def test_a_refused_claim_gives_nothing_and_may_be_made_again(app, session):
    user, organization, claimed = waiting(session)
    button(sign_in(app, a_coordinator().email).get(f"/representations/{claimed.id}"), "/refuse").submit(status=303)
    session.expire_all()
    assert claimed.state is RepresentationState.REFUSED
    assert acting(user).parties == {user.party_id}
    again = registry.claim(claimed.person, organization, title="会長", by=SYSTEM, now=NOW)
    assert again is not claimed


@pytest.mark.parametrize("approve", [True, False])
def test_a_claim_that_another_desk_decided_meanwhile_is_not_decided_again(app, session, approve):
    _user, _organization, claimed = waiting(session)
    assert claimed.state is RepresentationState.CLAIMED
    other = update(Representation).values(state=RepresentationState.REFUSED, version=Representation.version + 1)
    session.execute(other, execution_options={"synchronize_session": False})  # they committed after we had read
    with pytest.raises(StaleDataError):
        registry.decide_representation(claimed, approve=approve, by=SYSTEM, now=NOW)


def test_only_desks_check_claims(app, session):
    user, _organization, claimed = waiting(session)
    browser = sign_in(app, user.email)
    browser.get("/representations", status=404)
    token = claim_form(browser.get("/organizations/claim", {"q": "新"}))["csrf_token"].value
    browser.post(f"/representations/{claimed.id}/approve", {"csrf_token": token}, status=404)
    browser.post(f"/representations/{claimed.id}/approve", status=400)


def test_a_claim_stands_beside_what_is_known_of_the_organization_and_its_reading_is_written_down(app, session):
    _user, organization, claimed = waiting(session)
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0009")])
    registry.set_contacts(claimed.person, [Contact(ContactKind.TELEPHONE, "090-0000-0001")])
    registry.add_representative(organization, name="会長 一郎", title="会長", by=SYSTEM, now=NOW)
    page = sign_in(app, a_coordinator().email).get(f"/representations/{claimed.id}")
    for known in ("083-000-0009", "090-0000-0001", "会長 一郎", acting_mail(claimed)):
        assert known in page
    assert f"/people/{claimed.person_id}" in page
    session.expire_all()
    read = select(AuditEntry.event).where(AuditEntry.event.endswith(":read")).order_by(AuditEntry.event)
    assert session.scalars(read).all() == ["organization:read", "person:read"]


def acting_mail(claimed):
    return db.session.scalars(select(User).where(User.party_id == claimed.person_id)).one().email


def test_staff_read_an_organization_and_their_reading_is_written_down(app, session):
    organization = an_organization()
    registry.set_contacts(organization, [Contact(ContactKind.TELEPHONE, "083-000-0009", True, "昼休み")])
    a_representative(organization)
    page = sign_in(app, a_coordinator().email).get(f"/organizations/{organization.id}")
    assert "083-000-0009" in page and "代表 一郎" in page and "昼休み" in page
    session.expire_all()
    assert session.scalar(READ) == 1


READ = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "organization:read")


# -- Told to the desk


def representative_form(page):
    return next(form for form in page.forms.values() if "choice" in form.fields)


def test_a_desk_writes_down_who_acts_for_an_organization_and_it_counts_at_once(app, session):
    organization = an_organization()
    browser = sign_in(app, a_coordinator().email)
    path = f"/organizations/{organization.id}/representatives/new"
    form = representative_form(browser.get(path, {"q": "鈴木 次郎"}))
    assert form["name"].value == "鈴木 次郎"
    page = form.submit(status=422)
    assert "聞いた方法を選んでください。" in page and page.html.title.text.startswith("入力エラー：")
    form["kana"], form["title"], form["source"] = "すずき じろう", "会計", "telephone"
    for _twice in range(2):
        assert "鈴木 次郎" in form.submit(status=303).follow()
    session.expire_all()
    [one] = session.scalars(select(Representation))
    assert (one.state, one.title, one.person.kana) == (RepresentationState.APPROVED, "会計", "すずき じろう")
    told = session.scalars(select(AuditEntry).where(AuditEntry.event == "representation:approve")).one()
    assert (told.source, told.on_behalf_of_id) == ("telephone", organization.id)


def test_a_coordinator_confirms_nobody_less_than_themselves(app, session):
    organization, person = an_organization(), a_person("窓口 花子")
    user = a_coordinator()
    user.party_id = person.id
    own, another = sign_in(app, user.email), sign_in(app, a_coordinator().email)
    claimed = registry.claim(person, organization, title="会長", by=SYSTEM, now=NOW)
    session.commit()
    page = own.get(f"/representations/{claimed.id}")
    assert "ほかの担当者が確認します" in page and "/approve" not in page
    approve = next(form for form in another.get(page.request.path).forms.values() if form.action.endswith("/approve"))
    token = {"csrf_token": form_with(page, "csrf_token")["csrf_token"].value}
    own.post(approve.action, token, status=403)
    path = f"/organizations/{organization.id}/representatives/new"
    form = representative_form(own.get(path, {"q": "窓口 花子"}))
    form["choice"], form["source"] = str(person.id), "telephone"
    assert "ほかの担当者に頼んでください" in form.submit(status=422)
    session.expire_all()
    assert claimed.state is RepresentationState.CLAIMED
    approve.submit(status=303)
    session.expire_all()
    assert claimed.state is RepresentationState.APPROVED


def test_a_known_person_is_chosen_and_not_written_down_again(app, session):
    organization, person = an_organization(), a_person("渡邉 花子", kana="わたなべ はなこ")
    browser = sign_in(app, a_coordinator().email)
    form = representative_form(browser.get(f"/organizations/{organization.id}/representatives/new", {"q": "渡辺"}))
    assert "一人を選んでください。" in form.submit(status=422)
    form["choice"], form["source"] = str(person.id), "paper"
    form.submit(status=303)
    session.expire_all()
    assert session.scalars(select(Representation)).one().person_id == person.id
    assert session.scalar(select(func.count()).select_from(Person)) == 1


@pytest.mark.parametrize("desk", ["kyodo", "saporant"])
def test_three_and_nine_people_found_take_the_same_number_of_queries(app, session, desk):
    organization = an_organization()

    def some(first, last):
        for number in range(first, last):
            known = a_person(f"鈴木 {number}郎", district_id=number + 1)
            registry.claim(known, an_organization(f"第{number}会"), title="", by=SYSTEM, now=NOW)
        session.commit()

    def queries():
        counted = []
        event.listen(db.engine, "before_cursor_execute", note := lambda *told: counted.append(told[2]))
        page = browser.get(f"/organizations/{organization.id}/representatives/new", {"q": "鈴木"})
        event.remove(db.engine, "before_cursor_execute", note)
        return len(page.html.select("input[name=choice]")), len(counted)

    some(0, 3)
    browser = sign_in(app, a_coordinator(desk).email)
    found, few = queries()
    some(3, 9)
    more, same = queries()
    assert (more - found, same - few) == (6, 0)


def test_a_contractor_is_not_offered_who_only_sits_on_a_council(app, session):
    organization = an_organization()
    a_member(a_council(), a_person("審議 委員"))
    browser = sign_in(app, a_coordinator("saporant").email)
    page = browser.get(f"/organizations/{organization.id}/representatives/new", {"q": "審議 委員"})
    assert "見つかりませんでした" in page


def test_who_no_longer_acts_for_an_organization_loses_its_pages(app, session):
    organization = an_organization()
    user = a_representative(organization)
    desk, own = sign_in(app, a_coordinator().email), sign_in(app, user.email)
    own.get(f"/organizations/{organization.id}", status=200)
    form = button(desk.get(f"/organizations/{organization.id}"), "/end")
    page = form.submit(status=422)
    assert "聞いた方法を選んでください。" in page
    form = button(page, "/end")
    form["source"] = "telephone"
    assert "代表者・担当者を終えました：代表 一郎" in form.submit(status=303).follow()
    own.get(f"/organizations/{organization.id}", status=404)
    form.submit(status=409)
    assert session.scalar(select(func.count()).where(AuditEntry.event == "representation:end")) == 1


def test_a_coordinator_does_not_speak_for_what_they_wrote_down_at_the_desk(session):
    user = a_coordinator()
    person = a_person("窓口 花子")
    user.party_id = person.id
    by, facts = acting(user), registry.OrganizationFacts("ひばり町内会", OrganizationKind.NEIGHBORHOOD)
    told = registry.enter_organization(facts, form_key="0" * 32, by=by, now=NOW)
    assert not registry.speaks_for(registry.claim(person, told, title="", by=by, now=NOW), by)
    own = registry.claim_new(person, name="わたしの会", kind=OrganizationKind.SALON, title="", by=by, now=NOW)
    assert registry.speaks_for(own, by)


def test_only_desks_say_who_acts(app, session):
    organization = an_organization()
    user = a_representative(organization)
    own = sign_in(app, user.email)
    own.get(f"/organizations/{organization.id}/representatives/new", status=404)
    one = session.scalars(select(Representation)).one()
    token = claim_form(own.get("/organizations/claim", {"q": "新"}))["csrf_token"].value
    own.post(f"/representations/{one.id}/end", {"csrf_token": token, "source": "telephone"}, status=404)
    session.expire_all()
    assert one.state is RepresentationState.APPROVED
