"""The lease of one meeting: renewed with a heartbeat while the meeting runs, given back last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from agent.meeting_parts import Ending, Parts
from storage.line import Heartbeat, Meeting, MeetingState
from storage.record import LeaseLost

log = logging.getLogger(__name__)

HEARTBEATS_A_LEASE = 5
HEARTBEAT_SEC = 2.0
"""At most: it is also how a stop over the rooms service is noticed, and a pause at the latest."""


class LeaseKeeper:
    """`heard` is what a successor would have to know, None as long as we don't listen; `seen` is
    called with what the record says of a meeting that goes on.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        heard: Callable[[], Heartbeat | None],
        seen: Callable[[Meeting], None],
        stop: Callable[[Ending], None],
    ) -> None:
        self._seen = seen
        self._wanted = asyncio.Event()
        self._record = parts.record
        self._lease = parts.lease
        self._lease_sec = parts.lease_sec
        self._heard = heard
        self._stop = stop

    def look(self) -> None:
        """Look at the record now: it has changed."""
        self._wanted.set()

    async def run(self) -> None:
        """Renew until cancelled; stops the meeting that was ended, or taken over by another."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event.
                async with asyncio.timeout(
                    min(self._lease_sec / HEARTBEATS_A_LEASE, HEARTBEAT_SEC)
                ):
                    await self._wanted.wait()
            self._wanted.clear()
            try:
                meeting = await self._record.renew_lease(
                    self._lease, ttl_sec=self._lease_sec, heartbeat=self._heard()
                )
                if meeting.state is MeetingState.LIVE:
                    self._seen(meeting)
                else:
                    # Goes on until all is flushed: the minutes wait while the lease is held.
                    self._stop(Ending.ENDED)
            except LeaseLost:
                self._stop(Ending.LEASE_LOST)
                return
            except (SQLAlchemyError, OSError) as error:
                # Who can't reach the database can't be overtaken there either: the fence decides.
                log.warning("the lease is not renewed: %s", type(error).__name__)

    async def release(self) -> None:
        """Give it back with the last heartbeat; the minutes wait for it."""
        await self._record.release_lease(self._lease, self._heard())
