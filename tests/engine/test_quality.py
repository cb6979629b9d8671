"""Facts about how well the engine finds: floors under what was measured, on labelled sets, clean and noisy."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from matching.engine.encoder import encoder
from matching.engine.knowledge import Knowledge
from matching.engine.lexicon import lexicon
from matching.match_commands.ablating import Bench, Judged
from matching.match_commands.noise import NOISES, hiragana, spoilt_asks, spoilt_cards, typos
from matching.profiles.files import read_asks, read_cards, read_grades

TESTS = Path(__file__).resolve().parents[1]
OWN, SHARED = TESTS / "evaluation", TESTS.parent / "../shared/eval/match"
KNOWLEDGE = Knowledge(lexicon(), encoder())
COSTS_AT_MOST = 0.03  # nDCG@10 that any noise may cost

shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation set is not here")


def judged(folder: Path) -> Judged:
    return Judged(
        name=folder.name,
        cards=read_cards(folder / "profiles.jsonl", warn=print),
        asks=read_asks(folder / "requests.jsonl", warn=print),
        grades=read_grades(folder / "qrels.tsv"),
    )


@cache
def clean() -> float:
    return Bench(judged(SHARED), KNOWLEDGE).figures()["nDCG@10"]


@shared
def test_the_development_set_is_ranked_well() -> None:
    assert clean() >= 0.90


def test_troubles_in_the_words_of_those_who_have_them_find_their_help() -> None:
    """60 requests and 200 cards by three authors who knew neither each other's part nor the lexicon."""
    figures = Bench(judged(OWN), KNOWLEDGE).figures()
    assert figures["nDCG@10"] >= 0.79 and figures["recall@20"] >= 0.94


def test_requests_that_nobody_looked_at_while_choosing_weights_find_their_help() -> None:
    """60 requests and 180 cards by four authors and three judges; made after every weight was fixed."""
    figures = Bench(judged(OWN / "held_apart"), KNOWLEDGE).figures()
    assert figures["nDCG@10"] >= 0.84 and figures["recall@20"] >= 0.96


@shared
@pytest.mark.parametrize("name", NOISES)
def test_noise_in_requests_costs_little(name: str) -> None:
    loud = judged(SHARED)
    loud = replace(loud, asks=spoilt_asks(loud.asks, NOISES[name]))
    assert Bench(loud, KNOWLEDGE).figures()["nDCG@10"] >= clean() - COSTS_AT_MOST


@shared
@pytest.mark.parametrize("spoil", [hiragana, typos], ids=lambda spoil: spoil.__name__)
def test_noise_in_profiles_costs_little(spoil) -> None:
    loud = judged(SHARED)
    loud = replace(loud, cards=spoilt_cards(loud.cards, spoil))
    assert Bench(loud, KNOWLEDGE).figures()["nDCG@10"] >= clean() - COSTS_AT_MOST
