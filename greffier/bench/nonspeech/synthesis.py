"""What every kind of sound is made of: noise, throats, strings. Pure; the randomness is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.base import SAMPLE_RATE

Sound = NDArray[np.float64]


def coloured(rng: np.random.Generator, count: int, exponent: float) -> Sound:
    """Noise whose power falls as 1/f^exponent: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum / np.maximum(hertz, 20.0) ** (exponent / 2), count)


def band(rng: np.random.Generator, count: int, low: float, high: float) -> Sound:
    """Noise between two frequencies, with soft edges."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    edge = 0.08 * high
    gain = (1 + np.tanh((hertz - low) / edge)) * (1 - np.tanh((hertz - high) / edge)) / 4
    return np.fft.irfft(spectrum * gain, count)


def voiced(rng: np.random.Generator, count: int, base: Sound, formants: tuple[float, ...]) -> Sound:
    """A throat without words: harmonics of `base` (Hz, one a sample) through formants."""
    phase = 2 * np.pi * np.cumsum(base) / SAMPLE_RATE
    mean = float(base.mean())
    sound = np.zeros(count)
    for number in range(1, int(4000 / mean)):
        hertz = number * mean
        gain = sum(1 / (1 + ((hertz - formant) / 120) ** 2) for formant in formants) + 0.02
        sound += gain * np.sin(number * phase + rng.uniform(0, 6))
    return sound


def note(rng: np.random.Generator, hertz: float, count: int) -> Sound:
    """A struck string: six harmonics of a frequency that die away."""
    time = times(count)
    tone = sum(
        rng.uniform(0.3, 1.0) / number * np.sin(2 * np.pi * hertz * number * time)
        for number in range(1, 7)
        if hertz * number < SAMPLE_RATE / 2
    )
    attack = np.minimum(np.arange(count) / 200, 1.0)
    return np.asarray(tone * attack * np.exp(-2.5 * time), dtype=np.float64)


def times(count: int) -> Sound:
    """The seconds of so many samples, from 0."""
    return np.arange(count) / SAMPLE_RATE


def place(into: Sound, piece: Sound, at: int) -> None:
    """Add a piece to a sound from a sample on; what is past the end is left out."""
    end = min(at + len(piece), len(into))
    into[at:end] += piece[: end - at]


def unit(sound: Sound) -> Sound:
    """The same sound at an RMS of 1; silence stays."""
    return sound / (float(np.sqrt(np.mean(np.square(sound)))) or 1.0)
