"""再任: several members at once, each from the day after their own term."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from matching.councils import services
from matching.councils.models import Appointment, CouncilRole
from matching.errors import Invalid
from matching.i18n import today
from tests.factories import a_person

from .factories import NOW, SYSTEM, a_council, a_member
from .pages import fill, main_form

TODAY = today(datetime.now(UTC))
ENDS = TODAY + timedelta(days=30)


@pytest.fixture
def council(session):
    """Two whose term ends in a month, one whose ends in eight months, one without an end, one who left."""
    council = a_council()
    begins = ENDS.replace(year=ENDS.year - 2) + timedelta(days=1)
    a_member(council, a_person("一 会長"), starts=begins, ends=ENDS, role=CouncilRole.CHAIR, category="学識経験者")
    a_member(council, a_person("二 委員"), starts=begins, ends=ENDS, category="公募", ex_officio=True)
    a_member(council, a_person("三 委員"), starts=begins, ends=TODAY + timedelta(days=240))
    a_member(council, a_person("四 無期"), starts=begins, ends=None)
    left = a_member(council, a_person("五 退任"), starts=begins, ends=ENDS)
    services.leave(left, on=TODAY, by=SYSTEM, now=NOW)
    return council


def terms_of(session, name):
    session.expire_all()
    terms = session.scalars(select(Appointment).order_by(Appointment.starts)).all()
    return [term for term in terms if term.person.name == name]


def open_form(clerk, council):
    return main_form(clerk.get(f"/councils/{council.id}/renew"))


def test_those_who_go_on_are_renewed_together(clerk, session, council):
    page = clerk.get(f"/councils/{council.id}/renew")
    assert "四 無期" not in page and "五 退任" not in page
    form = main_form(page)
    assert [form[f"rows-{n}-stays"].checked for n in range(3)] == [True, True, False]
    assert form["ends"].value == ENDS.replace(year=ENDS.year + 2).isoformat()
    form["rows-1-role"], form["rows-1-category"] = "deputy", "公募委員"
    page = form.submit(status=303).follow()
    assert "2人を再任しました。" in page and "これからの任期" in page
    _old, chair = terms_of(session, "一 会長")
    assert (chair.starts, chair.role, chair.category) == (ENDS + timedelta(days=1), CouncilRole.CHAIR, "学識経験者")
    _old, second = terms_of(session, "二 委員")
    assert (second.role, second.category, second.ex_officio) == (CouncilRole.DEPUTY, "公募委員", True)
    assert len(terms_of(session, "三 委員")) == 1
    assert "一 会長" not in clerk.get(f"/councils/{council.id}/renew")


def test_renewals_sent_twice_are_made_once(clerk, session, council):
    form = open_form(clerk, council)
    form.submit(status=303)
    form.submit(status=303)
    assert len(terms_of(session, "一 会長")) == 2 and len(terms_of(session, "二 委員")) == 2


def test_nobody_chosen_or_an_end_that_cannot_be_is_refused_and_the_ticks_are_kept(clerk, session, council):
    form = open_form(clerk, council)
    for n in (0, 1):
        form[f"rows-{n}-stays"] = False
    form["rows-2-stays"] = True
    page = fill(form, ends="").submit(status=422)
    assert "次の任期の終わりの日を入力してください。" in page and page.html.title.text.startswith("入力エラー：")
    assert [main_form(page)[f"rows-{n}-stays"].checked for n in range(3)] == [False, False, True]
    assert "三 委員さんの次の任期は" in fill(main_form(page), ends=TODAY.isoformat()).submit(status=422)
    form["rows-2-stays"] = False
    assert "再任する人に印を付けてください。" in fill(form, ends="2199-01-01").submit(status=422)
    assert len(terms_of(session, "三 委員")) == 1


def test_if_one_cannot_be_renewed_nobody_is(clerk, session, council):
    first, second = terms_of(session, "一 会長")[0], terms_of(session, "二 委員")[0]
    form = open_form(clerk, council)
    a_member(council, second.person, starts=ENDS + timedelta(days=9), ends=None)
    page = form.submit(status=422)
    assert "二 委員さん：この方は、同じ期間に" in page
    assert terms_of(session, "一 会長") == [first]


def test_a_page_that_somebody_else_overtook_is_refused(clerk, session, council):
    form = open_form(clerk, council)
    services.leave(terms_of(session, "二 委員")[0], on=TODAY, by=SYSTEM, now=NOW)
    form.submit(status=409)
    assert len(terms_of(session, "一 会長")) == 1


@pytest.mark.parametrize("number", ["999999", "x", ""])
def test_a_term_of_another_council_is_not_renewed_here(clerk, session, council, number):
    form = open_form(clerk, council)
    form["rows-0-term"].force_value(number)
    form.submit(status=409)
    other = a_member(a_council("別の審議会"), a_person("別の 人"))
    session.commit()
    form["rows-0-term"].force_value(str(other.id))
    form.submit(status=409)


def test_the_next_term_is_as_long_as_most_of_the_present_ones(session):
    council = a_council()
    for n, (starts, ends) in enumerate(
        [("2024-04-01", "2027-03-31"), ("2024-04-01", "2027-03-31"), ("2026-04-01", "2027-03-31")]
    ):
        a_member(council, a_person(f"委員 {n}"), starts=date.fromisoformat(starts), ends=date.fromisoformat(ends))
    assert services.next_end(services.renewable(council, NOW.date())) == date(2030, 3, 31)
    assert services.next_end([]) is None


def test_a_term_without_an_end_is_not_renewed(session):
    term = a_member(a_council(), ends=None)
    with pytest.raises(Invalid):
        services.renew(term, ends=date(2030, 1, 1), category="", role=CouncilRole.MEMBER, by=SYSTEM, now=NOW)


def test_nobody_to_renew_is_said(clerk, session):
    assert "再任できる人はいません" in clerk.get(f"/councils/{a_council().id}/renew")
