from __future__ import annotations

import pytest
from opentelemetry.context import Context

from models.base import Pressure
from models.engine.observer import DecodedBatch, DecodedItem, Work
from models.engine.pressure import CALM_SEC, LEVELS, Load, LoadMeter, PressureGauge, Queued

EMPTY = Queued(live=0, fullness=0.0, waiting_since_sec=None)
CALM = Load(share=0.1, busy=0.1)
HARD = Load(share=2.0, busy=1.0, finals=2.0)


def batch(
    at: float, *, waited: float = 0.0, took: float = 0.1, items: int = 1, work: Work = Work.PARTIAL
) -> DecodedBatch:
    one = DecodedItem(arrived_sec=at - waited, audio_sec=2.0, trace=Context())
    return DecodedBatch(
        work=work,
        items=[one] * items,
        max_items=16,
        window_sec=2,
        started_sec=at,
        ended_sec=at + took,
    )


def meter() -> LoadMeter:
    return LoadMeter(longest_wait_sec=0.4, batch_wait_sec=0.02)


def test_waiting_is_load() -> None:
    """The mean wait of the last seconds, over what is allowed; old batches are forgotten."""
    one = meter()
    for at in range(3):
        one.decoded(batch(10.0 + at, waited=0.42))
    assert abs(one.load(12.2, EMPTY).share - 1.0) < 1e-6
    assert one.load(30.0, EMPTY).share == 0.0


def test_busy_with_small_batches_is_little_load() -> None:
    """Always busy, but with one item of sixteen: there is room for many more."""
    one = meter()
    for at in range(30):
        one.decoded(batch(10.0 + at / 10))
    load = one.load(13.0, EMPTY)
    assert load.busy > 0.9
    assert load.headroom > 0.9


def test_full_batches_back_to_back_leave_no_headroom() -> None:
    one = meter()
    for at in range(30):
        one.decoded(batch(10.0 + at / 10, items=16))
    assert one.load(13.0, EMPTY).headroom < 0.1


def test_files_are_no_load() -> None:
    """A piece of a file waits as long as it must: live speech goes first."""
    one = meter()
    one.decoded(batch(10.0, waited=60.0, took=2.0, items=16, work=Work.FILE))
    assert one.load(12.0, EMPTY) == Load(share=0.0, busy=0.0)


def test_a_hung_batch_is_load() -> None:
    """Nothing is decoded, and somebody waits since long; a wait of one batch is nothing."""
    one = meter()
    assert one.load(20.0, Queued(live=1, fullness=0.0, waiting_since_sec=19.0)).share < 1
    hung = one.load(20.0, Queued(live=1, fullness=0.0, waiting_since_sec=18.0))
    assert hung.share > 1
    assert hung.finals > 1


def test_what_waits_is_measured_by_what_is_decoded() -> None:
    """Forty requests, of which one costs 20 ms, are 0.8 s ahead: twice the longest wait."""
    one = meter()
    one.decoded(batch(10.0, took=0.2, items=10))
    assert one.load(10.5, Queued(live=40, fullness=0.2, waiting_since_sec=10.4)).ahead == (
        pytest.approx(2.0)
    )


def test_finals_waits_are_known_apart() -> None:
    one = meter()
    one.decoded(batch(10.0, waited=0.82))
    one.decoded(batch(10.5, waited=0.42, work=Work.FINAL))
    load = one.load(11.0, EMPTY)
    assert load.finals == pytest.approx(1.0)
    assert load.share == pytest.approx(1.5)


def test_a_sudden_crowd_is_answered_at_once() -> None:
    """Nobody has waited yet, and partials are rare or gone already, by how much there is to do."""
    for ahead, level in ((1.9, Pressure.NONE), (2.0, Pressure.SLOWER), (4.0, Pressure.FINALS)):
        crowd = Load(share=0.2, busy=1.0, ahead=ahead)
        assert PressureGauge().update(0.0, crowd, EMPTY) is level


