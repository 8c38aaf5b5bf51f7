"""Throats that say nothing."""

from __future__ import annotations

import numpy as np

from greffier.bench.nonspeech.synthesis import Sound, band, place, times, unit, voiced
from models.base import SAMPLE_RATE


def breathing(rng: np.random.Generator, count: int) -> Sound:
    """In and out, close to the microphone."""
    sound = 0.003 * rng.normal(size=count)
    at = 0
    while at < count:
        for low, high, loud in ((400.0, 3500.0, 1.0), (250.0, 2200.0, 0.7)):
            width = round(rng.uniform(0.7, 1.4) * SAMPLE_RATE)
            breath = band(rng, width, low, high) * np.sin(np.linspace(0, np.pi, width)) ** 2
            if at < count:
                place(sound, loud * breath, at)
            at += width + round(rng.uniform(0.1, 0.5) * SAMPLE_RATE)
        at += round(rng.uniform(0.3, 1.0) * SAMPLE_RATE)
    return sound


def laughter(rng: np.random.Generator, count: int) -> Sound:
    """Bouts of breathy pulses, four to six a second, that fall in pitch and die away."""
    sound = 0.002 * rng.normal(size=count)
    at = 0
    while at < count:
        pitch = rng.uniform(140, 380)
        pulses = int(rng.integers(3, 11))
        for number in range(pulses):
            width = round(rng.uniform(0.07, 0.13) * SAMPLE_RATE)
            base = np.linspace(pitch * 1.1, pitch * 0.9, width) * 0.97**number
            pulse = voiced(rng, width, base, (750.0, 1250.0, 2600.0))
            pulse += 0.8 * np.sqrt(np.mean(pulse**2)) * unit(band(rng, width, 500, 5000))
            if at < count:
                place(sound, 0.9**number * pulse * np.hanning(width), at)
            at += width + round(rng.uniform(0.06, 0.12) * SAMPLE_RATE)
        at += round(rng.uniform(0.6, 2.5) * SAMPLE_RATE)
    return sound


def coughs(rng: np.random.Generator, count: int) -> Sound:
    """One to three bursts with a hoarse tail."""
    sound = 0.002 * rng.normal(size=count)
    at = round(rng.uniform(0.1, 1.0) * SAMPLE_RATE)
    while at < count:
        for _ in range(int(rng.integers(1, 4))):
            width = round(rng.uniform(0.2, 0.4) * SAMPLE_RATE)
            fall = np.exp(-np.arange(width) / (width / 4))
            tail = voiced(rng, width, np.linspace(160, 110, width), (600.0, 1400.0))
            cough = unit(band(rng, width, 300, 5000)) + 0.4 * unit(tail)
            if at < count:
                place(sound, cough * fall, at)
            at += width + round(rng.uniform(0.05, 0.2) * SAMPLE_RATE)
        at += round(rng.uniform(1.0, 3.0) * SAMPLE_RATE)
    return sound


def humming(rng: np.random.Generator, count: int) -> Sound:
    """A tune with the mouth closed, sliding from note to note."""
    sound = 0.002 * rng.normal(size=count)
    at, pitch = 0, rng.uniform(110, 260)
    while at < count:
        width = round(rng.uniform(0.2, 0.9) * SAMPLE_RATE)
        aim = pitch * 2 ** (float(rng.choice([-4, -2, -1, 2, 3, 5])) / 12)
        vibrato = 1 + 0.012 * np.sin(2 * np.pi * 5.5 * times(width))
        note = voiced(rng, width, np.linspace(pitch, aim, width) * vibrato, (270.0, 1000.0))
        if at < count:
            place(sound, note * np.hanning(width) ** 0.3, at)
        pitch = min(max(aim, 100.0), 300.0)
        at += width + round(rng.exponential(0.1) * SAMPLE_RATE)
    return sound


def barking(rng: np.random.Generator, count: int) -> Sound:
    """The dog of somebody who works at home."""
    sound = 0.002 * rng.normal(size=count)
    at = round(rng.uniform(0.1, 1.0) * SAMPLE_RATE)
    while at < count:
        for _ in range(int(rng.integers(1, 5))):
            width = round(rng.uniform(0.12, 0.3) * SAMPLE_RATE)
            rise = rng.uniform(300, 700) * (1 + 0.4 * np.sin(np.linspace(0, np.pi, width)))
            bark = unit(voiced(rng, width, rise, (900.0, 1800.0)))
            bark += 0.5 * unit(band(rng, width, 500, 4000))
            if at < count:
                place(sound, bark * np.hanning(width) ** 0.5, at)
            at += width + round(rng.uniform(0.15, 0.5) * SAMPLE_RATE)
        at += round(rng.uniform(1.0, 4.0) * SAMPLE_RATE)
    return sound
