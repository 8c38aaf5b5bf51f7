"""What can be told of a sound without a model: how loud it is, and whether a voice is in it."""

from __future__ import annotations

import numpy as np

from models.base import SAMPLE_RATE, Samples

LOUDNESS_WINDOW_SAMPLES = 1_600
VOICES_HZ = (62, 400)
"""From the deepest voice to a child's."""
FRAME_SEC = 0.04
HOP_SEC = 0.01
LOUD_SHARE = 0.1
"""Frames that weak beside the loudest (10 dB) are consonants, or no speech at all."""
BEST_QUARTER = 75


def loudness(samples: Samples) -> float:
    """RMS of the loudest tenth of a second; 0 when there are no samples."""
    if not len(samples):
        return 0.0
    count = max(len(samples) // LOUDNESS_WINDOW_SAMPLES, 1)
    width = min(LOUDNESS_WINDOW_SAMPLES, len(samples))
    windows = samples[: count * width].reshape(count, width)
    return float(np.sqrt(np.vecdot(windows, windows).max() / width))


def voicing(samples: Samples) -> float:
    """How periodic the loud part of a sound is at the pitch of a voice, 0 to 1.

    Over the frames that are about as loud as the loudest: the autocorrelation that the best
    quarter of them reach. Vowels come to 0.7 and more even far from the microphone, thuds and
    noise to 0.4. About 1 ms a second of sound.
    """
    rate = SAMPLE_RATE // 2
    sound = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1, dtype=np.float64)
    frame, hop = round(FRAME_SEC * rate), round(HOP_SEC * rate)
    shortest, longest = rate // VOICES_HZ[1], rate // VOICES_HZ[0]
    if len(sound) < frame + longest:
        return 0.0
    spans = np.lib.stride_tricks.sliding_window_view(sound, frame + longest)[::hop]
    power = np.square(spans[:, :frame]).sum(axis=1)
    loud = spans[(power >= LOUD_SHARE * power.max()) & (power > 0)]
    if not len(loud):
        return 0.0
    first = loud[:, :frame]
    energy = np.square(first).sum(axis=1)
    best = np.zeros(len(loud))
    for lag in range(shortest, longest + 1):
        later = loud[:, lag : lag + frame]
        scale = np.sqrt(energy * np.square(later).sum(axis=1)) + 1e-12
        best = np.maximum(best, np.einsum("ij,ij->i", first, later) / scale)
    return float(np.percentile(best, BEST_QUARTER))
