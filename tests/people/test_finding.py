"""The box in the head: names as they sound, ends of telephones, numbers of cases; and what it must not tell."""

from datetime import date

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.accounts.models import Role
from matching.dispatch.models import Decision
from matching.help_requests.models import RequestKind
from matching.help_requests.states import RequestState
from matching.people.finding import case_number
from matching.people.seeing import parties_seen_by, sees
from matching.registry import services as registry
from matching.registry.models import ContactKind, Party
from matching.registry.services import Contact
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.dispatch.factories import a_case, a_conjurer, asked, decided
from tests.factories import a_coordinator, a_person, a_representative, a_user, acting, an_organization, staff
from tests.groups.factories import a_group
from tests.help_requests.factories import a_request
from tests.registry.test_organizations import statements
from tests.supporters.factories import NOW, a_supporter

DAY = date(2026, 11, 24)


def found(page):
    return [link.text for link in page.html.select("main .queue .title a")]


@pytest.fixture
def desk(app, session):
    user = a_coordinator()
    session.commit()
    return sign_in(app, user.email)


@pytest.fixture
def contractor(app, session):
    user = a_coordinator("saporant")
    session.commit()
    return sign_in(app, user.email)


# -- The number of a case


@pytest.mark.parametrize(
    "words",
    [
        "R8-012",
        "r8-12",
        "Ｒ８－０１２",
        "R8ー12",
        "令和8年度12号",
        "令和８年度第12号",
        "令和 8 年 12",
        "8-12",
        "12",
        "１２号",
        "第12号",
        "R8/12",
        "r8012",
    ],
)
def test_the_number_of_a_case_is_read_however_it_is_written(words):
    number = case_number(words, day=DAY)
    assert number is None if words == "r8012" else number.request == "R8-012"


@pytest.mark.parametrize("words", ["0123", "083-000-0001", "山田", "", "R8-", "12345", "令和8年度"])
def test_other_words_are_no_number_of_a_case(words):
    assert case_number(words, day=DAY) is None


def test_a_number_without_a_year_is_of_this_fiscal_year():
    assert case_number("3", day=date(2027, 3, 31)).request == "R8-003"
    assert case_number("3", day=date(2027, 4, 1)).request == "R9-003"
    assert case_number("令和元年度3号", day=DAY) == case_number("R1-3", day=DAY)
    assert case_number("令和元年度3号", day=DAY).decision == "令和元年度第3号"


def test_a_single_exact_number_goes_straight_to_the_case(session, desk):
    case = a_request(now=NOW, state=RequestState.ACCEPTED, title="敬老会")
    case.number = "R8-012"
    session.commit()
    assert desk.get("/find", {"q": "Ｒ８－０１２"}, status=303).location.endswith(f"/requests/{case.id}")
    assert "見つかりませんでした" in desk.get("/find", {"q": "R8-013"}, status=200)


def test_the_number_of_a_decision_leads_to_its_case_too(session, desk):
    a_conjurer()
    decision = decided(a_case(title="手品の会"))
    decision.number = "令和8年度第77号"
    other = a_request(now=NOW, state=RequestState.ACCEPTED, title="別の会")
    other.number = "R8-077"
    session.commit()
    assert set(found(desk.get("/find", {"q": "令和8年度第77号"}, status=200))) == {"手品の会", "別の会"}
    assert desk.get("/find", {"q": "R8-77"}, status=303).location.endswith(f"/requests/{other.id}")
    assert session.scalars(select(Decision)).one() is decision


# -- Names and telephones


def test_names_are_found_as_they_sound_or_nearly_so(session, desk):
    a_person("渡邉 花子", kana="わたなべ はなこ")
    an_organization("さくら台自治会")
    for words in ("渡辺", "ワタナベ", "わたなべはなこ", "渡辺花江"):
        assert found(desk.get("/find", {"q": words})) == ["渡邉 花子"], words
    assert found(desk.get("/find", {"q": "桜台自治会"})) == ["さくら台自治会"]


def test_the_end_of_a_telephone_finds_the_caller_and_shows_no_number(session, desk):
    person = a_person("山田 花子")
    registry.set_contacts(person, [Contact(ContactKind.TELEPHONE, "090-0000-4321")])
    a_person("別の 人")
    for words in ("4321", "０９０－００００－４３２１", "090 0000 4321"):
        page = desk.get("/find", {"q": words})
        assert found(page) == ["山田 花子"] and "電話番号の末尾が同じ" in page
        assert "0000-4321" not in page.html.main.text.replace(words, "")


