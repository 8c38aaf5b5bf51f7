"""Which of several recognition processes a track is heard by. Pure: the clock is injected.

A track stays where its sound is; it is given to the least loaded process when it comes, and again
when its process dies.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

AWAY_SEC = 1.0
"""A process that failed is not chosen for so long, while another one is there."""
KNOWN_SEC = 2.0
"""A load that was told longer ago is asked for again."""
STEPS = 5
"""Loads that differ by less than a fifth count as equal: then the number of tracks decides, so
that people who come together don't all go where it was emptiest a moment ago."""
MOST_TRACKS = 1_024


class Placement:
    """For one client. Processes are numbered from 0."""

    def __init__(self, processes: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._headroom = [1.0] * processes
        self._told_sec = [float("-inf")] * processes
        self._failed_sec = [float("-inf")] * processes
        self._tracks: OrderedDict[str, int] = OrderedDict()

    @property
    def somebody_is_up(self) -> bool:
        """Whether a process is there that has not just failed."""
        return any(self._is_up(number) for number in range(len(self._headroom)))

    def must_choose(self, track: str) -> bool:
        """Whether `of` is about to choose among several whose loads are not known."""
        if len(self._headroom) == 1 or self._stays(track):
            return False
        now = self._clock()
        return any(
            now - told > KNOWN_SEC and self._is_up(number)
            for number, told in enumerate(self._told_sec)
        )

    def of(self, track: str) -> int:
        """Return the track's process: the one it had, or the least loaded."""
        if not self._stays(track):
            counts = [0] * len(self._headroom)
            for number in self._tracks.values():
                counts[number] += 1
            self._tracks[track] = min(
                range(len(counts)),
                key=lambda number: (*self._rank(number), counts[number]),
            )
        self._tracks.move_to_end(track)
        if len(self._tracks) > MOST_TRACKS:
            self._tracks.popitem(last=False)
        return self._tracks[track]

    def told(self, number: int, headroom: float) -> None:
        """A process has said how much room it has, 0 to 1."""
        self._headroom[number] = headroom
        self._told_sec[number] = self._clock()
        self._failed_sec[number] = float("-inf")

    def failed(self, number: int) -> None:
        """A process did not answer: its tracks go elsewhere, if there is an elsewhere."""
        self._failed_sec[number] = self._clock()

    def _stays(self, track: str) -> bool:
        number = self._tracks.get(track)
        return number is not None and (self._is_up(number) or not self.somebody_is_up)

    def _is_up(self, number: int) -> bool:
        return self._clock() - self._failed_sec[number] >= AWAY_SEC

    def _rank(self, number: int) -> tuple[float, int]:
        """Lowest first: those that are up, then the one that failed longest ago."""
        failed_sec = float("-inf") if self._is_up(number) else self._failed_sec[number]
        return failed_sec, round((1.0 - self._headroom[number]) * STEPS)
