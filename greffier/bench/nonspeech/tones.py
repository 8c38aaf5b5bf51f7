"""Music and bells."""

from __future__ import annotations

import numpy as np

from greffier.bench.nonspeech.synthesis import Sound, band, note, place, times, unit
from models.base import SAMPLE_RATE


def music(rng: np.random.Generator, count: int) -> Sound:
    """Chords, a melody over them and a beat: hold music, a video that plays in the room."""
    sound = np.zeros(count)
    beat = round(rng.uniform(0.35, 0.6) * SAMPLE_RATE)
    root = rng.uniform(110, 220)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    for number, at in enumerate(range(0, count, beat)):
        if number % 4 == 0:
            degree = int(rng.choice([0, 5, 7, 9]))
            for step in (0, 4, 7):
                place(sound, 0.3 * note(rng, root * 2 ** ((degree + step) / 12), 4 * beat), at)
        if rng.random() < 0.8:
            pitch = root * 2 ** (1 + int(rng.choice(scale)) / 12)
            place(sound, 0.6 * note(rng, pitch, int(beat * rng.choice([1, 2]))), at)
        width = beat // 3
        drum = band(rng, width, 40, 180 if number % 2 == 0 else 6000)
        place(sound, 0.5 * unit(drum) * np.exp(-np.arange(width) / (width / 6)), at)
    return sound


def ringing(rng: np.random.Generator, count: int) -> Sound:
    """A telephone, the tones of its keys, the chime of a message."""
    sound = np.zeros(count)
    at = 0
    while at < count:
        low, high = rng.uniform(400, 950), rng.uniform(1100, 1700)
        width = round(rng.uniform(0.1, 1.2) * SAMPLE_RATE)
        time = times(width)
        ring = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
        place(sound, ring * np.minimum(1, np.minimum(time, time[::-1]) * 100), at)
        at += width + round(rng.uniform(0.1, 2.0) * SAMPLE_RATE)
    return sound
