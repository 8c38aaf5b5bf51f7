"""Channel and room effects on log10 mel power, in numpy: cheap enough to run beside the training step.

Power adds (noise), a gain is a constant and silence is the floor, so a waveform need not be kept.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .mel import FLOOR_LOG10, FRAMES_PER_SEC, N_MELS, RATE_HZ, Array, log_power

NOISE_SEC = 40


@lru_cache(maxsize=1)
def _noises() -> list[Array]:
    """Return mel power (linear) of white, pink and brown noise of RMS 1."""
    rng = np.random.default_rng(7)
    count = NOISE_SEC * RATE_HZ
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(1.0, np.arange(len(spectrum)) / NOISE_SEC)
    out: list[Array] = []
    for exponent in (0.0, 0.5, 1.0):
        wave = np.fft.irfft(spectrum / np.maximum(frequency, 60.0) ** exponent)
        wave /= np.sqrt(np.mean(wave**2))
        out.append(np.asarray(10.0 ** log_power(wave.astype(np.float32)), dtype=np.float32))
    return out


def silence(frames: int) -> Array:
    """Return ``frames`` of exact digital silence."""
    return np.full((N_MELS, frames), FLOOR_LOG10, dtype=np.float32)


def gain(log_mel: Array, decibels: float) -> Array:
    """Return ``log_mel`` louder by ``decibels``."""
    return np.maximum(log_mel + np.float32(decibels / 10), FLOOR_LOG10)


def noise(log_mel: Array, level_dbfs: float, rng: np.random.Generator) -> Array:
    """Add noise of RMS ``level_dbfs``, of a random colour, over the whole window."""
    source = _noises()[rng.integers(3)]
    frames = log_mel.shape[1]
    start = int(rng.integers(0, source.shape[1] - frames)) if frames < source.shape[1] else 0
    added = np.resize(source[:, start : start + frames], log_mel.shape) * np.float32(
        10 ** (level_dbfs / 10)
    )
    return np.asarray(np.log10(10.0**log_mel + added), dtype=np.float32)


def tilt(log_mel: Array, rng: np.random.Generator) -> Array:
    """Tilt the spectrum by up to 6 dB across the band: microphones differ."""
    slope = np.linspace(-0.5, 0.5, N_MELS, dtype=np.float32)[:, None] * np.float32(
        rng.uniform(-1.2, 1.2)
    )
    return np.maximum(log_mel + slope, FLOOR_LOG10)


def mask(log_mel: Array, rng: np.random.Generator) -> Array:
    """Hide one band and one short moment (SpecAugment, light: no word is hidden whole)."""
    out = log_mel.copy()
    fill = float(np.median(out))
    width = int(rng.integers(1, 11))
    low = int(rng.integers(0, N_MELS - width))
    out[low : low + width] = fill
    length = int(rng.integers(1, 9))
    if out.shape[1] > length:
        start = int(rng.integers(0, out.shape[1] - length))
        out[:, start : start + length] = fill
    return out


def channel(log_mel: Array, rng: np.random.Generator) -> Array:
    """Apply a random channel to a whole window: tilt, gain of -20 to +6 dB, noise 15 to 50 dB under speech."""
    level = 0.0
    if rng.random() < 0.4:
        log_mel = tilt(log_mel, rng)
    if rng.random() < 0.75:
        level = float(rng.uniform(-20, 6))
        log_mel = gain(log_mel, level)
    if rng.random() < 0.5:
        # Clips are levelled at -20 dBFS.
        log_mel = noise(log_mel, -20 + level - float(rng.uniform(15, 50)), rng)
    return log_mel


def frames(seconds: float) -> int:
    """Return the number of mel frames in ``seconds``."""
    return round(seconds * FRAMES_PER_SEC)
