from __future__ import annotations

import math

import pytest

from greffier.bench.captions.latency import latencies

from .made import final, line, partial, track


def test_first_text_confirmed_and_final_of_each_line() -> None:
    """Two lines in one final: each is confirmed by its own last word."""
    played = track(
        line("we vote", 1, 2),
        line("on it now", 3, 4),
        shown=(
            partial(1.8, "", "we"),
            partial(2.5, "we vote", ""),
            partial(3.6, "we vote", "on it"),
            partial(4.4, "we vote on it now", ""),
            final(5.0, "We vote. On it now."),
        ),
    )
    one = latencies(played)
    assert one.first_text == pytest.approx((0.8, 0.6))
    assert one.confirmed == pytest.approx((0.5, 0.4))
    assert one.final == pytest.approx((3.0, 1.0))


def test_what_never_comes_has_no_end() -> None:
    """A line nobody heard."""
    assert latencies(track(line("we vote", 1, 2))).final == (math.inf,)
