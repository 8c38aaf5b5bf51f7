"""What one track says: a seeded sequence of utterances with pauses, of an exact length. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from greffier.bench.player import Playable
from greffier.bench.speech import Utterance
from models.base import SAMPLE_RATE, Samples

SHORTEST_PAUSE_SEC = 0.8
LONGEST_PAUSE_SEC = 4.0
TAIL_SEC = 1.5
"""Quiet at the end: every system gets to see that the last utterance is over."""
TURN_SEC = 50.0
TURNS = 20
NOISE = 0.0003
"""A microphone is never digitally silent, and a detector that gets zeros would have it easy."""
_JITTER = 0.3
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One utterance of a track; speech lies in samples [first_sample, end_sample)."""

    text: str
    first_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackScript:
    """A whole track: float32 samples at 16 kHz, read-only, and what is said in them."""

    number: int
    voice: str
    language: str
    lines: tuple[Line, ...]
    samples: Samples

    @property
    def speech_share(self) -> float:
        """Part of the track, 0 to 1, that is speech."""
        spoken = sum(line.end_sample - line.first_sample for line in self.lines)
        return spoken / len(self.samples)


def write_script(
    utterances: Sequence[Utterance], *, number: int, seconds: float, seed: int, share: float
) -> TrackScript:
    """Write the script of track `number`: one voice and language, `share` of it speech.

    The same arguments give the same track; another number gives another one.
    """
    # Streaming peers take one language a session, so a track keeps to one.
    pools = _pools(utterances)
    (voice, language), pool = pools[number % len(pools)]
    randomness = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable, not secret
    noise = np.random.default_rng([seed, number])
    samples = noise.normal(0, NOISE, round(seconds * SAMPLE_RATE)).astype(np.float32)
    lines: list[Line] = []
    left: list[Utterance] = []
    at = round(randomness.uniform(0.1, 1.2) * SAMPLE_RATE)
    spoken = 0
    while True:
        if not left:
            left = randomness.sample(pool, len(pool))
        fitting = [one for one in left if at + len(one.samples) <= len(samples) - _tail(seconds)]
        if not fitting:
            break
        chosen = fitting[0]
        left.remove(chosen)
        samples[at : at + len(chosen.samples)] += chosen.samples
        lines.append(_line(chosen, at))
        spoken += lines[-1].end_sample - lines[-1].first_sample
        at += len(chosen.samples)
        # What is missing to the share so far, so that it is met in the long run.
        pause = (spoken / share - at) / SAMPLE_RATE * randomness.uniform(1 - _JITTER, 1 + _JITTER)
        at += round(min(max(pause, SHORTEST_PAUSE_SEC), LONGEST_PAUSE_SEC) * SAMPLE_RATE)
    samples = np.clip(samples, -1.0, 1.0)
    samples.setflags(write=False)
    return TrackScript(
        number=number, voice=voice, language=language, lines=tuple(lines), samples=samples
    )


class Looped:
    """Samples that come again and again, without the memory for it. Slices cross no seam."""

    def __init__(self, once: Playable, samples: int) -> None:
        self._once = once
        self._samples = samples

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, part: slice, /) -> Samples:
        begin, end, _ = part.indices(len(self))
        first = begin % len(self._once)
        return self._once[first : first + end - begin]


def write_long_script(
    utterances: Sequence[Utterance], *, number: int, seconds: float, seed: int, share: float
) -> TrackScript:
    """As `write_script`, for minutes and in little memory: about a minute said again and again.

    Each of twenty tracks has turns of its own length, so that they are not all quiet, at the end
    of theirs, at one moment.
    """
    length = round(seconds * SAMPLE_RATE)
    turn_sec = min(TURN_SEC + number % TURNS, seconds)
    once = write_script(utterances, number=number, seconds=turn_sec, seed=seed, share=share)
    turns = range(0, length, len(once.samples))
    lines = [
        replace(line, first_sample=line.first_sample + at, end_sample=line.end_sample + at)
        for at in turns
        for line in once.lines
    ]
    return replace(
        once,
        lines=tuple(line for line in lines if line.end_sample <= length - _tail(seconds)),
        samples=cast(Samples, Looped(once.samples, length)),  # had by slices only
    )


def _pools(utterances: Sequence[Utterance]) -> list[tuple[tuple[str, str], list[Utterance]]]:
    """Utterances by voice and language; a voice's stray sentence in the other language is left."""
    groups: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for one in utterances:
        groups[one.voice, one.language].append(one)
    enough = [(key, group) for key, group in groups.items() if len(group) >= _FEWEST]
    return sorted(enough or groups.items(), key=lambda item: item[0])


def _line(utterance: Utterance, at: int) -> Line:
    return Line(
        text=utterance.text,
        first_sample=at + round(utterance.words[0].start_sec * SAMPLE_RATE),
        end_sample=at + round(utterance.words[-1].end_sec * SAMPLE_RATE),
    )


def _tail(seconds: float) -> int:
    return round(min(TAIL_SEC, seconds / 4) * SAMPLE_RATE)
