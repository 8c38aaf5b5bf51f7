"""How full this worker is, as LiveKit's dispatcher reads it. Never the CPU.

The server gives no job to a worker that reports 0.7 or more, and a job without a worker is lost
for ever. A busy machine must not look like a full one: only meetings and the recognition
process's queue count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import httpx

from models.asr_address import Address, parse_addresses

FULL = 0.7
"""The server's `agents.target_load`: at this value it gives no more jobs."""
UNKNOWN_HEADROOM = 0.2
"""While the recognition process restarts: other workers are preferred, meetings still begin."""
READ_EVERY_SEC = 2.0
READ_TIMEOUT_SEC = 0.3
SMOOTHING = 0.3
"""Weight of the newest reading: one full moment must not cost a meeting its captions."""


class Jobs(Protocol):
    """What the load needs of the AgentServer."""

    @property
    def active_jobs(self) -> Sequence[object]:
        """Jobs that run now."""
        ...


class WorkerLoad:
    """Callable with the server; cheap, called twice a second from a thread of the SDK."""

    def __init__(
        self,
        *,
        max_meetings: int,
        read_headroom: Callable[[], float | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_meetings = max_meetings
        self._read_headroom = read_headroom
        self._now = now
        self._read_at = float("-inf")
        self._headroom = 1.0

    def __call__(self, server: Jobs) -> float:
        """Load between 0 and FULL; FULL when no meeting more can be taken."""
        meetings = len(server.active_jobs) / self._max_meetings
        return FULL * min(max(meetings, 1.0 - self._smoothed_headroom()), 1.0)

    def _smoothed_headroom(self) -> float:
        if self._now() - self._read_at >= READ_EVERY_SEC:
            self._read_at = self._now()
            read = self._read_headroom()
            newest = UNKNOWN_HEADROOM if read is None else min(max(read, 0.0), 1.0)
            self._headroom += SMOOTHING * (newest - self._headroom)
        # Smoothing nears 0 and never reaches it: say full where there is as good as nothing left.
        return self._headroom if self._headroom > 0.05 else 0.0


class AsrHeadroom:
    """Reads `/load` of the recognition processes; None when none of them answers."""

    def __init__(self, asr_url: str) -> None:
        self._clients = [_client(address) for address in parse_addresses(asr_url)]

    def __call__(self) -> float | None:
        """Headroom from 0 (full) to 1: the new meeting's speakers go where there is most."""
        return max(
            (room for one in self._clients if (room := _headroom(one)) is not None), default=None
        )

    def close(self) -> None:
        """Release the connections."""
        for client in self._clients:
            client.close()


def _client(address: Address) -> httpx.Client:
    uds = None if address.path is None else str(address.path)
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=uds, trust_env=False),
        base_url=address.base_url,
        timeout=READ_TIMEOUT_SEC,
        trust_env=False,
    )


def _headroom(client: httpx.Client) -> float | None:
    try:
        return float(client.get("/load").raise_for_status().json()["headroom"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
