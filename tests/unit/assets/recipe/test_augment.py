"""Effects on log10 mel power, against the same effect on the waveform."""

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from assets.recipe import augment
from assets.recipe.mel import FLOOR_LOG10, RATE_HZ, log_power, normalise


def tone(level: float) -> np.ndarray:
    time = np.arange(RATE_HZ, dtype=np.float32) / RATE_HZ
    return (level * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def test_the_features_are_those_of_the_runtime() -> None:
    samples = tone(0.3) + np.random.default_rng(1).normal(0, 0.05, RATE_HZ).astype(np.float32)
    ours = normalise(log_power(samples))
    theirs = FeatureExtractor(feature_size=80)(samples, padding=0)
    np.testing.assert_allclose(ours, theirs[:, : ours.shape[1]], atol=2e-3)


def test_a_gain_on_the_mel_is_a_gain_on_the_wave() -> None:
    quieter = augment.gain(log_power(tone(0.4)), -20.0)
    loud = quieter > -8
    np.testing.assert_allclose(quieter[loud], log_power(tone(0.04))[loud], atol=0.02)


def test_noise_has_the_level_asked_for() -> None:
    rng = np.random.default_rng(2)
    noisy = augment.noise(augment.silence(200), -30.0, rng)
    reference = log_power(0.0316 * rng.standard_normal(2 * RATE_HZ).astype(np.float32))
    assert abs(float(np.log10((10.0**noisy).mean() / (10.0**reference).mean()))) < 1.0
    assert noisy.min() > FLOOR_LOG10 - 1e-3


def test_nothing_falls_below_the_floor_and_the_shape_stays() -> None:
    rng = np.random.default_rng(4)
    clip = log_power(tone(0.1))
    for _ in range(50):
        heard = augment.mask(augment.channel(clip, rng), rng)
        assert heard.shape == clip.shape
        assert heard.min() > FLOOR_LOG10 - 1e-3
        assert np.isfinite(heard).all()
