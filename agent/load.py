"""How full this worker is, as LiveKit's dispatcher reads it. Never the CPU.

The server gives no job to a worker that reports 0.7 or more, and a job without a worker is lost
for ever. A busy machine must not look like a full one: only meetings and the recognition
process's queue count.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Sequence
from http.client import OK
from pathlib import Path
from typing import Protocol

from models.wire.address import Address, parse_addresses

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
        self._addresses = parse_addresses(asr_url)

    def __call__(self) -> float | None:
        """Headroom from 0 (full) to 1: the new meeting's speakers go where there is most."""
        rooms = (_headroom(address) for address in self._addresses)
        return max((room for room in rooms if room is not None), default=None)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket.

    httpx leaves the socket open, to be warned of, when nobody listens on it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__("asr", timeout=READ_TIMEOUT_SEC)
        self._path = path

    def connect(self) -> None:
        """Connect. Raises OSError when nobody listens."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(READ_TIMEOUT_SEC)
        self.sock.connect(str(self._path))


def _headroom(address: Address) -> float | None:
    connection = (
        http.client.HTTPConnection(address.host, address.port, timeout=READ_TIMEOUT_SEC)
        if address.path is None
        else _UnixConnection(address.path)
    )
    try:
        connection.request("GET", "/load")
        answer = connection.getresponse()
        return float(json.load(answer)["headroom"]) if answer.status == OK else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
