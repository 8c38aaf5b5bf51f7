"""Where long speech is cut: between two words, at the quietest place there. Pure.

Loudness alone doesn't know a pause from the closure of a "t" in the middle of a word. The words of
the last partial do: their times are good to a tenth of a second, and within that the samples tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from models.base import SAMPLE_RATE, RecognisedWord, Samples

STEP_SAMPLES = SAMPLE_RATE // 50
SMOOTH_STEPS = 5
"""A tenth of a second: shorter quiet is inside sounds, longer in real pauses alone."""
NEAR_SAMPLES = round(0.08 * SAMPLE_RATE)
"""How far the true boundary may lie from where the recogniser puts it."""


def quietest_point(samples: Samples) -> int:
    """Index of the middle of the quietest tenth of a second; of the last one among equals."""
    if len(samples) // STEP_SAMPLES < SMOOTH_STEPS:
        return len(samples) // 2
    smooth = _loudness(samples)
    last = len(smooth) - 1 - int(np.argmin(smooth[::-1]))
    return int((last + SMOOTH_STEPS / 2) * STEP_SAMPLES)


def quietest_boundary(samples: Samples, boundaries: Iterable[int]) -> int | None:
    """Index of the quietest tenth of a second near one of `boundaries`, indices too.

    None when none of them has room in `samples`.
    """
    half = SMOOTH_STEPS * STEP_SAMPLES // 2
    best: tuple[float, int] | None = None
    smooth = _loudness(samples)
    for boundary in boundaries:
        first = max(0, (boundary - NEAR_SAMPLES - half) // STEP_SAMPLES)
        near = smooth[first : max(0, (boundary + NEAR_SAMPLES - half) // STEP_SAMPLES + 1)]
        if len(near):
            at = int(np.argmin(near))
            found = (float(near[at]), int((first + at + SMOOTH_STEPS / 2) * STEP_SAMPLES))
            best = found if best is None else min(best, found)
    return None if best is None else best[1]


def between(words: Sequence[RecognisedWord], start_sample: int) -> list[int]:
    """Where one word ends and the next begins, in samples, of a request that began there."""
    middles = ((one.end_sec + other.start_sec) / 2 for one, other in pairwise(words))
    return [start_sample + round(middle * SAMPLE_RATE) for middle in middles]


def _loudness(samples: Samples) -> Samples:
    steps = len(samples) // STEP_SAMPLES
    if steps < SMOOTH_STEPS:
        return np.zeros(0, np.float32)
    blocks = np.square(samples[: steps * STEP_SAMPLES], dtype=np.float64).reshape(steps, -1)
    energy = blocks.mean(axis=1)
    return np.convolve(energy, np.ones(SMOOTH_STEPS), mode="valid").astype(np.float32)
