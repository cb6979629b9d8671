"""The first walk, by web and mail: a volunteer registers, an organization asks, the desk brings them together."""

from __future__ import annotations

from sqlalchemy import select

from matching.audit import AuditEntry
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import RequestState
from tests.conftest import browser_of, sign_in
from tests.factories import a_coordinator, a_representative, an_organization
from tests.help_requests.asking import sent
from tests.journeys.steps import (
    deliver_everything,
    fill,
    form_with,
    in_days,
    link_in,
    mails_to,
    send,
    sign_up,
    walk,
)

VOLUNTEER, REQUESTER = "mitsuko@example.jp", "kaicho@example.jp"


def register_a_shimenawa_maker(app):
    browser = browser_of(app)
    sign_up(browser, app, VOLUNTEER, "shimenawa-to-warazori")
    page = walk(
        browser.get("/supporters/new").maybe_follow(),
        {
            "name": "原田 ミツ子",
            "kana": "はらだ みつこ",
            "birth_year": "1943",
            "intro": "わらのことなら何でも聞いてください。",
            "skills-0-phrase": "しめ縄づくり",
            "skills-1-phrase": "わらぞうり",
            "anywhere": True,
            "money": "expenses",
            "telephone": "083-000-0011",
            "share_telephone": True,
            "address": "山口市仁保1-2-3",
            "mail": VOLUNTEER,
            "pledge": True,
        },
        {
            "supports": ("instruct",),
            "availability": tuple(str(slot) for slot in range(21)),
            "consents": ("matching", "contact_after_decision"),
        },
    )
    send(page, status=303)
    return browser


def submit_a_request(app):
    browser = sign_in(app, REQUESTER)
    answer = sent(
        browser,
        title="しめ縄を教えてほしい",
        trouble="去年まで教えてくれていた近所のおじいさんが亡くなりました。内緒の話ですが会長は不器用です。",
        needs="しめ縄づくりの指導\nわらの準備",
        place="中央集会所",
        head_count="1",
        attendance="２８",
        money="expenses",
        budget_yen="5000",
        telephone="083-000-0022",
        share_telephone=True,
        **{
            "occasions-0-on": in_days(20),
            "occasions-0-part": "am",
            "occasions-0-second_on": in_days(27),
            "occasions-0-second_part": "am",
        },
    )
    assert answer.status_int == 303
    return browser


def complete_and_accept(desk, path):
    form = form_with(desk.get(f"{path}/complete"), "outline")
    fill(
        form,
        kind="dispatch",
        outline="子ども会で、家に飾る小さなしめ縄を親子で作ります。",
        venue_contact="集会所 鍵当番　083-000-0033",
        day_contact="会長　083-000-0044",
        honorarium="none",
        travel="actual",
        materials="supporter",
        payer="さくら台自治会",
        insurance="city",
    )
    form.submit("action", value="accept", status=303)


