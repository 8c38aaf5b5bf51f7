"""Places a track's frames on meeting time. Pure: wall-clock readings come in as numbers.

The origin is read from the wall clock at the first frame and samples are counted from there: two
clocks never mix within an utterance. A stream that paused, or lost frames, is placed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.events import SAMPLE_RATE

PAUSE_SEC = 1.0
"""A stream that was silent on the wire for this long goes on at the wall clock's place."""
IDLE_SEC = 0.005
"""Who waited this long for a frame has no backlog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The frame's first sample in meeting time; `lost_from` when frames before it were dropped."""

    at_sample: int
    lost_from: int | None = None


class SampleClock:
    """One track's position. `queue_sec` is how much audio the stream's queue can hold."""

    def __init__(self, *, queue_sec: float) -> None:
        self._queue = round(queue_sec * SAMPLE_RATE)
        self._next: int | None = None
        self._floor = 0

    def place(self, samples: int, *, now_sec: float, waited_sec: float) -> Placed:
        """Place a frame of `samples` that was read at meeting time `now_sec`.

        `waited_sec` is how long the reader waited for it: nothing while there is a backlog.
        """
        heard = max(round(now_sec * SAMPLE_RATE) - samples, self._floor)
        expected = self._next
        lost_from = None
        paused = waited_sec >= IDLE_SEC
        if expected is None or (paused and heard - expected > PAUSE_SEC * SAMPLE_RATE):
            at = heard
        elif heard - expected > self._queue:
            # The queue has been full: this frame is its oldest one, and those before are gone.
            at, lost_from = max(heard - self._queue, expected), expected
        else:
            at = expected
        self._next = self._floor = at + samples
        return Placed(at_sample=at, lost_from=lost_from)

    def restart(self) -> None:
        """The stream was interrupted (mute): the next frame is placed by the wall clock."""
        self._next = None
