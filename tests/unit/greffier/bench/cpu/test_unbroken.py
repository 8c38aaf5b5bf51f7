"""Unbroken speech has no pause that would end an utterance, and exactly its length."""

from __future__ import annotations

import numpy as np
import pytest

from greffier.bench.cpu.unbroken import unbroken
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


def test_speech_is_said_as_often_as_asked() -> None:
    assert len(unbroken(from_meeting(), number=0, length_sec=3, times=6).lines) == 6
    assert len(unbroken(from_meeting(), number=0, length_sec=40).lines) == 1
