"""How loud a track was, by frequency band and in meeting time: the last half minute of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.base import SAMPLE_RATE, Samples

HOP_SAMPLES = SAMPLE_RATE // 50
KEPT_HOPS = 50 * 40
"""40 s: the longest utterance and the time until its final is judged. 50 kB a track."""
TOGETHER_SAMPLES = SAMPLE_RATE
"""Levels are worked out for a second at once: frame by frame they would cost seven times that."""
EDGES_HZ = (100, 400, 700, 1_100, 1_700, 2_600, 4_000)
FLOOR_DB = -80.0
FLOOR = 10 ** (FLOOR_DB / 20)

Levels = NDArray[np.float32]


def _bands() -> list[slice]:
    width = SAMPLE_RATE / HOP_SAMPLES
    edges = [round(hertz / width) for hertz in EDGES_HZ]
    return [slice(low, high) for low, high in pairwise(edges)]


BANDS = _bands()


class BandLevels:
    """A ring of levels in dB of full scale, one row a hop of 20 ms, one column a band."""

    def __init__(self) -> None:
        self._ring = np.full((KEPT_HOPS, len(BANDS)), FLOOR_DB, dtype=np.float32)
        self._next = 0  # the hop after the last one known
        self._waiting: list[Samples] = []  # heard, without levels yet; begins at a whole hop
        self._waiting_at = 0
        self._heard = 0  # the sample after the last one heard

    @property
    def end_sample(self) -> int:
        """The sample after the last whole hop that is known."""
        return max(self._heard // HOP_SAMPLES, self._next) * HOP_SAMPLES

    def push(self, samples: Samples, at_sample: int) -> None:
        """Take samples that follow; a hole between is silence, what is old is passed over."""
        if at_sample != self._heard:
            self._work_out()
            # A hole, or a stream that begins: go on at the next whole hop.
            skipped = -at_sample % HOP_SAMPLES
            samples, at_sample = samples[skipped:], at_sample + skipped
            self._waiting, self._waiting_at, self._heard = [], at_sample, at_sample
        self._waiting.append(samples)
        self._heard += len(samples)
        if self._heard - self._waiting_at >= TOGETHER_SAMPLES:
            self._work_out()

    def _work_out(self) -> None:
        """Bring the levels up to what has been heard."""
        joined = np.concatenate([np.zeros(0, dtype=np.float32), *self._waiting])
        count = len(joined) // HOP_SAMPLES
        first = self._waiting_at // HOP_SAMPLES
        self._waiting = [joined[count * HOP_SAMPLES :].copy()]
        self._waiting_at += count * HOP_SAMPLES
        if count:
            self._write(first, levels(joined[: count * HOP_SAMPLES]))

    def _write(self, first: int, rows: Levels) -> None:
        if first < self._next:
            rows, first = rows[self._next - first :], self._next
        rows = rows[-KEPT_HOPS:]
        if not len(rows):
            return
        hole = np.arange(max(self._next, first - KEPT_HOPS), first)
        self._ring[hole % KEPT_HOPS] = FLOOR_DB
        self._ring[np.arange(first, first + len(rows)) % KEPT_HOPS] = rows
        self._next = first + len(rows)

    def read(self, first: int, end: int) -> Levels:
        """Hops [first, end); what is not known, or no longer, is at the floor."""
        self._work_out()
        hops = np.arange(first, end)
        known = (hops >= max(self._next - KEPT_HOPS, 0)) & (hops < self._next)
        rows = np.full((len(hops), len(BANDS)), FLOOR_DB, dtype=np.float32)
        rows[known] = self._ring[hops[known] % KEPT_HOPS]
        return rows


def levels(samples: Samples) -> Levels:
    """Level of each band in each whole hop, (hops, bands)."""
    if max(samples.max(), -samples.min()) < FLOOR:
        # No band holds more than the whole: silent tracks, nine of ten, cost no transform.
        return np.full((len(samples) // HOP_SAMPLES, len(BANDS)), FLOOR_DB, dtype=np.float32)
    spectrum = np.fft.rfft(samples.reshape(-1, HOP_SAMPLES))
    power = (np.square(spectrum.real) + np.square(spectrum.imag)) / (HOP_SAMPLES / 2) ** 2
    bands = np.add.reduceat(power[:, : BANDS[-1].stop], [band.start for band in BANDS], axis=1)
    decibels: Levels = np.maximum(10 * np.log10(bands / 2 + 1e-12), FLOOR_DB).astype(np.float32)
    return decibels
