"""The desk completes a request and takes it in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matching import audit
from matching.accounts.models import Role
from matching.help_requests.models import HelpRequest, Honorarium, Insurance, Materials, Occasion, RequestKind, Travel
from matching.help_requests.states import RequestState
from matching.registry.models import ContactKind
from matching.registry.services import Contact, set_contacts
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_desk, a_representative, staff

from .factories import a_request

OPEN_TERMS = [
    RequestState.INQUIRING,
    RequestState.PROMISED,
    RequestState.CONSULTING,
    RequestState.AGREED,
]
CLOSED = [
    RequestState.DECIDED,
    RequestState.REPORTED,
    RequestState.CLOSED,
    RequestState.NOT_POSSIBLE,
    RequestState.CANCELLED,
    RequestState.WITHDRAWN,
]


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


@pytest.fixture
def browser(app, session):
    return sign_in(app, a_coordinator().email)


@pytest.fixture
def request_(session, now):
    return a_request(now=now, district_id=3)


def page_of(request) -> str:
    return f"/requests/{request.id}/complete"


def form_of(browser, request, **values):
    return filled(
        next(form for form in browser.get(page_of(request)).forms.values() if "payer" in form.fields), **values
    )


def filled(form, **values):
    for name, value in values.items():
        form[name] = value
    return form


def test_the_form_begins_with_a_draft_that_leaves_the_requesters_words_inside(session, browser, request_):
    page = browser.get(page_of(request_), status=200)
    assert "カラオケ" in page  # the desk reads them
    form = next(form for form in page.forms.values() if "payer" in form.fields)
    assert "敬老会の出し物" in form["outline"].value
    assert "湯田地域" in form["outline"].value
    assert "カラオケ" not in form["outline"].value


def test_saving_keeps_the_request_waiting(session, browser, request_):
    form = form_of(browser, request_, title="敬老会の演目", needs="手品\n腹話術", attendance="42", place="集会所")
    answer = form.submit("action", value="save", status=303)
    assert answer.headers["Location"] == f"/requests/{request_.id}"
    session.refresh(request_)
    assert (request_.state, request_.number) == (RequestState.SUBMITTED, None)
    assert (request_.title, request_.attendance) == ("敬老会の演目", 42)
    assert [need.phrase for need in request_.needs] == ["手品", "腹話術"]
    [entry] = audit.history(case=request_.id)
    assert entry.event == "request:complete"
    assert entry.fields == ["attendance", "needs", "outline", "place", "title"]


def test_taking_in_needs_only_kind_and_outline(session, browser, request_):
    form = form_of(browser, request_, kind="introduction", outline="敬老会で楽しめる演目をお願いします。")
    form.submit("action", value="accept", status=303)
    session.refresh(request_)
    assert (request_.state, request_.kind, request_.number) == (
        RequestState.ACCEPTED,
        RequestKind.INTRODUCTION,
        "R8-001",
    )
    assert not request_.terms_are_answered
    events = [entry.event for entry in audit.history(case=request_.id)]
    assert events[:2] == ["request:complete", "request:accept"]


def test_terms_and_contacts_of_the_day_are_kept(session, browser, request_):
    form_of(
        browser,
        request_,
        honorarium="fixed",
        honorarium_yen="5,000",
        travel="actual",
        materials="requester",
        payer="さくら台自治会",
        insurance="city",
        terms_note="源泉徴収なし",
        venue_contact="集会所 田中 083-000-0000",
        day_contact="会長 090-0000-0000",
    ).submit("action", value="save", status=303)
    session.refresh(request_)
    assert (request_.honorarium, request_.honorarium_yen) == (Honorarium.FIXED, 5000)
    assert (request_.travel, request_.materials, request_.insurance) == (
        Travel.ACTUAL,
        Materials.REQUESTER,
        Insurance.CITY,
    )
    assert request_.terms_are_answered
    assert request_.day_contact == "会長 090-0000-0000"
    assert form_of(browser, request_)["honorarium"].value == "fixed"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": ""}, "派遣か紹介か"),
        ({"kind": "dispatch", "outline": " "}, "要約を書いて"),
        ({"kind": "dispatch", "outline": "電話 083-922-0000"}, "電話番号のようなもの"),
        ({"kind": "dispatch", "outline": "あ" * 1001}, "1000文字まで"),
        ({"kind": "dispatch", "title": ""}, "題名を"),
        ({"kind": "dispatch", "honorarium": "fixed"}, "謝礼の金額"),
        ({"kind": "dispatch", "honorarium": "none", "honorarium_yen": "100"}, "謝礼で「あり」"),
        ({"kind": "dispatch", "occasions-0-on": in_days(-2)}, "過ぎた日"),
        ({"kind": "dispatch", "occasions-0-on": "", "occasions-0-part": ""}, "日にちを入れて"),
        ({"kind": "dispatch", "venue_contact": "あ" * 121}, "120文字まで"),
    ],
)
def test_a_slip_changes_nothing_and_keeps_what_was_typed(session, browser, request_, values, message):
    page = form_of(browser, request_, payer="自治会", **values).submit("action", value="accept", status=422)
    assert message in page
    assert page.html.title.string.startswith("入力エラー：")
    assert next(form for form in page.forms.values() if "payer" in form.fields)["payer"].value == "自治会"
    session.refresh(request_)
    assert (request_.state, request_.payer, request_.version) == (RequestState.SUBMITTED, None, 1)


def test_contact_data_is_refused_also_when_only_saving(browser, request_):
    form_of(browser, request_, outline="hanako@example.jp まで").submit("action", value="save", status=422)


def test_the_requesters_own_contact_points_are_refused_however_they_are_written(session, browser, request_):
    own = [Contact(ContactKind.TELEPHONE, "083-922-1234"), Contact(ContactKind.ADDRESS, "山口市大殿4-5-6")]
    set_contacts(request_.requester, own)
    for outline, what in (
        ("922の1234へどうぞ", "電話番号のようなもの"),
        ("山口市大殿４－５－６で", "住所のようなもの"),
    ):
        for action in ("save", "accept"):
            form = form_of(browser, request_, kind="dispatch", outline=outline)
            assert what in form.submit("action", value=action, status=422)


def test_an_accepted_request_stays_open_to_change_but_keeps_its_outline(session, browser, now):
    request = a_request(now=now, state=RequestState.ACCEPTED)
    page = browser.get(page_of(request))
    assert 'value="accept"' not in page
    assert "空にできません" in form_of(browser, request, outline="").submit(status=422)
    form_of(browser, request, title="新しい題名").submit(status=303)
    session.refresh(request)
    assert (request.title, request.state) == ("新しい題名", RequestState.ACCEPTED)


def test_taking_in_twice_is_not_allowed(session, browser, request_):
    form = form_of(browser, request_, kind="dispatch")
    form.submit("action", value="accept", status=303)
    form.submit("action", value="accept", status=409)
    form = form_of(browser, request_)
    pressed = [*form.submit_fields(), ("action", "accept")]
    assert "この状態では「受け付ける」はできません" in browser.post(page_of(request_), pressed, status=409)


@pytest.mark.parametrize("state", OPEN_TERMS)
def test_once_somebody_was_asked_only_whom_to_meet_can_change(session, browser, now, state):
    """Nobody's yes is turned into a yes to something else."""
    request = a_request(now=now, state=state)
    form = next(form for form in browser.get(page_of(request)).forms.values() if "day_contact" in form.fields)
    assert not {"outline", "payer", "insurance"} & set(form.fields)
    form["day_contact"] = "鍵当番　083-000-0033"
    told = [("title", "別の題名"), ("outline", "別の要約"), ("payer", "サポーター本人")]
    browser.post(page_of(request), [*form.submit_fields(), *told], status=303)
    session.refresh(request)
    assert (request.day_contact, request.state) == ("鍵当番　083-000-0033", state)
    assert request.title != "別の題名" and request.outline != "別の要約" and request.payer is None


