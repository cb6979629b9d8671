"""What happened in a case, in words: everything for the desk, and for the requester what is theirs to know."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import matching
from matching.accounts.actor import SYSTEM
from matching.dispatch.history import EVENTS, FOR_THE_REQUESTER
from matching.dispatch.services import reopening, reporting
from matching.help_requests.states import RequestAction
from tests.conftest import sign_in
from tests.factories import a_coordinator, a_representative, a_user, an_organization

from .factories import NOW, a_case, a_conjurer, agreed, decide, promised


def written_events() -> set[str]:
    """Every event that these rooms write down."""
    found = {f"request:{action.value}" for action in RequestAction}
    for room in ("help_requests", "dispatch"):
        for path in (Path(matching.__file__).parent / room).rglob("*.py"):
            found |= set(re.findall(r'audit\.record\(\s*"([a-z_]+:[a-z_]+)"', path.read_text("utf-8")))
    return found


def test_whatever_is_written_down_about_a_case_has_words():
    not_of_a_case = {"organization:create", "person:create", "request:export"}
    assert written_events() - set(EVENTS) - not_of_a_case == set()


def test_no_words_wait_for_an_event_that_nobody_writes():
    assert set(FOR_THE_REQUESTER) <= set(EVENTS)
    assert set(EVENTS) - written_events() == {"request:hand_over"}  # written under a name of its own


def test_the_requester_reads_what_happened_without_anybodys_name(app, session):
    supporter = a_conjurer()
    goer, organization = a_user(party=supporter.party, name="石川 笑子"), an_organization()
    owner = a_representative(organization)
    request = a_case(requester=organization)
    promised(request, supporter.party)
    agreed(request)
    decide(request)
    reopening.reopen(request, cannot_come=[supporter.party_id], reason="入院", by=SYSTEM, now=NOW)
    session.commit()
    page = sign_in(app, owner.email).get(f"/my/requests/{request.id}", status=200)
    story = " ".join(one.text for one in page.html.select(".timeline"))
    for told in (
        "窓口が依頼を受け付け",
        "来てくれる人の案内をお送り",
        "来てくれる人が決まりました",
        "決定を取り消しました",
    ):
        assert told in story, told
    assert "石川" not in page and goer.name not in page and "入院" not in page and "打診" not in story
    assert "点" not in story


def test_the_desk_reads_all_of_it_and_whose_case_it_is(app, session):
    a_conjurer()
    request = a_case()
    agreed(request)
    reporting.report(decide(request).dispatches[0], done=False, text="大雨", by=SYSTEM, now=NOW + timedelta(hours=1))
    session.commit()
    page = sign_in(app, a_coordinator().email).get(f"/requests/{request.id}")
    assert "担当：協働推進課" in page
    story = " ".join(one.text for one in page.html.select(".timeline"))
    for told in ("候補一覧を作りました", "打診しました", "派遣・紹介が決まりました", "実施の報告がありました"):
        assert told in story
    assert not re.search(r"[a-z_]+:[a-z_]+", story)
