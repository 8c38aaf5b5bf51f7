"""Work of jobs processes that died is taken up by those that live.

DBOS takes up what an executor left unfinished when it starts again under its own id. A machine
that is gone for good never does; so each process counts a row up while it lives, and one whose row
has stood still for `dead_after_sec` is struck off, by whoever is first, and its workflows are
queued again. Who was only asleep finds its row struck off before its next step, and begins none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from storage.executors import ExecutorBook

_log = logging.getLogger(__name__)

BEATS_A_LIFE = 5
"""How often a process beats in the time after which it counts as dead."""


class StruckOff(Exception):
    """This process was taken for dead, and another goes on with its work."""


class Pending(Protocol):
    """The workflows that are not at their end."""

    async def executors(self) -> set[str]:
        """Whose they are."""
        ...

    async def requeue(self, executor: str) -> None:
        """Let anybody alive go on with those of `executor`; done twice, it does nothing more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DbosPending:
    """DBOS's."""

    version: str

    async def executors(self) -> set[str]:
        """See `Pending`."""
        found = await DBOS.list_workflows_async(
            status="PENDING", app_version=self.version, load_input=False, load_output=False
        )
        return {one.executor_id for one in found if one.executor_id}

    async def requeue(self, executor: str) -> None:
        """See `Pending`."""
        await asyncio.to_thread(DBOS._recover_pending_workflows, [executor])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    beats: int | None
    since: float


class Executors:
    """One process among others. `monotonic` in seconds."""

    def __init__(
        self,
        *,
        book: ExecutorBook,
        own: str,
        pending: Pending,
        dead_after_sec: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._book = book
        self._own = own
        self._pending = pending
        self._dead_after_sec = dead_after_sec
        self._monotonic = monotonic
        self._sleep = sleep
        self._seen: dict[str, _Seen] = {}
        self._looked_at = self._beaten_at = monotonic()

    @property
    def every_sec(self) -> float:
        """How often to `look`."""
        return self._dead_after_sec / BEATS_A_LIFE

    async def enter(self) -> None:
        """Live from now on; before any workflow is begun."""
        await self._book.enter(self._own)
        self._beaten_at = self._monotonic()

    async def leave(self) -> None:
        """Gone by one's own will: what is unfinished need not wait."""
        await self._book.strike(self._own)

    async def look(self) -> None:
        """Beat, and take up the work of who doesn't. Raises StruckOff, SQLAlchemyError."""
        await self._beat()
        beats = await self._book.beats()
        now = self._monotonic()
        if now - self._looked_at > self._dead_after_sec / 2:
            # The database was away, or we were: nobody could be seen to live.
            self._seen.clear()
        self._looked_at = now
        others = (beats.keys() | await self._pending.executors()) - {self._own}
        self._seen = {one: self._last(one, beats.get(one), now) for one in others}
        for one, seen in list(self._seen.items()):
            if now - seen.since < self._dead_after_sec:
                continue
            # Struck off first: should we die in between, its work is that of nobody alive.
            if seen.beats is not None and not await self._book.strike(one, seen.beats):
                continue
            _log.warning("executor %s is dead: its deliveries are taken up", one)
            await self._pending.requeue(one)
            del self._seen[one]

    def _last(self, executor: str, beats: int | None, now: float) -> _Seen:
        seen = self._seen.get(executor)
        return seen if seen is not None and seen.beats == beats else _Seen(beats=beats, since=now)

    async def alive(self) -> None:
        """Return at once if we count as alive for sure, else once the record says so.

        To be called before each step. Raises StruckOff.
        """
        while self._monotonic() - self._beaten_at > self._dead_after_sec / 2:
            try:
                await self._beat()
            except (SQLAlchemyError, OSError):
                await self._sleep(self.every_sec)

    async def _beat(self) -> None:
        at = self._monotonic()
        if not await self._book.beat(self._own):
            raise StruckOff
        self._beaten_at = at