def test_a_request_becomes_a_dispatch_by_web_and_mail(app, session):
    coordinator = a_coordinator(email="desk@example.jp")
    a_representative(an_organization(), email=REQUESTER)
    session.commit()

    volunteer = register_a_shimenawa_maker(app)
    desk = sign_in(app, coordinator.email)
    waiting = desk.get("/supporters?state=submitted")
    assert "原田 ミツ子" in waiting
    detail = waiting.click("原田 ミツ子")
    form_with(detail, "version")  # the page that confirms carries the version it shows
    next(f for f in detail.forms.values() if f.action.endswith("/confirm")).submit(status=303)

    requester = submit_a_request(app)
    request = session.scalars(select(HelpRequest)).one()
    path = f"/requests/{request.id}"
    assert "しめ縄を教えてほしい" in desk.get("/desk")
    complete_and_accept(desk, path)

    # The desk sees who fits, and why: words of both sides.
    case = desk.get(path)
    assert "原田 ミツ子" in case and "しめ縄" in case and "わら" in case
    page = case.click("原田 ミツ子さんに打診する")
    form = form_with(page, "channel")
    form["channel"] = "mail"
    told = form.submit(status=303).follow()
    assert "取り消す" in told

    # Nothing leaves before the undo time is over; then the candidate hears the outline, not the requester's own words.
    assert not mails_to(app, VOLUNTEER, event="inquiry:send")
    deliver_everything(app)
    mail = mails_to(app, VOLUNTEER, event="inquiry:send")[-1]
    assert "親子で作ります" in mail.body and "内緒" not in mail.body and "さくら台" not in mail.subject
    assert "083-000-0022" not in mail.body

    # The link needs no account; it shows on GET and acts on POST.
    stranger = browser_of(app)
    answer = stranger.get(link_in(mail))
    assert "内緒" not in answer and "083-000-0022" not in answer
    form = form_with(answer, "answer")
    form["answer"] = "promise"
    form["remark"] = "わらを持っていきます。"
    assert "引き受けるとのお返事" in form.submit(status=303).follow()

    # The requester agrees to the outline of who would come; no contact data yet on either side.
    consult = form_with(desk.get(f"{path}/consult"), "outline")
    assert "原田" not in consult["outline"].value
    consult["channel"] = "mail"
    consult.submit(status=303)
    deliver_everything(app)
    assert "083-000-0011" not in requester.get(f"/my{path}")
    form = form_with(browser_of(app).get(link_in(mails_to(app, REQUESTER, event="agreement:ask")[-1])), "answer")
    form["answer"] = "agree"
    form.submit(status=303)

    decide = form_with(desk.get(f"{path}/decide"), "decided_by")
    decide["decided_by"] = "協働推進課長"
    decided = decide.submit(status=303).follow()
    assert "年度第1号" in decided

    # Only now each side sees what the other chose to give, and nothing else.
    deliver_everything(app)
    for_requester = requester.get(f"/my{path}")
    assert "083-000-0011" in for_requester
    assert "仁保1-2-3" not in for_requester
    to_volunteer = mails_to(app, VOLUNTEER, event="decision:tell")[-1]
    for_volunteer = browser_of(app).get(link_in(to_volunteer))
    assert "083-000-0022" in for_volunteer and "083-000-0044" in for_volunteer
    assert volunteer.get(f"/my{path}", status=404)

    # The day has come and gone.
    with_time = f"/my/dispatches/{1}/report"
    early = form_with(requester.get(with_time), "done")
    early["done"], early["text"] = "done", "とてもよかった。"
    assert "まだ実施日になっていません" in early.submit(status=422)
    let_the_day_pass(session)
    report = form_with(requester.get(with_time), "done")
    report["done"], report["attended"], report["text"] = "done", "26", "みんな1本ずつ作りました。"
    report.submit(status=303)

    # The contacts close again.
    assert "083-000-0011" not in requester.get(f"/my{path}")
    assert "083-000-0022" not in browser_of(app).get(link_in(to_volunteer))
    closing = desk.get(path)
    next(f for f in closing.forms.values() if f.action.endswith("/close")).submit(status=303)
    session.expire_all()
    assert session.get(HelpRequest, request.id).state is RequestState.CLOSED

    # Every step stands in the log, with who and by which way.
    entries = list(session.scalars(select(AuditEntry).where(AuditEntry.case == request.id).order_by(AuditEntry.id)))
    steps = [entry.event for entry in entries]
    for event in (
        "request:submit",
        "request:accept",
        "shortlist:make",
        "inquiry:send",
        "inquiry:promise",
        "agreement:ask",
        "agreement:agree",
        "decision:grant",
        "contact:show",
        "dispatch:report",
        "request:close",
    ):
        assert event in steps, steps
    promise = next(entry for entry in entries if entry.event == "inquiry:promise")
    assert (promise.actor_kind, promise.source) == ("link", "mail")
    assert "原田" not in str([entry.fields for entry in entries])


def let_the_day_pass(session):
    """Bring the dispatch's day into the past, as time would."""
    from matching.dispatch.models import Dispatch

    dispatch = session.scalars(select(Dispatch)).one()
    dispatch.on = dispatch.on.replace(year=dispatch.on.year - 1)
    session.commit()
