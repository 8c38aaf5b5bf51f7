"""What the bench asks of a system: its processes, and one track at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from greffier.settings import Settings
from models.base import Samples

Show = Callable[[str, str], None]
"""Called with a track's whole committed text so far and the text after it that may change."""

PEERS = Path(__file__).parents[3] / ".cache" / "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a system runs: the model's folder, a folder for its log and socket, the settings."""

    model: Path
    folder: Path
    settings: Settings


class Track(Protocol):
    """One open stream of one speaker."""

    def feed(self, samples: Samples) -> None:
        """Take a frame, float32 at 16 kHz; never waits. Only the track's own audio is queued."""
        ...

    async def finish(self) -> None:
        """Say that the track is over and return once all its text is out. Cancelling is safe."""
        ...

    async def aclose(self) -> None:
        """Drop the stream."""
        ...


class System(Protocol):
    """A system under load. `start` and `stop` may be called again and again, in turn."""

    name: str
    settings: Mapping[str, str]
    """How it was set up, for the report."""
    client_is_part: bool
    """Whether the load generator does work that belongs to the system."""

    @property
    def missing(self) -> str | None:
        """What has to be installed first, in one line; None if it can run."""
        ...

    @property
    def pids(self) -> Sequence[int]:
        """Its processes, without their children."""
        ...

    async def start(self) -> None:
        """Start its processes; return once they serve. Raises ProcessFailed."""
        ...

    async def open(self, number: int, language: str, show: Show) -> Track:
        """Open track `number`. Raises ProcessFailed when the system refuses it."""
        ...

    async def stop(self) -> None:
        """End its processes."""
        ...


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def python_of(peer: str) -> Path:
    """Return the Python of the environment that a peer is installed in."""
    return PEERS / peer / "bin" / "python"


def not_installed(peer: str) -> str | None:
    """Return what to do about a peer that is not there, or None."""
    return None if python_of(peer).exists() else f"{peer} is not installed: `make bench-setup`"
