"""Places a track's frames on meeting time. Pure: wall-clock readings come in as numbers.

The origin is read from the wall clock at the first frame and samples are counted from there: two
clocks never mix within an utterance. A stream that paused, or lost frames, is placed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.events import SAMPLE_RATE

PAUSE_SEC = 1.0
"""A stream that was silent on the wire for this long goes on at the wall clock's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The frame's first sample in meeting time; `lost_from` when frames before it were dropped."""

    at_sample: int
    lost_from: int | None = None


class SampleClock:
    """One track's position."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._floor = 0

    def place(
        self, samples: int, *, heard_sec: float, overflowed: bool = False, late: bool = False
    ) -> Placed:
        """Place a frame of `samples` that was complete at meeting time `heard_sec`.

        `overflowed`: frames before it were dropped. `late`: the reader itself was held up, and
        what it missed may still be on its way; that is no pause of the stream.
        """
        heard = max(round(heard_sec * SAMPLE_RATE) - samples, self._floor)
        expected = self._next
        lost_from = None
        if expected is None:
            at = heard
        elif overflowed and heard > expected:
            at, lost_from = heard, expected
        elif heard - expected > PAUSE_SEC * SAMPLE_RATE and not late:
            at = heard
        else:
            at = expected
        self._next = self._floor = at + samples
        return Placed(at_sample=at, lost_from=lost_from)

    def restart(self) -> None:
        """The stream was interrupted (mute): the next frame is placed by the wall clock."""
        self._next = None
