"""Tracks that are listened to and gaps that are told, until all of it is in the record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from agent.listeners import Heard, Listeners
from agent.meeting_parts import Ending
from agent.room_captions import RoomCaptions
from pipelines.events import Gap
from storage.record import LeaseLost

log = logging.getLogger(__name__)

TRACK_RETRY_SEC = 1.0

Work = Coroutine[object, object, None]


class TrackTasks:
    """Of one meeting. `spawn` starts a task in it; a lost lease stops it; `stopping`: it ends."""

    def __init__(
        self,
        *,
        captions: RoomCaptions,
        listeners: Listeners,
        spawn: Callable[[Work], asyncio.Task[None]],
        stop: Callable[[Ending], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._captions = captions
        self._listeners = listeners
        self._spawn = spawn
        self._stop = stop
        self._stopping = stopping
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, heard: Heard) -> None:
        """Listen to a track until it ends."""
        self._add(self._hear(heard))

    def tell(self, gaps: list[Gap]) -> None:
        """Put what nobody heard into the record, and show it."""
        for gap in gaps:
            self._add(self._lost(gap))

    def cancel(self) -> None:
        """Give all of it up."""
        for task in list(self._tasks):
            task.cancel()

    async def done(self, timeout_sec: float | None = None) -> None:
        """Wait until all of it has ended, `timeout_sec` at most."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_sec)

    def _add(self, work: Work) -> None:
        task = self._spawn(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hear(self, heard: Heard) -> None:
        """Its failure ends no other track, and what it costs is told."""
        now: Heard | None = heard
        while now is not None:
            heard = now
            try:
                with self._captions.watch.metrics.tracks.track_inprogress():
                    return await heard.listener.run()
            except LeaseLost:
                return self._stop(Ending.LEASE_LOST)
            except Exception:
                log.exception("a track failed")
            await asyncio.sleep(TRACK_RETRY_SEC)
            now = None if self._stopping() else self._listeners.again(heard)
        lost = self._listeners.lost(heard)
        self.tell([] if lost is None else [lost])

    async def _lost(self, gap: Gap) -> None:
        try:
            await self._captions.gap(gap)
        except LeaseLost:
            self._stop(Ending.LEASE_LOST)
        except Exception:
            log.exception("a gap was not recorded")
