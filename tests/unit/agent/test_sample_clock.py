"""Frames on meeting time: one origin, then samples are counted."""

from agent.sample_clock import Placed, SampleClock

FRAME = 800


def test_the_origin_is_the_wall_clock_of_the_first_frame() -> None:
    assert SampleClock().place(FRAME, heard_sec=2.0) == Placed(at_sample=31_200)


def test_then_samples_are_counted_whatever_the_clock_says() -> None:
    clock = SampleClock()
    first = clock.place(FRAME, heard_sec=2.0)
    assert clock.place(FRAME, heard_sec=2.9).at_sample == first.at_sample + FRAME


def test_a_stream_that_paused_goes_on_at_the_wall_clock() -> None:
    clock = SampleClock()
    clock.place(FRAME, heard_sec=2.0)
    assert clock.place(FRAME, heard_sec=5.0) == Placed(at_sample=79_200)


def test_a_reader_that_was_held_up_is_no_pause_of_the_stream() -> None:
    """Frames that waited for us were spoken one after the other."""
    clock = SampleClock()
    first = clock.place(FRAME, heard_sec=2.0)
    assert clock.place(FRAME, heard_sec=5.0, late=True).at_sample == first.at_sample + FRAME


def test_what_a_full_queue_dropped_is_said() -> None:
    """However late the reader was, and however little was lost."""
    clock = SampleClock()
    first = clock.place(FRAME, heard_sec=2.0)
    placed = clock.place(FRAME, heard_sec=2.5, overflowed=True, late=True)
    assert placed == Placed(at_sample=40_000 - FRAME, lost_from=first.at_sample + FRAME)


def test_after_a_restart_the_wall_clock_counts_but_never_goes_back() -> None:
    clock = SampleClock()
    first = clock.place(FRAME, heard_sec=2.0)
    clock.restart()
    assert clock.place(FRAME, heard_sec=1.0).at_sample == first.at_sample + FRAME
    clock.restart()
    assert clock.place(FRAME, heard_sec=9.05).at_sample == 144_000