def test_only_four_digits_or_a_whole_number_find_a_telephone(session, desk):
    person = a_person("山田 花子")
    registry.set_contacts(person, [Contact(ContactKind.TELEPHONE, "083-922-4321")])
    for words in ("4321", "083-922-4321", "０８３（９２２）４３２１"):
        assert found(desk.get("/find", {"q": words})) == ["山田 花子"], words
    for words in ("24321", "224321", "922-4321", "83-922-4321", "321", "0839224"):
        assert found(desk.get("/find", {"q": words})) == [], words


@pytest.mark.parametrize("role", [Role.CLERK, Role.PERSONNEL, Role.STAFF, Role.ADMINISTRATOR])
def test_who_sees_no_contacts_finds_nobody_by_telephone(app, session, role):
    organization, person = an_organization("ひばり町内会"), a_candidate(name="委員 一郎")
    a_member(a_council(), person)
    a_supporter(person)
    a_group(organization)
    a_request(now=NOW, requester=organization, title="敬老会")
    for party in (organization, person):
        registry.set_contacts(party, [Contact(ContactKind.TELEPHONE, "083-922-4321")])
    session.commit()
    browser = sign_in(app, staff(role).email)
    assert "電話" not in browser.get("/find").html.select_one("header .find-box").text
    for path in ("/find", "/people", "/councils/members", "/organizations", "/groups", "/supporters", "/desk?desk=all"):
        for words in ("4321", "083-922-4321"):
            answer = browser.get(path, {"q": words}, expect_errors=True)
            main = answer.html.main.text if answer.status_int == 200 else ""
            assert "ひばり" not in main and "委員 一郎" not in main and "敬老会" not in main, (path, words)


def test_what_they_are_stands_beside_the_name_with_what_can_be_done(session, desk):
    organization = an_organization("さくら台自治会")
    person = registry.person_of(a_representative(organization))
    a_supporter(person)
    a_member(a_council(), person)
    page = desk.get("/find", {"q": "代表 一郎"})
    chips = [chip.text for chip in page.html.select("main .chip")]
    assert any("協働サポーター（登録中）" in chip or "協働サポーター" in chip for chip in chips)
    assert any("審議会等委員（1つ）" in chip for chip in chips) and any("さくら台自治会 会長" in chip for chip in chips)
    assert f"/requests/enter?organization={organization.id}" in page
    assert "サポーター登録を入れる" not in page
    page = desk.get("/find", {"q": "さくら台"})
    assert f"/requests/enter?organization={organization.id}" in page
    assert f"/supporters/enter?party={organization.id}" in page


def test_cases_come_first_the_open_ones_before_those_that_ended_also_of_who_was_found(session, desk):
    organization = an_organization("さくら台自治会")
    a_request(now=NOW, requester=organization, title="終わった会", state=RequestState.CLOSED)
    a_request(now=NOW, requester=organization, title="これからの会")
    a_request(now=NOW, requester=an_organization("ひばり町内会"), title="敬老会の手伝い")
    a_representative(organization)
    page = desk.get("/find", {"q": "さくら台"})
    assert found(page) == ["これからの会", "終わった会", "さくら台自治会"]
    assert found(desk.get("/find", {"q": "敬老会の手伝い"})) == ["敬老会の手伝い"]


def test_the_case_in_which_somebody_is_asked_is_found_by_their_name(session, desk):
    a_conjurer("石川 笑子")
    asked(a_case(title="手品の会"))
    session.commit()
    assert found(desk.get("/find", {"q": "石川"}))[0] == "手品の会"


def test_nothing_found_says_how_to_search_and_offers_to_write_somebody_down(desk):
    page = desk.get("/find", {"q": "だれもいない"})
    for offered in ("見つかりませんでした", "/people/new", "/organizations/new", "/supporters/enter", "末尾の4桁"):
        assert offered in page
    assert "入れてください" in desk.get("/find")


