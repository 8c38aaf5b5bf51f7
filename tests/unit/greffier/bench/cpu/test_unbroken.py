"""Unbroken speech has no pause that would end an utterance, and exactly its length."""

from __future__ import annotations

import numpy as np
import pytest

from greffier.bench.cpu.unbroken import LengthCost, of_speech, spread, unbroken
from greffier.bench.speech import from_meeting
from models.base import SAMPLE_RATE
from pipelines.settings import CaptionSettings


@pytest.mark.parametrize("length_sec", [3.0, 40.0])
def test_speech_goes_on_for_its_length(length_sec: float) -> None:
    script = unbroken(from_meeting(), number=1, length_sec=length_sec)
    line = script.lines[-1]
    assert line.end_sample - line.first_sample == length_sec * SAMPLE_RATE
    said = np.abs(script.samples[line.first_sample : line.end_sample])
    window = round(CaptionSettings().min_silence_sec * SAMPLE_RATE)
    loud = [said[at : at + window].max() for at in range(0, len(said) - window, window // 4)]
    assert min(loud) > 0.01
    assert np.abs(script.samples[line.end_sample :]).max() < 0.01


def test_short_speech_is_said_again_and_again() -> None:
    assert len(unbroken(from_meeting(), number=0, length_sec=3).lines) == 6
    assert len(unbroken(from_meeting(), number=0, length_sec=40).lines) == 1


def test_the_spread_is_the_farthest_from_the_mean() -> None:
    costs = [
        LengthCost(
            length_s=3,
            speech_s=9,
            cpu_s_per_speech_s=value,
            server_cpu_s_per_speech_s=value,
            wer=None,
            final_p95_s=None,
        )
        for value in (0.9, 1.0, 1.1)
    ]
    assert spread(costs) == pytest.approx(0.1)


def test_the_cost_of_quiet_is_taken_off_speech() -> None:
    """3 s of speech at 0.02 and 1.5 s of quiet at 0.005: a second of speech still costs 0.02."""
    audio_sec, speech_sec = 4.5, 3.0
    per_audio = (0.02 * speech_sec + 0.005 * 1.5) / audio_sec
    assert abs(of_speech(per_audio, 0.005, audio_sec, speech_sec) - 0.02) < 1e-12
