"""The client of the recognition processes: a `Recogniser` over HTTP.

Any of them may be killed and restarted at any moment: finals are sent again until answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self

from models.base import (
    Kind,
    ModelRejected,
    ModelUnavailable,
    Recognition,
    RecognitionRequest,
)
from models.client.connections import Connections, Exchange
from models.client.link import PARTIAL_TIMEOUT_SEC, AsrLink, ProcessAway, RequestFailed
from models.client.placement import Placement
from models.wire.address import Address, parse_addresses

FIRST_PAUSE_SEC = 0.1
LONGEST_PAUSE_SEC = 1.0
FINAL_LIMIT_SEC = 120.0
MOST_FAILURES = 3
"""A process that fails at a final so often (500) will always: it is given up at once, not after
the two minutes that one may take to come back."""
LOAD_TIMEOUT_SEC = 0.5
"""A process that doesn't even say its load by then is not the one to choose."""


class AsrClient:
    """One client an event loop. `recognise` may be cancelled at any time; it forgets the request.

    `url` names one process or several, separated by commas. A track stays with its process until
    that one dies. A final that isn't answered within `final_limit_sec` raises ModelUnavailable; one
    that the process fails at again and again, ModelRejected.
    Raises ModelError at once for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        final_limit_sec: float = FINAL_LIMIT_SEC,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        exchange: Callable[[Address], Exchange] = Connections,
    ) -> None:
        self._links = [AsrLink(address, exchange) for address in parse_addresses(url)]
        self._placement = Placement(len(self._links), clock)
        self._final_limit_sec = final_limit_sec
        self._clock = clock
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(link.aclose() for link in self._links))

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Recognise one utterance; see `models.base.Recogniser`."""
        if request.kind is Kind.PARTIAL:
            return await self._ask(request, PARTIAL_TIMEOUT_SEC)
        try:
            return await self._final(request)
        finally:
            for link in self._links:
                link.forget(request.utterance_id)

    async def headroom(self) -> float:
        """Room for more speakers, 0 (full) to 1, where there is most. Raises ModelUnavailable."""
        rooms = await asyncio.gather(
            *(link.headroom() for link in self._links), return_exceptions=True
        )
        if known := [room for room in rooms if isinstance(room, float)]:
            return max(known)
        raise next(error for error in rooms if isinstance(error, BaseException))

    async def healthy(self) -> bool:
        """Whether a process answers and its model works."""
        return any(await asyncio.gather(*(link.healthy() for link in self._links)))

    async def _final(self, request: RecognitionRequest) -> Recognition:
        began = self._clock()
        deadline = began + self._final_limit_sec
        pause = FIRST_PAUSE_SEC
        failures = 0
        while True:
            # Until the limit: a final sent twice to a busy process would only make it busier.
            left = max(deadline - self._clock(), 0.01)
            try:
                return await self._ask(replace(request, age_sec=self._clock() - began), left)
            except ModelUnavailable as error:
                failures += isinstance(error, RequestFailed)
                if failures >= MOST_FAILURES:
                    raise ModelRejected(str(error)) from error
                if self._clock() + pause >= deadline:
                    raise
                if isinstance(error, ProcessAway) and self._placement.somebody_is_up:
                    continue
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SEC)

    async def _ask(self, request: RecognitionRequest, timeout_sec: float) -> Recognition:
        track = f"{request.meeting_id}/{request.track_id}"
        if self._placement.must_choose(track):
            await self._look()
        number = self._placement.of(track)
        try:
            return await self._links[number].ask(request, timeout_sec)
        except ProcessAway:
            self._placement.failed(number)
            raise

    async def _look(self) -> None:
        """Ask every process for its load, before a track is given to one."""
        rooms = await asyncio.gather(
            *(link.headroom(LOAD_TIMEOUT_SEC) for link in self._links), return_exceptions=True
        )
        for number, room in enumerate(rooms):
            if isinstance(room, float):
                self._placement.told(number, room)
            elif isinstance(room, ProcessAway):
                self._placement.failed(number)
