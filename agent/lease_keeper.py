"""The lease of one meeting: renewed with a heartbeat while the meeting runs, given back last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from agent.meeting_parts import Ending, Parts
from storage.line import Heartbeat, MeetingState
from storage.record import LeaseLost

log = logging.getLogger(__name__)

HEARTBEATS_A_LEASE = 5
HEARTBEAT_SEC = 2.0
"""At most: it is also how a stop over the rooms service is noticed."""


class LeaseKeeper:
    """`heard` is what a successor would have to know, None as long as we don't listen."""

    def __init__(
        self,
        parts: Parts,
        *,
        heard: Callable[[], Heartbeat | None],
        stop: Callable[[Ending], None],
    ) -> None:
        self._record = parts.record
        self._lease = parts.lease
        self._lease_sec = parts.lease_sec
        self._heard = heard
        self._stop = stop

    async def run(self) -> None:
        """Renew until cancelled; stops the meeting that was ended, or taken over by another."""
        while True:
            await asyncio.sleep(min(self._lease_sec / HEARTBEATS_A_LEASE, HEARTBEAT_SEC))
            try:
                state = await self._record.renew_lease(
                    self._lease, ttl_sec=self._lease_sec, heartbeat=self._heard()
                )
                if state is not MeetingState.LIVE:
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
