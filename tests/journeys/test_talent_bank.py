"""A request goes through a real talent bank to a decision, when the shared data is there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.accounts.actor import SYSTEM
from matching.dispatch.models import Candidate, Decision
from matching.help_requests.models import HelpRequest
from matching.registry.models import BasisKind, Provenance, Registry, Skill
from matching.supporters.importing import import_supporters, read_mapping
from tests.conftest import sign_in
from tests.factories import a_coordinator
from tests.journeys.steps import fill, form_with, in_days
from tests.journeys.test_telephone_walk import record

FILES = Path(__file__).resolve().parents[3] / "shared/data/ictadvisors"


@pytest.mark.skipif(not FILES.exists(), reason="the shared data is not beside this checkout")
def test_a_request_finds_an_expert_of_a_real_talent_bank(app, session):
    for year, added in ((2024, 222), (2025, 31)):
        path = FILES / f"ictadvisors_{year}.csv"
        summary = import_supporters(
            path.read_bytes(),
            file_name=path.name,
            basis=BasisKind.PUBLIC_INFORMATION,
            mapping=read_mapping(None),
            by=SYSTEM,
            now=datetime.now(UTC),
        )
        assert len(summary.added) == added
    desk = sign_in(app, a_coordinator().email)
    form = form_with(desk.get("/requests/enter"), "caller")
    fill(
        form,
        organization_name="小郡まちづくり協議会",
        organization_kind="community_council",
        came_by="telephone",
        caller="事務局",
        caller_telephone="083-000-0091",
        title="オープンデータの進め方を相談したい",
        trouble="地域の防災マップを作るのに、市が公開しているデータの使い方を教えてほしい。",
        needs="オープンデータ\n地図（GIS）の使い方",
        field="14",
        kind="dispatch",
        outline="地域づくりの会で、公開されているデータを地図に生かす話をお願いします。",
        head_count="1",
    )
    form["occasions-0-on"] = in_days(40)
    path = form.submit("action", value="accept", status=303).headers["Location"]

    first, *_others = candidates = session.scalars(select(Candidate).order_by(Candidate.rank)).all()
    assert len(candidates) == 20
    skills = session.scalars(
        select(Skill.phrase).where(Skill.party_id == first.party_id, Skill.of_registry == Registry.SUPPORTER)
    ).all()
    assert any("オープンデータ" in phrase for phrase in skills), skills
    assert session.scalar(select(Provenance.id).where(Provenance.party_id == first.party_id).limit(1))

    terms = {"honorarium": "fixed", "honorarium_yen": "30000", "travel": "actual", "materials": "none"}
    case = record(desk, desk.get(path), "依頼の内容を整える", **terms, payer="協議会", insurance="none")
    name = first.party.name
    case = record(desk, case, f"{name}さんに打診する", channel="telephone", answer_by=in_days(7))
    case = record(desk, case, "電話などで聞いた返事を記録する", heard_by="telephone", answer="promise")
    case = record(desk, case, "依頼者に了承を求める", channel="telephone")
    case = record(desk, case, "電話などで聞いた返事を記録する", heard_by="telephone", answer="agree")
    case = record(desk, case, "決定を記録する", decided_by="協働推進課長")
    assert session.scalars(select(Decision)).one().number.endswith("第1号")
    # Nobody in the bank consented to give contact items: the desk passes messages on.
    assert session.scalars(select(HelpRequest)).one().state.value == "decided"
    assert name in case
