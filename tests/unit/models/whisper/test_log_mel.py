"""Mel computed piece by piece is the mel of the whole."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.base import SAMPLE_RATE
from models.whisper.log_mel import HOP, LogMelStream

FEATURES = FeatureExtractor(feature_size=80)


def speech(samples: int, seed: int = 1) -> NDArray[np.float32]:
    """Noise whose loudness and colour change, as those of speech do."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples) / SAMPLE_RATE
    wave = rng.normal(0, 0.1, samples) * (1 + np.sin(2 * np.pi * 3 * time))
    return (wave + 0.2 * np.sin(2 * np.pi * 220 * time * (1 + time / 7))).astype(np.float32)


def whole(samples: NDArray[np.float32], window_sec: int) -> NDArray[np.float32]:
    padded = np.zeros(window_sec * SAMPLE_RATE, dtype=np.float32)
    padded[: len(samples)] = samples
    return np.asarray(FEATURES(padded, padding=0)[:, : window_sec * 100], dtype=np.float32)


@pytest.mark.parametrize(
    "count", [0, 1, 100, 200, 201, 399, 400, 401, 1600, 16_000, 31_999, 32_000]
)
def test_a_stream_of_any_length_equals_the_whole(count: int) -> None:
    stream = LogMelStream(FEATURES)
    samples = speech(count)
    stream.push(samples)
    assert stream.samples == count
    np.testing.assert_allclose(stream.window(300), whole(samples, 3), atol=2e-4)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=12), st.integers(0, 99))
def test_pieces_of_any_size_equal_the_whole(pieces: list[int], seed: int) -> None:
    samples = speech(sum(pieces), seed)
    stream = LogMelStream(FEATURES)
    at = 0
    for size in pieces:
        stream.push(samples[at : at + size])
        at += size
        # Reading in between must change nothing.
        stream.window(100)
    np.testing.assert_allclose(stream.window(400), whole(samples, 4), atol=2e-4)


def test_a_window_may_begin_later() -> None:
    samples = speech(3 * SAMPLE_RATE)
    stream = LogMelStream(FEATURES)
    stream.push(samples)
    later = stream.window(200, first=150)
    reference = whole(samples[150 * HOP :], 2)
    # The first two frames hear what came before, where a cut signal is mirrored.
    np.testing.assert_allclose(later[:, 3:], reference[:, 3:], atol=2e-2)


def test_a_window_shorter_than_the_stream_is_its_beginning() -> None:
    stream = LogMelStream(FEATURES)
    stream.push(speech(2 * SAMPLE_RATE))
    assert stream.window(50).shape == (80, 50)


def test_a_window_may_end_before_the_last_sample() -> None:
    samples = speech(2 * SAMPLE_RATE)
    stream = LogMelStream(FEATURES)
    stream.push(samples)
    ended = stream.window(300, until=SAMPLE_RATE)
    reference = whole(samples[:SAMPLE_RATE], 3)
    # Around the end itself the window's zeros and the sound that followed differ.
    np.testing.assert_allclose(ended[:, :97], reference[:, :97], atol=2e-2)
    np.testing.assert_allclose(ended[:, 103:], reference[:, 103:], atol=2e-2)
