"""The first walk, by telephone and paper only: nobody on either side has an account or an e-mail address."""

from __future__ import annotations

from sqlalchemy import func, select

from matching.audit import AuditEntry
from matching.dispatch.models import Dispatch, Inquiry
from matching.help_requests.models import HelpRequest
from matching.help_requests.states import RequestState
from matching.outbox import Message
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_desk
from tests.journeys.steps import fill, form_with, in_days, tick


def enter_a_supporter(desk, name, *skills, kana="よみがな", telephone="083-000-0055"):
    form = form_with(desk.get("/supporters/enter"), "skills-0-phrase")
    fill(form, name=name, kana=kana, source="paper", given_on=in_days(0), money="free")
    for position, skill in enumerate(skills):
        form[f"skills-{position}-phrase"] = skill
    form["anywhere"] = True
    form["telephone"], form["share_telephone"] = telephone, True
    tick(form, "consents", "matching", "contact_after_decision")
    form["pledge"], form["confirmed"] = True, True
    form.submit(status=303)


def enter_a_request(desk):
    form = form_with(desk.get("/requests/enter"), "caller")
    fill(
        form,
        organization_name="椎ノ木長寿会",
        organization_kind="seniors",
        came_by="telephone",
        caller="大庭 忠夫",
        caller_telephone="083-000-0081",
        title="敬老会の出し物",
        trouble="毎年カラオケばかりなので、見て分かる楽しいものをお願いしたい。",
        needs="腹話術",
        kind="dispatch",
        outline="老人クラブの敬老会で、40分ほどの演目をお願いします。",
        head_count="1",
        desk=str(a_desk().id),
    )
    form["share_telephone"] = True
    form["occasions-0-on"], form["occasions-0-part"] = in_days(10), "am"
    answer = form.submit("action", value="accept")
    assert answer.status_int == 303, answer.text
    return answer.headers["Location"]


def record(desk, page, name, **values):
    """Open a form of the case by its link and send it."""
    form = form_with(page.click(name, index=0), "version")
    return fill(form, **values).submit(status=303).follow()


def test_a_request_becomes_a_dispatch_without_any_mail(app, session):
    coordinator = a_coordinator()
    desk = sign_in(app, coordinator.email)
    enter_a_supporter(desk, "石川 笑子", "腹話術（ゴンちゃん）", "手品")
    enter_a_supporter(desk, "村田 次郎", "腹話術", "南京玉すだれ", telephone="083-000-0056")
    path = enter_a_request(desk)

    record(
        desk,
        desk.get(path),
        "依頼の内容を整える",
        honorarium="none",
        travel="actual",
        materials="none",
        payer="椎ノ木長寿会",
        insurance="none",
    )
    first = asked_first(session)
    case = record(desk, desk.get(path), f"{first}さんに打診する", channel="telephone", answer_by=in_days(3))
    case = record(
        desk,
        case,
        "電話などで聞いた返事を記録する",
        heard_by="telephone",
        answer="decline",
        decline_choice="日時の都合がつかない",
    )
    # Declined: the one held as 次点 is offered next.
    second = next(name for name in ("石川 笑子", "村田 次郎") if name != first)
    assert "次点" in case
    case = record(desk, case, f"{second}さんに打診する", channel="paper", answer_by=in_days(3))
    case = record(desk, case, "電話などで聞いた返事を記録する", heard_by="paper", answer="promise")
    case = record(desk, case, "依頼者に了承を求める", channel="telephone")
    case = record(desk, case, "電話などで聞いた返事を記録する", heard_by="telephone", answer="agree")
    case = record(desk, case, "決定を記録する", decided_by="協働推進課長")

    # Nobody can be mailed: the letters are printed, and telling is recorded for each side.
    for name in (second, "椎ノ木長寿会"):
        letter = case.click(f"{name}さんへの手紙")
        form = form_with(letter, "told_by")
        form["told_by"] = "telephone"
        case = form.submit(status=303).follow()
    assert "まだ伝えていません" not in case
    assert session.scalar(select(func.count()).select_from(Message)) == 0

    dispatch = session.scalars(select(Dispatch)).one()
    dispatch.on = dispatch.on.replace(year=dispatch.on.year - 1)
    case = record(
        desk,
        desk.get(path),
        "報告を記録する",
        heard_by="telephone",
        done="not_done",
        text="大雨で敬老会そのものが延期になりました。",
    )
    next(f for f in case.forms.values() if f.action.endswith("/close")).submit(status=303)
    assert session.scalars(select(HelpRequest)).one().state is RequestState.CLOSED

    answers = session.scalars(
        select(AuditEntry).where(AuditEntry.event.in_(["inquiry:decline", "inquiry:promise"])).order_by(AuditEntry.id)
    ).all()
    assert [entry.source for entry in answers] == ["telephone", "paper"]
    assert all(entry.actor_user_id == coordinator.id and entry.on_behalf_of_id for entry in answers)


def asked_first(session):
    from matching.dispatch.models import Candidate

    return session.scalars(select(Candidate).where(Candidate.rank == 1)).one().party.name


def test_two_inquiries_never_wait_at_once(app, session):
    desk = sign_in(app, a_coordinator().email)
    enter_a_supporter(desk, "石川 笑子", "腹話術")
    enter_a_supporter(desk, "村田 次郎", "腹話術", telephone="083-000-0056")
    path = enter_a_request(desk)
    terms = {"honorarium": "none", "travel": "none", "materials": "none", "payer": "長寿会", "insurance": "none"}
    record(desk, desk.get(path), "依頼の内容を整える", **terms)
    page = desk.get(path)
    # Two coordinators have the two forms open.
    one = form_with(page.click("石川 笑子さんに打診する"), "channel")
    other = form_with(page.click("村田 次郎さんに打診する"), "channel")
    fill(one, channel="telephone").submit(status=303)
    assert "ほかの人が先に更新しました" in fill(other, channel="telephone").submit(status=409)
    assert session.scalar(select(func.count()).select_from(Inquiry)) == 1
