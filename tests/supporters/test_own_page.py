"""What the owner of a registration sees and does on its page; prolonging it, ending it with a reason, consents."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.audit import AuditEntry
from matching.errors import MatchingError
from matching.registry import services as registry
from matching.registry.models import Purpose
from matching.supporters import services
from matching.supporters.publishing import public_entry
from matching.supporters.states import EndReason, SupporterState
from tests.conftest import sign_in
from tests.factories import a_person, a_user

from .factories import NOW, a_registration, a_supporter, a_volunteer
from .test_desk import at_the_desk, is_findable, posting_to
from .test_registering import the_form, tick

FEBRUARY = datetime(2027, 2, 1, 1, 0, tzinfo=UTC)
JANUARY = datetime(2027, 1, 31, 1, 0, tzinfo=UTC)


def owned(consents):
    person = a_person("山田 花子", kana="やまだ はなこ")
    return a_user(party=person), a_supporter(person, "庭木の剪定", consents=consents)


# -- Prolonging


def test_from_february_a_registration_is_prolonged_by_hand_once_a_year(session):
    supporter = a_supporter()
    with pytest.raises(MatchingError):
        services.renew(supporter, by=SYSTEM, now=JANUARY)
    services.renew(supporter, by=SYSTEM, now=FEBRUARY)
    assert str(supporter.runs_until) == "2028-03-31" and supporter.state is SupporterState.ACTIVE
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "supporter:renew")).one()
    assert entry.fields == ["runs_until"]
    with pytest.raises(MatchingError):
        services.renew(supporter, by=SYSTEM, now=FEBRUARY)
    assert services.turn_the_year(renews=False, now=datetime(2027, 4, 1, 1, 0, tzinfo=UTC)) == 0


def test_what_waits_or_ended_is_not_prolonged(session):
    waiting, gone = a_registration(a_person("一人目")), a_supporter(a_person("二人目"))
    services.end(gone, by=SYSTEM, now=NOW)
    for one in (waiting, gone):
        with pytest.raises(MatchingError):
            services.renew(one, by=SYSTEM, now=FEBRUARY)


def test_the_owner_and_a_coordinator_prolong_it_on_its_page(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    url = f"/supporters/{supporter.id}"
    supporter.runs_until = datetime.now(UTC).date().replace(month=3, day=31)
    supporter.runs_until = supporter.runs_until.replace(year=supporter.runs_until.year - 1)  # long due
    form = posting_to(browser.get(url), "/renew")
    assert "来年度に続きます" in browser.get(url)
    page = form.submit(status=303).follow()
    assert "登録の期間を延ばしました。" in page
    form.submit(status=409)  # pressed twice
    session.expire_all()
    assert supporter.runs_until > datetime.now(UTC).date()
    supporter.runs_until = supporter.runs_until.replace(year=supporter.runs_until.year - 2)
    form = posting_to(at_the_desk(app, session).get(url), "/renew")
    assert "聞いた方法を選んでください。" in form.submit(status=422)
    form["source"] = "telephone"
    form.submit(status=303)


# -- Ending


def test_an_end_has_a_reason_that_is_counted_and_words_that_are_not_in_the_log(app, session):
    user, supporter = a_volunteer()
    form = posting_to(sign_in(app, user.email).get(f"/supporters/{supporter.id}"), "/end")
    assert "deceased" not in [option[0] for option in form["why"].options]
    form["why"], form["reason"] = "moved", "東京へ行きます"
    page = form.submit(status=303).follow()
    assert "引っ越し。東京へ行きます" in page
    session.expire_all()
    assert supporter.end_reason is EndReason.MOVED


def test_a_coordinator_notes_that_somebody_died_and_the_owner_cannot(app, session):
    user, supporter = a_volunteer()
    form = posting_to(sign_in(app, user.email).get(f"/supporters/{supporter.id}"), "/end")
    form["why"].force_value("deceased")
    form.submit(status=303)
    session.expire_all()
    assert supporter.end_reason is None
    other = a_supporter(a_person("別の 人"))
    form = posting_to(at_the_desk(app, session).get(f"/supporters/{other.id}"), "/end")
    form["why"], form["source"] = "deceased", "telephone"
    form.submit(status=303)
    session.expire_all()
    assert other.end_reason is EndReason.DECEASED


# -- Consents and what is public


def test_the_page_shows_what_everybody_reads_and_why_something_is_left_out(app, session):
    user, supporter = owned([Purpose.MATCHING, Purpose.PUBLIC_ANONYMOUS])
    supporter.intro = "山田です。庭師でした。"
    page = sign_in(app, user.email).get(f"/supporters/{supporter.id}")
    assert "名前は出していません" in page and "だれの登録か分かる言葉" in page
    other = a_supporter(a_person("別の 人"))
    assert "公開の同意がないため" in at_the_desk(app, session).get(f"/supporters/{other.id}")


@pytest.mark.parametrize("purpose", [Purpose.PUBLIC_NAMED, Purpose.PUBLIC_ANONYMOUS])
def test_a_withdrawn_public_consent_removes_the_entry_at_once_and_nothing_else(app, session, purpose):
    user, supporter = owned([Purpose.MATCHING, purpose])
    assert public_entry(supporter.public_key)
    browser = sign_in(app, user.email)
    form = posting_to(browser.get(f"/supporters/{supporter.id}"), "/withdraw")
    assert "取り消す同意を選んでください。" in form.submit(status=422)
    form["purpose"] = purpose.value
    page = form.submit(status=303).follow()
    assert "同意を取り消しました。" in page and "公開の同意がないため" in page
    form.submit(status=409)  # pressed twice
    session.expire_all()
    assert public_entry(supporter.public_key) is None
    assert is_findable(supporter) and supporter.state is SupporterState.ACTIVE


def test_a_coordinator_takes_a_consent_back_on_somebodys_word(app, session):
    _user, supporter = owned([Purpose.MATCHING, Purpose.PUBLIC_NAMED])
    form = posting_to(at_the_desk(app, session).get(f"/supporters/{supporter.id}"), "/withdraw")
    form["purpose"], form["source"] = "matching", "telephone"
    form.submit(status=303)
    session.expire_all()
    assert not is_findable(supporter)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "consent:withdraw")).one()
    assert (entry.source, entry.fields) == ("telephone", ["matching"])


def test_a_consent_that_is_not_there_or_of_somebody_else_is_not_taken_back(app, session):
    user, supporter = owned([Purpose.MATCHING])
    _other, theirs = a_volunteer("佐藤 次郎")
    browser = sign_in(app, user.email)
    form = posting_to(browser.get(f"/supporters/{supporter.id}"), "/withdraw")
    form["purpose"].force_value("public_named")
    assert "この同意は、いまはありません。" in form.submit(status=422)
    token = form["csrf_token"].value
    for act in ("withdraw", "renew"):
        browser.post(f"/supporters/{theirs.id}/{act}", {"csrf_token": token}, status=404)


def test_a_public_text_that_tells_too_much_is_refused_and_says_what_it_is(app, session):
    user, supporter = owned([Purpose.MATCHING])
    form = the_form(sign_in(app, user.email).get(f"/supporters/{supporter.id}/edit"))
    form["intro"] = "やまだ です。083-922-0001 へどうぞ。"
    tick(form, "consents", "public_anonymous")
    page = form.submit(status=422)
    assert "ふりがな・電話番号が書かれています" in page
    form = the_form(page)
    form["intro"] = "庭の手入れをします。"
    form.submit(status=303)
    session.expire_all()
    assert public_entry(supporter.public_key).intro == "庭の手入れをします。"


# -- History


def test_the_owner_reads_their_history_in_plain_words_without_who_at_the_desk(app, session):
    user, supporter = owned([Purpose.MATCHING, Purpose.PUBLIC_NAMED])
    registry.withdraw_consent(registry.active_consents(supporter.party_id)[Purpose.PUBLIC_NAMED], by=SYSTEM, now=NOW)
    desk = at_the_desk(app, session)
    form = posting_to(desk.get(f"/supporters/{supporter.id}"), "/pause")
    form["source"] = "telephone"
    form.submit(status=303)
    page = sign_in(app, user.email).get(f"/supporters/{supporter.id}")
    told = [one.text for one in page.html.select(".timeline li")]
    for sentence in (
        "登録を申し込みました。",
        "窓口が内容を確認して、登録が始まりました。",
        "「名前を出して登録内容を公開すること」に同意しました。",
        "「名前を出して登録内容を公開すること」への同意を取り消しました。",
        "お休みにしました。",
    ):
        assert any(sentence in one for one in told), sentence
    assert "窓口 花子" not in page
    staffs = [one.text for one in desk.get(f"/supporters/{supporter.id}").html.select(".timeline li")]
    assert any("お休みにしました。" in one and "窓口 花子（電話・窓口）" in one for one in staffs)
    assert any("への同意を取り消しました。" in one for one in staffs)


def test_an_edited_registration_of_the_owner_stands_in_the_history(app, session):
    user, supporter = a_volunteer()
    browser = sign_in(app, user.email)
    form = the_form(browser.get(f"/supporters/{supporter.id}/edit"))
    form["intro"] = "毎年つくります。"
    assert "登録の内容を直しました。" in form.submit(status=303).follow()
    assert sign_in(app, user.email).get(f"/supporters/{supporter.id}")
