"""Frames on meeting time: one origin, then samples are counted."""

from agent.sample_clock import Placed, SampleClock

FRAME = 800


def test_the_origin_is_the_wall_clock_of_the_first_frame() -> None:
    clock = SampleClock(queue_sec=10)
    assert clock.place(FRAME, now_sec=2.0, waited_sec=0) == Placed(at_sample=31_200)


def test_then_samples_are_counted_whatever_the_clock_says() -> None:
    clock = SampleClock(queue_sec=10)
    first = clock.place(FRAME, now_sec=2.0, waited_sec=0)
    assert clock.place(FRAME, now_sec=2.9, waited_sec=0.8).at_sample == first.at_sample + FRAME


def test_a_stream_that_paused_goes_on_at_the_wall_clock() -> None:
    clock = SampleClock(queue_sec=10)
    clock.place(FRAME, now_sec=2.0, waited_sec=0)
    assert clock.place(FRAME, now_sec=5.0, waited_sec=2.9) == Placed(at_sample=79_200)


def test_a_backlog_is_no_pause() -> None:
    """Frames that waited for us were spoken one after the other."""
    clock = SampleClock(queue_sec=10)
    first = clock.place(FRAME, now_sec=2.0, waited_sec=0)
    assert clock.place(FRAME, now_sec=5.0, waited_sec=0).at_sample == first.at_sample + FRAME


def test_what_a_full_queue_dropped_is_said() -> None:
    clock = SampleClock(queue_sec=10)
    first = clock.place(FRAME, now_sec=2.0, waited_sec=0)
    placed = clock.place(FRAME, now_sec=15.05, waited_sec=0)
    assert placed.lost_from == first.at_sample + FRAME
    assert placed.at_sample == 240_000 - 160_000


def test_after_a_restart_the_wall_clock_counts_but_never_goes_back() -> None:
    clock = SampleClock(queue_sec=10)
    first = clock.place(FRAME, now_sec=2.0, waited_sec=0)
    clock.restart()
    assert clock.place(FRAME, now_sec=1.0, waited_sec=0).at_sample == first.at_sample + FRAME
    clock.restart()
    assert clock.place(FRAME, now_sec=9.05, waited_sec=0).at_sample == 144_000
