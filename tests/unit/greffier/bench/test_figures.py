"""Figures of tracks whose latencies are known."""

from __future__ import annotations

import math

import pytest

from greffier.bench.figures import Row, Shown, TrackFigures, row, track_figures
from greffier.bench.track_script import Line
from models.base import SAMPLE_RATE

LINES = (
    Line(text="Good morning, all!", first_sample=1 * SAMPLE_RATE, end_sample=2 * SAMPLE_RATE),
    Line(text="The budget is late.", first_sample=4 * SAMPLE_RATE, end_sample=6 * SAMPLE_RATE),
)


def sent(sample: int) -> float:
    """The track started at 100."""
    return 100 + sample / SAMPLE_RATE


def shown(*updates: tuple[float, str, str]) -> list[Shown]:
    return [Shown(moment=at, committed=committed, tail=tail) for at, committed, tail in updates]


def test_latencies_count_from_the_spoken_samples_to_the_text() -> None:
    """First text when any of the utterance shows, final when all of it is committed."""
    found = track_figures(
        LINES,
        sent,
        shown(
            (101.7, "", "good"),
            (102.6, "Good morning all", ""),
            (105.0, "Good morning all", "the"),
            (106.9, "Good morning all the budget is late", ""),
        ),
    )
    assert found.first_text_sec == pytest.approx((0.7, 1.0))
    assert found.final_sec == pytest.approx((0.6, 0.9))
    assert (found.errors, found.words) == (0, 7)


def test_a_stream_without_utterances_is_covered_word_by_word() -> None:
    """Committed in the middle of a sentence: the last word decides."""
    found = track_figures(
        LINES,
        sent,
        shown(
            (102.0, "Good", "morning all"),
            (104.9, "Good morning", "all the"),
            (105.5, "Good morning all the", "budget"),
            (108.0, "Good morning all the budget is late", ""),
        ),
    )
    assert found.final_sec == pytest.approx((3.5, 2.0))
    assert found.first_text_sec == pytest.approx((1.0, 0.9))


def test_text_committed_before_the_speech_ended_is_no_gain() -> None:
    """Guessed right: 0, not less."""
    found = track_figures(LINES[:1], sent, shown((101.5, "Good morning all", "")))
    assert found.final_sec == (0.0,)


def test_a_long_guess_about_the_last_utterance_is_not_the_first_text_of_the_next() -> None:
    found = track_figures(
        LINES,
        sent,
        shown(
            (102.0, "", "Good morning all of you here"),
            (102.5, "Good morning all", ""),
            (105.2, "Good morning all", "the budget"),
            (106.5, "Good morning all the budget is late", ""),
        ),
    )
    assert found.first_text_sec == pytest.approx((1.0, 1.2))


def test_misheard_words_still_belong_to_their_utterance() -> None:
    """A substitution stands for its word; the rule needs no correct text."""
    found = track_figures(
        LINES, sent, shown((102.5, "Good evening tall", ""), (106.5, "Good evening tall it is", ""))
    )
    assert found.final_sec == pytest.approx((0.5, 0.5))
    assert (found.errors, found.words) == (5, 7)


def test_an_utterance_that_was_lost_never_ends() -> None:
    found = track_figures(LINES, sent, shown((102.5, "Good morning all", "")))
    assert found.final_sec == (pytest.approx(0.5), math.inf)
    assert found.first_text_sec[1] == math.inf
    assert found.errors == 4


def test_text_that_is_never_committed_has_no_final_but_counts_as_heard() -> None:
    """Generous to its WER, not to its latency."""
    found = track_figures(LINES[:1], sent, shown((102.5, "", "Good morning all")))
    assert found.final_sec == (math.inf,)
    assert found.first_text_sec == (1.5,)
    assert found.errors == 0


def test_nothing_shown_is_nothing_heard() -> None:
    found = track_figures(LINES, sent, [])
    assert found.final_sec == (math.inf, math.inf)
    assert (found.errors, found.words) == (7, 7)


def point(final: tuple[float, ...], *, part: bool = False, valid: bool = True) -> Row:
    return row(
        [TrackFigures(first_text_sec=(0.5,), final_sec=final, errors=1, words=50)],
        system="one",
        audio_sec=20.0,
        server_cpu_sec=4.0,
        client_cpu_sec=1.0,
        client_is_part=part,
        peak_bytes=300 * 2**20,
        late_p99_sec=0.001,
        valid=valid,
    )


def test_a_row_counts_lost_utterances_and_errors() -> None:
    made = point((0.5, 0.7, math.inf))
    assert (made.utterances, made.lost, made.final_p50_s, made.final_p95_s) == (3, 1, 0.7, None)
    assert (made.wer, made.peak_mb) == (0.02, 300.0)


@pytest.mark.parametrize(("part", "cpu"), [(False, 0.2), (True, 0.25)])
def test_work_that_a_system_does_in_the_generator_is_its_own(part: bool, cpu: float) -> None:
    """Both are told; the generator's CPU is added where it belongs to the system."""
    made = point((0.5,), part=part)
    assert (made.cpu_s_per_audio_s, made.client_cpu_s_per_audio_s) == (cpu, 0.05)


@pytest.mark.parametrize(
    ("final", "valid", "holds"),
    [
        ((1.5,), True, True),
        ((1.6,), True, False),
        ((1.0,), False, False),
        ((math.inf,), True, False),
    ],
)
def test_a_point_holds_in_time_and_only_if_the_generator_was(
    final: tuple[float, ...], valid: bool, holds: bool
) -> None:
    assert point(final, valid=valid).holds(1.5) is holds
