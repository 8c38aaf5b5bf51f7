"""Memory that grows is told from memory that is flat, and from memory that warms up."""

from __future__ import annotations

import contextlib

import pytest
from prometheus_client import generate_latest

from greffier.bench.player import Played
from greffier.bench.stress.live import Final, LiveRun
from greffier.bench.stress.overload import growth, late_over_time, outcomes
from models.base import ModelBusy, Pressure
from models.engine.observer import Work
from models.server.metrics import AsrMetrics
from pipelines.events import Segment, Speaker


def test_growth_is_the_slope_after_the_warm_up() -> None:
    """The first minute rises to what the load takes; what rises on is a leak."""
    warming = [(second, 50.0 + 5.0 * second) for second in range(0, 60, 2)]
    plateau = [(second, 350.0) for second in range(60, 602, 2)]
    assert growth([*warming, *plateau]).share == 0.0
    leak = [(second, 350.0 + 0.1 * second) for second in range(60, 602, 2)]
    found = growth([*warming, *leak])
    assert found.mb_a_minute == pytest.approx(6.0)
    assert found.share == pytest.approx(54 / 356)


def test_a_peak_of_a_moment_is_no_growth_and_steps_are() -> None:
    calm = [(float(second), 300.0) for second in range(0, 600, 2)]
    assert growth([*calm[:-5], *((second, 400.0) for second, _ in calm[-5:])]).share == 0.0
    steps = [(second, 300.0 + 20.0 * (second // 100)) for second, _ in calm]
    assert growth(steps).share > 0.1


def test_a_run_too_short_to_tell_has_no_growth() -> None:
    assert growth([]).share == growth([(0.0, 100.0)]).share == 0.0


def test_what_was_shed_is_read_from_the_processs_own_metrics() -> None:
    metrics = AsrMetrics.make()
    watching = metrics.watch("m")
    for busy in (False, True, True):
        with contextlib.suppress(ModelBusy), watching.request(Work.PARTIAL):
            if busy:
                raise ModelBusy("full")
    found = outcomes(generate_latest(metrics.registry).decode())
    assert found["partial"] == {"answered": 1, "refused": 2}
    assert outcomes("") == {}


def test_finals_that_come_later_and_later_are_seen_over_time() -> None:
    """By when the speech ended, not by when its text came."""
    run = LiveRun(
        played=Played(moments=tuple(100 + 0.02 * at for at in range(1, 1501)), late_p99_sec=0.0),
        start=100.0,
        finals=((_final(5_000, 105.5), _final(15_000, 117.0)), (_final(25_000, 145.0),)),
        gaps=((), ()),
        samples=(),
        partials_under=dict.fromkeys(Pressure, 0),
        finals_under=dict.fromkeys(Pressure, 0),
    )
    seconds, late = zip(*late_over_time(run), strict=True)
    assert seconds == (5.0, 15.0, 25.0)
    assert late == pytest.approx((0.5, 2.0, 20.0), abs=0.03)


def _final(end_ms: int, moment: float) -> Final:
    segment = Segment(
        id=str(end_ms),
        speaker=Speaker(identity="a", name="", track_sid="a"),
        start_ms=end_ms - 1000,
        end_ms=end_ms,
        text="oui",
        language="fr",
        confidence=1.0,
    )
    return Final(moment=moment, segment=segment)
