"""The time of a meeting: zero is its `started_at`; the wall clock is read once an agent.

From then on a monotonic clock counts, so that a wall clock that is set (NTP, a virtual machine that
was moved) shifts no line. A successor counts on from its predecessor's last heartbeat, which has
the meeting's time beside the wall's: what the wall clock was set by before that is no matter, and
only a step in the seconds between the two agents would show, as a gap that is so much too long or
too short. Time never goes back behind that heartbeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from pipelines.events import SAMPLE_RATE
from storage.line import Lease


class MeetingClock:
    """Counts from its construction. `wall` is Unix time; `monotonic` is a clock nobody sets."""

    def __init__(
        self,
        lease: Lease,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self.wall = wall
        before = lease.before
        base_sec = 0.0 if before is None else before.meeting_ms / 1000
        since: datetime = lease.started_at if before is None else before.at
        self._zero = monotonic() - base_sec - max(0.0, wall() - since.timestamp())

    def sec(self) -> float:
        """Seconds since the meeting began."""
        return self._monotonic() - self._zero

    def sample(self) -> int:
        """The same in samples."""
        return round(self.sec() * SAMPLE_RATE)

    def sample_at(self, moment: datetime) -> int:
        """Where a moment of the wall clock lies, as the wall clock is now."""
        return self.sample() - round((self.wall() - moment.timestamp()) * SAMPLE_RATE)
