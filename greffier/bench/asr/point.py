"""One point: a running system, so many tracks at once, one row of figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from greffier.bench.cost import Cost
from greffier.bench.figures import Row, Shown, row, track_figures
from greffier.bench.player import play
from greffier.bench.systems.base import System, Track
from greffier.bench.track_script import TrackScript
from models.base import SAMPLE_RATE

DRAIN_SEC = 10.0
"""What a system may take for its last text. What comes later never came."""
Clock = Callable[[], float]


class Log:
    """What one track's reader saw; the moment is taken here, by one clock for all systems."""

    def __init__(self, clock: Clock) -> None:
        self.shown: list[Shown] = []
        self._clock = clock

    def show(self, committed: str, tail: str) -> None:
        """Note what is on show from now on."""
        last = self.shown[-1] if self.shown else None
        if last is None or (last.committed, last.tail) != (committed, tail):
            self.shown.append(Shown(moment=self._clock(), committed=committed, tail=tail))


async def measure(
    system: System,
    scripts: Sequence[TrackScript],
    *,
    progress: Callable[[float], None] = lambda _: None,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Row:
    """Play the scripts to the system at once. Raises ProcessFailed when it refuses a track."""
    logs = [Log(clock) for _ in scripts]
    tracks: list[Track] = []
    cost = Cost(lambda: system.pids)
    try:
        for script, log in zip(scripts, logs, strict=True):
            tracks.append(await system.open(script.number, script.language, log.show))
        cost.begin()
        client_before = time.process_time()
        watching = asyncio.create_task(cost.watch())
        try:
            played = await play(
                [script.samples for script in scripts],
                lambda number, samples: tracks[number].feed(samples),
                clock=clock,
                sleep=sleep,
                progress=progress,
            )
            finishing = [asyncio.create_task(track.finish()) for track in tracks]
            await asyncio.wait(finishing, timeout=DRAIN_SEC)
            for task in finishing:
                task.cancel()
            await asyncio.gather(*finishing, return_exceptions=True)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        cost.look()
        client_cpu_sec = time.process_time() - client_before
    finally:
        await asyncio.gather(*(track.aclose() for track in tracks), return_exceptions=True)
    return row(
        [
            track_figures(script.lines, played.sent, log.shown)
            for script, log in zip(scripts, logs, strict=True)
        ],
        system=system.name,
        audio_sec=sum(len(script.samples) for script in scripts) / SAMPLE_RATE,
        server_cpu_sec=cost.cpu_sec,
        client_cpu_sec=client_cpu_sec,
        client_is_part=system.client_is_part,
        peak_bytes=cost.peak_bytes,
        late_p99_sec=played.late_p99_sec,
        valid=played.valid,
    )