@pytest.mark.parametrize("words", ["%", "_", "'\"><script>", "\x00", "あ" * 500, "０" * 300, "🙂", "-", "R999999-9"])
def test_odd_words_find_nothing_and_break_nothing(desk, words):
    a_person("山田 花子")
    page = desk.get("/find", {"q": words}, status=200)
    assert "<script>" not in page.text.split("<main")[1]
    assert found(page) == []


def test_the_box_stands_in_the_head_for_staff_only(app, session, desk):
    assert desk.get("/desk").html.select_one("header form.find-box input[name=q]")
    own = sign_in(app, a_user().email)
    assert not own.get("/me").html.select_one(".find-box")
    own.get("/find", status=404)


# -- Who may learn of whom


def test_a_contractor_does_not_learn_of_people_who_only_sit_on_councils(session, contractor, desk):
    a_member(a_council("秘密の審議会"), a_person("審議 委員", kana="しんぎ いいん"))
    both = a_person("両方 委員", kana="りょうほう いいん")
    a_supporter(both)
    a_member(a_council("別の審議会"), both)
    for words in ("審議 委員", "しんぎ", "委員"):
        page = contractor.get("/find", {"q": words})
        assert "審議 委員" not in found(page) and "審議会" not in page.html.select_one("main .queue, .empty").text
    assert found(contractor.get("/find", {"q": "両方"})) == ["両方 委員"]
    assert "審議 委員" in found(desk.get("/find", {"q": "しんぎ"}))


def test_a_contractor_does_not_see_in_which_case_somebody_was_asked_for_their_seat(session, contractor, desk):
    person = a_candidate(name="両方 委員")
    a_member(a_council(), person, skills=[registry.SkillWords("手品")])
    asked(a_case(title="手品の会", kind=RequestKind.INTRODUCTION), person)
    registry.claim(person, an_organization(), title="", by=SYSTEM, now=NOW)
    session.commit()
    assert "手品の会" in found(desk.get("/find", {"q": "両方"}))
    assert found(contractor.get("/find", {"q": "両方"})) == ["両方 委員"]


def test_a_clerk_finds_council_people_and_nothing_of_the_desks(app, session):
    person = a_person("審議 委員")
    a_member(a_council(), person)
    a_supporter(person)
    a_supporter(a_person("名簿 手伝"))
    an_organization("名簿自治会")
    a_candidate(name="名簿 候補")
    a_request(now=NOW, title="名簿の会")
    session.commit()
    clerk = sign_in(app, staff(Role.CLERK).email)
    page = clerk.get("/find", {"q": "名簿"})
    assert found(page) == ["名簿 候補"]
    page = clerk.get("/find", {"q": "審議 委員"})
    assert found(page) == ["審議 委員"] and "協働サポーター" not in page.html.main.text
    assert clerk.get("/find", {"q": "R8-1"}, status=200)


@pytest.mark.parametrize(
    "who", ["kyodo", "saporant", Role.CLERK, Role.PERSONNEL, Role.STAFF, Role.ADMINISTRATOR], ids=str
)
def test_lists_and_pages_agree_on_who_may_be_seen(session, who):
    seated, agreed, helps, nobody = a_person("一"), a_candidate(name="二"), a_person("三"), a_person("四")
    a_member(a_council(), seated)
    a_supporter(helps)
    organization = an_organization()
    acts = registry.person_of(a_representative(organization))
    parties = [seated, agreed, helps, nobody, acts, organization]
    actor = acting(staff(who) if isinstance(who, Role) else a_coordinator(who))
    listed = set(session.scalars(select(Party.id).where(parties_seen_by(actor))))
    assert listed == {party.id for party in parties if sees(actor, party)}
    assert len(listed) == {"kyodo": 6, "saporant": 3, Role.CLERK: 2, Role.PERSONNEL: 5}.get(who, 6)


# -- A bounded number of queries


def test_three_and_thirty_found_take_the_same_number_of_queries(session, desk):
    def some(first, last):
        for number in range(first, last):
            organization = an_organization(f"第{number}さくら会")
            a_group(organization)
            a_representative(organization)
            a_request(now=NOW, requester=organization, title=f"さくらの会{number}")
        session.commit()

    some(0, 3)
    few = statements(desk, "/find?q=%E3%81%95%E3%81%8F%E3%82%89")
    some(3, 30)
    assert statements(desk, "/find?q=%E3%81%95%E3%81%8F%E3%82%89") <= few
