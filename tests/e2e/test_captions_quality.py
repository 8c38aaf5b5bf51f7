"""A small part of `greffier bench captions`, by the same code: its main figures keep their bars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from greffier.bench.captions.clips import load_clips
from greffier.bench.captions.composer import compose
from greffier.bench.captions.measure import Bench, Depth
from greffier.bench.captions.outcome import Row, together
from greffier.bench.captions.plan import PLANS
from greffier.settings import Settings

pytestmark = pytest.mark.slow

MEETINGS = ("duo-fr", "trio-yes", "four-loss-5")
SECONDS = 30.0
MODEL = Path(__file__).parent.parent.parent / "assets" / "demo-model"


@pytest.fixture(scope="module")
def total() -> Row:
    """The meetings as the bench makes them, only shorter."""
    clips = load_clips()
    bench = Bench(Settings(), MODEL, threads=2)
    depth = Depth(loaded=False, offline=False)
    plans = [replace(plan, seconds=SECONDS) for plan in PLANS if plan.name in MEETINGS]
    return together([bench.measure(compose(plan, clips, seed=1), depth) for plan in plans])


def test_words_are_right(total: Row) -> None:
    """The whole set has about 5% wrong words; its parts differ by some points."""
    assert total.accuracy.words > 150
    assert total.accuracy.wer is not None
    assert total.accuracy.wer <= 0.09


def test_text_stands_still(total: Row) -> None:
    """No confirmed word changes; of all words less than one in ten is ever taken off the screen."""
    assert total.stability.confirmed > 80
    assert total.stability.confirmed_changed == 0
    assert total.stability.erased <= 0.1 * total.stability.final_words
    assert total.stability.shortest_gap_sec is not None
    assert total.stability.shortest_gap_sec >= 0.25


def test_nothing_is_invented_and_nothing_is_missed(total: Row) -> None:
    """No word where nobody speaks; a second of speech without a line, at the most."""
    assert total.accuracy.hallucinated_words == 0
    assert total.accuracy.missed_sec <= 1.0


def test_text_comes_soon(total: Row) -> None:
    """With decoding that takes no time, what is left is the pipeline's own waiting."""
    figures = total.figures()
    assert isinstance(figures["first_text_p50_s"], float)
    assert figures["first_text_p50_s"] <= 1.2
    assert isinstance(figures["confirmed_p50_s"], float)
    assert figures["confirmed_p50_s"] <= 1.0
