"""What a second of speech costs: as many seconds of each length, noise told apart."""

from __future__ import annotations

import pytest

from greffier.bench.cpu.length_cost import (
    LEAST_SPEECH_SEC,
    LENGTHS_SEC,
    LengthCost,
    mean_of,
    of_speech,
    spread,
    stretches,
)


@pytest.mark.parametrize("tracks", [1, 3, 8])
@pytest.mark.parametrize("length_sec", LENGTHS_SEC)
def test_every_length_is_measured_for_as_many_seconds(length_sec: float, tracks: int) -> None:
    rounds = stretches(length_sec, tracks)
    speech_sec = sum(rounds) * tracks * length_sec
    assert speech_sec >= LEAST_SPEECH_SEC
    assert speech_sec < LEAST_SPEECH_SEC + 2 * tracks * length_sec, "no stretch more than needed"


def cost(value: float) -> LengthCost:
    return LengthCost(
        length_s=3,
        speech_s=9,
        cpu_s_per_speech_s=value,
        server_cpu_s_per_speech_s=value,
        wer=None,
        final_p95_s=None,
    )


def test_the_spread_is_the_farthest_from_the_mean() -> None:
    assert spread([cost(0.9), cost(1.0), cost(1.1)]) == pytest.approx(0.1)


def test_rounds_are_one_length_and_their_distance_is_the_noise() -> None:
    both = mean_of([cost(0.9), cost(1.1)])
    assert (both.speech_s, both.cpu_s_per_speech_s) == (18, pytest.approx(1.0))
    assert both.noise == pytest.approx(0.1)
    assert mean_of([cost(0.9)]).noise is None


def test_the_cost_of_quiet_is_taken_off_speech() -> None:
    """3 s of speech at 0.02 and 1.5 s of quiet at 0.005: a second of speech still costs 0.02."""
    audio_sec, speech_sec = 4.5, 3.0
    per_audio = (0.02 * speech_sec + 0.005 * 1.5) / audio_sec
    assert abs(of_speech(per_audio, 0.005, audio_sec, speech_sec) - 0.02) < 1e-12
