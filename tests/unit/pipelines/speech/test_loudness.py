from __future__ import annotations

import numpy as np
import pytest

from models.base import SAMPLE_RATE
from pipelines.guards import VOICELESS
from pipelines.speech.loudness import loudness, voicing


def test_loudness_is_that_of_the_loudest_tenth() -> None:
    """Silence around a word doesn't make it quiet."""
    samples = np.zeros(16_000, dtype=np.float32)
    samples[4_800:6_400] = 0.5
    assert loudness(samples) == pytest.approx(0.5)
    assert loudness(samples[:0]) == 0.0
    assert loudness(samples[4_800:4_810]) == pytest.approx(0.5)


def tone(hertz: float, sec: float = 0.4) -> np.ndarray:
    """A pitch with harmonics, as a throat makes it."""
    time = np.arange(round(sec * SAMPLE_RATE)) / SAMPLE_RATE
    return sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 8)).astype("f4")


@pytest.mark.parametrize("hertz", [80, 120, 220, 380])
def test_a_pitch_is_a_voice_at_any_level_and_in_some_noise(hertz: float) -> None:
    """Deep or high, loud or far away."""
    noise = np.random.default_rng(1).normal(0, 0.2, round(0.4 * SAMPLE_RATE)).astype("f4")
    assert voicing(0.001 * (tone(hertz) + noise)) > VOICELESS + 0.2


def test_noise_a_thud_and_silence_have_no_voice() -> None:
    """Nothing repeats in them."""
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.1, 8_000).astype("f4")
    assert voicing(noise) < VOICELESS
    assert voicing(noise * np.exp(-np.arange(8_000) / 500).astype("f4")) < VOICELESS
    assert voicing(np.zeros(8_000, "f4")) == 0.0
    assert voicing(noise[:100]) == 0.0
