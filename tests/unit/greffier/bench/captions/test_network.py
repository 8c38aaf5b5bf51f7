from __future__ import annotations

import numpy as np

from greffier.bench.captions.network import through_network
from models.base import SAMPLE_RATE


def tone() -> np.ndarray:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    return (0.2 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)


def correlation(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.dot(left, right) / np.sqrt(np.dot(left, left) * np.dot(right, right)))


def test_sound_stays_where_it_was() -> None:
    """Opus comes out as long as it went in, and less than half a millisecond later or earlier."""
    sound = tone()
    out = through_network(sound, bitrate=32_000, loss=0.0, seed="a")
    assert out.shape == sound.shape
    middle = sound[4000:-4000]
    best = max(
        range(-50, 51), key=lambda lag: correlation(middle, out[4000 + lag : len(out) - 4000 + lag])
    )
    assert abs(best) < 8
    assert correlation(middle, out[4000 + best : len(out) - 4000 + best]) > 0.98


def test_lost_packets_are_heard() -> None:
    """The same seed loses the same ones; more loss is worse."""
    sound = tone()
    once = through_network(sound, bitrate=32_000, loss=0.3, seed="a")
    assert np.array_equal(once, through_network(sound, bitrate=32_000, loss=0.3, seed="a"))
    whole = through_network(sound, bitrate=32_000, loss=0.0, seed="a")
    assert np.abs(once - whole).max() > 0.02
