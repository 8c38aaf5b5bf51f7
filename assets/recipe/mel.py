"""Whisper's log-mel front end in numpy, split so that augmentation happens between its two halves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP_SAMPLES = 160
FFT_SAMPLES = 400
N_MELS = 80
FRAMES_PER_SEC = RATE_HZ // HOP_SAMPLES
#: Whisper floors the mel power at 1e-10 before taking its logarithm.
FLOOR_LOG10 = -10.0
Array = NDArray[np.float32]


@lru_cache(maxsize=1)
def _filters() -> Array:
    # The filters of the runtime itself, so that training and serving can't drift apart.
    from faster_whisper.feature_extractor import FeatureExtractor

    return np.asarray(FeatureExtractor(feature_size=N_MELS).mel_filters, dtype=np.float32)


@lru_cache(maxsize=1)
def _window() -> Array:
    return np.hanning(FFT_SAMPLES + 1)[:-1].astype(np.float32)


def log_power(samples: Array) -> Array:
    """Return log10 of the mel power, shape (80, samples // 160), of 16 kHz mono ``samples`` in [-1, 1]."""
    padded = np.pad(samples.astype(np.float32), FFT_SAMPLES // 2, mode="reflect")
    count = len(samples) // HOP_SAMPLES
    view = np.lib.stride_tricks.sliding_window_view(padded, FFT_SAMPLES)[::HOP_SAMPLES][:count]
    power = np.abs(np.fft.rfft(view * _window(), axis=1)) ** 2
    mel = _filters() @ power.T.astype(np.float32)
    return np.asarray(np.log10(np.maximum(mel, 1e-10)), dtype=np.float32)


def normalise(log_mel: Array) -> Array:
    """Clamp to 8 decades under the loudest value and rescale, as Whisper does for each window."""
    return np.asarray((np.maximum(log_mel, log_mel.max() - 8.0) + 4.0) / 4.0, dtype=np.float32)
