from __future__ import annotations

import numpy as np
import pytest

from models.vad import WINDOW_SAMPLES, SileroDetector, SileroModel, shared_model


@pytest.fixture(scope="module")
def model() -> SileroModel:
    return shared_model()


def noise(seed: int, windows: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, (windows, WINDOW_SAMPLES)).astype(np.float32)


def test_probability_is_between_0_and_1(model: SileroModel) -> None:
    """A probability is a probability."""
    detector = model.detector()
    assert all(0.0 <= detector.probability(window) <= 1.0 for window in noise(1, 5))


@pytest.mark.parametrize("peak", [0, 1])
def test_digital_silence_runs_no_inference(peak: int) -> None:
    """Zeros, and what Opus makes of them, are answered 0.0 without the network."""

    class Forbidden(SileroModel):
        def __init__(self) -> None:
            pass

        def run(self, *_: object) -> tuple[np.ndarray, np.ndarray]:
            raise AssertionError("inference on digital silence")

    window = np.random.default_rng(0).integers(-peak, peak + 1, WINDOW_SAMPLES) / 32768
    detector = SileroDetector(Forbidden())
    assert detector.probability(window.astype(np.float32)) == 0.0


def test_a_batch_answers_to_the_bit_as_each_alone(model: SileroModel) -> None:
    """Of any size, with silent windows among the others."""
    for size in (2, 3, 8, 33):
        alone, together = ([model.detector() for _ in range(size)] for _ in range(2))
        for step in range(6):
            windows = noise(100 * size + step, size) * np.linspace(0.001, 2, size)[:, None]
            windows = windows.astype(np.float32)
            windows[step % size] = 0
            expected = [d.probability(w) for d, w in zip(alone, windows, strict=True)]
            assert model.probabilities(list(zip(together, windows, strict=True))) == expected


def test_silence_and_reset_both_forget_the_past(model: SileroModel) -> None:
    """After digital silence, as after reset, a detector answers like a new one."""
    first, second = noise(2, 4), noise(3, 3)
    expected = [model.detector().probability(second[0])]
    for forget in ("reset", "silence"):
        detector = model.detector()
        for window in first:
            detector.probability(window)
        if forget == "reset":
            detector.reset()
        else:
            detector.probability(np.zeros(WINDOW_SAMPLES, dtype=np.float32))
        assert [detector.probability(second[0])] == expected


def test_tracks_do_not_mix(model: SileroModel) -> None:
    """Two detectors fed in turns answer as each would alone."""
    a, b = noise(4, 6), noise(5, 6) * 0.2
    alone = [
        [d.probability(w) for w in x] for d, x in ((model.detector(), a), (model.detector(), b))
    ]
    one, two = model.detector(), model.detector()
    mixed = [(one.probability(x), two.probability(y)) for x, y in zip(a, b, strict=True)]
    assert [list(side) for side in zip(*mixed, strict=True)] == alone


def test_wrong_window_is_refused(model: SileroModel) -> None:
    """Anything but 512 samples is a mistake of the caller."""
    with pytest.raises(ValueError, match="512"):
        model.detector().probability(np.zeros(160, dtype=np.float32))
