"""Frames on meeting time: one origin, then samples are counted, and slowly led back."""

import random
from dataclasses import dataclass

import pytest

from agent.sample_clock import WHILE_SAMPLES, Placed, SampleClock

FRAME = 800
RATE = 16_000


def place(
    clock: SampleClock,
    heard_sec: float,
    *,
    quiet: bool = True,
    dropped: int = 0,
    late: bool = False,
) -> Placed:
    return clock.place(FRAME, heard_sec=heard_sec, quiet=quiet, dropped=dropped, late=late)


def test_the_origin_is_the_meetings_time_at_the_first_frame() -> None:
    assert place(SampleClock(), 2.0) == Placed(at_sample=31_200)


def test_then_samples_are_counted_whatever_the_clock_says() -> None:
    clock = SampleClock()
    first = place(clock, 2.0)
    assert place(clock, 2.4).at_sample == first.at_sample + FRAME


def test_a_stream_that_was_cut_goes_on_at_the_clock() -> None:
    clock = SampleClock()
    place(clock, 2.0)
    assert place(clock, 5.0) == Placed(at_sample=79_200)


def test_a_reader_that_was_held_up_is_no_pause_of_the_stream() -> None:
    """Frames that waited for us were spoken one after the other."""
    clock = SampleClock()
    first = place(clock, 2.0)
    assert place(clock, 5.0, late=True).at_sample == first.at_sample + FRAME


def test_what_a_full_queue_dropped_is_said_to_the_sample() -> None:
    """Whatever the clock says: the reader was late, and what it missed came all at once."""
    clock = SampleClock()
    first = place(clock, 2.0)
    lost_from = first.at_sample + FRAME
    placed = place(clock, 2.55, dropped=10 * FRAME, late=True)
    assert placed == Placed(at_sample=lost_from + 10 * FRAME, lost_from=lost_from)
    assert place(clock, 2.6).at_sample == placed.at_sample + FRAME


def test_after_a_restart_the_clock_counts_but_never_goes_back() -> None:
    clock = SampleClock()
    first = place(clock, 2.0)
    clock.restart()
    assert place(clock, 1.0).at_sample == first.at_sample + FRAME
    clock.restart()
    assert place(clock, 9.05).at_sample == 144_000


def test_a_successor_never_goes_behind_what_is_in_the_record() -> None:
    assert place(SampleClock(99_999), 2.0).at_sample == 99_999


@pytest.mark.parametrize("late_sec", [0.3, -0.3])
def test_an_origin_that_was_read_late_or_early_is_mended_in_the_next_silence(
    late_sec: float,
) -> None:
    """Speech stays as it is, but for a sample a frame; the mend is whole where nobody speaks."""
    clock = SampleClock()
    place(clock, 1.0 - late_sec)
    frames = WHILE_SAMPLES // FRAME
    now = [1.0 + 0.05 * n for n in range(1, 2 * frames)]
    talking = [place(clock, at, quiet=False) for at in now]
    assert {abs(one.fill) for one in talking} == {0, 1}
    mended = [place(clock, now[-1] + 0.05 * n) for n in range(1, 20)]
    last = mended[-1]
    assert abs(last.at_sample / RATE - (now[-1] + 19 * 0.05 - 0.05)) < 0.011


@dataclass
class Sender:
    """A microphone of 12 hours whose clock is `ppm` millionths fast, over a network that is bad."""

    ppm: float
    seed: int
    frame: int = FRAME * 4
    lag_sec: float = 0.12

    def play(self, hours: float = 12.0) -> tuple[float, float]:
        """Greatest distances of a frame's place from the truth: while quiet, while speaking."""
        dice = random.Random(self.seed)
        clock = SampleClock()
        frame_sec = self.frame / RATE / (1 + self.ppm * 1e-6)
        spoken = arrived = 0.0
        worst = {True: 0.0, False: 0.0}
        talk_until = quiet_until = 0.0
        while spoken < hours * 3600:
            spoken += frame_sec
            if spoken > quiet_until:
                talk_until = spoken + dice.uniform(1, 600 if dice.random() < 0.02 else 20)
                quiet_until = talk_until + dice.uniform(0.6, 10)
            quiet = spoken > talk_until
            # Packets that are lost are concealed, so frames come all the same; some come late.
            late = dice.uniform(0, 0.4) if dice.random() < 0.01 else dice.expovariate(100)
            if dice.random() < 1e-4:
                clock.restart()
                late = 0.0
            before, arrived = arrived, max(arrived, spoken + self.lag_sec + late)
            placed = clock.place(
                self.frame, heard_sec=arrived, quiet=quiet, late=arrived - before > 0.5
            )
            truth = spoken - frame_sec + self.lag_sec
            off = abs(placed.at_sample / RATE - truth)
            worst[quiet] = max(worst[quiet], off)
        return worst[True], worst[False]


@pytest.mark.parametrize("ppm", [-100.0, 0.0, 100.0])
def test_twelve_hours_drift_by_less_than_a_tenth_of_a_second(ppm: float) -> None:
    """Counted alone, 100 millionths are 4.3 s by then."""
    quiet, speaking = Sender(ppm=ppm, seed=1).play()
    assert quiet < 0.1
    assert speaking < 0.1
