"""Sound in which nobody says anything, made by code: what a microphone hears between the turns.

Pure and seeded. Levels go from barely there to as loud as a voice, for a guard that only knows
quiet noise is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.base import SAMPLE_RATE, Samples

SECTION_SEC = 15.0
LEVELS_DB = (-55.0, -15.0)
"""RMS of a section, of full scale; speech in a meeting is at −35 to −15."""
LOUDEST = 0.9
FADE_SEC = 0.02

Sound = NDArray[np.float64]
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


def _coloured(rng: np.random.Generator, count: int, exponent: float) -> Sound:
    """Noise whose power falls as 1/f^exponent: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum / np.maximum(hertz, 20.0) ** (exponent / 2), count)


def _band(rng: np.random.Generator, count: int, low: float, high: float) -> Sound:
    """Noise between two frequencies, with soft edges."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    edge = 0.08 * high
    gain = (1 + np.tanh((hertz - low) / edge)) * (1 - np.tanh((hertz - high) / edge)) / 4
    return np.fft.irfft(spectrum * gain, count)


def _times(count: int) -> Sound:
    return np.arange(count) / SAMPLE_RATE


def _place(into: Sound, piece: Sound, at: int) -> None:
    end = min(at + len(piece), len(into))
    into[at:end] += piece[: end - at]


def _silence(_: np.random.Generator, count: int) -> Sound:
    """Digital silence: a muted track that still sends."""
    return np.zeros(count)


def _white(rng: np.random.Generator, count: int) -> Sound:
    return _coloured(rng, count, 0.0)


def _pink(rng: np.random.Generator, count: int) -> Sound:
    return _coloured(rng, count, 1.0)


def _rumble(rng: np.random.Generator, count: int) -> Sound:
    """Traffic, wind at the window: low and slowly swelling."""
    swell = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.05, 0.3) * _times(count) + rng.uniform(0, 6))
    return _coloured(rng, count, 2.0) * swell


def _fan(rng: np.random.Generator, count: int) -> Sound:
    """A computer's fan: noise and the tone of its blades."""
    tone = np.sin(2 * np.pi * rng.uniform(120, 400) * _times(count))
    return _unit(_coloured(rng, count, 1.0)) + 0.3 * tone


def _hum(rng: np.random.Generator, count: int) -> Sound:
    """Mains hum, 50 or 60 Hz with its harmonics."""
    base, time = float(rng.choice([50.0, 60.0])), _times(count)
    sound = 0.02 * rng.normal(size=count)
    for number in range(1, 13):
        loud = rng.uniform(0.2, 1.0) / number
        sound += loud * np.sin(2 * np.pi * base * number * time + rng.uniform(0, 6))
    return sound


