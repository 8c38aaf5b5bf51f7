"""Captions into a room: committed to the record first, then shown.

A final that could not be shown is still in the record, and readers fetch it from the history; a
final that could not be committed is never shown.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from agent.caption_watch import CaptionWatch
from agent.outbox import Outbox
from models.base import Pressure
from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    PartialCaption,
    Segment,
    TranslatedCaption,
)
from pipelines.record.record_lines import line_of_gap, line_of_segment
from storage.line import Lease, Line

log = logging.getLogger(__name__)

COMMIT_RETRY_SEC = (0.1, 5.0)
"""First and longest pause between tries while the database is away."""
COMMIT_GIVE_UP_SEC = 240.0
"""Inside the five minutes that the SDK gives a job to end."""
SHOW_TIMEOUT_SEC = 5.0
SHOW_TRIES = 3


class Lines(Protocol):
    """The part of the record that takes lines."""

    async def commit(self, lease: Lease, line: Line) -> int:
        """Write one line durably; its `seq`. Raises LeaseLost."""
        ...


class Display(Protocol):
    """A room's screens."""

    async def show(self, caption: CaptionEvent) -> None:
        """Send one caption. Raises rtc errors when the room can't be reached."""
        ...


class RoomCaptions:
    """The `CaptionSink` of all tracks of a meeting. `run` is the one task that shows."""

    def __init__(
        self,
        *,
        record: Lines,
        lease: Lease,
        display: Display,
        give_up_sec: float = COMMIT_GIVE_UP_SEC,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        watch: CaptionWatch | None = None,
    ) -> None:
        self._record = record
        self._lease = lease
        self._display = display
        self._give_up_sec = give_up_sec
        self._sleep = sleep
        self.watch = watch or CaptionWatch(zero_sec=lease.started_at.timestamp())
        self._outbox = Outbox()
        self._pressure = Pressure.NONE
        """As the newest partial or final has it: readers take it from whatever comes last."""

    async def partial(self, caption: PartialCaption) -> None:
        """Show it when its turn comes; a newer one of the utterance takes its place."""
        self._pressure = caption.pressure
        self._outbox.put(caption)

    async def final(self, segment: Segment, pressure: Pressure = Pressure.NONE) -> None:
        """Commit, then show. Raises LeaseLost, and SQLAlchemyError when the database stays away."""
        with self.watch.committing(segment):
            seq = await self._commit(line_of_segment(segment))
        self._pressure = pressure
        self._outbox.put(FinalCaption(seq=seq, segment=segment, pressure=pressure))

    async def translated(self, segment: Segment) -> None:
        """Show again what is in the record, with its translations. Raises LeaseLost."""
        # A line that was committed keeps its number.
        seq = await self._record.commit(self._lease, line_of_segment(segment))
        self._outbox.put(TranslatedCaption(seq=seq, segment=segment, pressure=self._pressure))

    async def gap(self, gap: Gap) -> None:
        """Commit, then show, as with a final."""
        with self.watch.committing(gap):
            seq = await self._commit(line_of_gap(gap))
        self._outbox.put(GapCaption(seq=seq, gap=gap, pressure=self._pressure))

    async def dropped(self, caption: DroppedCaption) -> None:
        """Take the partials back."""
        self._outbox.put(replace(caption, pressure=self._pressure))

    async def run(self) -> None:
        """Show what waits, one after the other, until cancelled."""
        while True:
            caption = await self._outbox.take()
            sent = False
            try:
                sent = await self._show(caption)
            finally:
                self.watch.shown(caption, sent=sent)
                self._outbox.done()

    async def shown(self) -> None:
        """Wait until nothing waits to be shown."""
        await self._outbox.emptied()

    async def _show(self, caption: CaptionEvent) -> bool:
        tries = 1 if isinstance(caption, PartialCaption) else SHOW_TRIES
        for attempt in range(tries):
            try:
                async with asyncio.timeout(SHOW_TIMEOUT_SEC):
                    await self._display.show(caption)
            except Exception as error:  # noqa: BLE001 - a room out of reach never stops the record
                log.warning("a caption was not shown: %s", type(error).__name__)
                await self._sleep(0.2 * 2**attempt)
            else:
                return True
        return False

    async def _commit(self, line: Line) -> int:
        pause, longest = COMMIT_RETRY_SEC
        waited = 0.0
        while True:
            try:
                return await self._record.commit(self._lease, line)
            except (SQLAlchemyError, OSError) as error:
                if waited >= self._give_up_sec:
                    raise
                log.warning("the record can't be written, trying again: %s", type(error).__name__)
                self.watch.commit_failed()
            # Jittered, so that the tracks of a meeting don't come back all at once.
            step = pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            await self._sleep(step)
            waited, pause = waited + step, min(pause * 2, longest)
