"""Sections of every kind of non-speech in turn, at random levels. Pure and seeded.

Levels go from barely there to as loud as a voice, for a guard that only knows
quiet noise is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from greffier.bench.nonspeech import surroundings, throats, tones
from greffier.bench.nonspeech.synthesis import Sound
from models.base import SAMPLE_RATE, Samples

SECTION_SEC = 15.0
LEVELS_DB = (-55.0, -15.0)
"""RMS of a section, of full scale; speech in a meeting is at −35 to −15."""
LOUDEST = 0.9
FADE_SEC = 0.02

Maker = Callable[[np.random.Generator, int], Sound]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some seconds of one kind of sound; `samples` float32 at 16 kHz, read-only."""

    kind: str
    samples: Samples


def nonspeech(seconds: float, seed: int = 1) -> Iterator[Section]:
    """Yield sections of every kind in turn, `seconds` in all; the same for the same seed.

    A section at a time: an hour of it is 230 MB.
    """
    rng = np.random.default_rng(seed)
    left = round(seconds * SAMPLE_RATE)
    kinds = list(KINDS)
    number = 0
    while left > 0:
        kind = kinds[number % len(kinds)]
        count = min(round(rng.uniform(0.7, 1.3) * SECTION_SEC * SAMPLE_RATE), left)
        yield Section(kind=kind, samples=_levelled(KINDS[kind](rng, count), rng))
        left -= count
        number += 1


def _levelled(sound: Sound, rng: np.random.Generator) -> Samples:
    """Bring to a random level, soft at both ends, without clipping."""
    rms = float(np.sqrt(np.mean(np.square(sound))))
    level = 10 ** (rng.uniform(*LEVELS_DB) / 20)
    if rms > 0:
        sound = sound * (level / rms)
        fade = min(round(FADE_SEC * SAMPLE_RATE), len(sound) // 2)
        if fade:
            ramp = np.linspace(0.0, 1.0, fade)
            sound[:fade] *= ramp
            sound[-fade:] *= ramp[::-1]
        sound *= min(1.0, LOUDEST / float(np.abs(sound).max()))
    samples = sound.astype(np.float32)
    samples.setflags(write=False)
    return samples


KINDS: dict[str, Maker] = {
    "silence": surroundings.silence,
    "white noise": surroundings.white,
    "pink noise": surroundings.pink,
    "rumble": surroundings.rumble,
    "fan": surroundings.fan,
    "hum": surroundings.hum,
    "clicks": surroundings.clicks,
    "typing": surroundings.typing,
    "breathing": throats.breathing,
    "laughter": throats.laughter,
    "coughs": throats.coughs,
    "humming": throats.humming,
    "barking": throats.barking,
    "music": tones.music,
    "ringing": tones.ringing,
    "rustling": surroundings.rustling,
    "thuds": surroundings.thuds,
}
"""How each kind is made: a generator of random numbers and a number of samples in."""