def _clicks(rng: np.random.Generator, count: int) -> Sound:
    """A bad plug, a touched microphone: a few samples at a time."""
    sound = np.zeros(count)
    for at in rng.integers(0, count, max(count * 3 // SAMPLE_RATE, 1)):
        width = int(rng.integers(1, 60))
        _place(sound, rng.normal(size=width) * np.exp(-np.arange(width) / 15), int(at))
    return sound


def _typing(rng: np.random.Generator, count: int) -> Sound:
    """Keys in bursts, each a press and a release, on a desk that carries them."""
    sound = 0.002 * rng.normal(size=count)
    at = 0
    while at < count:
        for _ in range(int(rng.integers(3, 25))):
            for loud, later in ((1.0, 0), (0.4, round(rng.uniform(0.05, 0.09) * SAMPLE_RATE))):
                width = round(rng.uniform(0.008, 0.03) * SAMPLE_RATE)
                key = _band(rng, width, rng.uniform(200, 1500), rng.uniform(3000, 7000))
                key *= np.exp(-np.arange(width) / (width / 5))
                if at + later < count:
                    _place(sound, loud * rng.uniform(0.4, 1.0) * key, at + later)
            at += round(rng.uniform(0.09, 0.25) * SAMPLE_RATE)
        at += round(rng.uniform(0.3, 2.5) * SAMPLE_RATE)
    return sound


def _breathing(rng: np.random.Generator, count: int) -> Sound:
    """In and out, close to the microphone."""
    sound = 0.003 * rng.normal(size=count)
    at = 0
    while at < count:
        for low, high, loud in ((400.0, 3500.0, 1.0), (250.0, 2200.0, 0.7)):
            width = round(rng.uniform(0.7, 1.4) * SAMPLE_RATE)
            breath = _band(rng, width, low, high) * np.sin(np.linspace(0, np.pi, width)) ** 2
            if at < count:
                _place(sound, loud * breath, at)
            at += width + round(rng.uniform(0.1, 0.5) * SAMPLE_RATE)
        at += round(rng.uniform(0.3, 1.0) * SAMPLE_RATE)
    return sound


def _voiced(
    rng: np.random.Generator, count: int, base: Sound, formants: tuple[float, ...]
) -> Sound:
    """A throat without words: harmonics of `base` (Hz, one a sample) through formants."""
    phase = 2 * np.pi * np.cumsum(base) / SAMPLE_RATE
    mean = float(base.mean())
    sound = np.zeros(count)
    for number in range(1, int(4000 / mean)):
        hertz = number * mean
        gain = sum(1 / (1 + ((hertz - formant) / 120) ** 2) for formant in formants) + 0.02
        sound += gain * np.sin(number * phase + rng.uniform(0, 6))
    return sound


def _laughter(rng: np.random.Generator, count: int) -> Sound:
    """Bouts of breathy pulses, four to six a second, that fall in pitch and die away."""
    sound = 0.002 * rng.normal(size=count)
    at = 0
    while at < count:
        pitch = rng.uniform(140, 380)
        pulses = int(rng.integers(3, 11))
        for number in range(pulses):
            width = round(rng.uniform(0.07, 0.13) * SAMPLE_RATE)
            base = np.linspace(pitch * 1.1, pitch * 0.9, width) * 0.97**number
            pulse = _voiced(rng, width, base, (750.0, 1250.0, 2600.0))
            pulse += 0.8 * np.sqrt(np.mean(pulse**2)) * _unit(_band(rng, width, 500, 5000))
            if at < count:
                _place(sound, 0.9**number * pulse * np.hanning(width), at)
            at += width + round(rng.uniform(0.06, 0.12) * SAMPLE_RATE)
        at += round(rng.uniform(0.6, 2.5) * SAMPLE_RATE)
    return sound


def _humming(rng: np.random.Generator, count: int) -> Sound:
    """A tune with the mouth closed, sliding from note to note."""
    sound = 0.002 * rng.normal(size=count)
    at, pitch = 0, rng.uniform(110, 260)
    while at < count:
        width = round(rng.uniform(0.2, 0.9) * SAMPLE_RATE)
        aim = pitch * 2 ** (float(rng.choice([-4, -2, -1, 2, 3, 5])) / 12)
        vibrato = 1 + 0.012 * np.sin(2 * np.pi * 5.5 * _times(width))
        note = _voiced(rng, width, np.linspace(pitch, aim, width) * vibrato, (270.0, 1000.0))
        if at < count:
            _place(sound, note * np.hanning(width) ** 0.3, at)
        pitch = min(max(aim, 100.0), 300.0)
        at += width + round(rng.exponential(0.1) * SAMPLE_RATE)
    return sound


def _barking(rng: np.random.Generator, count: int) -> Sound:
    """The dog of somebody who works at home."""
    sound = 0.002 * rng.normal(size=count)
    at = round(rng.uniform(0.1, 1.0) * SAMPLE_RATE)
    while at < count:
        for _ in range(int(rng.integers(1, 5))):
            width = round(rng.uniform(0.12, 0.3) * SAMPLE_RATE)
            rise = rng.uniform(300, 700) * (1 + 0.4 * np.sin(np.linspace(0, np.pi, width)))
            bark = _unit(_voiced(rng, width, rise, (900.0, 1800.0)))
            bark += 0.5 * _unit(_band(rng, width, 500, 4000))
            if at < count:
                _place(sound, bark * np.hanning(width) ** 0.5, at)
            at += width + round(rng.uniform(0.15, 0.5) * SAMPLE_RATE)
        at += round(rng.uniform(1.0, 4.0) * SAMPLE_RATE)
    return sound


def _coughs(rng: np.random.Generator, count: int) -> Sound:
    """One to three bursts with a hoarse tail."""
    sound = 0.002 * rng.normal(size=count)
    at = round(rng.uniform(0.1, 1.0) * SAMPLE_RATE)
    while at < count:
        for _ in range(int(rng.integers(1, 4))):
            width = round(rng.uniform(0.2, 0.4) * SAMPLE_RATE)
            fall = np.exp(-np.arange(width) / (width / 4))
            tail = _voiced(rng, width, np.linspace(160, 110, width), (600.0, 1400.0))
            cough = _unit(_band(rng, width, 300, 5000)) + 0.4 * _unit(tail)
            if at < count:
                _place(sound, cough * fall, at)
            at += width + round(rng.uniform(0.05, 0.2) * SAMPLE_RATE)
        at += round(rng.uniform(1.0, 3.0) * SAMPLE_RATE)
    return sound


def _music(rng: np.random.Generator, count: int) -> Sound:
    """Chords, a melody over them and a beat: hold music, a video that plays in the room."""
    sound = np.zeros(count)
    beat = round(rng.uniform(0.35, 0.6) * SAMPLE_RATE)
    root = rng.uniform(110, 220)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    for number, at in enumerate(range(0, count, beat)):
        if number % 4 == 0:
            degree = int(rng.choice([0, 5, 7, 9]))
            for step in (0, 4, 7):
                _place(sound, 0.3 * _note(rng, root * 2 ** ((degree + step) / 12), 4 * beat), at)
        if rng.random() < 0.8:
            pitch = root * 2 ** (1 + int(rng.choice(scale)) / 12)
            _place(sound, 0.6 * _note(rng, pitch, int(beat * rng.choice([1, 2]))), at)
        width = beat // 3
        drum = _band(rng, width, 40, 180 if number % 2 == 0 else 6000)
        _place(sound, 0.5 * _unit(drum) * np.exp(-np.arange(width) / (width / 6)), at)
    return sound


def _note(rng: np.random.Generator, hertz: float, count: int) -> Sound:
    time = _times(count)
    tone = sum(
        rng.uniform(0.3, 1.0) / number * np.sin(2 * np.pi * hertz * number * time)
        for number in range(1, 7)
        if hertz * number < SAMPLE_RATE / 2
    )
    attack = np.minimum(np.arange(count) / 200, 1.0)
    return np.asarray(tone * attack * np.exp(-2.5 * time), dtype=np.float64)


def _ringing(rng: np.random.Generator, count: int) -> Sound:
    """A telephone, the tones of its keys, the chime of a message."""
    sound = np.zeros(count)
    at = 0
    while at < count:
        low, high = rng.uniform(400, 950), rng.uniform(1100, 1700)
        width = round(rng.uniform(0.1, 1.2) * SAMPLE_RATE)
        time = _times(width)
        ring = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
        _place(sound, ring * np.minimum(1, np.minimum(time, time[::-1]) * 100), at)
        at += width + round(rng.uniform(0.1, 2.0) * SAMPLE_RATE)
    return sound


def _rustling(rng: np.random.Generator, count: int) -> Sound:
    """Paper, a sleeve over the microphone: short strokes of hissing noise."""
    sound = 0.003 * rng.normal(size=count)
    at = 0
    while at < count:
        width = round(rng.uniform(0.05, 0.5) * SAMPLE_RATE)
        stroke = _band(rng, width, rng.uniform(800, 2000), 7500)
        rough = np.repeat(rng.uniform(0.2, 1.0, width // 160 + 1), 160)[:width]
        _place(sound, rng.uniform(0.3, 1.0) * stroke * rough * np.hanning(width), at)
        at += width + round(rng.exponential(0.4) * SAMPLE_RATE)
    return sound


def _thuds(rng: np.random.Generator, count: int) -> Sound:
    """A door, a cup put down, a knock on the table."""
    sound = 0.002 * rng.normal(size=count)
    for at in rng.integers(0, count, max(count // SAMPLE_RATE, 1)):
        width = round(rng.uniform(0.1, 0.4) * SAMPLE_RATE)
        thud = _band(rng, width, 40, rng.uniform(200, 900))
        _place(sound, thud * np.exp(-np.arange(width) / (width / 8)), int(at))
    return sound


def _unit(sound: Sound) -> Sound:
    return sound / (float(np.sqrt(np.mean(np.square(sound)))) or 1.0)


KINDS: dict[str, Maker] = {
    "silence": _silence,
    "white noise": _white,
    "pink noise": _pink,
    "rumble": _rumble,
    "fan": _fan,
    "hum": _hum,
    "clicks": _clicks,
    "typing": _typing,
    "breathing": _breathing,
    "laughter": _laughter,
    "coughs": _coughs,
    "humming": _humming,
    "barking": _barking,
    "music": _music,
    "ringing": _ringing,
    "rustling": _rustling,
    "thuds": _thuds,
}
"""How each kind is made: a generator of random numbers and a number of samples in."""
