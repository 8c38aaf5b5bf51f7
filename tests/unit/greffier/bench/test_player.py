"""The player: frames when they are due, no drift, and its own lateness told."""

from __future__ import annotations

import numpy as np
import pytest

from greffier.bench.player import FRAME_SAMPLES, play
from models.base import SAMPLE_RATE, Samples
from tests.unit.greffier.bench.made import Clock


def tracks(count: int, frames: int) -> list[Samples]:
    return [np.full(frames * FRAME_SAMPLES, n, dtype=np.float32) for n in range(count)]


async def test_every_frame_of_every_track_leaves_once_it_is_complete() -> None:
    """Frame n is due at the end of its 20 ms, as a microphone would have it."""
    clock = Clock()
    fed: list[tuple[int, float, int]] = []
    played = await play(
        tracks(2, 3),
        lambda number, samples: fed.append((number, clock.now, len(samples))),
        clock=clock,
        sleep=clock.sleep,
    )
    assert fed == [
        (number, pytest.approx(100 + 0.02 * (frame + 1)), FRAME_SAMPLES)
        for frame in range(3)
        for number in range(2)
    ]
    assert played.valid
    assert played.sent(0) == pytest.approx(100.02)
    assert played.sent(2 * FRAME_SAMPLES) == pytest.approx(100.06)
    assert played.sent(99 * FRAME_SAMPLES) == pytest.approx(100.06)


async def test_oversleeping_does_not_add_up() -> None:
    """Each frame is due from the start, not from the one before."""
    clock = Clock(oversleep=0.005)
    played = await play(tracks(1, 500), lambda *_: None, clock=clock, sleep=clock.sleep)
    assert played.moments[-1] == pytest.approx(100 + 10 + 0.005)
    assert played.late_p99_sec == pytest.approx(0.005)
    assert played.valid


async def test_a_generator_that_is_late_itself_makes_the_run_invalid() -> None:
    """Feeding takes longer than there is time: said, not hidden in latencies."""
    clock = Clock()

    def feed(*_: object) -> None:
        clock.now += 0.03

    played = await play(tracks(1, 50), feed, clock=clock, sleep=clock.sleep)
    assert played.late_p99_sec > 0.1
    assert not played.valid


async def test_one_late_frame_in_hundreds_is_forgiven() -> None:
    clock = Clock()
    slow = iter([0.5] + [0.0] * (SAMPLE_RATE // FRAME_SAMPLES * 60))

    def feed(*_: object) -> None:
        clock.now += next(slow)

    played = await play(tracks(1, 3000), feed, clock=clock, sleep=clock.sleep)
    assert played.valid
