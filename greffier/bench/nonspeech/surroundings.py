"""Noise of rooms, machines and things that are touched."""

from __future__ import annotations

import numpy as np

from greffier.bench.nonspeech.synthesis import Sound, band, coloured, place, times, unit
from models.base import SAMPLE_RATE


def silence(_: np.random.Generator, count: int) -> Sound:
    """Digital silence: a muted track that still sends."""
    return np.zeros(count)


def white(rng: np.random.Generator, count: int) -> Sound:
    """Hiss, as loud at every frequency."""
    return coloured(rng, count, 0.0)


def pink(rng: np.random.Generator, count: int) -> Sound:
    """Noise as nature makes it: as loud in every octave."""
    return coloured(rng, count, 1.0)


def rumble(rng: np.random.Generator, count: int) -> Sound:
    """Traffic, wind at the window: low and slowly swelling."""
    swell = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.05, 0.3) * times(count) + rng.uniform(0, 6))
    return coloured(rng, count, 2.0) * swell


def fan(rng: np.random.Generator, count: int) -> Sound:
    """A computer's fan: noise and the tone of its blades."""
    tone = np.sin(2 * np.pi * rng.uniform(120, 400) * times(count))
    return unit(coloured(rng, count, 1.0)) + 0.3 * tone


def hum(rng: np.random.Generator, count: int) -> Sound:
    """Mains hum, 50 or 60 Hz with its harmonics."""
    base, time = float(rng.choice([50.0, 60.0])), times(count)
    sound = 0.02 * rng.normal(size=count)
    for number in range(1, 13):
        loud = rng.uniform(0.2, 1.0) / number
        sound += loud * np.sin(2 * np.pi * base * number * time + rng.uniform(0, 6))
    return sound


def clicks(rng: np.random.Generator, count: int) -> Sound:
    """A bad plug, a touched microphone: a few samples at a time."""
    sound = np.zeros(count)
    for at in rng.integers(0, count, max(count * 3 // SAMPLE_RATE, 1)):
        width = int(rng.integers(1, 60))
        place(sound, rng.normal(size=width) * np.exp(-np.arange(width) / 15), int(at))
    return sound


def typing(rng: np.random.Generator, count: int) -> Sound:
    """Keys in bursts, each a press and a release, on a desk that carries them."""
    sound = 0.002 * rng.normal(size=count)
    at = 0
    while at < count:
        for _ in range(int(rng.integers(3, 25))):
            for loud, later in ((1.0, 0), (0.4, round(rng.uniform(0.05, 0.09) * SAMPLE_RATE))):
                width = round(rng.uniform(0.008, 0.03) * SAMPLE_RATE)
                key = band(rng, width, rng.uniform(200, 1500), rng.uniform(3000, 7000))
                key *= np.exp(-np.arange(width) / (width / 5))
                if at + later < count:
                    place(sound, loud * rng.uniform(0.4, 1.0) * key, at + later)
            at += round(rng.uniform(0.09, 0.25) * SAMPLE_RATE)
        at += round(rng.uniform(0.3, 2.5) * SAMPLE_RATE)
    return sound


def rustling(rng: np.random.Generator, count: int) -> Sound:
    """Paper, a sleeve over the microphone: short strokes of hissing noise."""
    sound = 0.003 * rng.normal(size=count)
    at = 0
    while at < count:
        width = round(rng.uniform(0.05, 0.5) * SAMPLE_RATE)
        stroke = band(rng, width, rng.uniform(800, 2000), 7500)
        rough = np.repeat(rng.uniform(0.2, 1.0, width // 160 + 1), 160)[:width]
        place(sound, rng.uniform(0.3, 1.0) * stroke * rough * np.hanning(width), at)
        at += width + round(rng.exponential(0.4) * SAMPLE_RATE)
    return sound


def thuds(rng: np.random.Generator, count: int) -> Sound:
    """A door, a cup put down, a knock on the table."""
    sound = 0.002 * rng.normal(size=count)
    for at in rng.integers(0, count, max(count // SAMPLE_RATE, 1)):
        width = round(rng.uniform(0.1, 0.4) * SAMPLE_RATE)
        thud = band(rng, width, 40, rng.uniform(200, 900))
        place(sound, thud * np.exp(-np.arange(width) / (width / 8)), int(at))
    return sound
