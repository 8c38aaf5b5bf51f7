"""Tracks of speech without a pause: sentences said one after the other, again and again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from greffier.bench.speech import Utterance, spoken_range
from greffier.bench.track_script import NOISE, TAIL_SEC, Line, TrackScript
from models.base import SAMPLE_RATE, Samples

PAUSE_SEC = 1.5
BREATH_SEC = 0.15
"""Between the sentences of unbroken speech: less than what ends an utterance."""


def unbroken(
    utterances: Sequence[Utterance],
    *,
    number: int,
    length_sec: float,
    times: int = 1,
    seed: int = 1,
) -> TrackScript:
    """Return a track of one voice that speaks `length_sec` without a pause, so many times. Pure.

    A stretch ends where its seconds do, maybe inside a word.
    """
    groups: dict[tuple[str, str], list[Utterance]] = {}
    for one in utterances:
        groups.setdefault((one.voice, one.language), []).append(one)
    usual = sorted((key, group) for key, group in groups.items() if len(group) >= 3)
    (voice, language), pool = usual[number % len(usual)]
    random = np.random.default_rng([seed, number])
    wanted, pause = round(length_sec * SAMPLE_RATE), round(PAUSE_SEC * SAMPLE_RATE)
    sound: list[Samples] = []
    lines: list[Line] = []
    # Staggered, so that the tracks don't all end at the same moment.
    at = round((0.3 + 0.37 * (number % 8)) * SAMPLE_RATE)
    sound.append(np.zeros(at, dtype=np.float32))
    for _ in range(times):
        stretch, text = _stretch(pool, wanted, random)
        lines.append(Line(text=text, first_sample=at, end_sample=at + wanted))
        sound += [stretch, np.zeros(pause, dtype=np.float32)]
        at += wanted + pause
    longest = round(3.3 * SAMPLE_RATE) + times * (wanted + pause) + round(TAIL_SEC * SAMPLE_RATE)
    samples = np.concatenate([*sound, np.zeros(longest - at, dtype=np.float32)])
    samples += random.normal(0, NOISE, len(samples)).astype(np.float32)
    samples.setflags(write=False)
    return TrackScript(
        number=number, voice=voice, language=language, lines=tuple(lines), samples=samples
    )


def _stretch(
    pool: Sequence[Utterance], wanted: int, random: np.random.Generator
) -> tuple[Samples, str]:
    pieces: list[Samples] = []
    words: list[str] = []
    have = 0
    while have < wanted:
        one = pool[int(random.integers(len(pool)))]
        begin, end = spoken_range(one.samples)
        said = one.samples[begin:end]
        inside = [w.text for w in one.words if have + w.end_sec * SAMPLE_RATE - begin <= wanted]
        pieces += [said, np.zeros(round(BREATH_SEC * SAMPLE_RATE), dtype=np.float32)]
        words += inside
        have += len(said) + len(pieces[-1])
    return np.concatenate(pieces)[:wanted], " ".join(words)
