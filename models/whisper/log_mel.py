"""Whisper's log-mel features of a stream, each frame computed once.

The same numbers as faster-whisper's `FeatureExtractor` for the whole signal and zeros after it:
10 ms a frame, 25 ms Hann windows centred on it, mirrored at the very start.
"""

from __future__ import annotations

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from models.base import Samples

HOP = 160
SIZE = 400
HALF = SIZE // 2
FLOOR = 1e-10
DECADES = 8.0
"""Whisper keeps this many powers of ten under the loudest value of a window."""

Frames = NDArray[np.float32]


class LogMelStream:
    """Log10 mel power of samples that arrive in pieces; `window` normalises as Whisper does."""

    def __init__(self, features: FeatureExtractor) -> None:
        self._filters = np.ascontiguousarray(features.mel_filters, dtype=np.float32)
        self._hann = np.hanning(SIZE + 1)[:-1].astype(np.float32)
        self._frames: list[Frames] = []
        self._done = 0
        # Starts HALF samples before the first frame that is not computed; at first, mirrored.
        self._tail: Samples = np.empty(0, dtype=np.float32)
        self._mirrored = False
        self.samples = 0
        """Samples taken so far."""

    def push(self, samples: Samples) -> None:
        """Take the next samples, any number of them, float32 in [-1, 1]."""
        self.samples += len(samples)
        self._tail = np.concatenate([self._tail, samples])
        if not self._mirrored:
            if self.samples <= HALF:
                return
            self._tail = np.concatenate([self._tail[HALF:0:-1], self._tail])
            self._mirrored = True
        ready = (len(self._tail) - SIZE) // HOP + 1
        if ready > 0:
            self._frames.append(self._power(self._tail, ready))
            self._done += ready
            self._tail = self._tail[ready * HOP :].copy()

    def window(self, frames: int, *, first: int = 0, until: int | None = None) -> Frames:
        """Return (mels, frames) from frame `first` on; after the last sample there are zeros.

        `until` ends it at that sample instead: an utterance may end before what was sent of it.
        """
        known = self._log(first)
        if until is not None and until < self.samples:
            known = known[:, : max(-(-until // HOP) - first, 0)]
        known = known[:, :frames]
        out = np.full((known.shape[0], frames), np.log10(FLOOR), dtype=np.float32)
        out[:, : known.shape[1]] = known
        np.maximum(out, out.max() - np.float32(DECADES), out=out)
        return (out + np.float32(4.0)) / np.float32(4.0)

    def _log(self, first: int) -> Frames:
        """All frames from `first` on, those that reach into the zeros after the end included."""
        if len(self._frames) > 1:
            self._frames = [np.concatenate(self._frames, axis=1)]
        tail = self._tail
        if not self._mirrored:
            # As the whole signal would be mirrored, zeros after it included.
            padded = np.zeros(HALF + 1, dtype=np.float32)
            padded[: len(tail)] = tail
            tail = np.concatenate([padded[HALF:0:-1], tail])
        # Frames whose centre lies before the end, or whose first half still holds sound.
        count = -(-len(tail) // HOP) if len(tail) else 0
        closing = self._power(np.pad(tail, (0, count * HOP + SIZE - len(tail))), count)
        known = [*self._frames, closing] if count else self._frames
        if not known:
            return np.empty((self._filters.shape[0], 0), dtype=np.float32)
        return np.concatenate(known, axis=1)[:, first:]

    def _power(self, samples: Samples, frames: int) -> Frames:
        view = np.lib.stride_tricks.sliding_window_view(samples, SIZE)[::HOP][:frames]
        spectrum = np.fft.rfft(view * self._hann, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        mel = np.maximum(self._filters @ power.T, np.float32(FLOOR))
        return np.asarray(np.log10(mel), dtype=np.float32)
