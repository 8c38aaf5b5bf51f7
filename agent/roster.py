"""Who has been in the meeting, written by one task: a crowd that joins at once is one write.

A write for each would hold the record's lock for seconds, and captions would wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

log = logging.getLogger(__name__)

RETRY_SEC = 2.0


class Roster:
    """Names by identity that are still to be written; `write` takes them all at once."""

    def __init__(self, write: Callable[[Mapping[str, str]], Awaitable[None]]) -> None:
        self._write = write
        self._names: dict[str, str] = {}
        self._something = asyncio.Event()

    def saw(self, identity: str, name: str) -> None:
        """A person is here, or has a new name. Never waits."""
        self._names[identity] = name
        self._something.set()

    async def run(self) -> None:
        """Write what there is, as it comes, until cancelled."""
        while True:
            await self._something.wait()
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001 - a name written late is no reason to stop
                log.warning("names were not written, trying again: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SEC)

    async def flush(self) -> None:
        """Write what there is now. Raises what `write` raises; nothing is forgotten then."""
        names, self._names = self._names, {}
        self._something.clear()
        if not names:
            return
        try:
            await self._write(names)
        except BaseException:
            self._names = names | self._names
            self._something.set()
            raise
