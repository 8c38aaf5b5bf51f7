from __future__ import annotations

from importlib import resources

import numpy as np
import onnxruntime
import pytest

from greffier.bench.speech import from_meeting
from models.silero.network import network
from models.vad import CONTEXT_SAMPLES, WINDOW_SAMPLES, SileroModel

PUBLISHED = (resources.files("livekit.plugins.silero.resources") / "silero_vad.onnx").read_bytes()


def windows(samples: np.ndarray) -> np.ndarray:
    """The samples' windows, each with the end of the one before as its context, (n, 576)."""
    padded = np.concatenate([np.zeros(CONTEXT_SAMPLES, np.float32), samples])
    width = CONTEXT_SAMPLES + WINDOW_SAMPLES
    return np.lib.stride_tricks.sliding_window_view(padded, width)[::WINDOW_SAMPLES]


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_it_hears_as_the_published_network_does(gain: float) -> None:
    """Over half a minute of speech, the state carried on: less than a ten-thousandth apart, and no
    window on the other side of a threshold.
    """
    speech = np.concatenate([one.samples for one in from_meeting()[:8]])[: 16_000 * 30] * gain
    session = onnxruntime.InferenceSession(PUBLISHED, providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), dtype=np.float32)
    rate = np.array(16_000, dtype=np.int64)
    expected = []
    for window in windows(speech.astype(np.float32)):
        output, state = session.run(None, {"input": window[None], "state": state, "sr": rate})
        expected.append(output[0, 0])
    detector = SileroModel().detector()
    found = [
        detector.probability(window[CONTEXT_SAMPLES:])
        for window in windows(speech.astype(np.float32))
    ]
    assert min(expected) < 0.05 < 0.95 < max(expected)
    assert np.abs(np.array(found) - expected).max() < 1e-4
    for threshold in (0.35, 0.5):
        assert [one >= threshold for one in found] == [one >= threshold for one in expected]


def test_weights_of_another_version_are_refused() -> None:
    """Not taken for what they are not."""
    other = PUBLISHED.replace(b"encoder.2.reparam_conv", b"encoder.2.another_conv")
    with pytest.raises(KeyError):
        network(other)
