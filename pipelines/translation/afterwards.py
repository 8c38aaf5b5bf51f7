"""What comes after a final, once there is time: bounded in number and time, never in its way.

A final is out before its translation is even asked for, so no caption waits for one; a model that
is slow, away or overloaded costs readers the translation and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from models.base import ModelError
from pipelines.caption_sink import CaptionSink
from pipelines.events import Segment

log = logging.getLogger(__name__)

AT_ONCE = 4
"""So many translations of one meeting are asked for at a time."""
MOST_WAITING = 20
"""Beyond, a final is left out: its translation would come when nobody reads there any more."""
PATIENCE_SEC = 15.0


class TranslationSink(CaptionSink, Protocol):
    """A sink that can show a final again."""

    async def translated(self, segment: Segment) -> None:
        """Show the segment, which is in the record already, with its translations."""
        ...


class Afterwards:
    """Shows finals again, with what `translate` makes of them; None: nothing."""

    def __init__(self, sink: TranslationSink) -> None:
        self._sink = sink
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, translate: Callable[[], Awaitable[Segment | None]]) -> None:
        """Never waits. Left out where too much waits already."""
        if len(self._tasks) >= AT_ONCE + MOST_WAITING:
            return
        task = asyncio.create_task(self._follow(translate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until no translation is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, translate: Callable[[], Awaitable[Segment | None]]) -> None:
        try:
            async with self._free, asyncio.timeout(PATIENCE_SEC):
                segment = await translate()
            if segment is not None:
                await self._sink.translated(segment)
        except (ModelError, TimeoutError) as error:
            log.warning("a final was not translated: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a translation is a help, no part of the record
            log.warning("a translation was not shown: %s", type(error).__name__)