@pytest.mark.parametrize("state", CLOSED)
def test_after_the_decision_nothing_can_change(session, browser, request_, state):
    form = form_of(browser, request_, payer="自治会")
    request_.state, request_.accepted_at = state, request_.submitted_at
    request_.ended_at, request_.ending = request_.submitted_at, "終わり"
    assert browser.get(page_of(request_), status=303).headers["Location"] == f"/requests/{request_.id}"
    form.submit(status=303)
    session.refresh(request_)
    assert request_.payer is None


def test_a_stale_page_changes_nothing(session, browser, request_):
    first, second = form_of(browser, request_, payer="一番"), form_of(browser, request_, payer="二番")
    first.submit(status=303)
    assert "ほかの人が先に更新しました" in second.submit(status=409)
    session.refresh(request_)
    assert request_.payer == "一番"


def test_a_page_is_stale_also_when_only_a_date_changed(session, browser, request_):
    stale = form_of(browser, request_, payer="二番")
    form_of(browser, request_, outline="", **{"occasions-0-on": in_days(40)}).submit(status=303)
    stale.submit(status=409)


def test_occasions_that_stay_keep_their_identity(session, browser, request_):
    request_.occasions.append(Occasion(position=2, note="来週のどこか"))
    session.flush()
    ids = [occasion.id for occasion in request_.occasions]
    form_of(browser, request_, **{"occasions-0-on": in_days(40)}).submit(status=303)
    session.refresh(request_)
    assert [occasion.id for occasion in request_.occasions] == ids
    form_of(browser, request_, **{"occasions-1-note": ""}).submit(status=303)
    session.refresh(request_)
    assert [occasion.id for occasion in request_.occasions] == ids[:1]


def test_a_day_that_has_passed_since_may_stay(session, browser, request_):
    request_.occasions[0].on = (datetime.now(UTC) - timedelta(days=9)).date()
    form_of(browser, request_, payer="自治会").submit(status=303)
    session.refresh(request_)
    assert request_.payer == "自治会"


def test_one_more_row_keeps_what_was_typed(session, browser, request_):
    page = form_of(browser, request_, payer="自治会").submit("action", value="add_occasion", status=200)
    form = next(form for form in page.forms.values() if "payer" in form.fields)
    assert form["payer"].value == "自治会"
    filled(form, **{"occasions-2-note": "来週のどこか"}).submit(status=303)
    session.refresh(request_)
    assert len(request_.occasions) == 2


def test_the_desk_of_a_case_is_not_changed_here(session, browser, request_):
    form = form_of(browser, request_, kind="dispatch")
    assert "desk" not in form.fields
    browser.post(page_of(request_), [*form.submit_fields(), ("desk", str(a_desk("saporant").id))], status=303)
    session.refresh(request_)
    assert request_.desk.code == "kyodo"


def test_nothing_changed_leaves_no_trace(session, browser, request_):
    request_.outline = "要約"
    form_of(browser, request_).submit(status=303)
    assert audit.history(case=request_.id) == []
    assert session.get(HelpRequest, request_.id).version == 2  # the change of this test itself


def test_only_the_coordinators_of_its_desk_complete_a_request(session, app, request_):
    page = page_of(request_)
    sign_in(app, a_coordinator("saporant").email).get(page, status=403)
    sign_in(app, staff(Role.STAFF).email).get(page, status=403)
    sign_in(app, a_representative(request_.requester).email).get(page, status=404)


def test_a_request_that_does_not_exist_is_not_found(browser):
    browser.get("/requests/999/complete", status=404)
