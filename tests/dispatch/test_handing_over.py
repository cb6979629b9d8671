"""From one desk to another: the note, the mark, and what a contractor's desk never learns."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from matching.accounts.actor import SYSTEM, Source
from matching.accounts.models import Role
from matching.audit import AuditEntry
from matching.dispatch.services import inquiring
from matching.dispatch.services.shortlisting import current_shortlist
from matching.help_requests import services as help_requests
from matching.help_requests.models import Handover, RequestKind
from matching.help_requests.states import RequestState
from matching.registry.services import SkillWords
from tests.conftest import sign_in
from tests.councils.factories import a_candidate, a_council, a_member
from tests.factories import a_coordinator, a_desk, a_representative, acting, staff
from tests.help_requests.factories import a_request
from tests.journeys.steps import fill, form_with

from .factories import NOW, a_case, a_conjurer, agreed, asked, candidate_of, decided, names_on, promised

NOTE = "会場は集会所です。電話は夕方につながります。"


def page_of(request) -> str:
    return f"/requests/{request.id}/hand-over"


def form_of(browser, request, *, desk="center:小郡", note=NOTE):
    return fill(form_with(browser.get(page_of(request)), "note"), to_desk=str(a_desk(desk).id), note=note)


def a_member_who_conjures(name="審議 委員"):
    person = a_candidate(name=name)
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    return person


@pytest.fixture
def desks(app, session):
    """One browser of the city's desk, of a centre, and of the contractor's desk."""
    return {code: sign_in(app, a_coordinator(code).email) for code in ("kyodo", "center:小郡", "saporant")}


def test_the_next_desk_reads_the_note_until_it_acts_and_finds_it_in_the_history_afterwards(desks, session):
    a_conjurer()
    request = a_case()
    answer = form_of(desks["kyodo"], request).submit(status=303)
    page = answer.follow(status=200)
    assert "小郡地域交流センターに引き継ぎました" in page
    assert "見ることだけ" in page and not page.html.select("#handed-over")
    session.refresh(request)
    assert request.desk.code == "center:小郡"

    queue = desks["center:小郡"].get("/desk")
    assert "引き継ぎ" in queue.html.select_one(".queue-row .end").text
    case = desks["center:小郡"].get(f"/requests/{request.id}")
    assert NOTE in case.html.select_one("section.notice").text
    assert "協働推進課から引き継ぎました" in case
    desks["center:小郡"].get(f"/requests/{request.id}")  # looking alone takes nothing up
    assert desks["center:小郡"].get(f"/requests/{request.id}").html.select("#handed-over")

    other = form_with(case.click("依頼の内容を整える", index=0), "day_contact")
    other["day_contact"] = "鍵当番"
    after = other.submit(status=303).follow()
    assert not after.html.select("#handed-over")
    assert f"協働推進課から小郡地域交流センターに引き継ぎました。「{NOTE}」" in after
    assert "引き継ぎ" not in desks["center:小郡"].get("/desk").html.select_one(".queue-row .end").text


def test_what_the_requester_does_meanwhile_does_not_take_it_up(desks, session, now):
    request = a_request(now=NOW, state=RequestState.ACCEPTED)
    user = a_representative(request.requester)
    form_of(desks["kyodo"], request).submit(status=303)
    help_requests.release(request, by=acting(user), now=NOW)
    session.commit()
    assert desks["center:小郡"].get(f"/requests/{request.id}").html.select("#handed-over")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"note": "  "}, "次の窓口に伝えること"),
        ({"note": "あ" * 301}, "300文字まで"),
        ({"desk": None}, "引き継ぐ窓口を選んで"),
    ],
)
def test_a_slip_keeps_what_was_typed_and_hands_nothing_over(desks, session, values, message):
    request = a_request(now=NOW, state=RequestState.ACCEPTED)
    form = form_of(desks["kyodo"], request, note=values.get("note", NOTE))
    if "desk" in values:
        form["to_desk"] = ""
    page = form.submit(status=422)
    assert message in page and page.html.title.string.startswith("入力エラー：")
    if "note" not in values:
        assert form_with(page, "note")["note"].value == NOTE
    session.refresh(request)
    assert request.desk.code == "kyodo"
    assert session.scalar(select(func.count()).select_from(Handover)) == 0


@pytest.mark.parametrize("desk", ["999999", "9" * 30, "x"])
def test_a_desk_that_does_not_exist_is_refused(desks, session, desk):
    request = a_request(now=NOW)
    form = form_of(desks["kyodo"], request)
    form["to_desk"].force_value(desk)
    form.submit(status=422)
    form["to_desk"].force_value(str(request.desk_id))
    form.submit(status=422)


def test_a_double_click_and_a_stale_page_hand_over_once(desks, session):
    request = a_request(now=NOW)
    first, second = form_of(desks["kyodo"], request), form_of(desks["kyodo"], request, desk="center:大内")
    first.submit(status=303)
    first.submit(status=403)  # it is not theirs any more
    second.submit(status=403)
    assert session.scalar(select(func.count()).select_from(Handover)) == 1


def test_a_page_opened_before_a_change_hands_nothing_over(desks, session):
    request = a_request(now=NOW)
    form = form_of(desks["kyodo"], request)
    request.title = "直した題名"
    session.commit()
    assert "ほかの人が先に更新しました" in form.submit(status=409)
    assert session.scalar(select(func.count()).select_from(Handover)) == 0


def test_only_the_desk_of_a_case_hands_it_over_and_no_ended_one(app, desks, session):
    request = a_request(now=NOW)
    for code in ("center:小郡", "saporant"):
        desks[code].get(page_of(request), status=403)
    sign_in(app, staff(Role.STAFF).email).get(page_of(request), status=403)
    sign_in(app, a_representative(request.requester).email).get(page_of(request), status=404)
    over = a_request(now=NOW, state=RequestState.CLOSED)
    assert "引き継げません" in desks["kyodo"].get(page_of(over), status=409)


# -- Council members and contractors


def test_an_asked_council_member_keeps_the_case_at_the_city(desks, session):
    person = a_member_who_conjures()
    request = a_case(kind=RequestKind.INTRODUCTION)
    inquiry = asked(request, person)
    assert "いまは引き継げません" in desks["kyodo"].get(page_of(request))
    refused = form_of(desks["kyodo"], request, desk="saporant").submit(status=422)
    assert "審議会等の委員に打診しているため" in refused
    session.refresh(request)
    assert request.desk.code == "kyodo"
    form_of(desks["kyodo"], request).submit(status=303)  # another desk of the city may have it
    inquiring.decline(inquiry, reason="都合がつかない", by=SYSTEM, now=NOW)
    session.commit()
    form_of(desks["center:小郡"], request, desk="saporant").submit(status=303)


@pytest.mark.parametrize("how_far", [promised, agreed, lambda request, *_: decided(request)])
def test_a_yes_of_a_council_member_keeps_it_too_also_after_the_decision(desks, session, how_far):
    person = a_member_who_conjures()
    request = a_case(kind=RequestKind.INTRODUCTION)
    promised(request, person)
    if how_far is not promised:
        how_far(request)
    form_of(desks["kyodo"], request, desk="saporant").submit(status=422)


def test_a_contractors_desk_gets_the_case_without_its_council_members(desks, session):
    person, supporter = a_member_who_conjures(), a_conjurer("石川 笑子")
    request = a_case(kind=RequestKind.INTRODUCTION)
    inquiry = asked(request, person)
    inquiring.decline(inquiry, reason="審議の日と重なる", by=SYSTEM, now=NOW)
    session.commit()
    page = desks["kyodo"].get(page_of(request))
    for warning in ("委員の候補1人", "打診の記録1件", "委員の名前を書かないで"):
        assert warning in page
    form = form_of(desks["kyodo"], request, desk="saporant", note="審議委員さんには断られました。")
    assert "委員の名前があります" in form.submit(status=422)
    form["note"] = NOTE
    form.submit(status=303)
    session.expire_all()
    assert names_on(current_shortlist(request)) == [supporter.party.name]

    contractor = desks["saporant"]
    for path in (
        f"/requests/{request.id}",
        f"/requests/{request.id}/candidates",
        f"/requests/{request.id}/candidates/add?q=%E6%89%8B%E5%93%81",
        "/desk",
        page_of(request),
        "/outbox",
    ):
        read = contractor.get(path, status=200)
        for told in ("審議 委員", "秘密の審議会", "審議の日と重なる"):
            assert told not in read, path
    assert NOTE in contractor.get(f"/requests/{request.id}")
    contractor.get(f"/inquiries/{inquiry.id}/record", status=404)
    assert "審議 委員" in desks["kyodo"].get(f"/requests/{request.id}")  # the city still reads it all


def test_what_the_city_wrote_to_itself_is_not_read_by_a_contractor(desks, session):
    person = a_member_who_conjures()
    request = a_case(kind=RequestKind.INTRODUCTION)
    inquiring.decline(asked(request, person), reason="都合がつかない", by=SYSTEM, now=NOW)
    session.commit()
    form_of(desks["kyodo"], request, note="審議 委員さんは12月なら来られるそうです。").submit(status=303)
    form_of(desks["center:小郡"], request, desk="saporant").submit(status=303)
    case = desks["saporant"].get(f"/requests/{request.id}")
    assert "協働推進課から小郡地域交流センターに引き継ぎました" in case and "審議 委員" not in case and NOTE in case
    assert "12月なら来られる" in desks["kyodo"].get(f"/requests/{request.id}")


def test_a_contractor_opens_no_page_of_a_council_members_part_in_its_own_case(desks, session):
    person = a_member_who_conjures()
    request = a_case(kind=RequestKind.INTRODUCTION)
    agreement = agreed(request)
    decision = decided(request) if request.state is RequestState.ACCEPTED else None
    assert decision is None and candidate_of(request).party_id == person.id
    inquiring.decline(promises_of(request)[0], reason="体調", by=SYSTEM, now=NOW)
    session.commit()
    form_of(desks["kyodo"], request, desk="saporant").submit(status=303)
    desks["saporant"].get(f"/agreements/{agreement.id}/record", status=404)
    desks["kyodo"].get(f"/agreements/{agreement.id}/record", status=403)


def promises_of(request):
    from matching.dispatch.services.inquiries import promises

    return promises(request)


def test_the_log_holds_no_word_of_the_note(desks, session):
    request = a_request(now=NOW)
    form_of(desks["kyodo"], request).submit(status=303)
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.event == "request:hand_over"))
    assert (entry.fields, entry.case, entry.source) == (["desk_id"], request.id, Source.WEB.value)


@pytest.mark.parametrize(
    "note",
    [
        "伊木さんに頼むつもり",
        "伊木に頼むつもり",
        "いきさんに頼むつもり",
        "イキ タロウさんに頼むつもり",
        "伊木さん（防災会議）に頼むつもり",
    ],
)
def test_a_contractor_is_not_told_the_family_name_of_a_council_member_either(desks, session, note):
    person = a_candidate(name="伊木 太郎", kana="いき たろう")
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    inquiring.decline(asked(request, person), reason="都合がつかない", by=SYSTEM, now=NOW)
    session.commit()
    assert "委員の名前があります" in form_of(desks["kyodo"], request, desk="saporant", note=note).submit(status=422)
    form_of(desks["kyodo"], request, note=note).submit(status=303)  # a desk of the city may read it


@pytest.mark.parametrize(
    ("family", "kana", "note"),
    [
        ("伊木 太郎", "いき たろう", "いきいきサロンの人が行きます。"),
        ("原 太郎", "はら たろう", "原則として夕方に。"),
        ("山口 太郎", "やまぐち たろう", "山口市の補助が出ます。"),
    ],
)
def test_what_only_begins_like_a_name_is_nobodys(desks, session, family, kana, note):
    person = a_candidate(name=family, kana=kana)
    a_member(a_council("秘密の審議会"), person, skills=[SkillWords("手品")])
    request = a_case(kind=RequestKind.INTRODUCTION)
    inquiring.decline(asked(request, person), reason="都合がつかない", by=SYSTEM, now=NOW)
    session.commit()
    form_of(desks["kyodo"], request, desk="saporant", note=note).submit(status=303)


@pytest.mark.parametrize("note", ["伊木さん（防災会議の人）に頼むつもり", "審議会の人に頼むつもり", "委員さんに頼む"])
def test_a_contractor_is_not_told_who_sits_on_a_council_in_any_case(desks, session, note):
    a_council("防災会議（本部）")
    request = a_request(now=NOW)
    session.commit()
    refused = form_of(desks["kyodo"], request, desk="saporant", note=note).submit(status=422)
    assert "「候補は改めて探してください」" in refused and note in refused
    form_of(desks["kyodo"], request, note=note).submit(status=303)


def test_committees_and_commissioners_of_the_neighbourhood_may_be_named(desks, session):
    note = "夏祭り実行委員会の依頼です。民生委員さんと民生児童委員さんも来ます。"
    form_of(desks["kyodo"], a_request(now=NOW), desk="saporant", note=note).submit(status=303)
