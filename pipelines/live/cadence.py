"""How often a track asks for partials: as set, rarer under pressure. Counted in samples."""

from __future__ import annotations

from models.base import SAMPLE_RATE, Pressure

STRETCH = {Pressure.NONE: 1, Pressure.SLOW: 2, Pressure.SLOWER: 4, Pressure.FINALS: 16}
"""With finals only a partial is still asked for now and then: so a long speech hears of the end."""
KEPT_SAMPLES = 10 * SAMPLE_RATE
"""Pressure that was told longer before an utterance says nothing about it."""


class Cadence:
    """One track's; the recognition process tells the pressure with each answer."""

    def __init__(self, every_sec: float, first_sec: float | None = None) -> None:
        self._every = round(every_sec * SAMPLE_RATE)
        first = self._every if first_sec is None else round(first_sec * SAMPLE_RATE)
        self.head_start_samples = max(self._every - first, 0)
        """How much less speech the first partial of an utterance needs than the next ones."""
        self._told_sample = 0
        self.pressure = Pressure.NONE

    @property
    def every_samples(self) -> int:
        """New speech that makes a partial worth asking for."""
        return self._every * STRETCH[self.pressure]

    def begin(self, sample: int) -> None:
        """An utterance begins there."""
        if sample - self._told_sample > KEPT_SAMPLES:
            self.pressure = Pressure.NONE

    def tell(self, pressure: Pressure, sample: int) -> None:
        """An answer for speech up to that sample came with this pressure."""
        self.pressure, self._told_sample = pressure, sample
