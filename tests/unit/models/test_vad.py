from __future__ import annotations

import numpy as np
import pytest

from models.vad import SETTLED_WINDOWS, WINDOW_SAMPLES, SileroModel, shared_model


@pytest.fixture(scope="module")
def model() -> SileroModel:
    return shared_model()


def noise(seed: int, windows: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, (windows, WINDOW_SAMPLES)).astype(np.float32)


def test_probability_is_between_0_and_1(model: SileroModel) -> None:
    """A probability is a probability."""
    detector = model.detector()
    assert all(0.0 <= detector.probability(window) <= 1.0 for window in noise(1, 5))


class Counted(SileroModel):
    """Counts the windows that are run."""

    def __init__(self) -> None:
        super().__init__()
        self.windows = 0

    def run(self, windows: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.windows += len(windows)
        return super().run(windows, states)


def silence(peak: int, windows: int) -> np.ndarray:
    steps = np.random.default_rng(0).integers(-peak, peak + 1, (windows, WINDOW_SAMPLES))
    return (steps / 32768).astype(np.float32)


@pytest.mark.parametrize("peak", [0, 1, 8])
def test_silence_that_lasts_runs_no_inference(peak: int) -> None:
    """Zeros, what Opus makes of them, and a little more: after a second all are answered 0.0."""
    model = Counted()
    detector = model.detector()
    answers = [detector.probability(window) for window in silence(peak, 100)]
    assert model.windows == SETTLED_WINDOWS
    assert max(answers) < 0.2
    assert set(answers[SETTLED_WINDOWS:]) == {0.0}


def test_a_sound_ends_the_silence_and_the_next_one_has_to_last_again() -> None:
    model = Counted()
    detector = model.detector()
    for window in (*silence(1, 50), *noise(1, 3), *silence(1, 50)):
        detector.probability(window)
    assert model.windows == 2 * SETTLED_WINDOWS + 3


def test_after_a_long_silence_a_sound_is_judged_as_if_all_of_it_had_been_run(
    model: SileroModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, skipped = model.detector(), model.detector()
    for window in silence(1, 300):
        skipped.probability(window)
    monkeypatch.setattr("models.vad.SETTLED_WINDOWS", 10_000)
    for window in silence(1, 300):
        heard.probability(window)
    for window in noise(5, 6):
        assert abs(heard.probability(window) - skipped.probability(window)) < 0.02


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


def test_reset_forgets_the_past(model: SileroModel) -> None:
    """After a reset a detector answers like a new one."""
    first, second = noise(2, 4), noise(3, 3)
    detector = model.detector()
    for window in first:
        detector.probability(window)
    detector.reset()
    assert detector.probability(second[0]) == model.detector().probability(second[0])


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
