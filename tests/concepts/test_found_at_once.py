"""What staff write in the lexicon counts in the next search, without training or a new index."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from matching.concepts.services import knowledge
from matching.engine.types import Ask
from matching.profiles import services as profiles
from tests.conftest import sign_in
from tests.factories import a_coordinator, an_organization
from tests.groups.factories import a_group
from tests.journeys.steps import form_with

from .factories import a_concept

DAY = date(2026, 11, 24)
ASK = Ask(title="お願い", needs=("ぬるぽがっを見せてほしい",))


@pytest.fixture
def desk(app, session):
    return sign_in(app, a_coordinator().email)


def why(session, group) -> list[str]:
    """The codes of the matched reasons that this group is found with, on the strength of a concept or a word."""
    session.expire_all()
    hits = profiles.search(ASK, as_of=DAY, registries=["group"], floor=None).hits
    [hit] = [hit for hit in hits if hit.registration_id == group.id]
    return [reason.code for reason in hit.ranked.reasons if reason.code.startswith("words.")]


def test_a_name_that_staff_add_finds_a_registrant_at_once_until_it_is_taken_out_of_use(desk, session):
    concept = a_concept("草笛")
    group = a_group(None, "草笛")
    a_group(an_organization("とんぼの会"), "竹とんぼ")
    session.commit()
    assert "words.concept" not in why(session, group)

    form = form_with(desk.get(f"/lexicon/{concept.id}/edit"), "label")
    form["aliases"] = "ぬるぽがっ"
    saved = form_with(form.submit("go", value="next"), "step").submit("go", value="send", status=303)
    page = saved.follow()
    assert "次の検索から使われます" in page
    assert "words.concept" in why(session, group)
    first = profiles.search(ASK, as_of=DAY, registries=["group"]).hits[0]
    assert (first.registration_id, first.party_id) == (group.id, group.party_id)

    page = press(page, "/retire").submit(status=303).follow()
    assert "words.concept" not in why(session, group)

    press(page, "/restore").submit(status=303)
    assert "words.concept" in why(session, group)


def press(page, path):
    return next(form for form in page.forms.values() if form.action.endswith(path))


def test_an_encoder_that_cannot_be_read_stops_no_search(app, session):
    own = Path(app.instance_path) / "encoder.npz"
    own.write_bytes(b"PK cut off")
    try:
        known = knowledge()
        assert known.encoder is not None and known.encoder.lexicon_version == known.lexicon.version
    finally:
        own.unlink()