def test_where_finals_are_in_time_some_partials_are_left() -> None:
    """Partials alone that wait make them rarer, and never stop them."""
    gauge = PressureGauge()
    late_partials = Load(share=3.0, busy=1.0, finals=0.3)
    levels = [gauge.update(float(at), late_partials, EMPTY) for at in range(60)]
    assert levels[-1] is Pressure.SLOWER
    assert gauge.update(60.0, HARD, EMPTY) is Pressure.FINALS
    assert gauge.update(61.0, late_partials, EMPTY) is Pressure.FINALS, "nor is it a step down"


def test_pressure_does_not_fall_where_it_would_rise_again() -> None:
    """All is calm because partials are rare: with more of them there would be too much to do."""
    gauge = PressureGauge()
    gauge.update(0.0, HARD, EMPTY)
    full = Load(share=0.1, busy=0.7, busier=1.1)
    assert {gauge.update(float(at), full, EMPTY) for at in range(1, 300)} == {Pressure.SLOW}


def test_pressure_rises_step_by_step_while_the_load_lasts() -> None:
    """A step each three seconds, so that the effect of one is seen before the next."""
    gauge = PressureGauge()
    levels = [gauge.update(at / 10, HARD, EMPTY) for at in range(91)]
    assert [levels[at] for at in (0, 29, 30, 60, 90)] == [
        Pressure.SLOW,
        Pressure.SLOW,
        Pressure.SLOWER,
        Pressure.FINALS,
        Pressure.FINALS,
    ]


def test_a_nearly_full_queue_means_finals_only_at_once() -> None:
    gauge = PressureGauge()
    assert (
        gauge.update(0.0, CALM, Queued(live=0, fullness=0.8, waiting_since_sec=0.0))
        is Pressure.FINALS
    )


def test_pressure_falls_only_after_a_while_of_calm() -> None:
    """Between calm and hard nothing changes; calm must last."""
    gauge = PressureGauge()
    gauge.update(0.0, HARD, EMPTY)
    gauge.update(3.0, HARD, EMPTY)
    assert gauge.update(4.0, Load(share=0.8, busy=1.0), EMPTY) is Pressure.SLOWER
    assert gauge.update(99.0, Load(share=0.8, busy=1.0), EMPTY) is Pressure.SLOWER
    gauge.update(100.0, CALM, EMPTY)
    assert gauge.update(100.0 + CALM_SEC - 0.1, CALM, EMPTY) is Pressure.SLOWER
    assert gauge.update(100.0 + CALM_SEC, CALM, EMPTY) is Pressure.SLOW
    assert gauge.update(100.0 + 2 * CALM_SEC, CALM, EMPTY) is Pressure.NONE


def test_falling_too_early_is_tried_less_often_each_time() -> None:
    """Where the set cadence is always too much, captions don't sway between two of them."""
    gauge = PressureGauge()
    changes: list[float] = []
    before, level = Pressure.NONE, Pressure.NONE
    for tick in range(4 * 600):
        at = tick / 4
        level = gauge.update(at, HARD if level is Pressure.NONE else CALM, EMPTY)
        if level is not before:
            changes.append(at)
        before = level
    first, second = (sum(1 for at in changes if low <= at < low + 300) for low in (0, 300))
    assert 0 < second < first
    assert len(changes) < 40


def test_a_long_calm_forgets() -> None:
    """After a quiet minute pressure falls as soon as it did at first."""
    gauge = PressureGauge()
    for at in (0.0, 6.0, 7.0):  # rises, falls after 5 s, rises again too soon
        gauge.update(at, HARD if at != 6.0 else CALM, EMPTY)
    for at in (8.0, 30.0, 100.0, 200.0):
        gauge.update(at, CALM, EMPTY)
    gauge.update(201.0, HARD, EMPTY)
    gauge.update(202.0, CALM, EMPTY)
    assert gauge.update(202.0 + CALM_SEC, CALM, EMPTY) is Pressure.NONE


def test_levels_are_in_order() -> None:
    """The number of a level is what metrics show."""
    assert [str(level) for level in LEVELS] == ["none", "slow", "slower", "finals"]
