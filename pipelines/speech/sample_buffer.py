"""A stretch of one track's samples, addressed by their position in the meeting."""

from __future__ import annotations

import math

import numpy as np

from models.base import Samples


class SampleBuffer:
    """Contiguous float32 samples from `start` up to `end` (exclusive), in meeting samples.

    Appending is amortised: what was discarded at the front is reclaimed only when the space runs
    out, so a minute of speech isn't copied for every frame.
    """

    def __init__(self, start: int, capacity_samples: int = 1 << 15) -> None:
        self._data = np.zeros(capacity_samples, dtype=np.float32)
        self._first = 0
        self._length = 0
        self.start = start

    @property
    def end(self) -> int:
        """Position after the last sample."""
        return self.start + self._length

    def append(self, samples: Samples) -> None:
        """Add samples at `end`; zeros for those that are no numbers."""
        samples = _finite(samples)
        needed = self._length + len(samples)
        if self._first + needed > len(self._data):
            kept = self._data[self._first : self._first + self._length]
            target = self._data
            # Half empty after the move, or else the very next frame would move it again.
            if needed * 2 > len(self._data):
                target = np.zeros(max(needed * 2, len(self._data) * 2), dtype=np.float32)
            target[: self._length] = kept.copy()
            self._data, self._first = target, 0
        at = self._first + self._length
        self._data[at : at + len(samples)] = samples
        self._length = needed

    def discard_before(self, position: int) -> None:
        """Forget the samples before `position`."""
        count = min(max(position - self.start, 0), self._length)
        self._first += count
        self._length -= count
        self.start += count

    def view(self, start: int, end: int) -> Samples:
        """As `slice`, but no copy: good until the next `append`, and not to be written to."""
        if not self.start <= start <= end <= self.start + self._length:
            raise ValueError(f"[{start}, {end}) is not inside [{self.start}, {self.end})")
        offset = self._first - self.start
        return self._data[offset + start : offset + end]

    def slice(self, start: int, end: int) -> Samples:
        """Return a read-only copy of [start, end); ValueError when it isn't all here."""
        copy = self.view(start, end).copy()
        copy.flags.writeable = False
        return copy


def _finite(samples: Samples) -> Samples:
    clean = samples.astype(np.float32, copy=False)
    # One product that is no number if any of them is: half the cost of looking at each.
    if math.isfinite(np.dot(clean, clean)):
        return clean
    return np.nan_to_num(clean, nan=0.0, posinf=0.0, neginf=0.0)
